"""Carries mail out of this process: a thread that wakes when a transaction with mail is committed.

`flask mail work` does the same from a process of its own, and tries again what failed.
"""

import logging
import smtplib
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.extensions import db, writing
from portal.models import Mail
from portal.services.mail import queue as mail

_WAITS = "mail_waits"
_CARRIER = "portal-mail"
log = logging.getLogger(__name__)


def transport_of(settings: Settings) -> tuple[mail.Transport, str]:
    """How mail leaves by the settings, and from which address."""
    if settings.mail == "outbox":
        return mail.keep_only, settings.mail_sender
    return mail.smtp(settings.mail, settings.mail_sender)


def deliver(app: Flask, over: Callable[[], bool] = lambda: False) -> int:
    """Send what is due; gives how many left. Opens transactions of its own. Asks before each mail
    whether it is over."""
    transport, sender = transport_of(app.config["PORTAL"])
    sent = 0
    with app.app_context():
        try:
            while not over() and (letter := _next()) is not None:
                sent += _carry(letter, transport, sender)
        finally:
            db.session.remove()
    return sent


def _next() -> mail.Letter | None:
    with writing():
        return mail.take_in_hand()


def _carry(letter: mail.Letter, transport: mail.Transport, sender: str) -> bool:
    try:
        transport(mail.compose(letter, sender))
    except (mail.MailRefusedError, ValueError) as error:
        _put_down(letter, error, final=True)
        return False
    except (OSError, smtplib.SMTPException) as error:
        _put_down(letter, error, final=False)
        return False
    with writing():
        mail.mark_sent(letter, keep=transport is mail.keep_only)
    return True


def _put_down(letter: mail.Letter, error: Exception, final: bool) -> None:
    log.warning("email %s: %s: %s", letter.id, "gave up" if final else "will retry", error)
    with writing():
        mail.put_down(letter, str(error), final)


class Carrier:
    """One thread a process, begun when it is first needed."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def nudge(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
                self._thread.start()
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            try:
                deliver(self._app)
            except Exception:
                log.exception("could not send email; will retry")


def init_app(app: Flask) -> None:
    """Wake the carrier after every commit that leaves mail behind. Tests carry it by hand."""
    if not app.config["PORTAL"].testing:
        app.extensions[_CARRIER] = Carrier(app)


@event.listens_for(Session, "after_flush")
def _note(session: Session, _context: Any) -> None:
    if any(isinstance(row, Mail) for row in session.new):
        session.info[_WAITS] = True


@event.listens_for(Session, "after_commit")
def _committed(session: Session) -> None:
    if session.info.pop(_WAITS, False) and (carrier := current_app.extensions.get(_CARRIER)):
        carrier.nudge()


@event.listens_for(Session, "after_rollback")
def _forgotten(session: Session) -> None:
    session.info.pop(_WAITS, None)
