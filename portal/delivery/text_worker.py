"""Run the text sender: several threads that send, and one that reconciles, until it is stopped."""

import logging
import threading
import time
from collections.abc import Callable

from flask import Flask

from portal.config import Settings
from portal.delivery import district_stops, text_sender
from portal.delivery.text_sender import NotNowError, ShouldStop
from portal.extensions import db, writing
from portal.services.intake import form_opt_outs, owner_notices
from portal.services.texting import queue as text_queue
from portal.services.texting.queue import ClaimedMessage, Wait

THREADS = 4
"""The number of sending threads, so a slow text does not hold up the others."""
LOOK_EVERY = 1.0
SETTLE_EVERY = 10.0
RECONCILE_EVERY = 300.0
DELETE_OLD_EVERY = 24 * 3600.0
NAP = 0.1

log = logging.getLogger(__name__)


def send_due(app: Flask, should_stop: ShouldStop = lambda: False) -> int:
    """Send everything that is due, by the rate, and return the number sent."""
    with app.app_context():
        district_stops.carry_waiting()
        text_sender.mark_stale_unknown()
        text_sender.fail_late()
    senders = _SenderPool(app, should_stop, until_done=True)
    senders.run()
    return senders.sent


def work(app: Flask, should_stop: ShouldStop) -> None:
    """Send what is due, and what comes to be due, until it is over. Now and then reconcile, and
    delete what is old once a day."""

    def reconcile() -> None:
        try:
            new = text_sender.reconcile(app, should_stop)
        except NotNowError as error:
            log.warning("could not check the provider for missed texts: %s", error)
            return
        if new:
            log.warning("received %s missed texts", new)

    settings: Settings = app.config["PORTAL"]

    def settle() -> None:
        district_stops.carry_waiting()
        text_sender.mark_stale_unknown()
        text_sender.fail_late()
        text_sender.settle_unsubscribed(settings)

    helpers = [
        _Helper(app, should_stop, SETTLE_EVERY, settle),
        _Helper(app, should_stop, DELETE_OLD_EVERY, delete_old),
    ]
    if settings.sms != "outbox":
        helpers.append(_Helper(app, should_stop, RECONCILE_EVERY, reconcile))
    for helper in helpers:
        helper.start()
    _SenderPool(app, should_stop, until_done=False).run()
    for helper in helpers:
        helper.join()


def delete_old() -> None:
    """Delete what was only kept to count answers and emails by. The ledger keeps its proof."""
    with writing():
        form_opt_outs.delete_old()
        owner_notices.delete_old()


class _Helper(threading.Thread):
    """Runs a function right away, and again at an interval, until it is stopped."""

    def __init__(
        self, app: Flask, should_stop: ShouldStop, every: float, what: Callable[[], None]
    ) -> None:
        super().__init__(name=f"texts-every-{every:.0f}-s")
        self._app, self._should_stop, self._every, self._what = app, should_stop, every, what

    def run(self) -> None:
        while not self._should_stop():
            try:
                with self._app.app_context():
                    self._what()
            except Exception:
                log.exception("%s failed; will retry", self.name)
            _rest(self._should_stop, self._every)


class _SenderPool:
    """Threads that each take a text, send it and write down what came of it.

    They take turns at taking: one waits for all of them until the rate allows, or until something
    is due, so they don't keep asking the database side by side.
    """

    def __init__(self, app: Flask, should_stop: ShouldStop, until_done: bool) -> None:
        self._app, self._should_stop, self._until_done = app, should_stop, until_done
        self._taking = threading.Lock()
        self._counting = threading.Lock()
        self.sent = 0

    def run(self) -> None:
        settings: Settings = self._app.config["PORTAL"]
        count = THREADS if settings.sms != "outbox" else 1
        threads = [threading.Thread(target=self._send, name=f"texts-{n}") for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send(self) -> None:
        transport = text_sender.transport_of(self._app.config["PORTAL"])
        while not self._should_stop():
            try:
                with self._app.app_context():
                    while (claimed := self._next()) is not None:
                        sent = text_sender.send_claimed(claimed, transport)
                        with self._counting:
                            self.sent += sent
                return
            except Exception:
                log.exception("can't send texts right now; will retry")
            if self._until_done:
                return
            _rest(self._should_stop, LOOK_EVERY)

    def _next(self) -> ClaimedMessage | None:
        """Wait for the next text. None if it is stopped, or nothing is left to do."""
        with self._taking:
            while not self._should_stop():
                claimed = text_sender.claim_next()
                if isinstance(claimed, ClaimedMessage):
                    return claimed
                if isinstance(claimed, Wait):
                    _rest(self._should_stop, claimed.seconds)
                elif self._until_done:
                    return None
                else:
                    self._wait_until_due()
        return None

    def _wait_until_due(self) -> None:
        """Only read: claiming a text is a write, and other processes would wait for it."""
        _rest(self._should_stop, LOOK_EVERY)
        while not self._should_stop() and not text_queue.is_due():
            db.session.rollback()
            _rest(self._should_stop, LOOK_EVERY)


def _rest(should_stop: ShouldStop, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not should_stop() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, NAP))
