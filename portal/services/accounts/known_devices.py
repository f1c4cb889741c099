"""Devices in which staff signed in before: guesses from elsewhere don't slow them down.

A device is a random token in a cookie. It is known for an account only once that account signed
in with it, and no longer after the password changed elsewhere or the account was disabled.
"""

import secrets
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select

from portal import clock
from portal.extensions import db, insert_for
from portal.models import KnownDevice
from portal.services.accounts.tokens import token_hash

LIFE = timedelta(days=400)
"""After the last sign-in. Browsers keep no cookie for longer."""


def known_hash(account_id: int, token: str | None) -> str | None:
    """The device's hash if the account signed in with it before, else None."""
    if token is None:
        return None
    return db.session.scalar(
        select(KnownDevice.device_hash).where(
            KnownDevice.device_hash == token_hash(token),
            KnownDevice.account_id == account_id,
            KnownDevice.last_used_at > clock.now() - LIFE,
        )
    )


def remember_device(account_id: int, token: str | None) -> str:
    """Make the device known for the account. Gives the token for the browser to hold, a new one if
    it had none."""
    token, now = token or secrets.token_urlsafe(32), clock.now()
    _delete(KnownDevice.account_id == account_id, KnownDevice.last_used_at < now - LIFE)
    row = insert_for(KnownDevice).values(
        device_hash=token_hash(token), account_id=account_id, created_at=now, last_used_at=now
    )
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=["device_hash", "account_id"], set_={"last_used_at": now}
        )
    )
    return token


def revoke_devices(account_id: int, but: str | None = None) -> None:
    """Make every device of the account an unknown one, but the one with this token."""
    which = [KnownDevice.account_id == account_id]
    if but is not None:
        which.append(KnownDevice.device_hash != token_hash(but))
    _delete(*which)


def _delete(*which: ColumnElement[bool]) -> None:
    db.session.execute(delete(KnownDevice).where(*which))
