"""Changes to review on a record, as rows for a page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, or_, select

from portal.enums import ConsentState, ProposalKind, ProposalState
from portal.models import ConsentStatus, Contact, Proposal, Submission, same_school
from portal.queries.stacked import IDS, SCHOOL


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


WAITING = (
    select(
        Proposal.id,
        Proposal.kind,
        Proposal.contact_id,
        Proposal.subject,
        Proposal.old,
        Proposal.new,
        Proposal.proposed_at,
        Contact.full_name,
        Submission.evidence,
        ConsentStatus.state.label("number_state"),
    )
    .join(Contact, same_school(Contact, Proposal, Contact.id == Proposal.contact_id))
    .join(Submission, same_school(Submission, Proposal, Submission.id == Proposal.submission_id))
    .outerjoin(
        ConsentStatus,
        same_school(ConsentStatus, Proposal, ConsentStatus.number == Proposal.subject),
    )
    .where(
        Proposal.school_id == SCHOOL,
        Proposal.state == ProposalState.WAITING,
        or_(
            Proposal.contact_id.in_(IDS),
            (Proposal.kind == ProposalKind.LINK)
            & Proposal.subject.in_(bindparam("subjects", expanding=True)),
        ),
    )
)
"""The changes to review on the records IDS, and links to those. `subjects`: the same ids as text.
"""


def proposal_row(row: Row[Any]) -> ProposalRow:
    return ProposalRow(
        id=row.id,
        kind=ProposalKind(row.kind),
        contact_id=row.contact_id,
        contact_name=row.full_name,
        subject=row.subject,
        old=row.old,
        new=row.new,
        sent_by=row.evidence.get("name", ""),
        proposed_at=row.proposed_at,
        only_the_parent=row.kind == ProposalKind.CONSENT
        and row.number_state == ConsentState.OPTED_OUT,
        changes_sign_in=row.kind == ProposalKind.FIELD and row.subject == "email",
    )
