"""Keep people out of the log: no name, number, or address may get there by way of an error.

An error's message often repeats what somebody typed ("Key (email_key)=(ana@...) already exists",
"invalid literal for int(): 'Ana'"). A log record keeps where the error happened, its type, and
for a database error what was broken, and leaves out the message unless its type can't hold a value.
"""

import logging
import sqlite3
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from jinja2 import TemplateError
from sqlalchemy.exc import SQLAlchemyError, StatementError

LEFT_OUT = "(message left out of the log)"
_ABOUT_CODE = (
    AttributeError,
    ImportError,
    NameError,
    NotImplementedError,
    SQLAlchemyError,
    TemplateError,
)
"""Errors whose messages quote only code, and no data. SQLAlchemy raises NotImplementedError if a
dialect can't do something. A class of our own says so with `holds_no_value`."""
_NO_VALUE_IN = ("08", "28", "40", "42", "53", "55", "57", "58", "P0")
"""Classes of PostgreSQL's SQLSTATE. Not 22 and 23: data that does not fit, and constraints."""


def install() -> None:
    """Redact every log record and every traceback of this process. Idempotent.

    A record factory, since handlers belong to others: to the server, to the command line, to tests.
    """
    if logging.getLogRecordFactory() is not _redacted:
        logging.setLogRecordFactory(_redacted)
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _print_uncaught
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _print_uncaught_in_thread


def describe_error(error: BaseException) -> str:
    """Describe an error for a log: its type, and the part of its message that holds no value."""
    name = type(error).__name__
    if isinstance(error, StatementError):
        return describe_error(error.orig) if error.orig is not None else name
    if hasattr(error, "sqlstate"):
        return f"{name}: {_describe_postgresql(error)}"
    if isinstance(error, sqlite3.Error):
        return f"{name}: {error}"  # names tables, columns, and constraints, never values
    if isinstance(error, OSError):
        return f"{name}: {_describe_os_error(error)}"
    if isinstance(error, _ABOUT_CODE) or getattr(error, "holds_no_value", False):
        return f"{name}: {error}"
    cause = error.__cause__
    return f"{name} {LEFT_OUT}" + (f", after {describe_error(cause)}" if cause else "")


def format_error(error: BaseException) -> str:
    """A traceback like Python's own, with `describe_error` instead of every message."""
    lines: list[str] = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        frames = traceback.format_tb(cause.__traceback__)
        heading = "Traceback (most recent call last):\n" if frames else ""
        lines.insert(0, f"{heading}{''.join(frames)}{describe_error(cause)}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n\nThat led to another error:\n\n".join(lines)


def _describe_postgresql(error: Any) -> str:
    """For psycopg's errors. In a message and its DETAIL the server repeats values, even whole rows;
    not where the connection, a lock, or the statement is at fault, or where a trigger refuses."""
    if error.sqlstate is None:
        return " ".join(str(error).split())  # the server did not answer
    diag = error.diag
    said = [f"SQLSTATE {error.sqlstate}"]
    if str(error.sqlstate).startswith(_NO_VALUE_IN):
        said.append(diag.message_primary or "")
    broken = (
        ("table", diag.table_name),
        ("column", diag.column_name),
        ("constraint", diag.constraint_name),
    )
    return ", ".join([*said, *(f"{what} {name}" for what, name in broken if name)])


def _describe_os_error(error: Any) -> str:
    """Without file names. An email server's refusals are such errors too: of them, the codes."""
    if hasattr(error, "smtp_code"):
        return str(error.smtp_code)
    if isinstance(recipients := getattr(error, "recipients", None), dict):
        return ", ".join(str(code) for code, _ in recipients.values())
    return error.strerror or LEFT_OUT


class _Described:
    """Stands for an error among a log record's arguments."""

    def __init__(self, error: BaseException) -> None:
        self._words = describe_error(error)

    def __str__(self) -> str:
        return self._words

    __repr__ = __str__


def _redacted(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = logging.LogRecord(*args, **kwargs)
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        record.exc_text = format_error(error)  # a formatter prints this instead of its own
    if isinstance(record.msg, BaseException):
        record.msg = describe_error(record.msg)
    if isinstance(record.args, tuple):
        record.args = tuple(
            _Described(arg) if isinstance(arg, BaseException) else arg for arg in record.args
        )
    return record


def _print_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    sys.stderr.write(format_error(error) + "\n")


def _print_uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        sys.stderr.write(format_error(args.exc_value) + "\n")
