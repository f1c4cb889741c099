"""Signing staff in: guessing is slowed over all workers, and a sign-in can be ended here.

After a few wrong passwords each further try has to wait, longer each time, and never for good:
30 seconds, then 1, 2 and 4 minutes, then 5. So one account allows about 20 guesses in a first hour
from anywhere in the world, and 12 to 15 in every hour after it, however many workers and networks.

A device on which the account signed in before counts for itself: guesses from elsewhere never make
its owner wait. For all others an email counts, whether or not it has an account, so waiting
tells nothing. Emails without an account count for their network too: after many of them, their
passwords are not hashed, but only said to be wrong after the usual time.

An attempt is counted as a failure when it starts and taken back when it succeeds, so many at
the same time are no way around the limit. Callers commit after `begin`, check the password with no
transaction open, and then commit `succeed`, `fail` or `withdraw`.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update

from portal import clock
from portal.email_address import email_key
from portal.enums import AuditKind
from portal.extensions import db
from portal.models import Account, SignInFailure, StaffSession
from portal.models.columns import new_id
from portal.queries.accounts.staff import Credentials, find_credentials, recent_failures
from portal.services.accounts import audit
from portal.services.accounts.known_devices import known_hash, remember_device
from portal.services.accounts.tokens import token_hash
from portal.services.locks import advisory_lock

WINDOW = timedelta(hours=1)
"""Time for which a failure is remembered."""
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(minutes=5)
NETWORK_FACTOR = 10
"""A network may make up that many times more emails than one email may fail."""
SESSION_LIFE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Attempt:
    id: int | None
    """The failure it is counted as for now; None where it is refused, or nothing is counted."""
    blocked_until: datetime | None
    credentials: Credentials | None
    """The credentials to check the password against. None if there is no account like that."""
    device_hash: str | None = None
    """The device, if the account signed in with it before."""
    worth_hashing: bool = True
    """False: made-up emails came in masses from its network, and this is one of them."""


@dataclass(frozen=True, slots=True)
class OpenedStaffSession:
    """A session: both tokens are for the browser to hold."""

    token: str
    device: str


def begin(email: str, network: str, limit: int, device: str | None = None) -> Attempt:
    """Count an attempt, or say until when it has to wait. `limit` is the number of failures before
    the first wait; 0: none waits. `device` is the token in the browser's device cookie."""
    found = find_credentials(email)
    device_hash = known_hash(found.account_id, device) if found else None
    if not limit:
        return Attempt(None, None, found, device_hash)
    digest = _digest(email)
    advisory_lock("sign-in", device_hash or digest)
    db.session.execute(delete(SignInFailure).where(SignInFailure.at < clock.now() - WINDOW))
    blocked_until = _next_try(_counting_with(digest, device_hash), limit)
    if blocked_until is not None:
        return Attempt(None, blocked_until, found, device_hash)
    floods = found is None and _made_up(network) >= limit * NETWORK_FACTOR
    failure = SignInFailure(
        id=new_id(),
        email_digest=digest,
        network=network,
        device_hash=device_hash,
        made_up=found is None,
        at=clock.now(),
    )
    db.session.add(failure)
    db.session.flush()
    return Attempt(failure.id, None, found, device_hash, worth_hashing=not floods)


def withdraw(attempt: Attempt) -> None:
    """The attempt was never decided: it does not count."""
    if attempt.id is not None:
        db.session.execute(delete(SignInFailure).where(SignInFailure.id == attempt.id))


def fail(attempt: Attempt, network: str) -> None:
    """The password was wrong, or it is not the attempt's turn yet: note it for the account's
    schools. That an attempt had to wait is noted once an hour, however many do.

    A failure counts from now on, when it is decided. So there is a row to write, and a disk to wait
    for, whether or not there is an account.
    """
    if attempt.id is not None:
        decided = update(SignInFailure).where(SignInFailure.id == attempt.id)
        db.session.execute(decided.values(at=clock.now()))
    if attempt.credentials is None:
        return
    account_id = attempt.credentials.account_id
    waits = attempt.blocked_until is not None
    audit.note_at_schools(
        account_id,
        audit.AuditNote(
            AuditKind.SIGN_IN_REFUSED,
            about_id=account_id,
            detail="had_to_wait" if waits else "",
            network=network,
            once=f"wait:{account_id}:{clock.now():%Y%m%d%H}" if waits else None,
        ),
    )


def succeed(
    attempt: Attempt, email: str, network: str, device: str | None
) -> OpenedStaffSession | None:
    """Open a session and forget the failures. None if the password was changed or the account
    disabled while the password was checked."""
    checked = attempt.credentials
    if checked is None or not _is_current(checked):
        return None
    db.session.execute(
        delete(SignInFailure).where(_counting_with(_digest(email), attempt.device_hash))
    )
    return open_session(checked.account_id, network, device)


def open_session(account_id: int, network: str, device: str | None) -> OpenedStaffSession:
    """Sign the account in on a device, which is known from now on."""
    now = clock.now()
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
    db.session.execute(update(Account).where(Account.id == account_id).values(last_sign_in_at=now))
    entry = audit.AuditNote(AuditKind.SIGN_IN, account_id=account_id, network=network)
    audit.note_at_schools(account_id, entry)
    db.session.flush()
    return OpenedStaffSession(token, remember_device(account_id, device))


def end_session(session_hash: str, network: str) -> None:
    account_id = db.session.scalar(
        update(StaffSession)
        .where(StaffSession.token_hash == session_hash, StaffSession.ended_at.is_(None))
        .values(ended_at=clock.now())
        .returning(StaffSession.account_id)
    )
    if account_id is not None:
        entry = audit.AuditNote(AuditKind.SIGN_OUT, account_id=account_id, network=network)
        audit.note_at_schools(account_id, entry)


def end_sessions(account_id: int, but: str | None = None) -> None:
    """Sign the account out everywhere, but for the session with this hash."""
    db.session.execute(
        update(StaffSession)
        .where(
            StaffSession.account_id == account_id,
            StaffSession.ended_at.is_(None),
            StaffSession.token_hash != (but or ""),
        )
        .values(ended_at=clock.now())
    )


def forget_failures(email: str) -> None:
    """Let the account sign in right away, on any device: its password is a new one."""
    db.session.execute(delete(SignInFailure).where(SignInFailure.email_digest == _digest(email)))


def _is_current(checked: Credentials) -> bool:
    """Lock the account, so its password can't change before its session is there to end."""
    still = select(Account.id).where(
        Account.id == checked.account_id,
        Account.password_hash == checked.password_hash,
        Account.disabled_at.is_(None),
    )
    return db.session.scalar(still.with_for_update(key_share=True)) is not None


def _next_try(counting: ColumnElement[bool], limit: int) -> datetime | None:
    """The moment of the next try, if that is not now."""
    failures = recent_failures(counting, WINDOW)
    if failures.newest is None or failures.count < limit:
        return None
    delay = min(FIRST_DELAY * 2 ** min(failures.count - limit, 10), LONGEST_DELAY)
    after = failures.newest + delay
    return after if after > clock.now() else None


def _counting_with(digest: str, device_hash: str | None) -> ColumnElement[bool]:
    """The failures that an attempt counts with: of its known device, or of its email elsewhere."""
    if device_hash is not None:
        return SignInFailure.device_hash == device_hash
    return (SignInFailure.email_digest == digest) & SignInFailure.device_hash.is_(None)


def _made_up(network: str) -> int:
    return recent_failures((SignInFailure.network == network) & SignInFailure.made_up, WINDOW).count


def _digest(email: str) -> str:
    return hashlib.sha256(email_key(email).encode()).hexdigest()
