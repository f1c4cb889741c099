"""Phones with their consent: the row that every page with a number shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, select

from portal.consent.gate import no_waits
from portal.consent.rules import needs_answer
from portal.enums import Answer, ConsentState, ContactRole, PhoneType, ProofKind, Slot
from portal.extensions import db
from portal.models import (
    ConsentStatus,
    ContactRoleAssignment,
    Holding,
    Phone,
    has_role,
    same_school,
)
from portal.phone import show_number
from portal.queries.schools import SchoolRow

_SLOTS = list(Slot)


@dataclass(frozen=True, slots=True)
class PhoneRow:
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
    no_waits: bool
    """True if a no that a form gave about it waits for staff: for their pages alone."""

    @property
    def proven(self) -> bool:
        return self.proven_by is not None


def phones_of(school: SchoolRow, contacts: ColumnElement[bool]) -> dict[int, list[PhoneRow]]:
    """The phones, by contact; `contacts` is a condition on Phone.contact_id that says whose.

    One query. In the order of the slots.
    """
    rows = db.session.execute(
        select(
            Phone.contact_id,
            Phone.slot,
            Phone.type,
            Phone.number,
            Phone.extension,
            ConsentStatus.state,
            ConsentStatus.decided_by,
            ConsentStatus.decided_at,
            ConsentStatus.since,
            ConsentStatus.blocked_at,
            ConsentStatus.last_seq,
            ContactRoleAssignment.role,
            case((Holding.lost_seq.is_(None), Holding.proven_by)).label("proven_by"),
            Holding.proven_at,
            Holding.said,
            Holding.said_at,
            no_waits(Phone.school_id, Phone.number).label("no_waits"),
        )
        .outerjoin(
            Holding,
            same_school(
                Holding,
                Phone,
                Holding.number == Phone.number,
                Holding.contact_id == Phone.contact_id,
                Holding.until.is_(None),
            ),
        )
        .outerjoin(
            ConsentStatus,
            same_school(ConsentStatus, Phone, ConsentStatus.number == Phone.number),
        )
        .outerjoin(
            ContactRoleAssignment,
            has_role(Phone, Phone.contact_id, ContactRole.PARENT),
        )
        .where(Phone.school_id == school.id, contacts)
    )
    found: dict[int, list[PhoneRow]] = {}
    for row in rows:
        asked = row.role is not None and needs_answer(row.type, school.texting_on)
        found.setdefault(row.contact_id, []).append(
            PhoneRow(
                contact_id=row.contact_id,
                slot=Slot(row.slot),
                type=PhoneType(row.type),
                number=row.number,
                shown=show_number(row.number, school.country),
                extension=row.extension,
                state=ConsentState(row.state or ConsentState.NOT_ASKED) if asked else None,
                decided_by=row.decided_by,
                since=row.decided_at or row.since,
                blocked=row.blocked_at is not None,
                seq=row.last_seq or 0,
                proven_by=ProofKind(row.proven_by) if row.proven_by else None,
                proven_at=row.proven_at,
                said=Answer(row.said) if row.said else None,
                said_at=row.said_at,
                no_waits=asked and row.no_waits,
            )
        )
    for phones in found.values():
        phones.sort(key=lambda phone: _SLOTS.index(phone.slot))
    return found


def phones_of_ids(school: SchoolRow, ids: Iterable[int]) -> dict[int, list[PhoneRow]]:
    """`phones_of` for contacts that are known by id."""
    return phones_of(school, Phone.contact_id.in_(list(ids)))


def consent_states_of(school: SchoolRow, numbers: Iterable[str]) -> dict[str, ConsentState]:
    """The numbers' states as they are now; none where the school does not text."""
    wanted = [number for number in numbers if number.startswith("+")]
    if not wanted or not school.texting_on:
        return {}
    rows = db.session.execute(
        select(ConsentStatus.number, ConsentStatus.state).where(
            ConsentStatus.school_id == school.id, ConsentStatus.number.in_(wanted)
        )
    )
    states = {row.number: ConsentState(row.state) for row in rows}
    return {number: states.get(number, ConsentState.NOT_ASKED) for number in wanted}
