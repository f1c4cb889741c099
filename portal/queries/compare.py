"""Comparing text in SQL, the same on every database."""

from typing import Any

from sqlalchemy import ColumnElement, and_, collate

from portal.extensions import on_postgresql

LAST = "\U0010ffff"
"""Comes after every character: what starts with x is from x to x and this."""


def begins(column: Any, text: str) -> ColumnElement[bool]:
    """By a range: a LIKE with a bound value is served by no index. The column has to be one that
    is compared by code point."""
    return and_(column >= text, column < text + LAST)


def by_code_point(text: Any) -> ColumnElement[str]:
    """SQLite compares so by itself; on PostgreSQL the database's collation has to be set aside."""
    return collate(text, "C") if on_postgresql() else text


def like(text: str) -> str:
    """A LIKE pattern for a text anywhere, to be escaped by a backslash."""
    escaped = "".join(f"\\{c}" if c in "%_\\" else c for c in text)
    return f"%{escaped}%"
