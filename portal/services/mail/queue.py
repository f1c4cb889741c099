"""Mail: written down in the transaction that it tells of, sent when that is committed.

`enqueue` makes a row. `portal/delivery/mail_worker.py` takes rows one by one, sends them with no
transaction open, and says what came of it. Several processes may do so at the same time: none sends
what another has.
"""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import or_, select, update

from portal import clock
from portal.email_address import LONGEST, deliverable, email_key
from portal.extensions import db, insert_rows
from portal.models import Mail

IN_HAND = timedelta(minutes=2)
WAITS = "email waits"
"""Under this a session knows that its transaction wrote mail: once it is committed, it leaves."""
CODE, NO_RECORD = "code", "no_record"
OWNER_NOTICE, NUMBER_NAMED, DISCARDED = "owner_notice", "number_named", "discarded"
RANKS = {
    CODE: 0,
    OWNER_NOTICE: 1,
    "email_changed": 1,
    "password_changed": 1,
    "password_reset": 1,
    "staff_invitation": 1,
    "texts_held": 1,
    NUMBER_NAMED: 2,
    DISCARDED: 2,
    "receipt": 2,
    NO_RECORD: 2,
    "invitation": 3,
}
"""By kind, and every kind is here: of what is due, the lowest goes first. Codes, and word to whom
something was done to, never wait for what anybody can cause; invitations go out by hundreds."""
CODE_LIFE = timedelta(minutes=10)
MOST_ATTEMPTS = 8
TIMEOUT_SECONDS = 20

MailTransport = Callable[[EmailMessage], None]


class MailRefusedError(Exception):
    """The mail server refuses this message for good: the address does not exist, for one."""


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """An email that is being sent."""

    school_id: int
    id: int
    attempts: int
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
    """Write an email down. It leaves when the caller's transaction is committed and it is due, or
    not at all. What a stranger can cause goes by `mail_limits.enqueue_limited`."""
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


def smtp(url: str, default_sender: str) -> tuple[MailTransport, str]:
    """The transport of `smtp://user:password@host:port?from=address`, and the sender's address.

    `smtps://` is TLS from the first byte; with `smtp://` TLS is started where the server offers it,
    and always before a password is sent.
    """
    parts = urlsplit(url)
    sender = parse_qs(parts.query).get("from", [default_sender])[0]

    def send(message: EmailMessage) -> None:
        _send(parts.scheme, parts.hostname or "", parts.port, _login(url), message)

    return send, sender


def _login(url: str) -> tuple[str, str] | None:
    parts = urlsplit(url)
    if not parts.username:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def _send(
    scheme: str,
    host: str,
    port: int | None,
    login: tuple[str, str] | None,
    message: EmailMessage,
) -> None:
    secure = ssl.create_default_context()
    server: smtplib.SMTP
    if scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_SECONDS, context=secure)
    else:
        server = smtplib.SMTP(host, port or 587, timeout=TIMEOUT_SECONDS)
    with server:
        server.ehlo()
        if scheme == "smtp" and (server.has_extn("starttls") or login):
            server.starttls(context=secure)
        if login:
            server.login(*login)
        _deliver(server, message)


def _deliver(server: smtplib.SMTP, message: EmailMessage) -> None:
    """Tell the server's lasting refusals from those that may pass."""
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        refusals = list(error.recipients.values())
        if all(code >= 500 for code, _ in refusals):
            raise MailRefusedError(_in_words(*refusals[0])) from error
        raise
    except smtplib.SMTPDataError as error:
        if error.smtp_code >= 500:
            raise MailRefusedError(_in_words(error.smtp_code, error.smtp_error)) from error
        raise
    except (smtplib.SMTPNotSupportedError, ValueError) as error:
        # An address that this server, or any, can't take.
        raise MailRefusedError(str(error)) from error


def _in_words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"


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


def claim_next() -> ClaimedMail | None:
    """Return the next email that is due, locked against other processes. The caller commits."""
    now = clock.now()
    give_up_late_codes()
    mail = db.session.scalars(
        select(Mail)
        .where(
            Mail.sent_at.is_(None),
            Mail.failed.is_(None),
            Mail.due_at <= now,
            or_(Mail.claimed_until.is_(None), Mail.claimed_until < now),
        )
        .order_by(Mail.rank, Mail.due_at, Mail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if mail is None:
        return None
    mail.attempts += 1
    mail.claimed_until = now + IN_HAND
    db.session.flush()
    return ClaimedMail(
        mail.school_id,
        mail.id,
        mail.attempts,
        mail.to_address,
        mail.language,
        mail.subject,
        mail.body,
        mail.created_at,
    )


def compose(claimed: ClaimedMail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = deliverable(claimed.to_address)
    message["Subject"] = claimed.subject
    message["Date"] = formatdate(claimed.created_at.timestamp())
    message["Message-ID"] = make_msgid(str(claimed.id), domain=sender.rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = claimed.language
    message.set_content(claimed.body)
    return message


def mark_sent(claimed: ClaimedMail, keep: bool) -> None:
    """Record that it was sent. `keep`: its text stays readable, as in the outbox."""
    mail = db.session.get_one(Mail, (claimed.school_id, claimed.id))
    mail.sent_at = clock.now()
    mail.claimed_until = None
    if not keep:
        _forget(mail)


def record_failure(claimed: ClaimedMail, error: str, final: bool) -> None:
    """Try again later, at growing intervals, or give up. Gives up if a code would be too late."""
    mail = db.session.get_one(Mail, (claimed.school_id, claimed.id))
    mail.claimed_until = None
    mail.due_at = clock.now() + timedelta(seconds=15 * 2**claimed.attempts)
    late = mail.kind == CODE and mail.due_at > mail.created_at + CODE_LIFE
    if final or late or claimed.attempts >= MOST_ATTEMPTS:
        mail.failed = error[:200]
        _forget(mail)


def _forget(mail: Mail) -> None:
    """Erase the parts that sign in: elsewhere the database holds only hashes of codes and links."""
    mail.body = ""
    if mail.kind == CODE:
        mail.subject = ""
