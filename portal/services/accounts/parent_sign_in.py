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
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select, update

from portal import clock
from portal.consent import restrictions
from portal.database.clock import shared_now
from portal.email_address import email_key, typed_address
from portal.extensions import db, insert_rows
from portal.models import Mail, SignInKey
from portal.models.columns import new_id
from portal.normalize import digits
from portal.queries.accounts.parents import oldest_address, parents_with
from portal.services.accounts.parent_sessions import KeyBrowser, has_ended
from portal.services.accounts.tokens import AGAIN, token_hash
from portal.services.locks import advisory_lock
from portal.services.mail.queue import NO_RECORD

CODE_LIFE = timedelta(minutes=10)
LINK_LIFE = timedelta(days=7)
GOOD_CODES = 2
"""The newest codes for an email and browser that work. The first email may arrive last."""
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
    address is unknown, and its network has asked about many like it, or because parents share it of
    whom one may not see a child."""


@dataclass(frozen=True, slots=True)
class OpenedParentSession:
    """A valid key and its owner."""

    contact_ids: tuple[int, ...]
    """The parents with that email, oldest first: several if a couple shares it."""
    submission_id: int | None
    purpose: str
    email_key: str
    key_id: int


def request_code(
    school_id: int,
    email: str,
    network: str,
    secret: str,
    limit: int,
    browser: KeyBrowser | None = None,
) -> CodeRequest:
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
        browser=browser.digest if browser else None,
    )
    on_file = oldest_address(school_id, key)
    flooding = bool(limit) and _network_is_flooding(school_id, network, limit * NETWORK_FACTOR)
    unknown = None if flooding else typed_address(email)
    to = None if restrictions.blocks_email(school_id, key) else on_file or unknown
    return CodeRequest(key_id, code, token, on_file is not None, to)


def make_link(
    school_id: int, email: str, purpose: str, submission_id: int | None = None
) -> str | None:
    """Return the token of a link that signs in anyone who reads email at this address. None if no
    link may go there (`restrictions.blocks_email`): then write no email."""
    key = email_key(email)
    if restrictions.blocks_email(school_id, key):
        return None
    return _new_key(school_id, key, purpose, LINK_LIFE, submission_id=submission_id)


def redeem_code(
    school_id: int, key_id: int, code: str, secret: str, browser: KeyBrowser | None = None
) -> OpenedParentSession | None:
    """Take in a code of this key, or of one that the browser asked for just before or after it for
    the same email. None if it is wrong, used or too old, or was guessed at too often. A
    wrong code uses up a try of both, so the caller commits in any case."""
    rows = [
        row
        for row in _newest_codes(school_id, key_id, browser)
        if row.attempts < MOST_WRONG_CODES and _is_good(row, browser)
    ]
    for row in rows:
        if hmac.compare_digest(row.code_hash or "", _code_hash(secret, row.id, code)):
            return _use(row, browser)
    for row in rows:
        row.attempts += 1
    return None


def peek_link(school_id: int, token: str, browser: KeyBrowser | None = None) -> bool:
    """True if a link is good, without using it up: mail programs open links ahead of people."""
    row = _by_token(school_id, token)
    return row is not None and _is_good(row, browser)


def redeem_link(
    school_id: int, token: str, browser: KeyBrowser | None = None
) -> OpenedParentSession | None:
    row = _by_token(school_id, token)
    return _use(row, browser) if row is not None and _is_good(row, browser) else None


def key_of_link(school_id: int, token: str) -> int | None:
    """Return the id of a link's key, even if it has expired."""
    row = _by_token(school_id, token)
    return row.id if row is not None else None


def void_keys(school_id: int, key: str) -> None:
    """Void all codes and links that were sent to an email."""
    db.session.execute(
        update(SignInKey)
        .where(
            SignInKey.school_id == school_id,
            SignInKey.email_key == key,
            SignInKey.used_at.is_(None),
        )
        .values(used_at=clock.now(), browser=None)
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
    """Count the codes for one email. Requests at the same moment take turns.

    Each network has its own count, so asking for somebody else's codes doesn't lock them out.
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


def _newest_codes(school_id: int, key_id: int, browser: KeyBrowser | None) -> list[SignInKey]:
    """Return the newest keys with a code that this browser asked for, for the email of this key.
    Not those of other browsers, so nobody can use up their tries."""
    of_school = SignInKey.school_id == school_id
    asked = select(SignInKey.email_key).where(of_school, SignInKey.id == key_id).scalar_subquery()
    mine = SignInKey.id == key_id
    if browser is not None:
        mine = or_(mine, SignInKey.browser == browser.digest)
    codes = (
        select(SignInKey)
        .where(of_school, SignInKey.email_key == asked, SignInKey.code_hash.is_not(None), mine)
        .order_by(SignInKey.created_at.desc(), SignInKey.id.desc())
        .limit(GOOD_CODES)
    )
    return list(db.session.scalars(codes.with_for_update()))


def _is_good(row: SignInKey, browser: KeyBrowser | None) -> bool:
    if row.used_at is None:
        return row.expires_at > shared_now()
    if browser is None or row.browser != browser.digest or shared_now() - row.used_at > AGAIN:
        return False
    return not has_ended(row.school_id, browser.session_token(row.id))


def _use(row: SignInKey, browser: KeyBrowser | None) -> OpenedParentSession | None:
    """Use a key up, unless nobody is on file with its email yet: a form's sender may be, later.
    None also if nobody may sign in by that email (`restrictions.blocks_email`)."""
    ids = parents_with(row.school_id, row.email_key)
    if not ids or restrictions.blocks_email(row.school_id, row.email_key):
        return None
    if row.used_at is None:
        row.used_at, row.browser = shared_now(), browser.digest if browser else None
    db.session.flush()
    return OpenedParentSession(ids, row.submission_id, row.purpose, row.email_key, row.id)
