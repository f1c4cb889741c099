"""Receive a contact form: keep it as it was sent, apply the parts it may change, propose the rest.

The rules are those of docs/consent.md, "Limits for strangers". A family that is not on
file becomes an inquiry. Differences from a family on file wait for staff, and so does a
yes. A no takes effect right away, from anyone.

A form by nobody who is signed in is accepted first: it is kept, and its "no" answers taken, in one
short transaction, which looks no family up, so that its time tells nothing. `apply_form` does the
rest a moment later, in the order in which forms came.
"""

import hashlib
import json
import sys
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import BigInteger, bindparam, exists, select, update
from sqlalchemy.orm import aliased

from portal import clock
from portal.consent import ledger
from portal.consent.wording import ConsentWording
from portal.email_address import optional_key
from portal.enums import Answer, ProposalState
from portal.extensions import db, insert_rows
from portal.form_answers import ContactAnswers, from_kept
from portal.models import Contact, Phone, Proposal, Submission, SubmissionContact
from portal.normalize import network_of
from portal.queries.schools import SchoolRow
from portal.services.accounts.tokens import MakeUrl, token_hash
from portal.services.intake import form_opt_outs, mails, owner_notices
from portal.services.intake.apply import Applied, apply_answers, remove_dropped_people
from portal.services.intake.consent_answers import (
    Sender,
    decision_of,
    made_in_session,
    places_now,
    record_answers,
)
from portal.services.intake.household import check_seen, proven_among
from portal.services.intake.match import find_family, own_contacts
from portal.services.intake.propose import ConsentAnswer, keep_submission
from portal.services.locks import advisory_lock
from portal.services.texting.record_consent import AnswerResult, record_form_answer

RETRY_AFTER = timedelta(minutes=1)
"""A form that could not be applied is tried again after this long; others go on meanwhile."""


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
    elsewhere: frozenset[str] = frozenset()
    """The numbers that are on others' records too."""


def receive_form(
    school: SchoolRow,
    answers: ContactAnswers,
    context: FormContext,
    make_url: MakeUrl | None = None,
) -> Receipt:
    """Take a form in, all at once; with `make_url`, which makes the links in them, write the emails
    that follow. Two at the same time from one page: the second fails with
    IntegrityError, and is a repetition when it is tried again. Raises ChangedMeanwhileError."""
    advisory_lock("intake", school.id, optional_key(answers.parents[1].email))
    submission, repeated = _keep(school, answers, context)
    if repeated:
        return Receipt(submission.id, repeated=True)
    sender = Sender(
        context.parent_id, context.parent_session, context.seen, _link_hash(context.link_token)
    )
    receipt = _apply(school, submission, answers, sender)
    if make_url is not None:
        _send_mails(
            school, receipt, answers, submission, make_url, signed=context.parent_id is not None
        )
    return receipt


def accept_form(school: SchoolRow, answers: ContactAnswers, context: FormContext) -> Receipt:
    """Keep a form and take its "no" answers, which may take effect at once or wait for staff.

    `apply_form` does the rest. Fails as `receive_form` does where two come at the same time.
    """
    submission, repeated = _keep(school, answers, context)
    if repeated:
        return Receipt(submission.id, repeated=True)
    numbers, yeses = answers.numbers(Answer.NO), answers.numbers(Answer.YES)
    sender = Sender(
        link_hash=_link_hash(context.link_token),
        as_of=places_now(school.id, submission.session_digest, yeses),
        texting_number=school.texting_number,
    )
    made_here = made_in_session(submission) if numbers else set()
    ledger.lock_in_order(school.id, numbers)
    for number in sorted(numbers):
        decision = decision_of(school, submission, sender, ConsentAnswer(number, Answer.NO))
        sender.taken[number] = record_form_answer(school, decision, None, made_here)
    form_opt_outs.end_taken_back(submission, numbers | yeses)
    submission.apply_at, submission.pending = submission.received_at, sender.kept()
    db.session.flush()
    return Receipt(submission.id, repeated=False)


@dataclass(frozen=True, slots=True)
class PendingForm:
    """A form that is to be applied."""

    submission: Submission
    overtaken: bool
    """True if a correction by the same session was applied before it: nothing of it is left to
    apply."""


def oldest_pending(school_id: int) -> PendingForm | None:
    """Return the form that is to be applied next, locked; None if there is none.

    One process at a time applies a school's forms, so that they keep their order.
    """
    found = db.session.execute(_OLDEST, {"school": school_id, "now": clock.now()}).first()
    return PendingForm(*found) if found else None


_correction = aliased(Submission)
_OLDEST = (
    select(
        Submission,
        exists().where(
            _correction.school_id == Submission.school_id,
            _correction.form_key == Submission.form_key,
            _correction.revision > Submission.revision,
            _correction.session_digest == Submission.session_digest,
            _correction.apply_at.is_(None),
        ),
    )
    .where(Submission.school_id == bindparam("school"), Submission.apply_at <= bindparam("now"))
    .order_by(Submission.apply_at, Submission.id)
    .limit(1)
    .with_for_update(of=Submission, key_share=True)
)


def apply_form(school: SchoolRow, pending: PendingForm, make_url: MakeUrl) -> None:
    """Apply an accepted form to the records, and write the emails that follow it. A yes is judged
    as of the moment when the form was received. `make_url` makes the links in the emails."""
    submission = pending.submission
    answers = from_kept(submission.answers)
    sender = Sender.from_kept(submission.pending or {})
    advisory_lock("intake", school.id, optional_key(answers.parents[1].email))
    if pending.overtaken:
        receipt = _only_its_noes(submission, sender)
        _tell_owners(school, receipt, submission, answers.parents[1].email, make_url)
    else:
        receipt = _apply(school, submission, answers, sender)
        _send_mails(school, receipt, answers, submission, make_url)
    db.session.execute(_DONE, {"school": school.id, "of_form": submission.id})


_DONE = (
    update(Submission.__table__)  # type: ignore[arg-type]  # a mapped class has a Table
    .where(Submission.school_id == bindparam("school"), Submission.id == bindparam("of_form"))
    .values(apply_at=None, pending=None)
)


def postpone(submission: Submission) -> None:
    """Try again later to apply a form that could not be."""
    submission.apply_at = clock.now() + RETRY_AFTER
    db.session.flush()


def _send_mails(
    school: SchoolRow,
    receipt: Receipt,
    answers: ContactAnswers,
    submission: Submission,
    make_url: MakeUrl,
    signed: bool = False,
) -> None:
    """Email the others who have the numbers, and a receipt to a sender who is not signed in."""
    receipt_to = None if signed else answers.parents[1].email
    told = [one for one in receipt.all_results if one.number in receipt.elsewhere]
    _tell_owners(
        school, replace(receipt, all_results=tuple(told)), submission, receipt_to, make_url
    )
    mails.send_form_emails(
        school,
        submission.id,
        answers,
        submission.language,
        make_url=make_url,
        signed=signed,
        network=network_of(str(submission.evidence.get("ip", ""))),
    )


def _tell_owners(
    school: SchoolRow,
    receipt: Receipt,
    submission: Submission,
    receipt_to: str | None,
    make_url: MakeUrl,
) -> None:
    results, own_ids = receipt.all_results, receipt.own_ids
    owner_notices.notify_owners(school, results, own_ids, receipt_to, make_url, submission.id)


def _only_its_noes(submission: Submission, sender: Sender) -> Receipt:
    """Return what came of a form that its correction has overtaken: the noes that were taken."""
    noes = tuple(
        AnswerResult(number, Answer.NO, result, proven=False)
        for number, result in sender.taken.items()
    )
    own_ids = frozenset(made_in_session(submission))
    return Receipt(submission.id, repeated=False, all_results=noes, own_ids=own_ids)


def _apply(
    school: SchoolRow, submission: Submission, answers: ContactAnswers, sender: Sender
) -> Receipt:
    own: dict[str, Contact] = {}
    if submission.revision > 1:
        previous = _previous(school.id, submission.form_key, before=submission.revision)
        own = own_contacts(previous, submission)
    family = find_family(school.id, answers, own, sender.parent_id)
    _lock_numbers(school.id, answers, sender, {*family.own_ids(), *(c.id for c in own.values())})
    if submission.revision > 1:
        _supersede(submission)
    if sender.parent_id is not None:
        check_seen(school.id, sender.parent_id, sender.seen)
    applied = apply_answers(school, submission, answers, family, sender.parent_session)
    remove_dropped_people(
        school, [contact for part, contact in own.items() if part not in applied.parts]
    )
    all_results, own_results = record_answers(school, submission, sender, applied)
    form_opt_outs.end_taken_back(submission, {given.number for given in applied.consent_answers})
    _remember_parts(submission, applied)
    return Receipt(
        submission.id,
        repeated=False,
        own_results=tuple(own_results),
        all_results=tuple(all_results),
        own_ids=frozenset(applied.own_ids),
        elsewhere=frozenset(applied.elsewhere),
    )


def _lock_numbers(
    school_id: int, answers: ContactAnswers, sender: Sender, own_ids: set[int]
) -> None:
    """Lock in one go, once the records are: the numbers that the form names, those that its own
    records may lose, and those that a signed-in sender's page showed."""
    named = {p.number for a in answers.parents.values() for p in a.phones}
    held: set[str] = set()
    if own_ids:
        on_records = (Phone.school_id == school_id, Phone.contact_id.in_(own_ids))
        held = set(db.session.scalars(select(Phone.number).where(*on_records)))
    parent_id = sender.parent_id
    shown = proven_among(school_id, parent_id, sender.seen) if parent_id else set()
    ledger.lock_in_order(school_id, named | shown | held)


def _link_hash(token: str) -> str:
    return token_hash(token) if token else ""


def _previous(school_id: int, form_key: str, before: int | None = None) -> Submission | None:
    """Return the newest revision of a form, or the newest that was applied before a revision."""
    named = {"school": school_id, "form_key": form_key, "before": before or sys.maxsize}
    return db.session.scalars(_NEWEST if before is None else _NEWEST_APPLIED, named).first()


_NEWEST = (
    select(Submission)
    .where(
        Submission.school_id == bindparam("school"),
        Submission.form_key == bindparam("form_key"),
        Submission.revision < bindparam("before", type_=BigInteger),
    )
    .order_by(Submission.revision.desc())
    .limit(1)
)
_NEWEST_APPLIED = _NEWEST.where(Submission.apply_at.is_(None))


def _digest(answers: ContactAnswers) -> str:
    text = json.dumps(asdict(answers), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _keep(
    school: SchoolRow, answers: ContactAnswers, context: FormContext
) -> tuple[Submission, bool]:
    """Keep a form; True beside it if the same answers had come in from the same page before."""
    previous = _previous(school.id, context.form_key)
    digest = _digest(answers)
    if previous is not None and previous.answers_digest == digest:
        return previous, True
    if context.wording is not None:
        ledger.keep_wording(school.id, context.wording)
    for asked in context.asked_about.values():
        ledger.keep_wording(school.id, asked.wording)
    asked_about = {
        number: {"wording_id": asked.wording.id, "name": asked.name}
        for number, asked in context.asked_about.items()
    }
    submission = keep_submission(
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
        received_at=clock.now(),
    )
    return submission, False


def _supersede(submission: Submission) -> None:
    """Replace the proposals of an earlier sending of the same form with this one's."""
    school_id = submission.school_id
    earlier = select(Submission.id).where(
        Submission.school_id == school_id, Submission.form_key == submission.form_key
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


def _remember_parts(submission: Submission, applied: Applied) -> None:
    versions = dict.fromkeys(applied.made_ids, 1)
    if known := set(applied.parts.values()) - applied.made_ids:
        rows = select(Contact.id, Contact.version).where(
            Contact.school_id == submission.school_id, Contact.id.in_(known)
        )
        versions |= {row.id: row.version for row in db.session.execute(rows)}
    insert_rows(
        SubmissionContact,
        *(
            {
                "school_id": submission.school_id,
                "submission_id": submission.id,
                "part": part,
                "contact_id": contact_id,
                "made": contact_id in applied.own_ids - applied.signed_ids,
                "version": versions[contact_id],
            }
            for part, contact_id in applied.parts.items()
        ),
    )
