"""The answers of a contact form about texts, taken to the ledger with what is known of them."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import bindparam, exists, select

from portal.consent import holdings, ledger
from portal.enums import Answer, ConsentState, FormOptOutState, Refusal, Source
from portal.extensions import db, fetch
from portal.models import (
    ConsentStatus,
    FormOptOut,
    ParentSession,
    Submission,
    SubmissionContact,
    same_school,
)
from portal.queries.schools import SchoolRow
from portal.services.families.match import CORRECTION_WINDOW
from portal.services.intake.applied_form import AppliedForm
from portal.services.proposals.propose import ConsentAnswer, kept_question, propose_consent
from portal.services.texting import link_answers
from portal.services.texting.record_consent import (
    AnswerResult,
    must_be_confirmed,
    note_form_answer,
    take_form_answer,
)


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of a form that is being applied, as far as that is known for sure."""

    parent_id: int | None = None
    parent_session: str | None = None
    seen: dict[str, int] = field(default_factory=dict)
    shown_slots: frozenset[str] = frozenset()
    """The phone slots that were filled out on a signed-in sender's page. If one is empty now, the
    phone is removed."""
    link_hash: str = ""
    taken: dict[str, ledger.Result | None] = field(default_factory=dict)
    """By number, what came of the "no" answers that were taken when the form was accepted."""
    as_of: dict[str, ledger.AsOf] = field(default_factory=dict)
    """By number, what its "yes" answers are judged by if the form was accepted first."""
    texting_number: str = ""
    """The texting number that the form showed, if that was not right now."""

    def kept(self) -> dict[str, Any]:
        """Return what is known of the sender of an accepted form, until it is applied."""
        return {
            "link": self.link_hash,
            "noes": {number: result and asdict(result) for number, result in self.taken.items()},
            "as_of": {number: asdict(place) for number, place in self.as_of.items()},
            "texting_number": self.texting_number,
        }

    @classmethod
    def from_kept(cls, kept: dict[str, Any]) -> "Sender":
        return cls(
            link_hash=kept["link"],
            taken={number: _result(result) for number, result in kept["noes"].items()},
            as_of={
                number: ledger.AsOf(place["seq"], tuple(place["waiting"]))
                for number, place in kept["as_of"].items()
            },
            texting_number=kept["texting_number"],
        )


def _result(kept: dict[str, Any] | None) -> ledger.Result | None:
    if kept is None:
        return None
    code = Refusal(kept["code"]) if kept["code"] else None
    return ledger.Result(ConsentState(kept["state"]), kept["changed"], code, kept["seq"])


def record_answers(
    school: SchoolRow, submission: Submission, sender: Sender, applied: AppliedForm
) -> tuple[list[AnswerResult], list[AnswerResult]]:
    """Take the answers to the ledger: numbers in order, so that two forms never wait for each
    other, and a yes before a no, so that of two answers about one number no wins.

    Gives what came of all of them, and of those about the signed-in sender's own phones.
    """
    refused = {v.number for v in applied.consent_answers if v.answer is Answer.NO}
    numbers = {v.number for v in applied.consent_answers}
    applied.elsewhere = holdings.elsewhere(school.id, numbers, applied.own_ids)
    made_here = applied.own_ids
    if applied.elsewhere or any(v.contact_id not in made_here for v in applied.consent_answers):
        made_here = made_here | made_in_session(submission)
    yeses = {v.number for v in applied.consent_answers if v.answer is Answer.YES} - refused
    link = link_answers.good_link(school.id, sender.link_hash, yeses, submission.received_at)
    all_results, own = [], []
    for given in sorted(applied.consent_answers, key=lambda v: (v.number, v.answer is Answer.NO)):
        decision = decision_of(school, submission, sender, given)
        if link is not None and link.number == given.number:
            _note(applied, decision, given.contact_id, applied.own_ids)
            result: ledger.Result | None = link_answers.record_link_yes(
                school, link, decision, sender.parent_id
            )
        elif given.answer is Answer.NO and given.number in sender.taken:
            _note(applied, decision, given.contact_id, made_here)
            result = sender.taken[given.number]
        else:
            _note(applied, decision, given.contact_id, made_here)
            alone = given.number not in applied.elsewhere
            result = take_form_answer(school, decision, given.contact_id, made_here, alone=alone)
        waits = _must_be_confirmed(decision, result) and given.number not in refused
        if waits and not given.carried:
            propose_consent(submission, given)
        mine = given.contact_id is not None and given.contact_id == sender.parent_id
        proven = mine and holdings.is_proven(school.id, sender.parent_id or 0, given.number)
        all_results.append(AnswerResult(given.number, given.answer, result, proven))
        own += all_results[-1:] if mine else []
    return all_results, own


def _note(
    applied: AppliedForm, decision: ledger.Decision, contact_id: int | None, own_ids: set[int]
) -> None:
    """Keep what was said on the record. A record that was just made has it from the start."""
    if contact_id not in applied.made_ids:
        note_form_answer(decision, contact_id, own_ids)


def _must_be_confirmed(decision: ledger.Decision, result: ledger.Result | None) -> bool:
    """True if staff are asked about an answer. Not about a yes that a no came after: it is kept
    with its form, and that is all."""
    return must_be_confirmed(result) and not ledger.is_outdated(decision)


def made_in_session(submission: Submission) -> set[int]:
    """The contacts that the session's forms made in the 15 minutes before this one, on any page:
    they are no strangers to it where a no is corrected. Not those whose parent has signed in since.
    """
    return set(
        db.session.scalars(
            select(SubmissionContact.contact_id)
            .join(
                Submission,
                same_school(
                    Submission, SubmissionContact, Submission.id == SubmissionContact.submission_id
                ),
            )
            .where(
                Submission.school_id == submission.school_id,
                Submission.session_digest == submission.session_digest,
                Submission.received_at > submission.received_at - CORRECTION_WINDOW,
                SubmissionContact.made,
                ~exists().where(
                    same_school(
                        ParentSession,
                        SubmissionContact,
                        ParentSession.contact_id == SubmissionContact.contact_id,
                    )
                ),
            )
        )
    )


def places_now(
    school_id: int, session_digest: str, numbers: Collection[str]
) -> dict[str, ledger.AsOf]:
    """Return where the log of each number is, and the session's "no" answers that wait, without a
    lock: what is recorded meanwhile came later."""
    if not numbers:
        return {}
    named = {"school": school_id, "session_digest": session_digest, "numbers": list(numbers)}
    rows = fetch(_PLACES, named).all()
    return {
        number: ledger.AsOf(
            seq=next((row.last_seq for row in rows if row.number == number), 0),
            waiting=tuple(row.id for row in rows if row.number == number and row.id is not None),
        )
        for number in numbers
    }


_PLACES = (
    select(ConsentStatus.number, ConsentStatus.last_seq, FormOptOut.id)
    .outerjoin(
        FormOptOut,
        same_school(
            FormOptOut,
            ConsentStatus,
            FormOptOut.number == ConsentStatus.number,
            FormOptOut.session_digest == bindparam("session_digest"),
            FormOptOut.state == FormOptOutState.WAITING,
        ),
    )
    .where(
        ConsentStatus.school_id == bindparam("school"),
        ConsentStatus.number.in_(bindparam("numbers", expanding=True)),
    )
)


def decision_of(
    school: SchoolRow, submission: Submission, sender: Sender, given: ConsentAnswer
) -> ledger.Decision:
    own = given.contact_id is not None and given.contact_id == sender.parent_id
    kept, named = kept_question(submission, given.number)
    return ledger.Decision(
        school_id=school.id,
        number=given.number,
        source=Source.PUBLIC_FORM,
        answer=given.answer,
        actor=f"contact:{sender.parent_id}" if sender.parent_id else "visitor",
        texting_number=sender.texting_number or school.texting_number,
        happened_at=submission.received_at if submission.apply_at is not None else None,
        as_of=sender.as_of.get(given.number) if given.answer is Answer.YES else None,
        answerer_id=given.contact_id if own else None,
        kept_wording=kept,
        submission_id=submission.id,
        session_digest=submission.session_digest,
        evidence=submission.evidence | named,
    )
