"""Parents' sessions. A code or link from an email opens one in a browser, for a day."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update

from portal import clock
from portal.consent import restrictions
from portal.extensions import db, insert_missing
from portal.models import Contact, ParentSession
from portal.services.accounts.tokens import token_hash

SESSION_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class KeyBrowser:
    """The browser that a key is used in. Its cookie has a random name, which changes when somebody
    signs out."""

    name: str
    secret: str
    """The installation's."""

    @property
    def digest(self) -> str:
        return token_hash(self.name)

    def session_token(self, key_id: int) -> str:
        """Return the token of the session that a key opens here. It is the same each time, so using
        a key twice opens one session, and none after that has ended. Nobody can make it without the
        cookie and the secret."""
        said = f"parent session:{key_id}:{self.name}"
        return hmac.new(self.secret.encode(), said.encode(), hashlib.sha256).hexdigest()


def open_session(
    school_id: int, contact_id: int, key: str, language: str, token: str | None = None
) -> str | None:
    """Sign a parent in, who reads this language. Gives the token for the browser to hold: `token`,
    or a random one. None if the email that they signed in with, `key`, is not on their record
    anymore, if nobody may sign in by it, or if the token's session is another parent's or has
    ended."""
    token, now = token or secrets.token_urlsafe(32), clock.now()
    theirs = db.session.execute(  # this locks the record: a change of its email ends the session
        update(Contact)
        .where(Contact.school_id == school_id, Contact.id == contact_id, Contact.email_key == key)
        .values(language=language)
        .returning(Contact.id)
    ).all()
    if not theirs or restrictions.blocks_email(school_id, key):
        return None
    session = {
        "school_id": school_id,
        "token_hash": token_hash(token),
        "contact_id": contact_id,
        "created_at": now,
        "ends_at": now + SESSION_LIFE,
    }
    insert_missing(ParentSession, session)
    return token if _is_open(school_id, contact_id, token) else None


def has_ended(school_id: int, token: str) -> bool:
    """True if there was such a session, and somebody signed out of it."""
    ended = select(ParentSession.ended_at).where(
        ParentSession.school_id == school_id, ParentSession.token_hash == token_hash(token)
    )
    return db.session.scalar(ended) is not None


def end_session(school_id: int, session_hash: str) -> None:
    _end(ParentSession.school_id == school_id, ParentSession.token_hash == session_hash)


def end_everywhere(school_id: int, contact_id: int, but: str | None = None) -> None:
    """Sign a parent out on every phone, this one included; `but` is the hash of a session that
    goes on."""
    _end(
        ParentSession.school_id == school_id,
        ParentSession.contact_id == contact_id,
        ParentSession.token_hash != (but or ""),
    )


def _is_open(school_id: int, contact_id: int, token: str) -> bool:
    opened = select(ParentSession.contact_id).where(
        ParentSession.school_id == school_id,
        ParentSession.token_hash == token_hash(token),
        ParentSession.ended_at.is_(None),
        ParentSession.ends_at > clock.now(),
    )
    return db.session.scalar(opened) == contact_id


def _end(*which: ColumnElement[bool]) -> None:
    now = clock.now()
    db.session.execute(
        update(ParentSession).where(*which, ParentSession.ended_at.is_(None)).values(ended_at=now)
    )
