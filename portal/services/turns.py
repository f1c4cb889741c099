"""Taking turns where there is no row to lock yet."""

import hashlib

from sqlalchemy import func, select

from portal.extensions import db, on_postgresql


def take_turn(*about: object) -> None:
    """Let the transactions about one thing wait for each other, until they end.

    On PostgreSQL by an advisory lock; on SQLite all transactions that write wait anyway.
    """
    if on_postgresql():
        digest = hashlib.sha256(repr(about).encode()).digest()
        key = int.from_bytes(digest[:8], signed=True)
        db.session.execute(select(func.pg_advisory_xact_lock(key)))
