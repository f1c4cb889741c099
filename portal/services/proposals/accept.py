"""Apply accepted proposals, kind by kind. See `services/proposals/review.py`.

The proposals are locked, and so are the records and numbers that they are about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.consent import ledger
from portal.enums import (
    Answer,
    ConsentState,
    ContactRole,
    ProposalKind,
    Refusal,
    Relationship,
    Source,
)
from portal.extensions import db
from portal.labels import FIELD_WORDS
from portal.models import ParentLink, Proposal, Submission
from portal.phone import show_number
from portal.queries.records.proposals import value_digest
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.contacts import contacts
from portal.services.contacts.contacts import Changes, lock_contact
from portal.services.contacts.email_changes import ChangedBy
from portal.services.contacts.phones import (
    PhoneValue,
    current_phones,
    has_cell,
    replace_phones,
    set_phones,
    with_phone,
)
from portal.services.proposals.propose import kept_question
from portal.services.texting.record_consent import record_answer

NO_POSITION = "no_position"
CHANGED_SINCE = "changed_since"
"""The record differs from the page that was shown. The page shows it now, and asks again."""
NO_CELL_OF_THEIRS = "no_cell_of_theirs"
"""The number is no cell phone on the record anymore: nobody can be opted in there."""


@dataclass(frozen=True, slots=True)
class ProposalOutcome:
    """The result of one proposal. `refusal` says why it still waits."""

    accepted: bool
    refusal: str | None = None
    opted_in: tuple[str, ...] = ()
    still_out: tuple[str, ...] = ()
    """Numbers with a yes that only their parent can make count."""


def _field(
    school: SchoolRow, proposal: Proposal, actor: Actor, seen: str | None
) -> ProposalOutcome:
    contact = lock_contact(school.id, proposal.contact_id)
    name, value = proposal.subject, proposal.new["value"]
    if _moved_on(proposal, seen, {"value": getattr(contact, name)}):
        return ProposalOutcome(accepted=False, refusal=CHANGED_SINCE)
    changes = contacts.one_change(FIELD_WORDS[name], getattr(contact, name), value)
    contacts.set_fields(contact, {name: value}, ChangedBy(_by(actor)))
    _note(proposal, contact.id, actor, changes)
    return ProposalOutcome(accepted=True)


def _phone(
    school: SchoolRow, proposal: Proposal, actor: Actor, seen: str | None
) -> ProposalOutcome:
    contact = lock_contact(school.id, proposal.contact_id)
    new = PhoneValue.of_content(proposal.new)
    before = current_phones(school.id, contact.id)
    if _moved_on(proposal, seen, phone_on_file(before.get(new.slot))):
        return ProposalOutcome(accepted=False, refusal=CHANGED_SINCE)
    ledger.lock_in_order(school.id, {new.number, *(p.number for p in before.values())})
    phones = with_phone(before.values(), new, proposal.new.get("moves_to"))
    changes = replace_phones(school, contact.id, phones, actor.key)
    _note(proposal, contact.id, actor, changes)
    return _consent_answers(school, proposal, actor, contact.id, [proposal.new])


def _moved_on(proposal: Proposal, seen: str | None, on_file: dict[str, Any] | None) -> bool:
    """True if the record has changed since the page showed it, or, if we don't know what the page
    showed, since it was proposed. The page shows that next."""
    if (value_digest(on_file) == seen) if seen else (proposal.old == on_file):
        return False
    proposal.old = on_file
    db.session.flush()
    return True


def phone_on_file(phone: PhoneValue | None) -> dict[str, Any] | None:
    """A phone as proposals keep what they would change."""
    if phone is None:
        return None
    return {"type": phone.type.value, "number": phone.number, "extension": phone.extension}


def _consent(
    school: SchoolRow, proposal: Proposal, actor: Actor, seen: str | None
) -> ProposalOutcome:
    contact = lock_contact(school.id, proposal.contact_id)
    if not has_cell(school.id, contact.id, proposal.new["number"]):
        return ProposalOutcome(accepted=False, refusal=NO_CELL_OF_THEIRS)
    result = _ask(school, proposal, actor, proposal.new["number"])
    if result.code is Refusal.OWNER_MUST_SIGN_IN:
        return ProposalOutcome(accepted=False, refusal=result.code)
    shown = show_number(proposal.new["number"], school.country)
    changes = contacts.one_change("Yes to texts", new=shown)
    _note(proposal, contact.id, actor, changes)
    return ProposalOutcome(accepted=True, opted_in=(proposal.new["number"],))


def _link(school: SchoolRow, proposal: Proposal, actor: Actor, seen: str | None) -> ProposalOutcome:
    student = lock_contact(school.id, proposal.contact_id)
    parent = lock_contact(school.id, proposal.new["parent_id"])
    said = proposal.new["relationship"]
    link = db.session.scalars(
        select(ParentLink).where(
            ParentLink.school_id == school.id,
            ParentLink.student_id == student.id,
            ParentLink.parent_id == parent.id,
        )
    ).first()
    old = link.relationship if link is not None else None
    if _moved_on(proposal, seen, {"relationship": old} if link is not None else None):
        return ProposalOutcome(accepted=False, refusal=CHANGED_SINCE)
    if link is not None:
        new, link.relationship = said, said
    else:
        new, position = said or "added", contacts.free_position(school.id, student.id)
        if position is None:
            return ProposalOutcome(accepted=False, refusal=NO_POSITION)
        relationship = Relationship(said) if said else None
        contacts.link_parent(school.id, student.id, parent.id, position, relationship)
    what = f"Parent {parent.full_name}"
    changes = contacts.link_change(parent.id, what, old, new)
    _note(proposal, student.id, actor, changes)
    return ProposalOutcome(accepted=True)


def _new_parent(
    school: SchoolRow, proposal: Proposal, actor: Actor, seen: str | None
) -> ProposalOutcome:
    new = proposal.new
    positions = {
        child_id: contacts.free_position(school.id, child_id) for child_id in new["child_ids"]
    }
    if positions[proposal.contact_id] is None:
        return ProposalOutcome(accepted=False, refusal=NO_POSITION)
    parent = contacts.create_contact(
        school.id,
        new["first_name"],
        new["last_name"],
        ContactRole.PARENT,
        "form",
        email=new["email"],
    )
    said = new["relationship"]
    for child_id, position in positions.items():
        if position is not None:
            relationship = Relationship(said) if said else None
            contacts.link_parent(school.id, child_id, parent.id, position, relationship)
            what = f"Parent {parent.full_name}"
            changes = contacts.link_change(parent.id, what, new=said or "added")
            _note(proposal, child_id, actor, changes)
    phones = [PhoneValue.of_content(phone) for phone in new["phones"]]
    set_phones(school.id, parent.id, phones)
    return _consent_answers(school, proposal, actor, parent.id, new["phones"])


def _consent_answers(
    school: SchoolRow,
    proposal: Proposal,
    actor: Actor,
    contact_id: int,
    phones: list[dict[str, Any]],
) -> ProposalOutcome:
    """Take the yes that came with accepted phones to the ledger; a no counted when it was sent."""
    opted_in, still_out = [], []
    numbers = {phone["number"] for phone in phones if phone["answer"] == Answer.YES}
    numbers -= {phone["number"] for phone in phones if phone["answer"] == Answer.NO}
    for number in sorted(numbers) if school.texting_on else ():
        result = _ask(school, proposal, actor, number)
        if result.state is ConsentState.OPTED_IN:
            opted_in.append(number)
        else:
            still_out.append(number)
            _keep_waiting(proposal, contact_id, number)
    return ProposalOutcome(accepted=True, opted_in=tuple(opted_in), still_out=tuple(still_out))


def _ask(school: SchoolRow, proposal: Proposal, actor: Actor, number: str) -> ledger.Result:
    submission = db.session.get_one(Submission, (school.id, proposal.submission_id))
    kept, named = kept_question(submission, number)
    return record_answer(
        school,
        ledger.Decision(
            school_id=school.id,
            number=number,
            source=Source.PUBLIC_FORM,
            answer=Answer.YES,
            actor=actor.key,
            texting_number=school.texting_number,
            happened_at=submission.received_at,
            kept_wording=kept,
            submission_id=submission.id,
            evidence={**submission.evidence, **named, "accepted_by": actor.name},
        ),
    )


def _keep_waiting(proposal: Proposal, contact_id: int, number: str) -> None:
    """The phone is accepted, but its number opted out: the yes waits for its parent."""
    db.session.add(
        Proposal(
            school_id=proposal.school_id,
            submission_id=proposal.submission_id,
            contact_id=contact_id,
            kind=ProposalKind.CONSENT,
            subject=number,
            old=None,
            new={"number": number, "answer": Answer.YES.value},
            proposed_at=proposal.proposed_at,
        )
    )
    db.session.flush()


def _note(proposal: Proposal, contact_id: int, actor: Actor, changes: Changes) -> None:
    """Add changes to the history, with the time of the form."""
    said_at = proposal.proposed_at
    contacts.note_edit(proposal.school_id, contact_id, _by(actor), changes, said_at)


def _by(actor: Actor) -> str:
    return f"{actor.name} (accepted from the contact form)"


APPLY: dict[ProposalKind, Callable[[SchoolRow, Proposal, Actor, str | None], ProposalOutcome]] = {
    ProposalKind.FIELD: _field,
    ProposalKind.NEW_PARENT: _new_parent,
    ProposalKind.LINK: _link,
    ProposalKind.PHONE: _phone,
    ProposalKind.CONSENT: _consent,
}
"""In the order in which proposals that are accepted together are applied."""
