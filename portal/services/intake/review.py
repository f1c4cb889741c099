"""Accept or decline proposals on a record: one by one, or together.

An accepted phone brings along the answer that was given about it on the form, as that form's
answer and not as staff's: it never lifts an opt-out.
"""

from sqlalchemy import select

from portal import clock
from portal.enums import (
    ProposalKind,
    ProposalState,
)
from portal.extensions import db
from portal.models import Proposal
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.contacts import contacts
from portal.services.contacts.contacts import FIELD_WORDS
from portal.services.intake.accept import APPLY, NO_CELL_OF_THEIRS, ProposalOutcome


class ProposalsChangedError(Exception):
    """Some of these were decided by someone else meanwhile, or never were on this record."""


def decline(school: SchoolRow, ids: list[int], actor: Actor) -> int:
    """Decline proposals; gives how many. Raises GoneError if one does not wait anymore."""
    waiting = _waiting(school.id, ids)
    for proposal in waiting:
        close(proposal, ProposalState.DECLINED, actor.name)
        contacts.note_edit(
            school.id,
            proposal.contact_id,
            actor.name,
            [
                {
                    "what": "Declined change from the contact form",
                    "old": None,
                    "new": describe(proposal, school),
                }
            ],
        )
    return len(waiting)


def accept(school: SchoolRow, ids: list[int], actor: Actor) -> list[ProposalOutcome]:
    """Apply proposals. Raises GoneError if one does not wait anymore; nothing is applied then."""
    order = list(APPLY)
    waiting = sorted(
        _waiting(school.id, ids), key=lambda p: (order.index(ProposalKind(p.kind)), p.id)
    )
    outcomes = []
    for proposal in waiting:
        outcome = APPLY[ProposalKind(proposal.kind)](school, proposal, actor)
        if outcome.accepted:
            close(proposal, ProposalState.ACCEPTED, actor.name)
        elif outcome.refusal == NO_CELL_OF_THEIRS:
            close(proposal, ProposalState.SUPERSEDED, actor.name)
        outcomes.append(outcome)
    return outcomes


def accept_together(school: SchoolRow, ids: list[int], actor: Actor) -> list[ProposalOutcome]:
    """`accept` for all that a page showed, without what changes how a parent signs in: that is
    accepted by itself, after it was read."""
    waiting = _waiting(school.id, ids)
    return accept(school, [p.id for p in waiting if not _changes_sign_in(p)], actor)


def _changes_sign_in(proposal: Proposal) -> bool:
    return proposal.kind == ProposalKind.FIELD and proposal.subject == "email"


def describe(proposal: Proposal, school: SchoolRow) -> str:
    """A proposal in a few words, for the history."""
    new = proposal.new
    match ProposalKind(proposal.kind):
        case ProposalKind.FIELD:
            return f"{FIELD_WORDS[proposal.subject]}: {new['value']}"
        case ProposalKind.PHONE:
            return f"{new['type'].capitalize()} {contacts.shown(school, new['number'])}"
        case ProposalKind.CONSENT:
            return f"Yes to texts, {contacts.shown(school, new['number'])}"
        case ProposalKind.LINK:
            return f"Parent: {new['relationship']}"
        case ProposalKind.NEW_PARENT:
            return f"New parent: {new['first_name']} {new['last_name']}"


def _waiting(school_id: int, ids: list[int]) -> list[Proposal]:
    found = list(
        db.session.scalars(
            select(Proposal)
            .where(
                Proposal.school_id == school_id,
                Proposal.id.in_(ids),
                Proposal.state == ProposalState.WAITING,
            )
            .order_by(Proposal.id)
            .with_for_update()
        )
    )
    if not ids or len(found) < len(set(ids)):
        raise ProposalsChangedError
    return found


def close(proposal: Proposal, state: ProposalState, decided_by: str) -> None:
    """It waits no more; `decided_by` is the name that the history shows."""
    proposal.state = state
    proposal.decided_at = clock.now()
    proposal.decided_by = decided_by
    db.session.flush()
