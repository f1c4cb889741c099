"""What waits for staff: proposals, new inquiries, noes that came in late."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import func, select

from portal.enums import ContactRole, PhoneType, ProposalState, Refusal
from portal.extensions import db
from portal.models import (
    ConsentEvent,
    Contact,
    ContactRoleAssignment,
    Phone,
    Proposal,
)

MOST = 8

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record with changes that wait."""

    contact_id: int
    name: str
    changes: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class Inquiry:
    contact_id: int
    name: str
    grade: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class LateNo:
    """A no that was given before the parent's own yes, and came in after it: staff should ask."""

    number: str
    happened_at: datetime
    recorded_at: datetime
    contact_id: int | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """The first rows, and how many there are in all."""

    rows: list[Row]
    total: int


def waiting_records(school_id: int) -> Listed[Waiting]:
    """The records with changes that wait, those with the newest first."""
    newest = func.max(Proposal.proposed_at).label("newest_at")
    rows = db.session.execute(
        select(
            Contact.id,
            Contact.first_name + " " + Contact.last_name,
            func.count(),
            newest,
            func.count().over(),
        )
        .join(
            Proposal,
            (Proposal.school_id == Contact.school_id) & (Proposal.contact_id == Contact.id),
        )
        .where(Contact.school_id == school_id, Proposal.state == ProposalState.WAITING)
        .group_by(Contact.id, Contact.first_name, Contact.last_name)
        .order_by(newest.desc(), Contact.id)
        .limit(MOST)
    ).all()
    return Listed([Waiting(*row[:4]) for row in rows], total=rows[0][4] if rows else 0)


def new_inquiries(school_id: int, since: datetime) -> Listed[Inquiry]:
    """The students whom a form has made since then, newest first."""
    rows = db.session.execute(
        select(
            Contact.id,
            Contact.first_name + " " + Contact.last_name,
            Contact.grade,
            Contact.created_at,
            func.count().over(),
        )
        .join(
            ContactRoleAssignment,
            (ContactRoleAssignment.school_id == Contact.school_id)
            & (ContactRoleAssignment.contact_id == Contact.id)
            & (ContactRoleAssignment.role == ContactRole.STUDENT),
        )
        .where(
            Contact.school_id == school_id, Contact.origin == "form", Contact.created_at >= since
        )
        .order_by(Contact.created_at.desc(), Contact.id.desc())
        .limit(MOST)
    ).all()
    return Listed([Inquiry(*row[:4]) for row in rows], total=rows[0][4] if rows else 0)


def late_noes(school_id: int, since: datetime) -> list[LateNo]:
    """The noes that changed nothing, each with a parent whose Cell the number is, newest first."""
    holder = (
        select(func.min(Phone.contact_id))
        .where(
            Phone.school_id == school_id,
            Phone.number == ConsentEvent.number,
            Phone.type == PhoneType.CELL,
        )
        .correlate(ConsentEvent)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            ConsentEvent.number,
            ConsentEvent.happened_at,
            ConsentEvent.recorded_at,
            Contact.id,
            Contact.first_name + " " + Contact.last_name,
        )
        .outerjoin(Contact, (Contact.school_id == school_id) & (Contact.id == holder))
        .where(
            ConsentEvent.school_id == school_id,
            ConsentEvent.code == Refusal.OLDER_THAN_YES,
            ConsentEvent.recorded_at >= since,
        )
        .order_by(ConsentEvent.recorded_at.desc(), ConsentEvent.number)
        .limit(MOST)
    )
    return [LateNo(*row) for row in rows]
