"""Receive a contact form: keep it as it was sent, apply the parts it may change, propose the rest.

The rules are those of docs/consent.md, "Limits for strangers". A family that is not on
file becomes an inquiry right away. Differences from a family on file wait for staff, and so does a
yes. A no takes effect right away, from anyone.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import exists, select, update

from portal import clock
from portal.consent import holdings, ledger
from portal.consent.wording import ConsentWording
from portal.email_address import optional_key
from portal.enums import Answer, ProposalState, Source
from portal.extensions import db
from portal.form_answers import ContactAnswers
from portal.models import (
    Contact,
    ParentSession,
    Phone,
    Proposal,
    Submission,
    SubmissionContact,
    same_school,
)
from portal.queries.schools import SchoolRow
from portal.services.intake import form_opt_outs
from portal.services.intake.apply import Applied, apply_answers, remove_dropped_people
from portal.services.intake.household import check_seen, proven_among
from portal.services.intake.match import CORRECTION_WINDOW, find_family, own_contacts
from portal.services.intake.propose import ConsentAnswer, keep_submission, propose_consent
from portal.services.locks import advisory_lock
from portal.services.texting import link_answers
from portal.services.texting.opt_in import AnswerResult, must_be_confirmed, record_form_answer


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """The question about another adult's phone, as the page showed it."""

    wording: ConsentWording
    name: str
    """The name that replaced NAME in the wording."""


@dataclass(frozen=True, slots=True)
class FormContext:
    """The circumstances of a form."""

    form_key: str
    """The one page that it was typed on: 32 hex digits, the same for each time it is sent."""
    session_digest: str
    language: str
    evidence: dict[str, Any]
    """The personal part: `ip`, `browser`, `name`."""
    wording: ConsentWording | None
    """The question that the page showed. None if texting is off."""
    parent_id: int | None = None
    """The signed-in parent who sent it."""
    parent_session: str | None = None
    """The hash of their session."""
    seen: dict[str, int] = field(default_factory=dict)
    """By number, the place in the log that the signed-in page was shown with."""
    link_token: str = ""
    """The id of the texted link that opened the form."""
    asked_about: dict[str, AskedAbout] = field(default_factory=dict)
    """The name in the question, by number, if it was about somebody else's phone."""


@dataclass(frozen=True, slots=True)
class Receipt:
    submission_id: int
    repeated: bool
    """True if the same answers had come in from the same page before."""
    own_results: tuple[AnswerResult, ...] = ()
    """The results of a signed-in parent's answers about their own phones."""
    all_results: tuple[AnswerResult, ...] = ()
    """The results of every answer: others who have the numbers are told."""
    own_ids: frozenset[int] = frozenset()
    """The records that the form made, or that are the signed-in sender's."""


def receive_form(school: SchoolRow, answers: ContactAnswers, context: FormContext) -> Receipt:
    """Take a form in. Two at the same time from one page: the second fails with IntegrityError,
    and is a repetition when it is tried again. Raises ChangedMeanwhileError."""
    advisory_lock("intake", school.id, optional_key(answers.parents[1].email))
    previous = _previous(school.id, context.form_key)
    digest = _digest(answers)
    if previous is not None and previous.answers_digest == digest:
        return Receipt(previous.id, repeated=True)
    submission = _keep(school, answers, digest, context, previous)
    own = own_contacts(previous, context.session_digest)
    family = find_family(school.id, answers, own, context.parent_id)
    _lock_numbers(school.id, answers, context, {*family.own_ids(), *(c.id for c in own.values())})
    if previous is not None:
        _supersede(school.id, context.form_key)
    if context.parent_id is not None:
        check_seen(school.id, context.parent_id, context.seen)
    applied = apply_answers(school, submission, answers, family, context.parent_session)
    remove_dropped_people(
        school, [contact for part, contact in own.items() if part not in applied.parts]
    )
    all_results, own_results = _record_answers(school, submission, context, applied)
    said = {given.number for given in applied.consent_answers}
    form_opt_outs.end_taken_back(school.id, context.form_key, context.session_digest, said)
    _remember_parts(submission, applied)
    return Receipt(
        submission.id,
        repeated=False,
        own_results=tuple(own_results),
        all_results=tuple(all_results),
        own_ids=frozenset(applied.own_ids),
    )


def _lock_numbers(
    school_id: int, answers: ContactAnswers, context: FormContext, own_ids: set[int]
) -> None:
    """Lock in one go, once the records are: the numbers that the form names, those that its own
    records may lose, and those that a signed-in sender's page showed."""
    named = {p.number for a in answers.parents.values() for p in a.phones}
    held = db.session.scalars(
        select(Phone.number).where(Phone.school_id == school_id, Phone.contact_id.in_(own_ids))
    )
    parent_id = context.parent_id
    shown = proven_among(school_id, parent_id, context.seen) if parent_id else set()
    ledger.lock_in_order(school_id, named | shown | set(held))


def _previous(school_id: int, form_key: str) -> Submission | None:
    return db.session.scalars(
        select(Submission)
        .where(Submission.school_id == school_id, Submission.form_key == form_key)
        .order_by(Submission.revision.desc())
        .limit(1)
    ).first()


def _digest(answers: ContactAnswers) -> str:
    text = json.dumps(asdict(answers), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _keep(
    school: SchoolRow,
    answers: ContactAnswers,
    digest: str,
    context: FormContext,
    previous: Submission | None,
) -> Submission:
    if context.wording is not None:
        ledger.keep_wording(school.id, context.wording)
    for asked in context.asked_about.values():
        ledger.keep_wording(school.id, asked.wording)
    asked_about = {
        number: {"wording_id": asked.wording.id, "name": asked.name}
        for number, asked in context.asked_about.items()
    }
    return keep_submission(
        school.id,
        asdict(answers) | ({"asked_about": asked_about} if asked_about else {}),
        digest,
        form="contact",
        form_key=context.form_key,
        revision=previous.revision + 1 if previous else 1,
        language=context.language,
        session_digest=context.session_digest,
        wording_id=context.wording.id if context.wording else None,
        evidence=context.evidence,
    )


def _supersede(school_id: int, form_key: str) -> None:
    """Replace the proposals of an earlier sending of the same form with this one's."""
    earlier = select(Submission.id).where(
        Submission.school_id == school_id, Submission.form_key == form_key
    )
    db.session.execute(
        update(Proposal)
        .where(
            Proposal.school_id == school_id,
            Proposal.submission_id.in_(earlier),
            Proposal.state == ProposalState.WAITING,
        )
        .values(state=ProposalState.SUPERSEDED, decided_at=clock.now())
    )


def _record_answers(
    school: SchoolRow, submission: Submission, context: FormContext, applied: Applied
) -> tuple[list[AnswerResult], list[AnswerResult]]:
    """Take the answers to the ledger: numbers in order, so two forms never wait for each
    other, and a yes before a no, so of two answers about one number no wins.

    Gives what came of all of them, and of those about the signed-in sender's own phones.
    """
    refused = {v.number for v in applied.consent_answers if v.answer is Answer.NO}
    made_here = applied.own_ids | _made_in_session(school.id, context.session_digest)
    yeses = {v.number for v in applied.consent_answers if v.answer is Answer.YES} - refused
    link = link_answers.good_link(school.id, context.link_token, yeses)
    all_results, own = [], []
    for given in sorted(applied.consent_answers, key=lambda v: (v.number, v.answer is Answer.NO)):
        decision = _decision(school, submission, context, given)
        if link is not None and link.number == given.number:
            if given.contact_id in applied.own_ids:
                holdings.note_answer(school.id, given.contact_id, given.number, given.answer)
            result: ledger.Result | None = link_answers.record_link_yes(
                school, link, decision, context.parent_id
            )
        else:
            result = record_form_answer(school, decision, given.contact_id, made_here)
        if must_be_confirmed(result) and given.number not in refused and not given.carried:
            propose_consent(submission, given)
        mine = given.contact_id is not None and given.contact_id == context.parent_id
        proven = mine and holdings.is_proven(school.id, context.parent_id or 0, given.number)
        all_results.append(AnswerResult(given.number, given.answer, result, proven))
        own += all_results[-1:] if mine else []
    return all_results, own


def _made_in_session(school_id: int, session_digest: str) -> set[int]:
    """The contacts that this session's forms made in the last 15 minutes, on any page: they are no
    strangers to it where a no is corrected. Not those whose parent has signed in since."""
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
                Submission.school_id == school_id,
                Submission.session_digest == session_digest,
                Submission.received_at > clock.now() - CORRECTION_WINDOW,
                SubmissionContact.made,
                ~exists().where(
                    same_school(
                        ParentSession,
                        SubmissionContact,
                        ParentSession.contact_id == SubmissionContact.contact_id,
                    ),
                ),
            )
        )
    )


def _decision(
    school: SchoolRow, submission: Submission, context: FormContext, given: ConsentAnswer
) -> ledger.Decision:
    own = given.contact_id is not None and given.contact_id == context.parent_id
    asked = context.asked_about.get(given.number)
    return ledger.Decision(
        school_id=school.id,
        number=given.number,
        source=Source.PUBLIC_FORM,
        answer=given.answer,
        actor=f"contact:{context.parent_id}" if context.parent_id else "visitor",
        answerer_id=given.contact_id if own else None,
        texting_number=school.texting_number,
        wording=asked.wording if asked else context.wording,
        submission_id=submission.id,
        session_digest=context.session_digest,
        evidence=context.evidence | ({"asked_about": asked.name} if asked else {}),
    )


def _remember_parts(submission: Submission, applied: Applied) -> None:
    for part, contact_id in applied.parts.items():
        contact = db.session.get_one(
            Contact, (submission.school_id, contact_id), populate_existing=True
        )
        db.session.add(
            SubmissionContact(
                school_id=submission.school_id,
                submission_id=submission.id,
                part=part,
                contact_id=contact_id,
                made=contact_id in applied.own_ids - applied.signed_ids,
                version=contact.version,
            )
        )
    db.session.flush()
