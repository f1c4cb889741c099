"""Parents come back: a code or a link by email signs in, for a day; no password anywhere.

Whether an email is on file changes nothing that its asker can see: the page, its status and the
time are the same. An email goes out either way; it tells its reader, and nobody else, that the
school doesn't know them. One network can cause only so many of those: emails nobody knows, made up
in the school's own network, take nothing from the parents on file who sign in there.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from portal import clock
from portal.database_clock import shared_now
from portal.email_address import email_key, typed_address
from portal.extensions import db, insert_rows
from portal.models import Contact, Mail, ParentSession, SignInKey
from portal.models.columns import new_id
from portal.normalize import digits
from portal.queries.accounts.parents import oldest_address, parents_with
from portal.services.accounts.tokens import token_hash
from portal.services.locks import advisory_lock
from portal.services.mail.queue import NO_RECORD

CODE_LIFE = timedelta(minutes=10)
LINK_LIFE = timedelta(days=7)
SESSION_LIFE = timedelta(hours=24)
WINDOW = timedelta(hours=1)
MOST_WRONG_CODES = 5
"""The number of wrong tries after which a code is void."""
ELSEWHERE_FACTOR = 4
"""The number of networks that may each use up an email's limit."""
NETWORK_FACTOR = 20
"""A school's families may share one network: so many times an email's limit, unknown addresses are
written to for one network in an hour."""


class TooManyCodesError(Exception):
    """This email has reached its limit of codes, on file or not."""


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """A request for a code, and what goes into the email."""

    key_id: int
    code: str
    token: str
    known: bool
    """True if the email is a parent's on file: for the email's words only."""
    to_address: str | None
    """The recipient: the address on file, or the typed one. None if nothing goes out, because the
    address is unknown, and its network has asked about many like it."""


@dataclass(frozen=True, slots=True)
class OpenedParentSession:
    """A valid key and its owner."""

    contact_ids: tuple[int, ...]
    """The parents with that email, oldest first: several if a couple shares it."""
    submission_id: int | None
    purpose: str
    email_key: str


def request_code(school_id: int, email: str, network: str, secret: str, limit: int) -> CodeRequest:
    """Make a code and a link for an email. `limit` an hour for one email from one network, and
    ELSEWHERE_FACTOR times that from all; 0: none. Raises TooManyCodesError."""
    key = email_key(email)
    if limit:
        _refuse_flood(school_id, key, network, limit)
    code = f"{secrets.randbelow(10**6):06d}"
    key_id = new_id()
    token = _new_key(
        school_id,
        key,
        "code",
        CODE_LIFE,
        network=network,
        id=key_id,
        code_hash=_code_hash(secret, key_id, code),
    )
    on_file = oldest_address(school_id, key)
    flooding = bool(limit) and _network_is_flooding(school_id, network, limit * NETWORK_FACTOR)
    unknown = None if flooding else typed_address(email)
    return CodeRequest(key_id, code, token, on_file is not None, on_file or unknown)


def make_link(school_id: int, email: str, purpose: str, submission_id: int | None = None) -> str:
    """The token of a link that signs in whoever reads mail at this address."""
    key = email_key(email)
    return _new_key(school_id, key, purpose, LINK_LIFE, submission_id=submission_id)


def redeem_code(school_id: int, key_id: int, code: str, secret: str) -> OpenedParentSession | None:
    """Take a code in. None if it is wrong, used or too old, or was guessed at too often; each wrong
    one is counted, so the caller commits whatever is given."""
    row = db.session.scalars(
        select(SignInKey)
        .where(SignInKey.school_id == school_id, SignInKey.id == key_id)
        .with_for_update()
    ).first()
    if row is None or not _is_good(row) or row.code_hash is None:
        return None
    if row.attempts >= MOST_WRONG_CODES:
        return None
    if not hmac.compare_digest(row.code_hash, _code_hash(secret, row.id, code)):
        row.attempts += 1
        return None
    return _use(row)


def peek_link(school_id: int, token: str) -> bool:
    """True if a link is good, without using it up: mail programs open links ahead of people."""
    row = _by_token(school_id, token)
    return row is not None and _is_good(row)


def redeem_link(school_id: int, token: str) -> OpenedParentSession | None:
    row = _by_token(school_id, token)
    return _use(row) if row is not None and _is_good(row) else None


def open_session(school_id: int, contact_id: int, key: str, language: str) -> str | None:
    """Sign a parent in, who reads this language. Gives the token for the browser to hold; None if
    the email that they signed in with, `key`, is not on their record anymore."""
    token, now = secrets.token_urlsafe(32), clock.now()
    theirs = db.session.execute(  # this locks the record: a change of its email ends the session
        update(Contact)
        .where(Contact.school_id == school_id, Contact.id == contact_id, Contact.email_key == key)
        .values(language=language)
        .returning(Contact.id)
    ).all()
    if not theirs:
        return None
    db.session.add(
        ParentSession(
            school_id=school_id,
            token_hash=token_hash(token),
            contact_id=contact_id,
            created_at=now,
            ends_at=now + SESSION_LIFE,
        )
    )
    db.session.flush()
    return token


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


def void_keys(school_id: int, key: str) -> None:
    """Void all codes and links that were sent to an email."""
    db.session.execute(
        update(SignInKey)
        .where(
            SignInKey.school_id == school_id,
            SignInKey.email_key == key,
            SignInKey.used_at.is_(None),
        )
        .values(used_at=clock.now())
    )


def _code_hash(secret: str, key_id: int, code: str) -> str:
    """Keyed: a million codes are soon tried by who has the table, but not without the secret."""
    return hmac.new(
        secret.encode(), f"{key_id}:{digits(code)}".encode(), hashlib.sha256
    ).hexdigest()


def _new_key(
    school_id: int,
    key: str,
    purpose: str,
    life: timedelta,
    network: str = "",
    **rest: Any,
) -> str:
    """Make a key; gives its token. `rest` are other columns of it."""
    token, now = secrets.token_urlsafe(24), shared_now() if purpose == "code" else clock.now()
    values = {
        "school_id": school_id,
        "purpose": purpose,
        "email_key": key,
        "token_hash": token_hash(token),
        "network": network,
        "created_at": now,
        "expires_at": now + life,
    }
    insert_rows(SignInKey, values | rest)
    return token


def _refuse_flood(school_id: int, key: str, network: str, limit: int) -> None:
    """Count what was asked for one email; many at the same moment one after the other.

    By network: whoever asks for somebody else's codes from elsewhere locks nobody out.
    """
    advisory_lock("code", school_id, key)
    recent = (
        select(func.count())
        .select_from(SignInKey)
        .where(
            SignInKey.school_id == school_id,
            SignInKey.purpose == "code",
            SignInKey.email_key == key,
            SignInKey.created_at > clock.now() - WINDOW,
        )
    )
    from_here = db.session.scalar(recent.where(SignInKey.network == network)) or 0
    from_all = db.session.scalar(recent) or 0
    if from_here >= limit or from_all >= limit * ELSEWHERE_FACTOR:
        raise TooManyCodesError


def _network_is_flooding(school_id: int, network: str, most: int) -> bool:
    """True if as many emails as may be told an unknown address so. Asked for known ones too: the
    time that it takes tells nothing."""
    advisory_lock("code from", school_id, network)
    written = (
        select(func.count())
        .select_from(Mail)
        .where(
            Mail.school_id == school_id,
            Mail.kind == NO_RECORD,
            Mail.network == network,
            Mail.created_at > clock.now() - WINDOW,
        )
    )
    return (db.session.scalar(written) or 0) >= most


def _by_token(school_id: int, token: str) -> SignInKey | None:
    return db.session.scalars(
        select(SignInKey)
        .where(SignInKey.school_id == school_id, SignInKey.token_hash == token_hash(token))
        .with_for_update()
    ).first()


def _is_good(row: SignInKey) -> bool:
    return row.used_at is None and row.expires_at > shared_now()


def _use(row: SignInKey) -> OpenedParentSession | None:
    """Use a key up, unless nobody is on file with its email yet: a form's sender may be, later."""
    ids = parents_with(row.school_id, row.email_key)
    if not ids:
        return None
    row.used_at = clock.now()
    db.session.flush()
    return OpenedParentSession(ids, row.submission_id, row.purpose, row.email_key)


def _end(*which: ColumnElement[bool]) -> None:
    now: datetime = clock.now()
    db.session.execute(
        update(ParentSession).where(*which, ParentSession.ended_at.is_(None)).values(ended_at=now)
    )
