"""The cookie that names a browser in which staff signed in before.

It holds a random token, signed, for as long as browsers keep cookies; the database holds the
token's hash and the accounts that signed in with it. It signs nobody in: it only keeps others'
guesses from making its owner wait.
"""

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from portal.services.accounts.known_devices import LIFE
from portal.views.responses import settings


def device_token() -> str | None:
    """The token in this browser's cookie; None without one, or with one that we didn't sign."""
    try:
        token = _signer().loads(request.cookies.get(_name(), ""))
    except BadSignature:
        return None
    return token if isinstance(token, str) else None


def keep_device(response: Response, token: str) -> Response:
    """Let the browser hold the token, from now on for another 400 days."""
    response.set_cookie(
        _name(),
        str(_signer().dumps(token)),
        max_age=LIFE,
        secure=settings().https,
        httponly=True,
        samesite="Lax",
    )
    return response


def _name() -> str:
    return f"{settings().cookie_name}-device"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="staff-device")
