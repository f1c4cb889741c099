"""Submissions, as they were sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Submission


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


def count_not_applied(school_id: int, received_before: datetime) -> int:
    """Return the number of forms that came in before then and are on no record yet."""
    waiting = select(func.count()).where(
        Submission.school_id == school_id,
        Submission.apply_at.is_not(None),
        Submission.received_at < received_before,
    )
    return db.session.scalar(waiting) or 0
