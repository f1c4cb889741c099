"""A contact form is taken in: kept as it was sent, applied where it may be, else proposed.

The rules are DESIGN.md's "a stranger changes nothing on file": a family that is not on file
becomes an inquiry at once; what differs from one that is waits for staff, and so does a yes; a no
counts at once, whoever says it.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select, update

from portal import clock
from portal.consent import holdings, ledger
from portal.consent.wording import ConsentWording
from portal.email_address import optional_key
from portal.enums import Answer, ProposalState, Source
from portal.extensions import db
from portal.form_answers import ContactAnswers
from portal.models import Contact, Phone, Proposal, Submission, SubmissionContact
from portal.queries.schools import SchoolRow
from portal.services.intake import form_opt_outs
from portal.services.intake.apply import Applied, apply_answers, take_off
from portal.services.intake.household import check_seen
from portal.services.intake.match import CORRECTION_WINDOW, Family, find_family, own_contacts
from portal.services.intake.propose import Voice, keep_submission, propose_consent
from portal.services.locks import take_turn
from portal.services.texting import link_answers
from portal.services.texting.opt_in import Heard, hear_parent, waits


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """The question about another adult's phone, as it was shown."""

    wording: ConsentWording
    name: str
    """What stood in the place of the wording's NAME."""


@dataclass(frozen=True, slots=True)
class Sent:
    """How a form came in."""

    form_key: str
    """The one page that it was typed on: 32 hex digits, the same for each time it is sent."""
    session_digest: str
    language: str
    evidence: dict[str, Any]
    """What is personal: `ip`, `browser`, `name`."""
    wording: ConsentWording | None
    """The question that the page showed; None where texting is off."""
    visitor_id: int | None = None
    """The signed-in parent who sent it."""
    visitor_session: str | None = None
    """The hash of their session."""
    seen: dict[str, int] = field(default_factory=dict)
    """By number, the place in the log that the signed-in page was shown with."""
    link_token: str = ""
    """Of the texted link that the form was opened by."""
    asked_about: dict[str, AskedAbout] = field(default_factory=dict)
    """By number, where the question was about somebody else's phone."""


@dataclass(frozen=True, slots=True)
class Receipt:
    submission_id: int
    repeated: bool
    """Whether the same answers had come in from the same page before."""
    heard: tuple[Heard, ...] = ()
    """What came of a signed-in parent's answers about their own phones."""
    answered: tuple[Heard, ...] = ()
    """What came of every answer: others who have the numbers are told."""
    own_ids: frozenset[int] = frozenset()
    """The records that the form made, or that are the signed-in sender's."""


def take(school: SchoolRow, answers: ContactAnswers, sent: Sent) -> Receipt:
    """Take a form in. Two at the same time from one page: the second fails with IntegrityError,
    and is a repetition when it is tried again. Raises ChangedMeanwhileError."""
    take_turn("intake", school.id, optional_key(answers.parents[1].email))
    previous = _previous(school.id, sent.form_key)
    digest = _digest(answers)
    if previous is not None and previous.answers_digest == digest:
        return Receipt(previous.id, repeated=True)
    if sent.visitor_id is not None:
        check_seen(school.id, sent.visitor_id, sent.seen)
    submission = _keep(school, answers, digest, sent, previous)
    own = own_contacts(previous, sent.session_digest)
    if previous is not None:
        _supersede(school.id, sent.form_key)
    family = find_family(school.id, answers, own, sent.visitor_id)
    ledger.lock_in_order(school.id, _numbers_at_stake(school.id, answers, family, own))
    applied = apply_answers(school, submission, answers, family, sent.visitor_session)
    take_off(school, [contact for part, contact in own.items() if part not in applied.parts])
    answered, heard = _count_voices(school, submission, sent, applied)
    said = {voice.number for voice in applied.voices}
    form_opt_outs.end_taken_back(school.id, sent.form_key, sent.session_digest, said)
    _remember_parts(submission, applied)
    return Receipt(
        submission.id,
        repeated=False,
        heard=tuple(heard),
        answered=tuple(answered),
        own_ids=frozenset(applied.own_ids),
    )


def _numbers_at_stake(
    school_id: int, answers: ContactAnswers, family: Family, own: dict[str, Contact]
) -> set[str]:
    """The numbers that the form answers about, and those that its own contacts may lose."""
    answered = {p.number for a in answers.parents.values() for p in a.phones if p.answer}
    held = db.session.scalars(
        select(Phone.number).where(
            Phone.school_id == school_id,
            Phone.contact_id.in_(family.own_ids() | {contact.id for contact in own.values()}),
        )
    )
    return answered | set(held)


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
    sent: Sent,
    previous: Submission | None,
) -> Submission:
    if sent.wording is not None:
        ledger.keep_wording(school.id, sent.wording)
    for asked in sent.asked_about.values():
        ledger.keep_wording(school.id, asked.wording)
    asked_about = {
        number: {"wording_id": asked.wording.id, "name": asked.name}
        for number, asked in sent.asked_about.items()
    }
    return keep_submission(
        school.id,
        asdict(answers) | ({"asked_about": asked_about} if asked_about else {}),
        digest,
        form="contact",
        form_key=sent.form_key,
        revision=previous.revision + 1 if previous else 1,
        language=sent.language,
        session_digest=sent.session_digest,
        wording_id=sent.wording.id if sent.wording else None,
        evidence=sent.evidence,
    )


def _supersede(school_id: int, form_key: str) -> None:
    """What an earlier sending of the same form proposed is put right by this one."""
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


def _count_voices(
    school: SchoolRow, submission: Submission, sent: Sent, applied: Applied
) -> tuple[list[Heard], list[Heard]]:
    """Take the answers to the ledger: numbers in order, so that two forms never wait for each
    other, and a yes before a no, so that of two answers about one number no wins.

    Gives what came of all of them, and of those about the signed-in sender's own phones.
    """
    refused = {v.number for v in applied.voices if v.answer is Answer.NO}
    made_here = applied.own_ids | _made_in_session(school.id, sent.session_digest)
    yeses = {v.number for v in applied.voices if v.answer is Answer.YES} - refused
    link = link_answers.good_link(school.id, sent.link_token, yeses)
    answered, own = [], []
    for voice in sorted(applied.voices, key=lambda v: (v.number, v.answer is Answer.NO)):
        decision = _decision(school, submission, sent, voice)
        if link is not None and link.number == voice.number:
            if voice.contact_id in applied.own_ids:
                holdings.note_answer(school.id, voice.contact_id, voice.number, voice.answer)
            result: ledger.Result | None = link_answers.say_yes(
                school, link, decision, sent.visitor_id
            )
        else:
            result = hear_parent(school, decision, voice.contact_id, made_here)
        if waits(result) and voice.number not in refused and not voice.carried:
            propose_consent(submission, voice)
        mine = voice.contact_id is not None and voice.contact_id == sent.visitor_id
        proven = mine and holdings.is_proven(school.id, sent.visitor_id or 0, voice.number)
        answered.append(Heard(voice.number, voice.answer, result, proven))
        own += answered[-1:] if mine else []
    return answered, own


def _made_in_session(school_id: int, session_digest: str) -> set[int]:
    """The contacts that this session's forms made, a while ago at most, on whichever page: they
    are no strangers to it where a no is corrected."""
    return set(
        db.session.scalars(
            select(SubmissionContact.contact_id)
            .join(
                Submission,
                (Submission.school_id == SubmissionContact.school_id)
                & (Submission.id == SubmissionContact.submission_id),
            )
            .where(
                Submission.school_id == school_id,
                Submission.session_digest == session_digest,
                Submission.received_at > clock.now() - CORRECTION_WINDOW,
                SubmissionContact.made,
            )
        )
    )


def _decision(
    school: SchoolRow, submission: Submission, sent: Sent, voice: Voice
) -> ledger.Decision:
    own = voice.contact_id is not None and voice.contact_id == sent.visitor_id
    asked = sent.asked_about.get(voice.number)
    return ledger.Decision(
        school_id=school.id,
        number=voice.number,
        source=Source.PUBLIC_FORM,
        answer=voice.answer,
        actor=f"contact:{sent.visitor_id}" if sent.visitor_id else "visitor",
        answerer_id=voice.contact_id if own else None,
        texting_number=school.texting_number,
        wording=asked.wording if asked else sent.wording,
        submission_id=submission.id,
        session_digest=sent.session_digest,
        evidence=sent.evidence | ({"asked_about": asked.name} if asked else {}),
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
