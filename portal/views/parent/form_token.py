"""A form page's token: its key, when it was issued, and to which session.

The same token sent twice is one submission; sent with other answers it is a correction.
"""

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from flask import current_app, session
from itsdangerous import BadSignature

from portal.signed_tokens import SkewSerializer

SHEET_LIFE_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class FormToken:
    key: str
    age: float
    """Seconds since it was issued, as far as the clocks of two servers tell."""


def issue_token(key: str | None = None) -> str:
    """A signed token of a new form, for the page's hidden field."""
    session_digest()  # so the session's cookie goes out with the page
    return _serializer().dumps(key or secrets.token_hex(16))


def read_token(token: str) -> FormToken | None:
    """Read a token. None if it is missing, forged, or expired."""
    try:
        key, handed_out = _serializer().loads(
            token, max_age=SHEET_LIFE_SECONDS, return_timestamp=True
        )
    except BadSignature:
        return None
    return FormToken(str(key), abs(time.time() - handed_out.timestamp()))


def browser_name() -> str:
    """Return the random name of this browser's session, which its cookie holds."""
    if "visitor" not in session:
        session["visitor"] = secrets.token_hex(16)
    return str(session["visitor"])


def session_digest() -> str:
    """Return a digest that we store for this browser's session. We don't store the session's own
    id."""
    return hashlib.sha256(browser_name().encode()).hexdigest()


def browser_mark(parent_session: str | None = None) -> str:
    """Return the name of the form in its page. It changes when the session forgets the forms it
    sent, and when a parent signs in or out.

    Browsers fill a form in again on the way back if its name and first fields are as they were, and
    a script keeps a draft under the name. That helps the person who typed, but the next person at
    the browser must not see it. A draft of somebody not signed in must not change a record.
    """
    digest = session_digest()
    if parent_session is not None:
        digest = hashlib.sha256(f"{digest}:{parent_session}".encode()).hexdigest()
    return digest[:12]


def remember_sent(submission_id: int) -> None:
    """So that this session, for a while, sees its own answers again and can correct them."""
    session["sent"] = {"id": submission_id, "at": int(time.time()), "show": True}


def show_sent_once() -> None:
    """Let the thank-you page show the answers when it is opened next, and only then."""
    if "sent" in session:
        session["sent"] = {**session["sent"], "show": True}


def use_showing() -> bool:
    """True if the answers may be shown now; the next time they may not, unless someone asks."""
    sent = session.get("sent") or {}
    may = bool(sent.get("show"))
    if may:
        session["sent"] = {**sent, "show": False}
    return may


def forget_sent() -> None:
    """Let nobody at this browser see or correct what it sent. The language and sign-ins stay."""
    session.pop("sent", None)
    session.pop("visitor", None)


def recall_sent(within_seconds: int) -> int | None:
    sent: dict[str, Any] | None = session.get("sent")
    if not sent or time.time() - sent["at"] > within_seconds:
        return None
    return int(sent["id"])


def _serializer() -> SkewSerializer:
    return SkewSerializer(current_app.config["SECRET_KEY"], salt="contact-form")
