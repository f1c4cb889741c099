"""Receive a contact form: keep it as it was sent, and take its answers.

A form by nobody who is signed in is accepted first: it is kept, and its "no" answers taken, in one
short transaction, which looks no family up, so that its time tells nothing. `pending_forms` does
the rest a moment later, in the order in which forms came.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from portal import clock
from portal.consent import ledger
from portal.consent.wording import ConsentWording
from portal.email_address import optional_key
from portal.enums import Answer
from portal.extensions import db, fetch
from portal.form_answers import ContactAnswers
from portal.models import Submission
from portal.queries.schools import SchoolRow
from portal.services.accounts.tokens import MakeUrl, token_hash
from portal.services.intake import form_opt_outs
from portal.services.intake.consent_answers import (
    Sender,
    decision_of,
    made_in_session,
    places_now,
)
from portal.services.intake.submissions import Receipt, apply_submission, send_mails
from portal.services.locks import advisory_lock
from portal.services.proposals.propose import ConsentAnswer, keep_submission
from portal.services.texting.record_consent import record_form_answer


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
    shown_slots: frozenset[str] = frozenset()
    """The phone slots that were filled out on the signed-in parent's page."""
    link_token: str = ""
    """The id of the texted link that opened the form."""
    asked_about: dict[str, AskedAbout] = field(default_factory=dict)
    """The name in the question, by number, if it was about somebody else's phone."""


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
    earlier, digest = _sent_before(school.id, context.form_key), _digest(answers)
    if earlier is not None and earlier.answers_digest == digest:
        return Receipt(earlier.id, repeated=True)
    submission = _keep(school, answers, context, digest, earlier.revision if earlier else 0)
    sender = Sender(
        context.parent_id,
        context.parent_session,
        context.seen,
        context.shown_slots,
        _link_hash(context.link_token),
    )
    receipt = apply_submission(school, submission, answers, sender)
    if make_url is not None:
        send_mails(
            school, receipt, answers, submission, make_url, signed=context.parent_id is not None
        )
    return receipt


def accept_form(school: SchoolRow, answers: ContactAnswers, context: FormContext) -> Receipt:
    """Keep a form and take its "no" answers, which may take effect at once or wait for staff.

    `pending_forms.apply_form` does the rest. Fails as `receive_form` does where two come at the
    same time.
    """
    earlier, digest = _sent_before(school.id, context.form_key), _digest(answers)
    if earlier is not None and earlier.answers_digest == digest:
        return Receipt(earlier.id, repeated=True)
    numbers, yeses = answers.numbers(Answer.NO), answers.numbers(Answer.YES)
    sender = Sender(
        link_hash=_link_hash(context.link_token),
        as_of=places_now(school.id, context.session_digest, yeses),
        texting_number=school.texting_number,
    )
    revision = earlier.revision if earlier else 0
    submission = _keep(school, answers, context, digest, revision, sender)
    if numbers:
        _take_opt_outs(school, submission, sender, numbers)
    form_opt_outs.end_taken_back(submission, numbers | yeses)
    return Receipt(submission.id, repeated=False)


def _take_opt_outs(
    school: SchoolRow, submission: Submission, sender: Sender, numbers: set[str]
) -> None:
    made_here = made_in_session(submission)
    ledger.lock_in_order(school.id, numbers | form_opt_outs.waiting_before(submission))
    for number in sorted(numbers):
        decision = decision_of(school, submission, sender, ConsentAnswer(number, Answer.NO))
        sender.taken[number] = record_form_answer(school, decision, None, made_here)
    kept = {"school": school.id, "of_form": submission.id, "kept": sender.kept()}
    db.session.connection().execute(_KEEP_OPT_OUTS, kept)


_KEEP_OPT_OUTS = (
    update(Submission.__table__)  # type: ignore[arg-type]  # a mapped class has a Table
    .where(Submission.school_id == bindparam("school"), Submission.id == bindparam("of_form"))
    .values(pending=bindparam("kept"))
)


def _link_hash(token: str) -> str:
    return token_hash(token) if token else ""


def _sent_before(school_id: int, form_key: str) -> Row[*tuple[Any, ...]] | None:
    """Return `id`, `revision`, and `answers_digest` of the newest revision of a form."""
    return fetch(_NEWEST, {"school": school_id, "form_key": form_key}).first()


_NEWEST = (
    select(Submission.id, Submission.revision, Submission.answers_digest)
    .where(
        Submission.school_id == bindparam("school"), Submission.form_key == bindparam("form_key")
    )
    .order_by(Submission.revision.desc())
    .limit(1)
)


def _digest(answers: ContactAnswers) -> str:
    text = json.dumps(asdict(answers), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _keep(
    school: SchoolRow,
    answers: ContactAnswers,
    context: FormContext,
    digest: str,
    revision: int,
    pending: Sender | None = None,
) -> Submission:
    """Keep a form that came in; `revision` is that of the one before, 0 if there is none. With
    `pending`, the rest is applied later."""
    if context.wording is not None:
        ledger.keep_wording(school.id, context.wording)
    for asked in context.asked_about.values():
        ledger.keep_wording(school.id, asked.wording)
    asked_about = {
        number: {"wording_id": asked.wording.id, "name": asked.name}
        for number, asked in context.asked_about.items()
    }
    now = clock.now()
    return keep_submission(
        school.id,
        asdict(answers) | ({"asked_about": asked_about} if asked_about else {}),
        digest,
        form="contact",
        form_key=context.form_key,
        revision=revision + 1,
        language=context.language,
        session_digest=context.session_digest,
        wording_id=context.wording.id if context.wording else None,
        evidence=context.evidence,
        received_at=now,
        apply_at=now if pending else None,
        pending=pending.kept() if pending else None,
    )
