"""The queue of emails. They are queued in the transaction that they are about, and sent after it.

`enqueue` adds a row. `portal/delivery/mail_worker.py` claims rows one by one, sends them with no
transaction open, and records the outcome (`outcomes.py`). Several processes may do so at the same
time, and none sends the email of another.
"""

import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate

from sqlalchemy import Select, or_, select, tuple_, update

from portal import clock
from portal.email_address import LONGEST, deliverable, email_key
from portal.extensions import db, insert_rows
from portal.models import Mail

CLAIM_LASTS = timedelta(minutes=2)
"""The time after which another process may claim an email, unless its process renews the claim
(`renew_claims`)."""
MARK = re.compile(r"\b(\d{1,10})\.(\d{1,19})\.([0-9a-f]{24})\b")
"""The start of a Message-ID: the school, the email, and a secret that nobody can guess. A bounce
with it is about an email of ours."""
MARK_HEADER = "X-Portal-Mail"
"""A header with only the mark. Some email services replace the Message-ID."""
WAITS = "email waits"
"""Under this a session knows that its transaction wrote mail: once it is committed, it leaves."""
CODE, NO_RECORD = "code", "no_record"
OWNER_NOTICE, NUMBER_NAMED, DISCARDED = "owner_notice", "number_named", "discarded"
INVITATION, REPLY_COPY = "invitation", "reply_copy"
RANKS = {
    CODE: 0,
    OWNER_NOTICE: 1,
    "email_changed": 1,
    "emergency": 1,
    "password_changed": 1,
    "password_reset": 1,
    "staff_invitation": 1,
    "texts_held": 1,
    NUMBER_NAMED: 2,
    DISCARDED: 2,
    "receipt": 2,
    NO_RECORD: 2,
    INVITATION: 3,
    REPLY_COPY: 3,
}
"""By kind, and every kind is here: of what is due, the lowest goes first. Codes, and word to whom
something was done to, never wait for what anybody can cause; invitations go out by hundreds."""
LAST_RANK = max(RANKS.values())
CODE_LIFE = timedelta(minutes=10)
MOST_ATTEMPTS = 8

MailTransport = Callable[[EmailMessage], None]


class MailRefusedError(Exception):
    """The mail server refuses this message for good: the address does not exist, for one."""


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """An email that is being sent."""

    school_id: int
    id: int
    kind: str
    rank: int
    attempts: int
    message_id: str
    to_address: str
    language: str
    subject: str
    body: str
    created_at: datetime


def enqueue(
    school_id: int,
    kind: str,
    to_address: str,
    language: str,
    subject: str,
    body: str,
    network: str = "",
    due_at: datetime | None = None,
) -> None:
    """Queue an email. It goes out when it is due, if the caller's transaction is committed. For
    emails that a stranger can cause, use `mail_limits.enqueue_limited`."""
    now = clock.now()
    values = {
        "school_id": school_id,
        "kind": kind,
        "rank": RANKS[kind],
        "to_address": to_address,
        "to_key": email_key(to_address)[:LONGEST],
        "network": network,
        "language": language,
        "subject": " ".join(subject.split()),
        "body": body,
        "created_at": now,
        "due_at": due_at or now,
    }
    insert_rows(Mail, values)
    db.session.info[WAITS] = True


def keep_only(_message: EmailMessage) -> None:
    """The transport `outbox`: emails are kept and shown, not sent."""


def give_up_late_codes() -> None:
    """Don't send an expired code: it signs nobody in. The caller commits."""
    db.session.execute(
        update(Mail)
        .where(
            Mail.sent_at.is_(None),
            Mail.failed.is_(None),
            Mail.kind == CODE,
            Mail.created_at < clock.now() - CODE_LIFE,
        )
        .values(failed="The code expired before the email could be sent.", subject="", body="")
    )


def claim_next(sender: str, last_rank: int = LAST_RANK) -> ClaimedMail | None:
    """Return the next email that is due, of these ranks, locked against other processes. The caller
    commits. `sender` is the address that it comes from."""
    now = clock.now()
    give_up_late_codes()
    mail = db.session.scalars(
        _due(now, last_rank)
        .order_by(Mail.rank, Mail.due_at, Mail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if mail is None:
        return None
    mail.attempts += 1
    mail.claimed_until = now + CLAIM_LASTS
    mail.message_id = mail.message_id or _new_message_id(mail, sender)
    db.session.flush()
    return ClaimedMail(
        mail.school_id,
        mail.id,
        mail.kind,
        mail.rank,
        mail.attempts,
        mail.message_id,
        mail.to_address,
        mail.language,
        mail.subject,
        mail.body,
        mail.created_at,
    )


def is_due(last_rank: int) -> bool:
    """True if an email of these ranks waits to be claimed. Only reads."""
    one = _due(clock.now(), last_rank).with_only_columns(Mail.id).limit(1)
    return db.session.scalar(one) is not None


def _due(now: datetime, last_rank: int) -> Select[Mail]:
    return select(Mail).where(
        Mail.sent_at.is_(None),
        Mail.failed.is_(None),
        Mail.rank <= last_rank,
        Mail.due_at <= now,
        or_(Mail.claimed_until.is_(None), Mail.claimed_until < now),
    )


def _new_message_id(mail: Mail, sender: str) -> str:
    domain = sender.rpartition("@")[2] or "localhost"
    return f"<{mail.school_id}.{mail.id}.{secrets.token_hex(12)}@{domain}>"


def renew_claims(claimed: Iterable[ClaimedMail]) -> None:
    """Renew the claims to emails that are still being sent. The caller commits."""
    db.session.execute(
        update(Mail)
        .where(
            tuple_(Mail.school_id, Mail.id).in_([(one.school_id, one.id) for one in claimed]),
            Mail.claimed_until.is_not(None),
        )
        .values(claimed_until=clock.now() + CLAIM_LASTS)
    )


def compose(claimed: ClaimedMail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = deliverable(claimed.to_address)
    message["Subject"] = claimed.subject
    message["Date"] = formatdate(claimed.created_at.timestamp())
    message["Message-ID"] = claimed.message_id
    if mark := MARK.search(claimed.message_id):
        message[MARK_HEADER] = mark[0]
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = claimed.language
    message.set_content(claimed.body)
    return message
