"""A forgotten password: a link by email sets a new one, once, within an hour.

Nothing that the asker can see depends on whether the email has an account.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from portal import clock
from portal.database.clock import shared_now
from portal.email_address import email_key
from portal.enums import AccountChange
from portal.extensions import db
from portal.models import Account, Membership, PasswordReset, School
from portal.services.accounts import audit
from portal.services.accounts.tokens import MakeUrl, token_hash
from portal.services.actor import Actor
from portal.services.locks import advisory_lock
from portal.services.mail import queue as mail_queue

LIFE = timedelta(hours=1)
MOST = 3
"""Links for one account within LIFE. All of them work, so asking more often is no way to keep
somebody from theirs."""

"""Makes the whole address of a link from its token."""


@dataclass(frozen=True, slots=True)
class ResetLink:
    """A link that is good: whose password it sets."""

    account_id: int
    name: str
    email: str


def request_reset(email: str, network: str, make_url: MakeUrl) -> None:
    """Email a link to the address on the account, if there is such an account and it is staff of
    a school; else, and where enough were sent already, do nothing."""
    key = email_key(email)
    advisory_lock("password-reset", key)
    account = db.session.execute(
        select(Account.id, Account.email).where(
            Account.email_key == key, Account.disabled_at.is_(None)
        )
    ).one_or_none()
    school = _school(account.id) if account else None
    if account is None or school is None or _recent(account.id) >= MOST:
        return
    token, now = secrets.token_urlsafe(32), shared_now()
    db.session.execute(
        delete(PasswordReset).where(
            PasswordReset.account_id == account.id, PasswordReset.expires_at < now
        )
    )
    db.session.add(
        PasswordReset(
            token_hash=token_hash(token),
            account_id=account.id,
            created_at=now,
            expires_at=now + LIFE,
        )
    )
    mail_queue.enqueue(school.id, "password_reset", account.email, "en", *_words(make_url(token)))
    by = Actor(network=network)
    audit.note_change(
        audit.school_ids_of(account.id), AccountChange.RESET_REQUESTED, account.id, by
    )


def find_reset(token: str) -> ResetLink | None:
    """Look a link up without using it: mail programs open links ahead of people."""
    row = db.session.execute(
        select(Account.id, Account.name, Account.email)
        .join(PasswordReset, PasswordReset.account_id == Account.id)
        .where(
            PasswordReset.token_hash == token_hash(token),
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > shared_now(),
            Account.disabled_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else ResetLink(row.id, row.name, row.email)


def use_reset(token: str) -> ResetLink | None:
    """Use the link up; None if it is not good. Of two at the same time one gets it."""
    link = find_reset(token)
    used = db.session.scalar(
        update(PasswordReset)
        .where(PasswordReset.token_hash == token_hash(token), PasswordReset.used_at.is_(None))
        .values(used_at=clock.now())
        .returning(PasswordReset.account_id)
    )
    return link if used is not None else None


def _recent(account_id: int) -> int:
    since = clock.now() - LIFE
    return (
        db.session.scalar(
            select(func.count())
            .select_from(PasswordReset)
            .where(PasswordReset.account_id == account_id, PasswordReset.created_at > since)
        )
        or 0
    )


def _school(account_id: int) -> School | None:
    """The school that the email is filed under: the first one of the account's."""
    return db.session.scalars(
        select(School)
        .join(Membership, Membership.school_id == School.id)
        .where(Membership.account_id == account_id)
        .order_by(School.id)
        .limit(1)
    ).first()


def _words(link: str) -> tuple[str, str]:
    return "Set a new password", (
        "Hello,\n\n"
        "To set a new password for your staff account, open this link:\n"
        f"{link}\n\n"
        "The link works once, for 1 hour.\n\n"
        "If you didn't ask for it, you don't need to do anything. Your password stays the same.\n"
    )
