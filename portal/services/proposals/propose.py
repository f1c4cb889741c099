"""Propose to staff the changes that an unsigned form may not make right away."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal import clock
from portal.enums import Answer, ProposalKind, ProposalState
from portal.extensions import db, insert_rows, row_values
from portal.form_answers import ParentAnswer, PhoneAnswer
from portal.models import Proposal, Submission
from portal.models.columns import new_id


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    number: str
    answer: Answer
    contact_id: int | None = None
    """The record it was said on; None for a parent who only waits to be added."""
    carried: bool = False
    """True if a proposal carries the answer along with the phone itself."""


def keep_submission(
    school_id: int, answers: dict[str, Any], answers_digest: str = "", **rest: Any
) -> Submission:
    """Keep what was sent, as it was sent; `rest` are the other columns of Submission. The object
    that is returned is not in the session."""
    submission = Submission(
        school_id=school_id,
        id=new_id(),
        answers=answers,
        answers_digest=answers_digest,
        **{"revision": 1, "received_at": clock.now()} | rest,
    )
    insert_rows(Submission, row_values(submission))
    return submission


def kept_question(form: Submission, number: str) -> tuple[tuple[str, str] | None, dict[str, str]]:
    """Return the id and the language of the question that a kept form was asked about a number, and
    the evidence of who was named in it. None where nothing was asked."""
    asked = form.answers.get("asked_about", {}).get(number)
    if asked is not None:
        return (asked["wording_id"], form.language), {"asked_about": asked["name"]}
    return ((form.wording_id, form.language) if form.wording_id else None), {}


def propose(
    submission: Submission,
    contact_id: int,
    kind: ProposalKind,
    subject: str,
    old: dict[str, Any] | None,
    new: dict[str, Any],
) -> None:
    """Put one change before staff, unless the very same waits already."""
    waiting = db.session.scalars(
        select(Proposal.new).where(
            Proposal.school_id == submission.school_id,
            Proposal.contact_id == contact_id,
            Proposal.kind == kind,
            Proposal.subject == subject,
            Proposal.state == ProposalState.WAITING,
        )
    ).all()
    if new in waiting:
        return
    db.session.add(
        Proposal(
            school_id=submission.school_id,
            submission_id=submission.id,
            contact_id=contact_id,
            kind=kind,
            subject=subject,
            old=old,
            new=new,
            proposed_at=submission.received_at,
        )
    )
    db.session.flush()


def propose_consent(submission: Submission, given: ConsentAnswer) -> None:
    """A yes that may not count yet: about a number on file, or one that opted out."""
    if given.contact_id is not None:
        propose(
            submission,
            given.contact_id,
            ProposalKind.CONSENT,
            given.number,
            old=None,
            new={"number": given.number, "answer": given.answer.value},
        )


def phone_content(phone: PhoneAnswer) -> dict[str, Any]:
    """A phone as proposals keep it."""
    return {
        "slot": phone.slot.value,
        "type": phone.type.value,
        "number": phone.number,
        "extension": phone.extension,
        "answer": phone.answer.value if phone.answer else None,
    }


def parent_content(parent: ParentAnswer, child_ids: list[int]) -> dict[str, Any]:
    """A parent who is not on file, as proposals keep them."""
    return {
        "first_name": parent.first_name,
        "last_name": parent.last_name,
        "email": parent.email,
        "relationship": parent.relationship.value if parent.relationship else None,
        "phones": [phone_content(phone) for phone in parent.phones],
        "child_ids": child_ids,
    }
