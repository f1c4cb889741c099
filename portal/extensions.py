"""The extensions, not bound to an app yet, and how the database is opened.

On SQLite a transaction that writes starts with BEGIN IMMEDIATE: with the default mode, two
processes that read and then write lose one of the updates or fail halfway. `writing()` says which
transactions those are; requests that only read never wait for a writer (WAL).
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from flask import current_app, g
from flask_babel import Babel
from flask_compress import Compress
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from flask_wtf import CSRFProtect
from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    Insert,
    MetaData,
    UpdateBase,
    event,
    insert,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry

from portal import config
from portal.config import Settings
from portal.private_files import make_private_folder, protect_database

REPLICA = "replica"
"""Its key among the engines of an app; in `g` it is true where a request reads from it. That stays
while an answer is streamed, when the session is another one."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class RoutedSession(Session):
    """Reads from the replica once a request has said that it may; writes to the primary."""

    def get_bind(
        self, mapper: Any = None, clause: Any = None, bind: Any = None, **more: Any
    ) -> Engine | Connection:
        writes = is_writing() or self._flushing or isinstance(clause, UpdateBase)
        if g.get(REPLICA) and bind is None and not writes:
            return self._db.engines[REPLICA]
        return super().get_bind(mapper, clause, bind, **more)


db = SQLAlchemy(model_class=Base, session_options={"class_": RoutedSession})
csrf = CSRFProtect()
compress = Compress()
babel = Babel()


def app_settings() -> Settings:
    """Return the settings of the app at work, for services: they know no request."""
    found: Settings = current_app.config["PORTAL"]
    return found


def outside_link(endpoint: str, **values: Any) -> str:
    """Return a page's whole address by PORTAL_PUBLIC_URL. Needs an app context, no request; the
    values hold the school's `slug`."""
    return app_settings().public_url + current_app.url_map.bind("localhost").build(endpoint, values)


_writes: ContextVar[bool] = ContextVar("writes", default=False)
SQLITE_BUSY_MS = 10_000
_WRITES = "writes"
SQLITE_CACHE_KIB = 16_000
"""A connection's own pages, and the rows that it sorts before it writes them to a file. SQLite's
2 MB are too few for an export. It takes the memory only as it needs it."""
SQLITE_MAPPED = 2**31
"""Bytes of the file that are read where the system keeps them, with no copy for each connection.
The most that SQLite allows: it takes addresses and no memory."""


SQLITE_LOAD_CACHE_KIB = 512_000
SQLITE_CHECKPOINT, SQLITE_LOAD_CHECKPOINT = 1000, 32_000
"""Pages of the log after which it is written to the main file."""
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


def insert_for(model: Any) -> Any:
    """An INSERT that can say ON CONFLICT, which each database has in a construct of its own."""
    return (postgresql.insert if on_postgresql() else sqlite.insert)(model)


def insert_rows(model: type[Base], *rows: dict[str, Any]) -> None:
    """Insert rows at once, past the session: a third of the time that the session takes for one.
    All have the same keys; the columns' defaults fill in the rest."""
    if rows:
        db.session.connection().execute(_insert_into(model), rows)


def row_values(row: Base) -> dict[str, Any]:
    """Return the columns of a row, as `insert_rows` takes them."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def insert_missing(model: type[Base], *rows: dict[str, Any]) -> None:
    """Like `insert_rows`, without those whose keys are there already."""
    if rows:
        db.session.connection().execute(_insert_new_into(model, on_postgresql()), rows)


def insert_new(model: type[Base], returned: str, *rows: dict[str, Any]) -> list[Any]:
    """Like `insert_missing`; gives a column of the rows that were inserted."""
    statement = _insert_new_into(model, on_postgresql(), returned)
    return list(db.session.connection().execute(statement, rows).scalars()) if rows else []


@lru_cache(maxsize=64)
def _insert_new_into(model: type[Base], on_postgresql: bool, returned: str = "") -> Any:
    table: Any = model.__table__
    insert = (postgresql.insert if on_postgresql else sqlite.insert)(table).on_conflict_do_nothing()
    return insert.returning(table.c[returned]) if returned else insert


@lru_cache(maxsize=64)
def _insert_into(model: type[Base]) -> Insert:
    return insert(model.__table__)  # type: ignore[arg-type]  # a mapped class has a Table


_Item = TypeVar("_Item")
MOST_VALUES = 500
"""Values in one statement: databases bound how many they take."""


def in_chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """The items, as many at a time as one statement takes."""
    return (items[i : i + MOST_VALUES] for i in range(0, len(items), MOST_VALUES))


def on_postgresql() -> bool:
    """True if that is the database of this session."""
    return db.session.get_bind().dialect.name == "postgresql"


def fetch(statement: Executable, bound: Mapping[str, Any] | None = None) -> CursorResult[Any]:
    """Run a SELECT of columns in the session's transaction, past the ORM: where there is no object
    to make, its loading takes longer than the query."""
    session = db.session()
    session.flush()
    return session.connection().execute(statement, bound)


def is_writing() -> bool:
    """True inside of `writing()` and `write_mode()`."""
    return _writes.get()


@contextmanager
def write_mode() -> Iterator[None]:
    """Make every transaction that starts inside a writing one."""
    token = _writes.set(True)
    try:
        yield
    finally:
        _writes.reset(token)


@contextmanager
def writing() -> Iterator[None]:
    """One transaction that writes: started here, committed at the end, rolled back on an error.

    What was read before in this request is read again inside, so nothing is decided on rows
    that another process has changed since.
    """
    db.session.rollback()
    with write_mode():
        try:
            yield
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise


@contextmanager
def loading_many() -> Iterator[None]:
    """Give SQLite more memory while many rows are loaded, each to a place of its own in a dozen
    indexes: with its usual few pages it reads and writes the file many times over. Commits are as
    durable as ever; they reach the main file less often."""
    _tune_load(SQLITE_LOAD_CACHE_KIB, SQLITE_LOAD_CHECKPOINT)
    try:
        yield
    finally:
        _tune_load(SQLITE_CACHE_KIB, SQLITE_CHECKPOINT)


def _tune_load(cache_kib: int, checkpoint: int) -> None:
    if on_postgresql():
        return
    connection = db.session.connection()
    connection.exec_driver_sql(f"PRAGMA cache_size = -{cache_kib}")
    connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint = {checkpoint}")
    db.session.rollback()


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
    cursor.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA recursive_triggers = ON")
    cursor.execute(f"PRAGMA mmap_size = {SQLITE_MAPPED}")
    cursor.execute(f"PRAGMA cache_size = -{SQLITE_CACHE_KIB}")
    cursor.close()


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
        if not pooled.record_info.get(_WRITES):
            pooled.record_info[_WRITES] = self._lock.acquire(timeout=SQLITE_BUSY_MS / 1000)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    def end(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        """Let the next one write, once a connection is back, its transaction ended."""
        if (record.record_info or {}).pop(_WRITES, False):
            self._lock.release()
