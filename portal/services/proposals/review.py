"""Accept or decline proposals on a record: one by one, or together.

An accepted phone brings along the answer that was given about it on the form, as that form's
answer and not as staff's: it never lifts an opt-out.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sqlalchemy import ColumnElement, select

from portal import clock
from portal.consent import ledger
from portal.enums import ProposalKind, ProposalState
from portal.extensions import db
from portal.labels import FIELD_WORDS
from portal.models import Contact, Phone, Proposal
from portal.normalize import full_name
from portal.phone import show_number
from portal.queries.records.proposals import newer_values
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.contacts import contacts
from portal.services.contacts.phones import PhoneValue
from portal.services.proposals.accept import APPLY, NO_CELL_OF_THEIRS, ProposalOutcome

NOTHING_SEEN: Mapping[int, str] = MappingProxyType({})


class ProposalsChangedError(Exception):
    """Some of these were decided by someone else meanwhile, or never were on this record."""


def decline(school: SchoolRow, ids: list[int], actor: Actor) -> int:
    """Decline proposals; gives how many. Raises ProposalsChangedError if one does not wait any
    more."""
    waiting = _waiting(school.id, ids, lock_numbers=False)
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


def accept(
    school: SchoolRow, ids: list[int], actor: Actor, seen: Mapping[int, str] = NOTHING_SEEN
) -> list[ProposalOutcome]:
    """Apply proposals. Raises ProposalsChangedError, and applies nothing, if one does not wait any
    more. `seen`: digests of the values on file that the page showed, by the proposal's id."""
    order = list(APPLY)
    waiting = sorted(
        _waiting(school.id, ids), key=lambda p: (order.index(ProposalKind(p.kind)), p.id)
    )
    outcomes = []
    for proposal in waiting:
        outcome = APPLY[ProposalKind(proposal.kind)](school, proposal, actor, seen.get(proposal.id))
        if outcome.accepted:
            close(proposal, ProposalState.ACCEPTED, actor.name)
        elif outcome.refusal == NO_CELL_OF_THEIRS:
            close(proposal, ProposalState.SUPERSEDED, actor.name)
        outcomes.append(outcome)
    return outcomes


def accept_together(
    school: SchoolRow, ids: list[int], actor: Actor, seen: Mapping[int, str] = NOTHING_SEEN
) -> list[ProposalOutcome]:
    """`accept` for all proposals on a page, except those that change how a parent signs in, or that
    are older than the value on file. Staff read those and accept them one at a time."""
    waiting = _waiting(school.id, ids)
    newer = newer_values(school.id, waiting)
    together = [p.id for p in waiting if p.id not in newer and not _changes_sign_in(p)]
    return accept(school, together, actor, seen) if together else []


def _changes_sign_in(proposal: Proposal) -> bool:
    return proposal.kind == ProposalKind.FIELD and proposal.subject == "email"


def describe(proposal: Proposal, school: SchoolRow) -> str:
    """A proposal in a few words, for the history."""
    new = proposal.new
    match ProposalKind(proposal.kind):
        case ProposalKind.FIELD:
            return f"{FIELD_WORDS[proposal.subject]}: {new['value']}"
        case ProposalKind.PHONE:
            return PhoneValue.of_content(new).describe(school.country)
        case ProposalKind.CONSENT:
            return f"Yes to texts, {show_number(new['number'], school.country)}"
        case ProposalKind.LINK:
            return f"Parent: {new['relationship'] or 'relationship not known'}"
        case ProposalKind.NEW_PARENT:
            return f"New parent: {full_name(new['first_name'], new['last_name'])}"


def _waiting(school_id: int, ids: list[int], lock_numbers: bool = True) -> list[Proposal]:
    found = lock_waiting(school_id, Proposal.id.in_(ids), lock_numbers=lock_numbers)
    if not ids or len(found) < len(set(ids)):
        raise ProposalsChangedError
    return found


def lock_waiting(
    school_id: int, *which: ColumnElement[bool], lock_numbers: bool = True
) -> list[Proposal]:
    """Return the proposals that wait, locked after the records and numbers that they are about."""
    waiting = (
        select(Proposal)
        .where(Proposal.school_id == school_id, Proposal.state == ProposalState.WAITING, *which)
        .order_by(Proposal.id)
    )
    seen = db.session.scalars(waiting).all()
    records = {p.contact_id for p in seen}
    for new in (p.new for p in seen):
        records |= {new.get("parent_id", 0), *new.get("child_ids", ())}
    locked = (
        select(Contact.id)
        .where(Contact.school_id == school_id, Contact.id.in_(records))
        .order_by(Contact.id)
        .with_for_update(key_share=True)
    )
    db.session.execute(locked).all()
    if lock_numbers:
        ledger.lock_in_order(school_id, _numbers(school_id, seen))
    once_more = waiting.with_for_update().execution_options(populate_existing=True)
    return list(db.session.scalars(once_more))


def _numbers(school_id: int, proposals: Iterable[Proposal]) -> set[str]:
    """Those that the proposals name, and those that a record may lose by a new phone."""
    named = {
        phone["number"]
        for p in proposals
        for phone in (p.new, *p.new.get("phones", ()))
        if "number" in phone
    }
    changed = {p.contact_id for p in proposals if p.kind == ProposalKind.PHONE}
    held = select(Phone.number).where(Phone.school_id == school_id, Phone.contact_id.in_(changed))
    return named | set(db.session.scalars(held))


def close(proposal: Proposal, state: ProposalState, decided_by: str) -> None:
    """It waits no more; `decided_by` is the name that the history shows."""
    proposal.state = state
    proposal.decided_at = clock.now()
    proposal.decided_by = decided_by
    db.session.flush()
