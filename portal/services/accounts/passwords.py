"""Passwords of staff: which ones are too easy to guess, and how one takes the place of another.

Callers hash with `accounts.hash_password`, outside of their transaction.
"""

from collections.abc import Iterable

from sqlalchemy import select, update

from portal import clock
from portal.enums import AccountChange
from portal.extensions import db
from portal.models import Account, PasswordReset
from portal.services.accounts import audit
from portal.services.accounts.known_devices import revoke_devices
from portal.services.accounts.staff_sign_in import end_sessions, forget_failures
from portal.services.actor import Actor
from portal.services.mail import queue as mail_queue

GOOD_SCORE = 3
"""Of zxcvbn's 4: more than a hundred million guesses, at a few a minute (see sign_in)."""
LONGEST_LOOKED_AT = 72
"""Characters. zxcvbn takes no more, and so many are hard to guess or repeat themselves."""
_TRY = "Try four words that have nothing to do with each other."


def weakness(password: str, about: Iterable[str]) -> str | None:
    """Return what to do if the password is too easy to guess, else None.

    `about`: the person's name, email, and schools, which are the first to be tried.
    """
    known = {word.lower() for text in about for word in _parts(text) if len(word) > 2}
    from zxcvbn import zxcvbn  # 12 MB of words, which few workers ever need

    found = zxcvbn(password[:LONGEST_LOOKED_AT], user_inputs=sorted(known))
    if found["score"] >= GOOD_SCORE:
        return None
    if any(part.get("dictionary_name") == "user_inputs" for part in found["sequence"]):
        why = "Leave out your name, your email, and the name of your school."
    else:
        why = found["feedback"]["warning"]
    return " ".join(part for part in ("This password is too easy to guess.", why, _TRY) if part)


def set_password(
    account_id: int,
    password_hash: str,
    change: AccountChange,
    by: Actor,
    keep_session: str | None = None,
    keep_device: str | None = None,
) -> None:
    """Give the account a new password, and end all that the old one opened: sessions, known
    devices, links to set a password. The session and device to keep are who changes it."""
    email = db.session.scalar(
        update(Account)
        .where(Account.id == account_id)
        .values(password_hash=password_hash)
        .returning(Account.email)
    )
    end_sessions(account_id, keep_session)
    revoke_devices(account_id, keep_device)
    void_resets(account_id)
    forget_failures(email or "")
    audit.note_change(audit.school_ids_of(account_id), change, account_id, by)
    _tell(account_id)


def void_resets(account_id: int) -> None:
    """Make the links that would set a password worthless."""
    db.session.execute(
        update(PasswordReset)
        .where(PasswordReset.account_id == account_id, PasswordReset.used_at.is_(None))
        .values(used_at=clock.now())
    )


def _tell(account_id: int) -> None:
    """Email the account that its password is another: somebody else may have changed it."""
    school_ids = sorted(audit.school_ids_of(account_id))
    account = db.session.execute(
        select(Account.name, Account.email).where(Account.id == account_id)
    ).one()
    if school_ids:
        body = (
            f"Hello,\n\nThe password of your staff account {account.email} was changed.\n\n"
            "If you didn't change it, tell your school's tech support right away.\n"
        )
        subject = "Your password was changed"
        mail_queue.enqueue(school_ids[0], "password_changed", account.email, "en", subject, body)


def _parts(text: str) -> list[str]:
    """The text and its words, alone and written together: Ann Lee, Ann, Lee, AnnLee, LeeAnn."""
    words = "".join(c if c.isalnum() else " " for c in text).split()
    return [text, *words, "".join(words), "".join(reversed(words))]
