"""The order of locks, and locks where there is no row yet.

A transaction that changes several things locks them in this order. Otherwise two could wait for
each other, and PostgreSQL would end one of them:

1. the turn of a form (`advisory_lock`), so that a family that sends two is matched once
2. records, by id (`with_for_update(key_share=True)`: rows that refer to one may still be added, as
   those of `message_contact` are by a transaction that has a number already, for a STOP or HELP)
3. phone numbers, all in one go (`portal.consent.ledger.lock_in_order`)
4. what waits about them: proposals, answers on forms, words that are to be texted, texted links,
   texts that went out and what is reported of them, the words of names
5. budgets (`advisory_lock`): so many "no" answers or emails in an hour

A lock on a row without `key_share` blocks everybody who adds a row that refers to it, no matter
what they have locked. Never lock a record that way.

To find out which records and numbers a row of the fourth kind is about, read it without a lock
first, and again with one at its place.
"""

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
