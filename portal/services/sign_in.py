"""Signing staff in: guessing is slowed over all workers, and a sign-in can be ended here.

An attempt is counted as a failure when it begins and taken back when it succeeds, so that many at
the same time are no way around the limit. Callers commit after `begin`, check the password with no
transaction open, and then commit `succeed` or `withdraw`.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from portal import times
from portal.email_address import email_key
from portal.extensions import db
from portal.models import SignInFailure, StaffSession
from portal.models.columns import new_id
from portal.queries.accounts import Credentials, failures_reach, find_credentials
from portal.services.turns import take_turn

WINDOW = timedelta(minutes=15)
NETWORK_FACTOR = 10
"""A school's staff share one network, so it may fail that much more often than one email."""
SESSION_LIFE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Attempt:
    id: int | None
    """The failure it is counted as for now; None where it is refused, or nothing is counted."""
    blocked_until: datetime | None
    credentials: Credentials | None
    """What the password is to be checked against; None where there is no such account."""


def begin(email: str, network: str, limit: int) -> Attempt:
    """Count an attempt, or say until when there may be none. `limit` 0: none is refused."""
    if not limit:
        return Attempt(None, None, find_credentials(email))
    digest = _digest(email)
    take_turn("sign-in", digest)
    db.session.execute(delete(SignInFailure).where(SignInFailure.at < times.now() - WINDOW))
    waits = (
        failures_reach(SignInFailure.email_digest == digest, limit, WINDOW),
        failures_reach(SignInFailure.network == network, limit * NETWORK_FACTOR, WINDOW),
    )
    blocked_until = max((wait for wait in waits if wait), default=None)
    if blocked_until is not None:
        return Attempt(None, blocked_until, None)
    failure = SignInFailure(id=new_id(), email_digest=digest, network=network, at=times.now())
    db.session.add(failure)
    db.session.flush()
    return Attempt(failure.id, None, find_credentials(email))


def withdraw(attempt: Attempt) -> None:
    """The attempt was never decided: it does not count."""
    if attempt.id is not None:
        db.session.execute(delete(SignInFailure).where(SignInFailure.id == attempt.id))


def succeed(account_id: int, email: str) -> str:
    """Open a session and forget the email's failures. Gives the token for the browser to hold."""
    db.session.execute(delete(SignInFailure).where(SignInFailure.email_digest == _digest(email)))
    now = times.now()
    db.session.execute(
        delete(StaffSession).where(
            StaffSession.account_id == account_id, StaffSession.ends_at < now
        )
    )
    token = secrets.token_urlsafe(32)
    db.session.add(
        StaffSession(
            token_hash=token_hash(token),
            account_id=account_id,
            created_at=now,
            ends_at=now + SESSION_LIFE,
        )
    )
    db.session.flush()
    return token


def token_hash(token: str) -> str:
    """What a session is filed under: whoever reads the table can't take one over."""
    return hashlib.sha256(token.encode()).hexdigest()


def end_session(session_hash: str) -> None:
    db.session.execute(
        update(StaffSession)
        .where(StaffSession.token_hash == session_hash, StaffSession.ended_at.is_(None))
        .values(ended_at=times.now())
    )


def _digest(email: str) -> str:
    return hashlib.sha256(email_key(email).encode()).hexdigest()
