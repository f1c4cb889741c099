"""A contact's phones: described, compared, locked, and changed. Callers commit.

Phones that staff or a roster type go through `enter_phones`, so that consent follows. A form's
answers go through `replace_phones`, and then to the ledger with the parent's own words.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from portal.consent import holdings, ledger
from portal.consent.rules import needs_answer
from portal.enums import Answer, PhoneType, ProofKind, Slot, Source
from portal.extensions import db
from portal.labels import SLOT_WORDS, TYPE_WORDS, english
from portal.models import Phone
from portal.phone import show_number
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from portal.services.contacts.contacts import Changes
from portal.services.texting import welcomes

_TYPES = english(TYPE_WORDS)


@dataclass(frozen=True, slots=True)
class PhoneValue:
    """The phone of a slot; `number` is E.164."""

    slot: Slot
    type: PhoneType
    number: str
    extension: str | None = None

    @classmethod
    def of(cls, phone: Any) -> "PhoneValue":
        """Make one of a row or of anything else that has the four attributes."""
        return cls(Slot(phone.slot), PhoneType(phone.type), phone.number, phone.extension)

    @classmethod
    def of_content(cls, content: Mapping[str, Any]) -> "PhoneValue":
        """Make one of a phone as proposals keep it."""
        return cls(
            Slot(content["slot"]),
            PhoneType(content["type"]),
            content["number"],
            content["extension"],
        )

    def describe(self, country: str) -> str:
        """`Work (206) 555-0120 ext. 12`, for staff."""
        return f"{_TYPES[self.type]} {show_number(self.number, country, self.extension)}"


@dataclass(frozen=True, slots=True)
class PhoneChange:
    """The effect of a change to a contact's phones on its numbers."""

    became_cell: tuple[str, ...]
    """Numbers that are a cell phone now and were not one on this record before."""
    left: tuple[str, ...]
    """Numbers that were on this record and no longer are."""


def current_phones(school_id: int, contact_id: int) -> dict[Slot, PhoneValue]:
    rows = db.session.execute(
        select(Phone.slot, Phone.type, Phone.number, Phone.extension).where(
            Phone.school_id == school_id, Phone.contact_id == contact_id
        )
    )
    return {Slot(row.slot): PhoneValue.of(row) for row in rows}


def phone_changes(
    before: Mapping[Slot, PhoneValue], after: Iterable[PhoneValue], country: str
) -> Changes:
    """Return the differences, slot by slot, in the words of the history."""
    now = {phone.slot: phone for phone in after}
    return [
        {
            "what": SLOT_WORDS[slot],
            "old": before[slot].describe(country) if slot in before else None,
            "new": now[slot].describe(country) if slot in now else None,
        }
        for slot in Slot
        if before.get(slot) != now.get(slot)
    ]


def with_phone(
    phones: Iterable[PhoneValue], new: PhoneValue, moves_to: str | None = None
) -> list[PhoneValue]:
    """The phones with a new one in its slot; its number is in no other slot. The phone that it
    replaces moves to the slot `moves_to`, if that is free."""
    others = [p for p in phones if p.number != new.number]
    kept = [p for p in others if p.slot != new.slot]
    if moves_to and moves_to not in {new.slot, *(p.slot for p in kept)}:
        kept += [replace(p, slot=Slot(moves_to)) for p in others if p.slot == new.slot]
    return [*kept, new]


def keep_unshown(
    before: Mapping[Slot, PhoneValue], said: Iterable[PhoneValue], shown: Collection[str]
) -> list[PhoneValue]:
    """Return the phones that a parent gave, and those on file that their page didn't show. The
    parent didn't remove those. `shown`: the slots that were filled out on the page."""
    had = {phone.number: phone for phone in before.values()}
    given = [
        replace(phone, extension=had[phone.number].extension)
        if not phone.extension
        and phone.type is not PhoneType.CELL
        and phone.number in had
        and had[phone.number].slot not in shown
        else phone
        for phone in said
    ]
    slots, numbers = {phone.slot for phone in given}, {phone.number for phone in given}
    unseen = [p for p in before.values() if p.slot not in shown and p.slot not in slots]
    return [*given, *(phone for phone in unseen if phone.number not in numbers)]


def has_cell(school_id: int, contact_id: int, number: str) -> bool:
    """True if the number is on the record as a cell phone."""
    found = select(Phone.slot).where(
        Phone.school_id == school_id,
        Phone.contact_id == contact_id,
        Phone.number == number,
        Phone.type == PhoneType.CELL,
    )
    return db.session.scalar(found.limit(1)) is not None


def lock_phones(school_id: int, contact_id: int, numbers: set[str]) -> None:
    """Lock the record, then these numbers and those on it in one go, before anything is read."""
    contacts.lock_contact(school_id, contact_id)
    held = {phone.number for phone in current_phones(school_id, contact_id).values()}
    ledger.lock_in_order(school_id, numbers | held)


def set_phones(
    school_id: int,
    contact_id: int,
    phones: list[PhoneValue],
    proven_by: ProofKind | None = None,
    actor: str | None = None,
) -> PhoneChange:
    """Make these the contact's phones, all of them; one number may be in two slots.

    `proven_by` says how it was shown that the numbers that are new here are the contact's, and
    `actor` who showed it.
    """
    mine = (Phone.school_id == school_id, Phone.contact_id == contact_id)
    before = db.session.execute(
        select(Phone.number, Phone.type, Phone.confirmed_at).where(*mine)
    ).all()
    confirmed = {row.number: row.confirmed_at for row in before}
    of_parent = contacts.is_parent(school_id, contact_id)
    db.session.execute(delete(Phone).where(*mine))
    _add(school_id, contact_id, phones, of_parent, confirmed)
    change = _change(
        {(row.number, row.type) for row in before}, {(p.number, p.type) for p in phones}
    )
    had, has = {row.number for row in before}, {p.number for p in phones}
    statuses = ledger.lock_in_order(school_id, had ^ has)
    holdings.remove_numbers(contact_id, statuses, had - has)
    holdings.add_numbers(contact_id, statuses, has - had, proven_by, actor)
    return change


def _add(
    school_id: int,
    contact_id: int,
    phones: list[PhoneValue],
    of_parent: bool,
    confirmed: dict[str, datetime | None],
) -> None:
    db.session.add_all(
        Phone(
            school_id=school_id,
            contact_id=contact_id,
            slot=p.slot,
            type=p.type,
            number=p.number,
            extension=p.extension,
            confirmed_at=confirmed.get(p.number),
            of_parent=of_parent,
        )
        for p in phones
    )
    db.session.flush()


def _change(before: set[tuple[str, str]], after: set[tuple[str, PhoneType]]) -> PhoneChange:
    cells = {number for number, kind in after if kind is PhoneType.CELL}
    were_cells = {number for number, kind in before if kind == PhoneType.CELL}
    return PhoneChange(
        became_cell=tuple(sorted(cells - were_cells)),
        left=tuple(sorted({number for number, _ in before} - {number for number, _ in after})),
    )


def enter_phones(
    school: SchoolRow,
    contact_id: int,
    phones: list[PhoneValue],
    actor: str,
    source: Source = Source.STAFF_ENTRY,
    evidence: dict[str, Any] | None = None,
) -> dict[str, ledger.Result]:
    """Set phones that staff or a roster typed, and let consent follow.

    Only numbers that this makes a parent's Cell are decided on; the results are given by number.
    A student's own phones are never asked about. A number that staff type is proven, and gets the
    welcome right away: it asks to reply STOP if the number is wrong.
    """
    had = current_phones(school.id, contact_id).values()
    ledger.lock_in_order(school.id, {phone.number for phone in [*had, *phones]})
    typed = ProofKind.STAFF_TYPED if source is Source.STAFF_ENTRY else None
    change = set_phones(school.id, contact_id, phones, typed, actor)
    of_parent = contacts.is_parent(school.id, contact_id)
    results: dict[str, ledger.Result] = {}
    for number in sorted({*change.became_cell, *change.left}):
        if number in change.left:
            note_number_left(school, number, actor)
        elif needs_answer(PhoneType.CELL, school.texting_on) and of_parent:
            results[number] = ledger.decide(
                ledger.Decision(
                    school_id=school.id,
                    number=number,
                    source=source,
                    answer=Answer.YES,
                    actor=actor,
                    texting_number=school.texting_number,
                    evidence=evidence or {},
                )
            )
    if source is Source.STAFF_ENTRY:
        welcomes.queue_welcomes(school, [n for n, result in results.items() if result.changed])
    return results


def replace_phones(
    school: SchoolRow, contact_id: int, phones: list[PhoneValue], actor: str
) -> Changes:
    """Set phones that a parent gave; return what changed, for the history. Opts no one in."""
    before = current_phones(school.id, contact_id)
    for number in set_phones(school.id, contact_id, phones).left:
        note_number_left(school, number, actor)
    return phone_changes(before, phones, school.country)


def note_number_left(school: SchoolRow, number: str, actor: str) -> None:
    """Tell the ledger that a number left a record: an opt-in ends if no other record has it."""
    ledger.number_left(
        ledger.Decision(
            school_id=school.id,
            number=number,
            source=Source.NUMBER_LEFT,
            answer=None,
            actor=actor,
            texting_number=school.texting_number,
        )
    )
