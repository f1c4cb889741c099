"""The extensions, not bound to an app yet, and transactions; `portal.database` opens it.

On SQLite a transaction that writes starts with BEGIN IMMEDIATE: with the default mode, two
processes that read and then write lose one of the updates or fail halfway. `writing()` says which
transactions those are; requests that only read never wait for a writer (WAL).
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
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
    insert,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase

from portal.config import Settings

log = logging.getLogger(__name__)
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

    def close(self) -> None:
        """End the session. If its connection broke, forget the locks that it had."""
        try:
            super().close()
        except DBAPIError:
            self.info.clear()
            raise


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
"""The longest that a transaction waits for its turn to write."""
SQLITE_CACHE_KIB = 16_000
"""A connection's own pages, and the rows that it sorts before it writes them to a file. SQLite's
2 MB are too few for an export. It takes the memory only as it needs it."""
SQLITE_LOAD_CACHE_KIB = 512_000
SQLITE_CHECKPOINT, SQLITE_LOAD_CHECKPOINT = 1000, 32_000
"""Pages of the log after which it is written to the main file."""


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


_Result = TypeVar("_Result")
_DEADLOCK = "40P01"


def retry(
    work: Callable[[], _Result], also: type[Exception] | tuple[()] = (), tries: int = 2
) -> _Result:
    """Do work that is one transaction. Try again after a deadlock, on a broken connection, or after
    an error of the type `also`."""
    for _ in range(tries - 1):
        try:
            return work()
        except Exception as error:
            if not (_is_transient(error) or isinstance(error, also)):
                raise
            log.warning("could not save a change (%s); will retry", type(error).__name__)
    return work()


def write_with_retry(
    work: Callable[[], _Result], also: type[Exception] | tuple[()] = (), tries: int = 2
) -> _Result:
    """Do work in a transaction of its own that writes, and retry it as `retry` does."""
    return retry(writing()(work), also, tries)


def _is_transient(error: Exception) -> bool:
    """True if the connection broke, or if PostgreSQL ended one of two transactions that waited for
    each other."""
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or getattr(error.orig, "sqlstate", "") == _DEADLOCK
    )


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
