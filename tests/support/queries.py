"""Counting what a piece of code asks of the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

AFTER_THE_ANSWER = "INSERT INTO AUDIT_ENTRY"
"""Nobody waits for it."""
NOT_QUERIES = (
    "BEGIN",
    "PRAGMA",
    "SAVEPOINT",
    "RELEASE",
    "ROLLBACK",
    "COMMIT",
    AFTER_THE_ANSWER,
)


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The statements that were executed, as a list: `len()` is their number."""
    statements: list[str] = []

    def keep(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(NOT_QUERIES):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", keep)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", keep)
