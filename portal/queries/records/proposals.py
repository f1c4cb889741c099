"""Changes to review on a record, as rows for a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from portal.enums import ConsentState, ProposalKind, ProposalState
from portal.extensions import db
from portal.models import ConsentStatus, Contact, Proposal, Submission, same_school
from portal.queries.schools import SchoolRow


@dataclass(frozen=True, slots=True)
class ProposalRow:
    id: int
    kind: ProposalKind
    contact_id: int
    contact_name: str
    """The owner of the record that it would change."""
    subject: str
    old: dict[str, Any] | None
    new: dict[str, Any]
    sent_by: str
    """The name that the form's sender gave."""
    proposed_at: datetime
    only_the_parent: bool
    """A yes about a number that opted out: staff can't accept it."""
    changes_sign_in: bool
    """An email of a parent: they sign in with it. Never accepted along with others."""


def waiting_on(school: SchoolRow, contact_ids: Iterable[int]) -> list[ProposalRow]:
    """Return the changes to review on these records, oldest first, with links. One query."""
    ids = list(contact_ids)
    rows = db.session.execute(
        select(
            Proposal,
            Contact.first_name,
            Contact.last_name,
            Submission.evidence,
            ConsentStatus.state.label("number_state"),
        )
        .join(
            Contact,
            same_school(Contact, Proposal, Contact.id == Proposal.contact_id),
        )
        .join(
            Submission,
            same_school(Submission, Proposal, Submission.id == Proposal.submission_id),
        )
        .outerjoin(
            ConsentStatus,
            same_school(ConsentStatus, Proposal, ConsentStatus.number == Proposal.subject),
        )
        .where(
            Proposal.school_id == school.id,
            Proposal.state == ProposalState.WAITING,
            or_(
                Proposal.contact_id.in_(ids),
                (Proposal.kind == ProposalKind.LINK) & Proposal.subject.in_([str(i) for i in ids]),
            ),
        )
        .order_by(Proposal.id)
    )
    return [
        ProposalRow(
            id=row.Proposal.id,
            kind=ProposalKind(row.Proposal.kind),
            contact_id=row.Proposal.contact_id,
            contact_name=f"{row.first_name} {row.last_name}",
            subject=row.Proposal.subject,
            old=row.Proposal.old,
            new=row.Proposal.new,
            sent_by=row.evidence.get("name", ""),
            proposed_at=row.Proposal.proposed_at,
            only_the_parent=row.Proposal.kind == ProposalKind.CONSENT
            and row.number_state == ConsentState.OPTED_OUT,
            changes_sign_in=row.Proposal.kind == ProposalKind.FIELD
            and row.Proposal.subject == "email",
        )
        for row in rows
    ]
