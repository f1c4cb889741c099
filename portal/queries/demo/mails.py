"""The outbox of a trial: emails that are kept and shown, not sent."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.models import Mail, School


@dataclass(frozen=True, slots=True)
class MailRow:
    school: str
    timezone: str
    to_address: str
    subject: str
    body: str
    language: str
    created_at: datetime
    sent: bool
    failed: str | None


def newest_mails(limit: int) -> list[MailRow]:
    """Of every school, newest first. One query."""
    rows = db.session.execute(
        select(Mail, School.name, School.timezone)
        .join(School, School.id == Mail.school_id)
        .order_by(Mail.created_at.desc(), Mail.id.desc())
        .limit(limit)
    )
    return [
        MailRow(
            school=name,
            timezone=timezone,
            to_address=mail.to_address,
            subject=mail.subject,
            body=mail.body,
            language=mail.language,
            created_at=mail.created_at,
            sent=mail.sent_at is not None,
            failed=mail.failed,
        )
        for mail, name, timezone in rows
    ]
