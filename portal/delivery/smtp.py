"""Email by SMTP: one connection for each email."""

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from portal.normalize import clean
from portal.services.mail.queue import MARK_HEADER, MailRefusedError, MailTransport

TIMEOUT_SECONDS = 20
TAKING_SECONDS = 600
"""The time that a server has to accept a whole email (RFC 5321, 4.5.3.2.6). If we gave up sooner,
it might still deliver the email, and we would send it again."""


class _Taking(smtplib.SMTP):
    """Waits longer after an email's text than after other commands."""

    def data(self, msg: Any) -> tuple[int, bytes]:
        if self.sock is not None:
            self.sock.settimeout(TAKING_SECONDS)
        answer = super().data(msg)
        if self.sock is not None:
            self.sock.settimeout(TIMEOUT_SECONDS)
        return answer


class _TakingOverTls(_Taking, smtplib.SMTP_SSL):
    pass


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
        server = _TakingOverTls(host, port or 465, timeout=TIMEOUT_SECONDS, context=secure)
    else:
        server = _Taking(host, port or 587, timeout=TIMEOUT_SECONDS)
    try:
        server.ehlo()
        if scheme == "smtp" and (server.has_extn("starttls") or login):
            server.starttls(context=secure)
        if login:
            server.login(*login)
        _deliver(server, message)
        # The server has the email. An error at the goodbye must not send it again.
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
    finally:
        server.close()


def _deliver(server: smtplib.SMTP, message: EmailMessage) -> None:
    """Send the email. Raise MailRefusedError if the server refuses it for good."""
    server.ehlo_or_helo_if_needed()
    mail_options, rcpt_options = _bounce_options(server, message)
    try:
        server.send_message(message, mail_options=mail_options, rcpt_options=rcpt_options)
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
        # No server, or not this one, can send to such an address.
        raise MailRefusedError(str(error)) from error


def _bounce_options(
    server: smtplib.SMTP, message: EmailMessage
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ask for bounces with the email's mark and its headers, but not its text (RFC 3461)."""
    if not server.has_extn("dsn") or MARK_HEADER not in message:
        return (), ()
    return ("RET=HDRS", f"ENVID={message[MARK_HEADER]}"), ("NOTIFY=FAILURE",)


def _in_words(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {clean(text)}"
