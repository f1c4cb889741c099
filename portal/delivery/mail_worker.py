"""Carries mail out of this process: a thread that wakes when a transaction with mail is committed.

`flask mail work` does the same from a process of its own, and tries again what failed.
"""

import logging
import smtplib
from collections.abc import Callable

from flask import Flask, current_app
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.delivery.background import BackgroundThread
from portal.extensions import db, writing
from portal.services.mail import queue as mail_queue

_THREAD = "portal-mail"
log = logging.getLogger(__name__)


def transport_of(settings: Settings) -> tuple[mail_queue.MailTransport, str]:
    """Return the transport for email that the settings ask for, and the sender's address."""
    if settings.mail == "outbox":
        return mail_queue.keep_only, settings.mail_sender
    return mail_queue.smtp(settings.mail, settings.mail_sender)


def deliver(app: Flask, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Send what is due; gives how many left. Opens transactions of its own. Asks before each email
    whether it is over."""
    transport, sender = transport_of(app.config["PORTAL"])
    sent = 0
    with app.app_context():
        try:
            while not should_stop() and (claimed := _claim_next()) is not None:
                sent += _send_claimed(claimed, transport, sender)
        finally:
            db.session.remove()
    return sent


def _claim_next() -> mail_queue.ClaimedMail | None:
    with writing():
        return mail_queue.claim_next()


def _send_claimed(
    claimed: mail_queue.ClaimedMail, transport: mail_queue.MailTransport, sender: str
) -> bool:
    try:
        transport(mail_queue.compose(claimed, sender))
    except (mail_queue.MailRefusedError, ValueError) as error:
        _record_failure(claimed, error, final=True)
        return False
    except (OSError, smtplib.SMTPException) as error:
        _record_failure(claimed, error, final=False)
        return False
    with writing():
        mail_queue.mark_sent(claimed, keep=transport is mail_queue.keep_only)
    return True


def _record_failure(claimed: mail_queue.ClaimedMail, error: Exception, final: bool) -> None:
    log.warning("email %s: %s: %s", claimed.id, "gave up" if final else "will retry", error)
    with writing():
        mail_queue.record_failure(claimed, str(error), final)


def init_app(app: Flask) -> None:
    """Wake the carrier after every commit that leaves mail behind. Tests carry it by hand."""
    if not app.config["PORTAL"].testing:
        app.extensions[_THREAD] = BackgroundThread(
            "mail", lambda: deliver(app), "could not send email; will retry"
        )


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    if session.info.pop(mail_queue.WAITS, False) and (
        thread := current_app.extensions.get(_THREAD)
    ):
        thread.nudge()


@event.listens_for(Session, "after_rollback")
def _forgotten(session: Session) -> None:
    session.info.pop(mail_queue.WAITS, None)
