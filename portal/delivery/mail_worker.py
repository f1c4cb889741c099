"""Carries mail out of this process: a thread that wakes when a transaction with mail is committed.

`flask mail work` does the same from a process of its own, and tries again what failed. Several
emails are sent at a time, so one that a server hangs on holds up no other.
"""

import logging
import smtplib
import threading
import time
from collections.abc import Callable

from flask import Flask, current_app
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.delivery.background import BackgroundThread
from portal.delivery.recording import record_outcome
from portal.delivery.smtp import smtp
from portal.extensions import db, writing
from portal.services.mail import outcomes
from portal.services.mail import queue as mail_queue
from portal.services.mail.queue import ClaimedMail, MailRefusedError, MailTransport

_THREAD = "portal-mail"
MOST_AT_ONCE = (6, 4, 3, 2)
"""By rank: the most emails of this rank and the ones after it that are sent at the same time.
Emails that anybody can cause leave room for more urgent ones: two places are for codes alone."""
LOOK_EVERY = 0.2
"""Seconds until the next look for an email that may go, while others are being sent."""
RENEW_EVERY = 30.0

log = logging.getLogger(__name__)


def transport_of(settings: Settings) -> tuple[MailTransport, str]:
    """Return the transport for email that the settings ask for, and the sender's address."""
    if settings.mail == "outbox":
        return mail_queue.keep_only, settings.mail_sender
    return smtp(settings.mail, settings.mail_sender)


def deliver(app: Flask, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Send what is due; gives how many left. Opens transactions of its own. Asks before each email
    whether it is over, and waits for those that are being sent."""
    with app.app_context():
        senders = _SenderPool(app)
        try:
            while not should_stop():
                claimed = senders.claim_next()
                if claimed is not None:
                    senders.start(claimed)
                elif not senders.wait():
                    break
        finally:
            while senders.wait():
                pass
            db.session.remove()
    return senders.sent


class _SenderPool:
    """Sends emails, each in a thread of its own. Used by one thread."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._transport, self._sender = transport_of(app.config["PORTAL"])
        self._sending: dict[ClaimedMail, threading.Thread] = {}
        self._renewed = time.monotonic()
        self._counting = threading.Lock()
        self.sent = 0

    def claim_next(self) -> ClaimedMail | None:
        """Claim the next email that is due, if there is room. While others are being sent, look
        before claiming, because a claim is a write."""
        last_rank = self._last_rank()
        if last_rank < 0 or (self._sending and not mail_queue.is_due(last_rank)):
            db.session.rollback()
            return None
        with writing():
            return mail_queue.claim_next(self._sender, last_rank)

    def _last_rank(self) -> int:
        """The last rank that there is room for now, or -1."""
        for rank, most in enumerate(MOST_AT_ONCE):
            if sum(one.rank >= rank for one in self._sending) >= most:
                return rank - 1
        return mail_queue.LAST_RANK

    def start(self, claimed: ClaimedMail) -> None:
        if self._transport is mail_queue.keep_only:
            self._send(claimed)
            return
        thread = threading.Thread(
            target=self._send_in_thread, args=[claimed], name=f"mail-{claimed.id}", daemon=True
        )
        self._sending[claimed] = thread
        thread.start()

    def wait(self) -> bool:
        """Wait a moment for an email to be done. False if none is being sent."""
        if not self._sending:
            return False
        next(iter(self._sending.values())).join(LOOK_EVERY)
        self._sending = {one: t for one, t in self._sending.items() if t.is_alive()}
        if self._sending and time.monotonic() - self._renewed > RENEW_EVERY:
            self._renew()
        return True

    def _renew(self) -> None:
        self._renewed = time.monotonic()
        try:
            with writing():
                mail_queue.renew_claims(self._sending)
        except OperationalError:
            log.warning("could not keep the emails that are being sent; will retry")

    def _send_in_thread(self, claimed: ClaimedMail) -> None:
        try:
            with self._app.app_context():
                self._send(claimed)
        except Exception:
            log.exception("email %s: its outcome could not be saved", claimed.id)

    def _send(self, claimed: ClaimedMail) -> None:
        try:
            self._transport(mail_queue.compose(claimed, self._sender))
        except (MailRefusedError, ValueError) as error:
            _record_failure(claimed, error, final=True)
        except (OSError, smtplib.SMTPException) as error:
            _record_failure(claimed, error, final=False)
        else:
            keep = self._transport is mail_queue.keep_only
            record_outcome(lambda: outcomes.mark_sent(claimed, keep))
            with self._counting:
                self.sent += 1


def _record_failure(claimed: ClaimedMail, error: Exception, final: bool) -> None:
    log.warning("email %s: %s: %s", claimed.id, "gave up" if final else "will retry", error)
    record_outcome(lambda: outcomes.record_failure(claimed, str(error), final))


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
