"""Set up the database's connections: durable, tuned for pages, and replaced if they break.

A connection that was opened while the file was read-only, or whose disk failed, never works again.
So after such an error the pool closes all connections, and the next request opens new ones.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from portal import config, extensions
from portal.config import Settings
from portal.extensions import SQLITE_CACHE_KIB, is_writing
from portal.private_files import make_private_folder, protect_database

_WRITES, _IMPATIENT = "writes", "impatient"
_waits_ms: ContextVar[int | None] = ContextVar("waits_ms", default=None)
SQLITE_MAPPED = 2**31
"""Bytes of the file that are read where the system keeps them, with no copy for each connection.
The most that SQLite allows: it takes addresses and no memory."""
SQLITE_BROKEN = {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}
"""Errors after which a connection may not work again, even once the cause is fixed."""
POSTGRESQL_READ_ONLY = "25006"
"""The error of a server that is a standby now. The next connection may reach another one."""
POSTGRESQL_SETTINGS = (
    "jit = off",
    "max_parallel_workers_per_gather = 0",
    "random_page_cost = 1.1",
    "plan_cache_mode = force_custom_plan",
)
"""Tune PostgreSQL for pages. Their queries take milliseconds: compiling them, or waking other
processes for them, takes longer. Their data is in memory, or on a disk without a head to move.
And a plan is made for the words that are searched: one for any words takes ten times as long."""
_POOLED_BEGIN = "; ".join(["BEGIN", *(f"SET LOCAL {setting}" for setting in POSTGRESQL_SETTINGS)])


@contextmanager
def short_wait(milliseconds: int) -> Iterator[None]:
    """Shorten the wait for a turn to write, for transactions that start inside, on SQLite."""
    token = _waits_ms.set(milliseconds)
    try:
        yield
    finally:
        _waits_ms.reset(token)


def engine_options(settings: Settings) -> dict[str, Any]:
    """Return the options that an engine is made with."""
    # A connection that died while it waited in the pool is replaced, not handed out.
    # Without parameters: what somebody typed must not come into the log with an error.
    options: dict[str, Any] = {"pool_pre_ping": True, "hide_parameters": True}
    if settings.database_pooler:
        # Statements that were prepared, or a BEGIN of the driver's own, would be left for others.
        options |= {"isolation_level": "AUTOCOMMIT", "connect_args": {"prepare_threshold": None}}
    return options


def prepare_engine(engine: Engine, pooled: bool = False) -> None:
    """Set SQLite up to lose nothing (durable commits, foreign keys, one writer at a time), and
    PostgreSQL to find few rows by an index. `pooled`: behind a pooler that has a connection of
    PostgreSQL's for each transaction, which keeps nothing of it."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _before_sqlite_connect)
        event.listen(engine, "connect", _on_sqlite_connect)
        turns = _SqliteWriters()
        event.listen(engine, "begin", turns.begin)
        event.listen(engine, "checkin", turns.end)
    elif pooled:
        event.listen(engine, "begin", _on_pooled_begin)
    else:
        event.listen(engine, "connect", _on_postgresql_connect)
    event.listen(engine, "handle_error", _on_error)


def _before_sqlite_connect(
    _dialect: Any, _record: ConnectionPoolEntry, arguments: list[Any], _named: dict[str, Any]
) -> None:
    """Keep the database file from everybody else on the machine, whatever the umask is."""
    file = Path(arguments[0])
    if file.parent == config.INSTANCE:
        make_private_folder(file.parent)
    if file.is_absolute():
        protect_database(file)


def _on_sqlite_connect(connection: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver starts nothing by itself; _SqliteWriters does
    cursor: Any = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {extensions.SQLITE_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA recursive_triggers = ON")
    cursor.execute(f"PRAGMA mmap_size = {SQLITE_MAPPED}")
    cursor.execute(f"PRAGMA cache_size = -{SQLITE_CACHE_KIB}")
    cursor.close()


def _on_error(context: ExceptionContext) -> None:
    """Have the pool replace its connections after an error that may have broken them."""
    error = context.original_exception
    broken = isinstance(error, sqlite3.Error) and _primary_code(error) in SQLITE_BROKEN
    if broken or getattr(error, "sqlstate", None) == POSTGRESQL_READ_ONLY:
        context.is_disconnect = True


def _primary_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _on_postgresql_connect(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.execute("; ".join(f"SET {setting}" for setting in POSTGRESQL_SETTINGS))
    connection.commit()


def _on_pooled_begin(connection: Connection) -> None:
    """Begin a transaction with its settings, all in one message."""
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql(_POOLED_BEGIN)


class _SqliteWriters:
    """Lets one thread of this process write at a time.

    SQLite itself lets those who wait try again after up to a tenth of a second: under load nobody
    would write for most of that time. Other processes still wait that way.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def begin(self, connection: Connection) -> None:
        """Begin a transaction; one that writes waits for its turn, as long as SQLite lets it."""
        pooled: Any = connection.connection
        if not is_writing():
            # By the driver: it takes no lock, so nothing can go wrong, and every page pays for it.
            pooled.driver_connection.execute("BEGIN")
            return
        waits_ms = _waits_ms.get()
        if waits_ms is not None:
            pooled.record_info[_IMPATIENT] = True
            pooled.driver_connection.execute(f"PRAGMA busy_timeout = {waits_ms}")
        if not pooled.record_info.get(_WRITES):
            seconds = (extensions.SQLITE_BUSY_MS if waits_ms is None else waits_ms) / 1000
            pooled.record_info[_WRITES] = self._lock.acquire(timeout=seconds)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def end(self, connection: Any, record: ConnectionPoolEntry) -> None:
        """Let the next one write, once a connection is back, its transaction ended."""
        info = record.record_info or {}
        if info.pop(_IMPATIENT, False) and connection is not None:
            connection.execute(f"PRAGMA busy_timeout = {extensions.SQLITE_BUSY_MS}")
        if info.pop(_WRITES, False):
            self._lock.release()
