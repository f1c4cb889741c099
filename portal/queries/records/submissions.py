"""Submissions, as they were sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select

from portal.extensions import db
from portal.models import Submission, SubmissionContact
from portal.queries.stacked import CONTACT, SCHOOL

MOST_ON_RECORD = 20


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    id: int
    form_key: str
    revision: int
    answers: dict[str, Any]
    session_digest: str
    received_at: datetime


def get_submission(school_id: int, submission_id: int) -> SubmissionRow | None:
    row = db.session.get(Submission, (school_id, submission_id))
    if row is None:
        return None
    return SubmissionRow(
        id=row.id,
        form_key=row.form_key,
        revision=row.revision,
        answers=row.answers,
        session_digest=row.session_digest,
        received_at=row.received_at,
    )


@dataclass(frozen=True, slots=True)
class SubmissionOnRecord:
    id: int
    form: str
    revision: int
    answers: dict[str, Any]
    received_at: datetime


ABOUT_CONTACT = (
    select(
        Submission.id,
        Submission.form,
        Submission.revision,
        Submission.answers,
        Submission.received_at,
    )
    .where(
        Submission.school_id == SCHOOL,
        Submission.id.in_(
            select(SubmissionContact.submission_id).where(
                SubmissionContact.school_id == SCHOOL, SubmissionContact.contact_id == CONTACT
            )
        ),
    )
    .order_by(Submission.received_at.desc(), Submission.id.desc())
    .limit(MOST_ON_RECORD)
)
"""The newest forms about a contact."""


def on_record(row: Row[Any]) -> SubmissionOnRecord:
    return SubmissionOnRecord(row.id, row.form, row.revision, row.answers, row.received_at)


def not_applied(school_id: int, received_before: datetime) -> Select[int]:
    """Select the number of forms that came in before then and are on no record yet."""
    return select(func.count()).where(
        Submission.school_id == school_id,
        Submission.apply_at.is_not(None),
        Submission.received_at < received_before,
    )
