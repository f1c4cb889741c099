"""Taking turns where there is no row to lock yet."""

import hashlib

from sqlalchemy import func, select

from portal.extensions import db, on_postgresql


def advisory_lock(*about: object) -> None:
    """Let the transactions about one thing wait for each other, until they end.

    On PostgreSQL by an advisory lock; on SQLite all transactions that write wait anyway.
    """
    if on_postgresql():
        db.session.execute(select(func.pg_advisory_xact_lock(_key(about))))


def try_advisory_lock(*about: object) -> bool:
    """Like `advisory_lock`, but False instead of waiting where another transaction is at it."""
    if not on_postgresql():
        return True
    return bool(db.session.scalar(select(func.pg_try_advisory_xact_lock(_key(about)))))


def _key(about: tuple[object, ...]) -> int:
    digest = hashlib.sha256(repr(about).encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
