"""The family page of a signed-in parent: their own record, their children, the other parents'
names."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.consent import restrictions
from portal.enums import ProposalKind, ProposalState
from portal.extensions import db
from portal.models import ConfirmationWord, Contact, ParentLink, Phone, Proposal, same_school
from portal.normalize import full_name
from portal.queries.records.phones import PhoneRow, phones_of_ids
from portal.queries.records.proposals import newer_values
from portal.queries.schools import SchoolRow


@dataclass(frozen=True, slots=True)
class ChildRow:
    contact_id: int
    first_name: str
    last_name: str
    grade: str | None
    relationship: str | None
    """The parent's own relationship to them, if anybody said."""
    others: tuple[str, ...]
    """The names of the other parents, and nothing else of them."""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """Something of an unsigned form that its owner can make count."""

    id: int
    kind: ProposalKind
    subject: str
    new: dict[str, object]
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class Household:
    contact_id: int
    first_name: str
    last_name: str
    email: str | None
    version: int
    phones: list[PhoneRow]
    confirmed: dict[str, datetime | None]
    """By number, when the parent last said that it is still right."""
    children: list[ChildRow]
    waiting: list[WaitingRow]

    @property
    def relationship(self) -> str | None:
        """The parent's relationship to their children, if it is the same for all."""
        found = {child.relationship for child in self.children}
        return found.pop() if len(found) == 1 else None

    @property
    def seen(self) -> dict[str, int]:
        """By number, the place in the log that the page shows; of proven numbers alone."""
        return {phone.number: phone.seq for phone in self.phones if phone.proven}


def household(school: SchoolRow, contact_id: int) -> Household:
    """Everything of one parent. A fixed number of queries, whatever the family."""
    me = db.session.get_one(Contact, (school.id, contact_id))
    confirmed = db.session.execute(
        select(Phone.number, Phone.confirmed_at).where(
            Phone.school_id == school.id, Phone.contact_id == contact_id
        )
    )
    phones = phones_of_ids(school, [contact_id]).get(contact_id, [])
    return Household(
        contact_id=contact_id,
        first_name=me.first_name,
        last_name=me.last_name,
        email=me.email,
        version=me.version,
        phones=phones,
        confirmed={row.number: row.confirmed_at for row in confirmed},
        children=_children(school.id, contact_id),
        waiting=_waiting(school.id, contact_id, {p.number for p in phones if p.proven}),
    )


def _children(school_id: int, contact_id: int) -> list[ChildRow]:
    mine, theirs, other = aliased(ParentLink), aliased(ParentLink), aliased(Contact)
    rows = db.session.execute(
        select(Contact, mine.relationship, other.id, other.first_name, other.last_name)
        .join(
            mine,
            same_school(mine, Contact, mine.student_id == Contact.id, mine.parent_id == contact_id),
        )
        .join(theirs, same_school(theirs, Contact, theirs.student_id == Contact.id))
        .join(other, same_school(other, theirs, other.id == theirs.parent_id))
        .where(Contact.school_id == school_id, ~restrictions.hides(mine))
        .order_by(Contact.first_name, Contact.id, theirs.position)
    ).all()
    children: dict[int, ChildRow] = {}
    for child, relationship, other_id, first, last in rows:
        known = children.get(child.id)
        others = known.others if known else ()
        if other_id != contact_id:
            others = (*others, full_name(first, last))
        children[child.id] = ChildRow(
            child.id, child.first_name, child.last_name, child.grade, relationship, others
        )
    return list(children.values())


def _waiting(school_id: int, contact_id: int, proven: set[str]) -> list[WaitingRow]:
    """A yes that waits about a number that is not proven is left out: it would tell that somebody
    else has the number, or said no. Only staff see a proposal that is older than the record."""
    rows = db.session.scalars(
        select(Proposal)
        .where(
            Proposal.school_id == school_id,
            Proposal.state == ProposalState.WAITING,
            Proposal.contact_id == contact_id,
            Proposal.kind.in_([ProposalKind.FIELD, ProposalKind.PHONE, ProposalKind.CONSENT]),
        )
        .order_by(Proposal.id)
    )
    found = [p for p in rows if p.kind != ProposalKind.CONSENT or p.subject in proven]
    newer = newer_values(school_id, found)
    return [
        WaitingRow(p.id, ProposalKind(p.kind), p.subject, p.new, p.proposed_at)
        for p in found
        if p.id not in newer
    ]


@dataclass(frozen=True, slots=True)
class ConfirmationWordRow:
    """A word that is waited for, to come by text from a number."""

    number: str
    word: str
    expires_at: datetime


def open_confirmation_word(
    school_id: int, contact_id: int, number: str, now: datetime
) -> ConfirmationWordRow | None:
    """The word that this parent is to text from this number, while it is good."""
    row = db.session.scalars(
        select(ConfirmationWord)
        .where(
            ConfirmationWord.school_id == school_id,
            ConfirmationWord.contact_id == contact_id,
            ConfirmationWord.number == number,
            ConfirmationWord.used_at.is_(None),
            ConfirmationWord.expires_at > now,
        )
        .limit(1)
    ).first()
    return None if row is None else ConfirmationWordRow(row.number, row.word, row.expires_at)
