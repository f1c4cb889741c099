"""`flask mail`: mail on its way out."""

import logging
import signal
import time
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from portal import carrier

PAUSE_SECONDS = 1.0
LOOK_EVERY = 0.1

group = AppGroup("mail", help="Mail on its way out.")
log = logging.getLogger(__name__)


class _Shift:
    """Work until told to end; the mail in hand is finished first."""

    def __init__(self) -> None:
        self.over = False

    def end(self, _number: int, _frame: FrameType | None) -> None:
        self.over = True

    def rest(self) -> None:
        until = time.monotonic() + PAUSE_SECONDS
        while not self.over and time.monotonic() < until:
            time.sleep(LOOK_EVERY)


@group.command("work")
@click.option("--once", is_flag=True, help="Send what is due, and end.")
def work(once: bool) -> None:
    """Send mail that is due, and what comes to be due, until Ctrl-C.

    Several may run at once: no mail is sent twice.

    \b
    Example:
      flask --app wsgi mail work --once
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if once:
        click.echo(f"{carrier.deliver(app)} mails sent")
        return
    shift = _Shift()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, shift.end)
    while not shift.over:
        try:
            carrier.deliver(app, lambda: shift.over)
        except SQLAlchemyError:
            log.exception("the database cannot be used just now; the worker goes on")
        shift.rest()
