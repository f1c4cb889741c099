"""Phones with their consent: the row that every page with a number shows."""

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, bindparam, case, select

from portal.consent.gate import has_waiting_opt_out
from portal.consent.rules import needs_answer
from portal.enums import (
    Answer,
    ConsentState,
    ContactRole,
    FormOptOutState,
    PauseReason,
    PhoneType,
    ProofKind,
    Slot,
)
from portal.extensions import db, fetch
from portal.models import (
    ConsentStatus,
    ContactRoleAssignment,
    FormOptOut,
    Holding,
    Phone,
    has_role,
    open_holding_of,
    same_school,
)
from portal.phone import show_number
from portal.phone.numbering_plans import texting_form
from portal.queries.schools import SchoolRow

_SLOTS = list(Slot)


class PhoneRow(NamedTuple):
    """A page of families has dozens: a tuple is made in a fifth of a frozen dataclass's time."""

    contact_id: int
    slot: Slot
    type: PhoneType
    number: str
    shown: str
    """As people at the school dial it."""
    extension: str | None
    state: ConsentState | None
    """None where there is no circle: not a parent's cell phone, or texting is off."""
    decided_by: str | None
    strength: str | None
    """A ConsentStrength, if it is opted in."""
    since: datetime | None
    blocked: bool
    seq: int
    """The place of the number's newest event, 0 if there is none."""
    proven_by: ProofKind | None
    """The proof that the number is this person's. None if there is none."""
    proven_at: datetime | None
    said: Answer | None
    """This person's last answer about it, whatever its effect."""
    said_at: datetime | None
    opt_out_waits: bool
    """True if a no that a form gave about it waits for staff: for their pages alone."""
    paused: PauseReason | None
    """The reason why the school itself does not text it."""

    @property
    def proven(self) -> bool:
        return self.proven_by is not None


def with_consent(statement: Select[Any]) -> Select[Any]:
    """Join what is known about a statement's phones to it; see PHONE_COLUMNS."""
    return (
        statement.outerjoin(Holding, open_holding_of(Phone))
        .outerjoin(
            ConsentStatus, same_school(ConsentStatus, Phone, ConsentStatus.number == Phone.number)
        )
        .outerjoin(ContactRoleAssignment, has_role(Phone, Phone.contact_id, ContactRole.PARENT))
    )


PHONE_COLUMNS = (
    Phone.contact_id,
    Phone.slot,
    Phone.type,
    Phone.number,
    Phone.extension,
    ConsentStatus.state,
    ConsentStatus.decided_by,
    ConsentStatus.strength,
    ConsentStatus.decided_at,
    ConsentStatus.since,
    ConsentStatus.blocked_at,
    ConsentStatus.last_seq,
    ContactRoleAssignment.role,
    case((Holding.lost_seq.is_(None), Holding.proven_by)).label("proven_by"),
    Holding.proven_at,
    Holding.said,
    Holding.said_at,
    has_waiting_opt_out(Phone).label("opt_out_waits"),
    ConsentStatus.paused,
)
"""The columns of a PhoneRow; see with_consent and phones_by_contact."""
_OF_IDS = with_consent(select(*PHONE_COLUMNS)).where(
    Phone.school_id == bindparam("school_id"),
    Phone.contact_id.in_(bindparam("ids", expanding=True)),
)


def phones_of_ids(school: SchoolRow, ids: Iterable[int]) -> dict[int, list[PhoneRow]]:
    """The contacts' phones, by contact, in the order of the slots. One query."""
    rows = fetch(_OF_IDS, {"school_id": school.id, "ids": list(ids)})
    return phones_by_contact(school, rows)


def phones_by_contact(school: SchoolRow, rows: Iterable[Row[Any]]) -> dict[int, list[PhoneRow]]:
    """The phones of rows with PHONE_COLUMNS, by contact, in the order of the slots."""
    found: dict[int, list[PhoneRow]] = {}
    phones = [_phone(school, row) for row in rows]
    for phone in _with_waiting_opt_outs(school, phones):
        found.setdefault(phone.contact_id, []).append(phone)
    for phones in found.values():
        if len(phones) > 1:
            phones.sort(key=lambda phone: _SLOTS.index(phone.slot))
    return found


def _with_waiting_opt_outs(school: SchoolRow, phones: list[PhoneRow]) -> list[PhoneRow]:
    """Mark old forms of numbers about whose form of today a no waits. Few records have any."""
    old = {p.number: texting_form(p.number) for p in phones if p.state is not None}
    today = {form for number, form in old.items() if form != number}
    if not today:
        return phones
    waiting = select(FormOptOut.number).where(
        FormOptOut.school_id == school.id,
        FormOptOut.number.in_(today),
        FormOptOut.state == FormOptOutState.WAITING,
    )
    held = set(db.session.scalars(waiting))
    return [p._replace(opt_out_waits=True) if old.get(p.number) in held else p for p in phones]


_of_row = attrgetter(*(column.key for column in PHONE_COLUMNS))


def _phone(school: SchoolRow, row: Row[Any]) -> PhoneRow:
    (
        contact_id,
        slot,
        type_,
        number,
        extension,
        state,
        decided_by,
        strength,
        decided_at,
        since,
        blocked_at,
        last_seq,
        role,
        proven_by,
        proven_at,
        said,
        said_at,
        opt_out_waits,
        paused,
    ) = _of_row(row)
    asked = role is not None and needs_answer(type_, school.texting_on)
    return PhoneRow(
        contact_id=contact_id,
        slot=Slot(slot),
        type=PhoneType(type_),
        number=number,
        shown=show_number(number, school.country),
        extension=extension,
        state=ConsentState(state or ConsentState.NOT_ASKED) if asked else None,
        decided_by=decided_by,
        strength=strength,
        since=decided_at or since,
        blocked=blocked_at is not None,
        seq=last_seq or 0,
        proven_by=ProofKind(proven_by) if proven_by else None,
        proven_at=proven_at,
        said=Answer(said) if said else None,
        said_at=said_at,
        opt_out_waits=asked and opt_out_waits,
        paused=PauseReason(paused) if asked and paused else None,
    )


class Circle(NamedTuple):
    """A number's state, and the reason why the school itself does not text it."""

    state: ConsentState
    paused: PauseReason | None


def circle_of(state: str | None, paused: str | None) -> Circle:
    return Circle(
        ConsentState(state or ConsentState.NOT_ASKED), PauseReason(paused) if paused else None
    )


def circles_of(school: SchoolRow, numbers: Iterable[str]) -> dict[str, Circle]:
    """The numbers' circles as they are now; none where the school does not text."""
    wanted = [number for number in numbers if number.startswith("+")]
    if not wanted or not school.texting_on:
        return {}
    rows = db.session.execute(
        select(ConsentStatus.number, ConsentStatus.state, ConsentStatus.paused).where(
            ConsentStatus.school_id == school.id, ConsentStatus.number.in_(wanted)
        )
    )
    known = {row.number: circle_of(row.state, row.paused) for row in rows}
    return {number: known.get(number, circle_of(None, None)) for number in wanted}
