"""Writes audit entries of pages once they were sent: a short transaction of its own.

SQLite has one writer: where another one is at work for long, the entries wait in memory for the
next page, and no thread waits for them.
"""

import logging
import threading
from collections import OrderedDict, deque
from typing import Any

from flask import Flask
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from portal.extensions import SQLITE_BUSY_MS, db, on_postgresql
from portal.services.accounts import audit

BRIEFLY_MS = 250
MOST_WAITING = 1000
MOST_REMEMBERED = 10_000
log = logging.getLogger(__name__)


class AuditWriter:
    """One for each app. Its methods are safe to call from any thread, and never raise."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._waiting: deque[dict[str, Any]] = deque(maxlen=MOST_WAITING)
        self._written: OrderedDict[tuple[int, str], None] = OrderedDict()
        """Entries that are written once and are there already: they save asking the database each
        time."""

    def put(self, row: dict[str, Any]) -> None:
        """Write a row of audit.row, with those that wait."""
        with self._lock:
            if self._is_written(row):
                return
            if len(self._waiting) == MOST_WAITING:
                log.error("an audit entry is lost: %d wait already", MOST_WAITING)
            self._waiting.append(row)
            rows = list(self._waiting)
            self._waiting.clear()
        try:
            self.write(rows)
        except IntegrityError:  # would fail again; and the error itself holds the rows
            log.error("%d audit entries can't be written", len(rows))
        except SQLAlchemyError as error:
            log.warning("%d audit entries wait: %s", len(rows), type(error).__name__)
            with self._lock:
                self._waiting.extend(rows)
        else:
            self._remember(rows)

    def write(self, rows: list[dict[str, Any]]) -> None:
        with self._app.app_context(), db.engine.connect() as connection:
            if on_postgresql():
                connection.execute(audit.statement(rows))
                connection.commit()
                return
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {BRIEFLY_MS}")
            try:
                connection.execute(audit.statement(rows))
                connection.commit()
            finally:
                connection.rollback()
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {SQLITE_BUSY_MS}")

    def _is_written(self, row: dict[str, Any]) -> bool:
        return row["once"] is not None and (row["school_id"], row["once"]) in self._written

    def _remember(self, rows: list[dict[str, Any]]) -> None:
        with self._lock:
            for row in rows:
                if row["once"] is not None:
                    self._written[row["school_id"], row["once"]] = None
            while len(self._written) > MOST_REMEMBERED:
                self._written.popitem(last=False)


def init_app(app: Flask) -> None:
    app.extensions["audit"] = AuditWriter(app)
