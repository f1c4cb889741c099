"""Mail: written down in the transaction that it tells of, sent when that is committed.

`post` makes a row. Whoever carries mail (`portal/carrier.py`) takes rows in hand one by one, sends
them with no transaction open, and says what came of it. Several processes may do so at once: none
sends what another has.
"""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import or_, select

from portal import times
from portal.extensions import db
from portal.models import Mail

IN_HAND = timedelta(minutes=2)
CODE_LIFE = timedelta(minutes=10)
MOST_ATTEMPTS = 8
TIMEOUT_SECONDS = 20

Transport = Callable[[EmailMessage], None]


class MailRefusedError(Exception):
    """The mail server refuses this message for good: the address does not exist, for one."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in hand."""

    school_id: int
    id: int
    attempts: int
    message: EmailMessage
    secret: bool
    """Whether it holds a code, which is not kept once it is sent."""


def post(
    school_id: int, kind: str, to_address: str, language: str, subject: str, body: str
) -> None:
    """Write a mail down. It leaves when the caller's transaction is committed, or not at all."""
    now = times.now()
    db.session.add(
        Mail(
            school_id=school_id,
            kind=kind,
            to_address=to_address,
            language=language,
            subject=" ".join(subject.split()),
            body=body,
            created_at=now,
            due_at=now,
        )
    )
    db.session.flush()


def keep_only(_message: EmailMessage) -> None:
    """The transport `outbox`: mails are kept and shown, not sent."""


def smtp(url: str, default_sender: str) -> tuple[Transport, str]:
    """The transport of `smtp://user:password@host:port?from=address`, and the sender's address.

    `smtps://` is TLS from the first byte; with `smtp://` TLS is begun where the server offers it,
    and always before a password is sent.
    """
    parts = urlsplit(url)
    sender = parse_qs(parts.query).get("from", [default_sender])[0]

    def send(message: EmailMessage) -> None:
        try:
            _send(parts.scheme, parts.hostname or "", parts.port, _login(url), message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            if _is_final(error):
                raise MailRefusedError(str(error)) from error
            raise

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
        server.send_message(message)


def _is_final(error: smtplib.SMTPException) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 500


def take_in_hand(sender: str) -> Letter | None:
    """The next mail that is due, so that no other process takes it. The caller commits."""
    now = times.now()
    mail = db.session.scalars(
        select(Mail)
        .where(
            Mail.sent_at.is_(None),
            Mail.failed.is_(None),
            Mail.due_at <= now,
            or_(Mail.claimed_until.is_(None), Mail.claimed_until < now),
        )
        .order_by(Mail.due_at, Mail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if mail is None:
        return None
    mail.attempts += 1
    mail.claimed_until = now + IN_HAND
    db.session.flush()
    return Letter(
        mail.school_id, mail.id, mail.attempts, _message(mail, sender), mail.kind == "code"
    )


def _message(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.to_address
    message["Subject"] = mail.subject
    message["Date"] = formatdate(mail.created_at.timestamp())
    message["Message-ID"] = make_msgid(str(mail.id), domain=sender.rpartition("@")[2] or None)
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    message.set_content(mail.body)
    return message


def mark_sent(letter: Letter, keep: bool) -> None:
    """`keep`: its text stays readable, as in the outbox; else a code in it is forgotten."""
    mail = db.session.get_one(Mail, (letter.school_id, letter.id))
    mail.sent_at = times.now()
    mail.claimed_until = None
    if letter.secret and not keep:
        mail.body = ""


def put_down(letter: Letter, error: str, final: bool) -> None:
    """Try again later, ever less often, or give up. A code that comes too late is given up."""
    mail = db.session.get_one(Mail, (letter.school_id, letter.id))
    mail.claimed_until = None
    mail.due_at = times.now() + timedelta(seconds=15 * 2**letter.attempts)
    late = letter.secret and mail.due_at > mail.created_at + CODE_LIFE
    if final or late or letter.attempts >= MOST_ATTEMPTS:
        mail.failed = error[:200]
        if letter.secret:
            mail.body = ""
