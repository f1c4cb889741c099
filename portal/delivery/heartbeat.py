"""Shows that a worker runs: `with Heartbeat(app, kind): ...` writes a row every few seconds."""

import logging
import secrets
import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from portal.enums import WorkerKind
from portal.extensions import db, writing
from portal.services import heartbeats

EVERY_SECONDS = 15.0
log = logging.getLogger(__name__)


class Heartbeat:
    """Beats in a thread of its own, so that a slow server for email or texts stops no heart."""

    def __init__(self, app: Flask, kind: WorkerKind) -> None:
        self._app, self._kind = app, kind
        self._worker = secrets.token_hex(8)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        self._try(heartbeats.forget_old)
        while not self._ended.is_set():
            self._try(lambda: heartbeats.beat(self._worker, self._kind))
            self._ended.wait(EVERY_SECONDS)
        self._try(lambda: heartbeats.end(self._worker))

    def _try(self, work: Callable[[], None]) -> None:
        with self._app.app_context():
            try:
                with writing():
                    work()
            except SQLAlchemyError as error:
                log.warning("could not save the heartbeat (%s)", type(error).__name__)
            finally:
                db.session.remove()
