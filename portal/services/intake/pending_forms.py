"""Forms that were accepted and wait to be applied: `portal.delivery.form_worker` applies them, in
the order in which they came."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, exists, select, update
from sqlalchemy.orm import aliased

from portal import clock
from portal.email_address import optional_key
from portal.enums import Answer
from portal.extensions import db
from portal.form_answers import from_kept
from portal.models import Submission
from portal.queries.schools import SchoolRow
from portal.services.accounts.tokens import MakeUrl
from portal.services.intake.consent_answers import Sender, made_in_session
from portal.services.intake.submissions import Receipt, apply_submission, send_mails, tell_owners
from portal.services.locks import advisory_lock
from portal.services.texting.record_consent import AnswerResult

RETRY_AFTER = timedelta(minutes=1)
"""A form that could not be applied is tried again after this long; others go on meanwhile."""


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
        receipt = _only_its_opt_outs(submission, sender)
        tell_owners(school, receipt, submission, answers.parents[1].email, make_url)
    else:
        receipt = apply_submission(school, submission, answers, sender)
        send_mails(school, receipt, answers, submission, make_url)
    db.session.connection().execute(_DONE, {"school": school.id, "of_form": submission.id})


_DONE = (
    update(Submission.__table__)  # type: ignore[arg-type]  # a mapped class has a Table
    .where(Submission.school_id == bindparam("school"), Submission.id == bindparam("of_form"))
    .values(apply_at=None, pending=None)
)


def postpone(submission: Submission) -> None:
    """Try again later to apply a form that could not be."""
    submission.apply_at = clock.now() + RETRY_AFTER
    db.session.flush()


def _only_its_opt_outs(submission: Submission, sender: Sender) -> Receipt:
    """Return the result of a form that was corrected before it was applied: its "no" answers."""
    opt_outs = tuple(
        AnswerResult(number, Answer.NO, result, proven=False)
        for number, result in sender.taken.items()
    )
    own_ids = frozenset(made_in_session(submission))
    return Receipt(submission.id, repeated=False, all_results=opt_outs, own_ids=own_ids)
