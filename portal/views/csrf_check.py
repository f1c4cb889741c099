"""Check that one of our own pages sent a form. If not, find the reason.

Three checks stop forms of other websites, each if the others fail. Browsers don't send our cookies
with another website's form (SameSite). The token belongs to the session in the cookie. And the
browser names the sender in `Sec-Fetch-Site`, or in `Origin` if it is older. We don't read the
Referer header. Filters remove it, and it has a port that proxies leave out of the host.
"""

from enum import StrEnum
from urllib.parse import urlsplit

from flask import current_app, request
from flask_wtf.csrf import CSRFError, validate_csrf
from wtforms.validators import ValidationError

from portal.views.responses import settings

_SAFE = {"GET", "HEAD", "OPTIONS"}
_PORTS = {"http": 80, "https": 443}


class TokenFault(StrEnum):
    """Reasons why we refuse a form."""

    EXPIRED = "expired"
    NO_COOKIE = "no_cookie"
    """The browser did not send our cookie. It blocks cookies, or it was closed."""
    OTHER_TAB = "other_tab"
    """The session has changed. Somebody signed in or out, or a second tab started a new one."""
    OTHER_WEBSITE = "other_website"
    """Another website sent the form."""


def token_fault() -> TokenFault | None:
    """Return the reason to refuse this form, or None."""
    if is_same_origin() is False:
        return TokenFault.OTHER_WEBSITE
    token = request.form.get("csrf_token")
    try:
        validate_csrf(token)
    except ValidationError as error:
        if not token or error.__cause__ is not None:  # its time or signature, not its session
            return TokenFault.EXPIRED
        has_cookie = settings().cookie_name in request.cookies
        return TokenFault.OTHER_TAB if has_cookie else TokenFault.NO_COOKIE
    return None


def is_same_origin() -> bool | None:
    """True if the browser says that one of our pages sent this. None if it doesn't say, or if it
    won't tell (`null`). Then we rely on the token.

    A proxy may leave out the port that the browser named, so PORTAL_PUBLIC_URL is fine too.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if not origin or origin == "null":
        return None
    named = _parts(origin)
    return named is not None and named in {_parts(settings().public_url), _parts(request.host_url)}


def may_be_cross_origin() -> bool:
    """True unless the browser names our page, or is too old to name a page."""
    here = is_same_origin()
    return here is False or (here is None and bool(request.headers.get("Origin")))


def refuse_cross_origin() -> None:
    """Refuse a form that another website sent, even with a good token and cookie."""
    if request.method in _SAFE or request.blueprint == "webhooks" or is_same_origin() is not False:
        return
    current_app.logger.warning(
        "rejected a form from %r, which is not %s (does a proxy change the host?)",
        request.headers.get("Origin", ""),
        settings().public_url,
    )
    raise CSRFError("Another website sent the form.")


def _parts(url: str) -> tuple[str, str, int] | None:
    """The scheme, host, and port of a URL, as browsers compare them."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # not a port
        return None
    if not parts.hostname or port is None:
        return None
    return parts.scheme, parts.hostname.rstrip("."), port
