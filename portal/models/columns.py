"""Parts that the tables share: ids, moments, and check constraints made from the enums."""

import os
import secrets
import threading
import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    DateTime,
    Dialect,
    Index,
    String,
    and_,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH_MS = 1_735_689_600_000  # 2025-01-01, so that ids stay short for long


class IdMaker:
    """Makes positive 63-bit numbers, unique over processes: milliseconds, then 20 random bits.

    Made here and not by the database, so a row's key is known before it is sent, in bulk too,
    and so schools can lie on several servers. Ids made later are greater, within a process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def make(self) -> int:
        with self._lock:
            candidate = (time.time_ns() // 1_000_000 - _EPOCH_MS) << 20 | secrets.randbits(20)
            self._last = max(candidate, self._last + 1)
            return self._last


class ShortIdMaker:
    """Makes ids of at most 15 digits, until 2055. Spreadsheets round longer numbers.

    For contacts, whose ids people see and copy. Each day has its own range of numbers. Each process
    starts at a random place in it and goes up by random steps, so rows that are made together are
    stored together. docs/decisions/0029 says how rarely two processes make the same id.
    """

    _lock: threading.Lock
    _day: int
    _last: int

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def make(self) -> int:
        with self._lock:
            today = (time.time_ns() // 1_000_000 - _EPOCH_MS) // _DAY_MS
            if today != self._day:
                self._day = today
                self._last = today * OF_A_DAY + secrets.randbelow(OF_A_DAY)
            self._last += 1 + secrets.randbelow(STEP)
            return self._last

    def _forget(self) -> None:
        """Start again in a forked process, which has its parent's place and maybe a held lock."""
        self._lock = threading.Lock()
        self._day = self._last = -1


_DAY_MS = 86_400_000
OF_A_DAY = 90_000_000_000
STEP = 16
new_id = IdMaker().make
new_contact_id = ShortIdMaker().make


def id_at(moment: datetime) -> int:
    """The least id that could be made at a moment or later."""
    return (int(moment.timestamp() * 1000) - _EPOCH_MS) << 20


class _SqliteMoment(sqlite.DATETIME):
    """A text in UTC. Read with its zone in one step: to add it later takes eight times as long."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _read_utc


def _read_utc(text: str | None) -> datetime | None:
    """Migrations wrote some moments with their zone."""
    if text is None:
        return None
    return datetime.fromisoformat(text if "+" in text else f"{text}+00:00")


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: aware in Python on both databases (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return _SqliteMoment()  # type: ignore[no-untyped-call]
        return super().load_dialect_impl(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo is UTC else value.astimezone(UTC)


def code_points(length: int) -> TypeEngine[str]:
    """Text that is compared by code point on every database: sorted the same, an index serves a
    search for what starts so, and PostgreSQL compares bytes and asks no rules of a language."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


IdKey = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=False)]
BigRef = Annotated[int, mapped_column(BigInteger)]
Name = Annotated[str, mapped_column(String(100))]
Number = Annotated[str, mapped_column(code_points(16))]
ShortString = Annotated[str, mapped_column(code_points(20))]


def same_school(one: Any, other: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition that joins two tables: rows of the same school that also meet the rest."""
    return and_(one.school_id == other.school_id, *conditions)


def one_of(column: str, words: type[StrEnum], name: str | None = None) -> CheckConstraint:
    """A check that the column holds one of the enum's values."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=name or f"{column}_known")


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows that meet a condition, on both databases."""
    meets = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=meets, postgresql_where=meets)
