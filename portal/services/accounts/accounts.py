"""Staff accounts are made here, and their passwords hashed and checked.

Hashing is slow on purpose and takes much memory: do it outside of `writing()`. At most two are
at work in a process, and one more for devices that signed in before; the next one waits a few
seconds and then gives up with HashingBusyError.
"""

import secrets
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select

from portal import clock
from portal.email_address import email_key, typed_address, unusable_character
from portal.enums import StaffRole
from portal.extensions import db
from portal.models import Account, Membership
from portal.models.columns import new_id
from portal.normalize import clean
from portal.services.accounts.last_admin import guard_last_admin

PASSWORD_MIN = 8
PASSWORD_MAX = 1000
HASHING_AT_ONCE = 2
HASHING_WAIT_SECONDS = 3.0
NO_ADDRESS = "Enter an email address, like office@school.example."

_slots = threading.BoundedSemaphore(HASHING_AT_ONCE)
_slots_of_known = threading.BoundedSemaphore(1)


class _Usual:
    """The duration of the last check."""

    seconds = 0.0


_usual = _Usual()


class AccountError(ValueError):
    """An account can't have this value. The text is one line that says what to do."""


class HashingBusyError(RuntimeError):
    """Too many passwords are being checked right now; the same will work in a moment."""


class Made(StrEnum):
    """Results of `create_account`."""

    CREATED = "created"
    JOINED = "joined"
    """The account was there; it got one more school. Its password is what it was."""
    ROLE_CHANGED = "role_changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class AccountMade:
    account_id: int
    made: Made


def create_account(
    email: str, name: str, password_hash: str, school_id: int, role: StaffRole
) -> AccountMade:
    """An account with a role at a school. One that exists gets the school; name and password stay.

    Without a name it is known by its email's first part. Raises AccountError for a bad email.
    """
    address = check_address(email)
    account = db.session.scalar(select(Account).where(Account.email_key == email_key(address)))
    if account is not None:
        return AccountMade(account.id, set_role(account.id, school_id, role))
    account = Account(
        id=new_id(),
        email=address,
        email_key=email_key(address),
        name=(clean(name) or address.split("@", maxsplit=1)[0])[:100],
        password_hash=password_hash,
        created_at=clock.now(),
    )
    db.session.add(account)
    db.session.flush()
    set_role(account.id, school_id, role)
    return AccountMade(account.id, Made.CREATED)


def set_role(account_id: int, school_id: int, role: StaffRole) -> Made:
    """Make the account staff of the school in this role, whether or not it was before. Raises
    LastAdminError if the school would be left without an admin."""
    if role is not StaffRole.ADMIN:
        guard_last_admin(school_id, account_id)
    membership = db.session.get(Membership, (school_id, account_id))
    if membership is None:
        db.session.add(Membership(school_id=school_id, account_id=account_id, role=role))
        made = Made.JOINED
    elif membership.role == role:
        made = Made.UNCHANGED
    else:
        membership.role = role
        made = Made.ROLE_CHANGED
    db.session.flush()
    return made


def check_address(email: str) -> str:
    """Return the email as it is kept. Raises AccountError."""
    try:
        # Schools' own networks use addresses such as office@school.test, which have no mail server.
        found = validate_email(
            typed_address(email), check_deliverability=False, test_environment=True
        )
    except EmailNotValidError as error:
        raise AccountError(NO_ADDRESS) from error
    if unusable_character(found.normalized):
        raise AccountError(NO_ADDRESS)
    return found.normalized


def make_password() -> str:
    """A password for someone else, easy to read out and to type: 59 random bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


def hash_password(password: str, memory_kib: int) -> str:
    """The argon2id hash to keep. Raises AccountError for a short password, or HashingBusyError."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise AccountError(f"Use a password with {PASSWORD_MIN} to {PASSWORD_MAX} characters.")
    with hashing_slot():
        return _hasher(memory_kib).hash(_composed(password))


def check_password(
    password: str, password_hash: str | None, memory_kib: int, known: bool = False
) -> bool:
    """True if it is the password. Without a hash the same work is done for nothing, and it is not.

    So the time taken does not tell whether there is an account. `known`: it comes from a device
    that signed in before, which never queues behind strangers. Raises HashingBusyError.
    """
    with hashing_slot(known):
        stand_in = _stand_in(memory_kib)
        started = time.monotonic()
        try:
            _hasher(memory_kib).verify(password_hash or stand_in, _composed(password))
        except (VerificationError, InvalidHashError):
            return False
        finally:
            _usual.seconds = time.monotonic() - started
    return password_hash is not None


def pretend_to_check() -> None:
    """Take as long as check_password for a password that is wrong, and queue as it does, but keep
    neither processor nor memory nor slot from others. Raises HashingBusyError."""
    with hashing_slot():
        pass
    time.sleep(_usual.seconds)


@contextmanager
def hashing_slot(known: bool = False) -> Iterator[None]:
    """One of the places at which a password may be hashed. Raises HashingBusyError."""
    slots = _slots_of_known if known else _slots
    if not slots.acquire(timeout=HASHING_WAIT_SECONDS):
        raise HashingBusyError
    try:
        yield
    finally:
        slots.release()


def _composed(password: str) -> str:
    """Keyboards differ in how they write an accent; the password is the same."""
    return unicodedata.normalize("NFC", password)


@lru_cache(maxsize=4)
def _hasher(memory_kib: int) -> PasswordHasher:
    return PasswordHasher(time_cost=3, memory_cost=memory_kib, parallelism=1)


@lru_cache(maxsize=4)
def _stand_in(memory_kib: int) -> str:
    return _hasher(memory_kib).hash("a password that nobody has")
