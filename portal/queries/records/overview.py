"""The overview: changes to review, new inquiries, opt-outs that came in late."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Select, func, or_, select

from portal.enums import ContactRole, PhoneType, ProposalState, Refusal
from portal.extensions import db
from portal.models import (
    ConsentEvent,
    Contact,
    ContactRoleAssignment,
    EmailRefusal,
    Message,
    ParentLink,
    Phone,
    Proposal,
    has_role,
    same_school,
)
from portal.models.columns import id_at
from portal.queries.records.names import contact_names
from portal.queries.records.submissions import not_applied
from portal.queries.records.waiting_answers import waiting_noes
from portal.queries.texting.counts import failed_since
from portal.queries.workers import texts_waiting_since

MOST = 8

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A family with changes to review."""

    records: list[tuple[int, str]]
    """Ids and names of the records that show the changes."""
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


@dataclass(frozen=True, slots=True)
class OverviewCounts:
    late_forms: int
    """Forms that came in before a moment and are on no record yet."""
    no_answers: int
    """"No" answers that wait for staff."""
    failed: int
    """Texts that failed since a moment."""
    emails_refused: int
    """Parents whose last email did not arrive."""
    texts_since: datetime | None
    """The time since when texts that could go have waited. None if none does."""


def overview_counts(
    school_id: int, forms_before: datetime, texts_since: datetime, now: datetime
) -> OverviewCounts:
    """Count what waits or went wrong. One query."""
    row = db.session.execute(
        select(
            not_applied(school_id, forms_before).scalar_subquery(),
            waiting_noes(school_id).scalar_subquery(),
            failed_since(school_id, id_at(texts_since)).scalar_subquery(),
            _with_refused_email(school_id).scalar_subquery(),
            texts_waiting_since(now).where(Message.school_id == school_id).scalar_subquery(),
        )
    ).one()
    return OverviewCounts(*row)


def _with_refused_email(school_id: int) -> Select[int]:
    """Select the number of parents whose last email did not arrive. Few addresses, by an index."""
    return (
        select(func.count())
        .select_from(EmailRefusal)
        .join(
            Contact, same_school(Contact, EmailRefusal, Contact.email_key == EmailRefusal.email_key)
        )
        .join(ContactRoleAssignment, has_role(Contact, Contact.id, ContactRole.PARENT))
        .where(EmailRefusal.school_id == school_id)
    )


def waiting_families(school_id: int) -> Listed[Waiting]:
    """Families with changes to review, the newest first. One form makes changes on the records of
    several people, but it is one family to staff."""
    waits = (Proposal.school_id == school_id, Proposal.state == ProposalState.WAITING)
    rows = db.session.execute(
        select(Proposal.contact_id, func.count(), func.max(Proposal.proposed_at))
        .where(*waits)
        .group_by(Proposal.contact_id)
    )
    changes = {contact_id: (count, at) for contact_id, count, at in rows}
    families = [
        (shown_on, sum(changes[i][0] for i in members), max(changes[i][1] for i in members))
        for members, shown_on in _families(changes, _links_of_waiting(school_id))
    ]
    families.sort(key=lambda family: (family[2], family[0]), reverse=True)
    newest = families[:MOST]
    names = dict(contact_names(school_id, [i for shown_on, _, _ in newest for i in shown_on]))
    found = [Waiting([(i, names[i]) for i in shown_on], n, at) for shown_on, n, at in newest]
    return Listed(found, total=len(families))


def _links_of_waiting(school_id: int) -> list[tuple[int, int]]:
    """(student, parent), of everyone with changes to review."""
    waiting = select(Proposal.contact_id).where(
        Proposal.school_id == school_id, Proposal.state == ProposalState.WAITING
    )
    rows = db.session.execute(
        select(ParentLink.student_id, ParentLink.parent_id).where(
            ParentLink.school_id == school_id,
            or_(ParentLink.student_id.in_(waiting), ParentLink.parent_id.in_(waiting)),
        )
    )
    return [(student_id, parent_id) for student_id, parent_id in rows]


def _families(
    waiting: Collection[int], links: list[tuple[int, int]]
) -> Iterator[tuple[list[int], list[int]]]:
    """The contacts with changes, grouped by the parents and children they share, and the records
    that show all of a group's changes. A student's record shows the parents' changes too."""
    kin = {contact_id: {contact_id} for contact_id in waiting}
    children: dict[int, set[int]] = {}
    for student, parent in links:
        children.setdefault(parent, set()).add(student)
        together = kin.get(student, {student}) | kin.get(parent, {parent})
        kin.update(dict.fromkeys(together, together))
    for family in {id(family): family for family in kin.values()}.values():
        members = sorted(family.intersection(waiting))
        shown_on = {
            min(children.get(member, ()), default=member)
            for member in members
            if not children.get(member, set()).intersection(members)
        }
        yield members, sorted(shown_on)


def new_inquiries(school_id: int, since: datetime) -> Listed[Inquiry]:
    """The students whom a form has made since then, newest first."""
    rows = db.session.execute(
        select(
            Contact.id,
            Contact.full_name,
            Contact.grade,
            Contact.created_at,
            func.count().over(),
        )
        .join(ContactRoleAssignment, has_role(Contact, Contact.id, ContactRole.STUDENT))
        .where(
            Contact.school_id == school_id, Contact.origin == "form", Contact.created_at >= since
        )
        .order_by(Contact.created_at.desc(), Contact.id.desc())
        .limit(MOST)
    ).all()
    return Listed([Inquiry(*row[:4]) for row in rows], total=rows[0][4] if rows else 0)


def late_noes(school_id: int, since: datetime) -> list[LateNo]:
    """The no answers that changed nothing, each with a parent who has the number, newest first."""
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
            Contact.full_name,
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
