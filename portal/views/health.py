"""For machines: is the process alive, and can it serve?"""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from sqlalchemy import bindparam, text
from sqlalchemy.exc import SQLAlchemyError

from portal import clock
from portal.consent import guards
from portal.database import derived_columns, schema_version
from portal.database.clock import clock_warning
from portal.database.engines import short_wait
from portal.extensions import db, retry, write_mode
from portal.log_redaction import describe_error
from portal.models import (
    ConsentEvent,
    ConsentStatus,
    Contact,
    InboundMessage,
    Mail,
    Phone,
    Submission,
)
from portal.models.columns import Moment
from portal.queries.workers import why_work_waits
from portal.views.responses import from_this_machine

LOCK_MS = 1000
"""Longer than a page usually waits for its turn, and shorter than a monitor waits for an answer."""
WAIT_SECONDS = 3.0
FRESH_SECONDS = 1.0
"""For strangers, the database is checked at most once in this time."""
_WRITE = text(
    "INSERT INTO write_check (id, at) VALUES (1, :now)"
    " ON CONFLICT (id) DO UPDATE SET at = excluded.at"
).bindparams(bindparam("now", type_=Moment()))
"""To the microsecond, because SQLite writes nothing if a row stays the same."""
_WAITS = {"lock_timeout": LOCK_MS, "statement_timeout": 2 * LOCK_MS}
_WRITTEN = (Submission, Contact, Phone, ConsentStatus, ConsentEvent, InboundMessage, Mail)
"""The tables of a form and of a STOP. A lock on a whole table blocks both."""

bp = Blueprint("health", __name__)


@dataclass(frozen=True, slots=True)
class Readiness:
    reason: str | None = None
    """The reason why this server can't serve. None if it can."""
    warning: str | None = None
    """A problem that an operator should look at, although the server works."""


class _Check:
    """Checks the database once for all requests at the same time. It runs in its own thread, so
    pages don't wait for a database that does not answer."""

    def __init__(self, app: Flask, workers: bool = False) -> None:
        """`workers`: also check that workers run, and that no work waits for them."""
        self._app, self._workers = app, workers
        self._threads = ThreadPoolExecutor(1, "readiness")
        self._lock = threading.Lock()
        self._last: Readiness | None = None
        self._asked_at = 0.0
        self._running: Future[Readiness] | None = None

    def look(self, fresh: bool) -> Readiness:
        """Return the result. `fresh`: check now, for this machine. Others get the last result for a
        second, and while a check is running."""
        with self._lock:
            running = self._running
            idle = running is None or running.done()
            lately = time.monotonic() - self._asked_at < FRESH_SECONDS
            if not fresh and self._last is not None and (lately or not idle):
                return self._last
            if running is None or idle:
                self._asked_at = time.monotonic()
                self._running = running = self._threads.submit(self._look)
        try:
            return running.result(WAIT_SECONDS)
        except TimeoutError:
            return Readiness("the database does not answer")

    def _look(self) -> Readiness:
        with self._app.app_context():
            reason, warning = _unready()
            if reason is None and self._workers:
                reason = why_work_waits(clock.now())
                db.session.remove()
            self._last = Readiness(reason, warning)
        return self._last


def register(app: Flask) -> None:
    app.extensions[__name__] = {each: _Check(app, each) for each in (False, True)}
    app.register_blueprint(bp)


@bp.get("/healthz")
def alive() -> Response:
    """Answer without the database, so its absence restarts no worker."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> Response:
    """Check that the database takes a write, has all migrations, and guards the ledger. With
    `?workers=1` also that workers run, and that no text, form, or email waits for them.

    Only this machine gets the reason and the warning."""
    here = from_this_machine()
    checks: dict[bool, _Check] = current_app.extensions[__name__]
    found = checks[request.args.get("workers") == "1"].look(fresh=here)
    told = {"reason": found.reason, "warning": found.warning} if here else {}
    response = jsonify(
        status="ok" if found.reason is None else "error",
        **{name: words for name, words in told.items() if words is not None},
    )
    response.status_code = 200 if found.reason is None else 503
    return response


def _unready() -> tuple[str | None, str | None]:
    """Return the reason why this server can't serve, and a warning, if there are any."""
    try:
        with db.engine.connect() as connection:
            outdated = schema_version.is_outdated(connection)
            absent = [] if outdated else guards.missing_guards(connection)
            others = [] if outdated else derived_columns.missing_triggers(connection)
            warning = clock_warning(connection)
    except SQLAlchemyError:
        current_app.logger.exception("not ready: the database is not responding")
        return "the database is not responding", None
    if outdated:
        return "the database needs `make migrate`", warning
    if absent:
        return f"consent ledger triggers are missing: {', '.join(absent)}", warning
    if others:
        return f"triggers are missing: {', '.join(others)}", warning
    return _why_no_write(), warning


def _why_no_write() -> str | None:
    """Write like a form does, in a connection of its own. If that fails, return the reason."""
    try:
        retry(_write)  # on a new connection, if the first one was broken
    except SQLAlchemyError as error:
        reason = f"the database can't be written to: {describe_error(error)}"
        current_app.logger.error("not ready: %s", reason)
        return reason
    return None


def _write() -> None:
    with short_wait(LOCK_MS), write_mode(), db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            for name, milliseconds in _WAITS.items():
                connection.execute(text(f"SET LOCAL {name} = {milliseconds}"))
            tables = ", ".join(model.__tablename__ for model in _WRITTEN)
            connection.execute(text(f"LOCK TABLE {tables} IN ROW EXCLUSIVE MODE"))
        connection.execute(_WRITE, {"now": clock.now()})
