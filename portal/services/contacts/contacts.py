"""Contacts are written here: made, given phones, linked, enrolled. Callers commit.

Phones go through `enter_phones` wherever staff or a roster type them, so consent follows; a
form's answers go through `set_phones` and then the ledger with the parent's own words.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from portal import clock
from portal.consent import holdings, ledger
from portal.consent.rules import needs_answer
from portal.email_address import optional_key
from portal.enums import (
    Answer,
    ContactRole,
    EnrollmentStatus,
    PhoneType,
    ProofKind,
    Relationship,
    Slot,
    Source,
)
from portal.extensions import db
from portal.models import (
    Contact,
    ContactRoleAssignment,
    Enrollment,
    EnrollmentChange,
    ParentLink,
    Phone,
    RecordEdit,
)
from portal.normalize import clean, fold
from portal.phone import show_number
from portal.queries.schools import SchoolRow
from portal.services.contacts import email_changes
from portal.services.contacts.email_changes import ChangedBy
from portal.services.contacts.search_words import keep_words


@dataclass(frozen=True, slots=True)
class PhoneValue:
    """A phone for a slot. `number` is E.164."""

    slot: Slot
    type: PhoneType
    number: str
    extension: str | None = None


@dataclass(frozen=True, slots=True)
class PhoneChange:
    """The effect of a change to a contact's phones on its numbers."""

    became_cell: tuple[str, ...]
    """Numbers that are a cell phone now and were not one on this record before."""
    left: tuple[str, ...]
    """Numbers that were on this record and no longer are."""


def create_contact(
    school_id: int,
    first_name: str,
    last_name: str,
    role: ContactRole,
    origin: str,
    email: str | None = None,
    grade: str | None = None,
) -> Contact:
    contact = Contact(
        school_id=school_id,
        first_name=clean(first_name),
        last_name=clean(last_name),
        search_name=search_name(first_name, last_name),
        first_key=name_key(first_name),
        last_key=name_key(last_name),
        email=email,
        email_key=optional_key(email),
        grade=grade,
        origin=origin,
        created_at=clock.now(),
    )
    db.session.add(contact)
    db.session.flush()
    keep_words(contact)
    db.session.add(ContactRoleAssignment(school_id=school_id, contact_id=contact.id, role=role))
    db.session.flush()
    return contact


FIELD_WORDS = {
    "first_name": "First name",
    "last_name": "Last name",
    "email": "Email",
    "grade": "Grade",
}
"""The staff's names for the fields of a contact, in its history."""


SLOT_WORDS = {
    Slot.PRIMARY: "Primary phone",
    Slot.SECONDARY: "Secondary phone",
    Slot.OTHER: "Other phone",
}


def shown(school: SchoolRow, number: str) -> str:
    """A number as people at the school dial it."""
    return show_number(number, school.country)


def phone_words(school: SchoolRow, contact_id: int) -> dict[Slot, str]:
    """A contact's phones in words, by slot, for the history."""
    rows = db.session.scalars(
        select(Phone).where(Phone.school_id == school.id, Phone.contact_id == contact_id)
    )
    return {
        Slot(p.slot): f"{p.type.capitalize()} {shown(school, p.number)}"
        + (f" ext. {p.extension}" if p.extension else "")
        for p in rows
    }


def phone_changes(before: dict[Slot, str], after: dict[Slot, str]) -> list[dict[str, Any]]:
    """Return the differences between two `phone_words`, for the history."""
    return [
        {"what": SLOT_WORDS[slot], "old": before.get(slot), "new": after.get(slot)}
        for slot in Slot
        if before.get(slot) != after.get(slot)
    ]


def set_fields(contact: Contact, values: dict[str, Any], by: ChangedBy) -> None:
    """Set some of FIELD_WORDS' fields, and what is derived from them. The contact is locked.

    Where this changes what a parent signs in with, email_changes.follow does what follows.
    """
    old_email, old_key = contact.email, contact.email_key
    for name, value in values.items():
        setattr(contact, name, value)
    contact.search_name = search_name(contact.first_name, contact.last_name)
    contact.first_key = name_key(contact.first_name)
    contact.last_key = name_key(contact.last_name)
    contact.email_key = optional_key(contact.email)
    db.session.flush()
    keep_words(contact)
    if contact.email_key != old_key and is_parent(contact.school_id, contact.id):
        email_changes.follow(contact, old_email, by)


def search_name(first_name: str, last_name: str) -> str:
    """Return a name as Contact.search_name keeps it: a ligature folds to several letters, so it is
    cut to fit."""
    return f" {name_key(first_name)} {name_key(last_name)}"


def name_key(name: str) -> str:
    """A name as it is sorted and compared."""
    return fold(name)[:209]


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
    of_parent = is_parent(school_id, contact_id)
    db.session.execute(delete(Phone).where(*mine))
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
    change = _change(
        {(row.number, row.type) for row in before}, {(p.number, p.type) for p in phones}
    )
    had, has = {row.number for row in before}, {p.number for p in phones}
    statuses = ledger.lock_in_order(school_id, had ^ has)
    holdings.remove_numbers(contact_id, statuses, had - has)
    holdings.add_numbers(contact_id, statuses, has - had, proven_by, actor)
    return change


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

    Only numbers that this makes a parent's cell phone are decided on; the results are given by
    number. A student's own phones are never asked about. A number that staff type is proven.
    """
    had = db.session.scalars(
        select(Phone.number).where(Phone.school_id == school.id, Phone.contact_id == contact_id)
    )
    ledger.lock_in_order(school.id, {*had, *(phone.number for phone in phones)})
    typed = ProofKind.STAFF_TYPED if source is Source.STAFF_ENTRY else None
    change = set_phones(school.id, contact_id, phones, typed, actor)
    results: dict[str, ledger.Result] = {}
    for number in sorted({*change.became_cell, *change.left}):
        if number in change.left:
            leave(school, number, actor)
        elif needs_answer(PhoneType.CELL, school.texting_on) and is_parent(school.id, contact_id):
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
    return results


def leave(school: SchoolRow, number: str, actor: str) -> None:
    """Record that a number left a record. A yes lapses if that was the last record."""
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


def has_cell(school_id: int, contact_id: int, number: str) -> bool:
    """True if the number is on the record as a cell phone."""
    found = select(Phone.slot).where(
        Phone.school_id == school_id,
        Phone.contact_id == contact_id,
        Phone.number == number,
        Phone.type == PhoneType.CELL,
    )
    return db.session.scalar(found.limit(1)) is not None


def is_parent(school_id: int, contact_id: int) -> bool:
    return (
        db.session.get(ContactRoleAssignment, (school_id, contact_id, ContactRole.PARENT))
        is not None
    )


def become_parent(school_id: int, contact_id: int) -> None:
    """Give someone of another role, locked by the caller, that of a parent too. Their cell phones
    have circles from now on."""
    db.session.add(
        ContactRoleAssignment(school_id=school_id, contact_id=contact_id, role=ContactRole.PARENT)
    )
    db.session.execute(
        update(Phone)
        .where(Phone.school_id == school_id, Phone.contact_id == contact_id)
        .values(of_parent=True)
    )
    db.session.flush()


def link_parent(
    school_id: int, student_id: int, parent_id: int, position: int, relationship: Relationship
) -> None:
    """Put a parent at a position, 1 to 4, of a student; the database refuses one that is taken."""
    db.session.add(
        ParentLink(
            school_id=school_id,
            student_id=student_id,
            parent_id=parent_id,
            position=position,
            relationship=relationship,
        )
    )
    db.session.flush()


def free_position(school_id: int, student_id: int) -> int | None:
    """Return the student's first free position. None if all four are taken."""
    taken = set(
        db.session.scalars(
            select(ParentLink.position).where(
                ParentLink.school_id == school_id, ParentLink.student_id == student_id
            )
        )
    )
    return next((p for p in range(1, 5) if p not in taken), None)


def enroll(
    school_id: int, student_id: int, term_id: int, status: EnrollmentStatus, actor: str
) -> None:
    """Set a student's status in a term, and keep it in the history."""
    now = clock.now()
    row = db.session.get(Enrollment, (school_id, student_id, term_id))
    if row is not None and row.status == status:
        return
    if row is None:
        row = Enrollment(school_id=school_id, student_id=student_id, term_id=term_id)
        db.session.add(row)
    row.status = status
    row.since = now
    db.session.add(
        EnrollmentChange(
            school_id=school_id,
            student_id=student_id,
            term_id=term_id,
            status=status,
            at=now,
            actor=actor,
        )
    )
    db.session.flush()


def note_edit(school_id: int, contact_id: int, actor: str, changes: list[dict[str, Any]]) -> None:
    """Keep what was changed on a record, for its history, and move its version on."""
    db.session.execute(
        update(Contact)
        .where(Contact.school_id == school_id, Contact.id == contact_id)
        .values(version=Contact.version + 1)
    )
    db.session.add(
        RecordEdit(
            school_id=school_id,
            contact_id=contact_id,
            at=clock.now(),
            actor=actor,
            changes=changes,
        )
    )
    db.session.flush()
