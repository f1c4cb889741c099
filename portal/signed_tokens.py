"""Signed tokens with a time in them: cookies, and the tokens of forms.

The library refuses a token from the future. If one of several servers has a clock that is a second
ahead, staff who signed in there would be signed out on the next page.
"""

from datetime import datetime, timedelta

import flask_wtf.csrf
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import SignatureExpired, TimestampSigner, URLSafeTimedSerializer

MOST_AHEAD = timedelta(hours=2)
"""A clock may be an hour off. Only our own servers can sign such a token, and /readyz warns about
the clock (portal.database.clock)."""


class SkewSigner(TimestampSigner):
    """Signs like the library, and accepts tokens from servers whose clocks are ahead."""

    def unsign(  # type: ignore[override]  # the library has an overload for each answer
        self,
        signed_value: str | bytes,
        max_age: int | None = None,
        return_timestamp: bool = False,
    ) -> bytes | tuple[bytes, datetime]:
        value, signed_at = super().unsign(signed_value, return_timestamp=True)
        age = self.get_timestamp() - signed_at.timestamp()
        if max_age is not None and not -MOST_AHEAD.total_seconds() <= age <= max_age:
            raise SignatureExpired(
                f"Signature age {age:.0f} is not up to {max_age} seconds", value, signed_at
            )
        return (value, signed_at) if return_timestamp else value


class SkewSerializer(URLSafeTimedSerializer):
    default_signer = SkewSigner


class SessionCookies(SecureCookieSessionInterface):
    """Flask's own cookies, accepted also from servers whose clocks are ahead."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        serializer = super().get_signing_serializer(app)
        if serializer is not None:
            serializer.signer = SkewSigner
        return serializer


def install(app: Flask) -> None:
    """Use this for the session's cookie and the forms' tokens."""
    app.session_interface = SessionCookies()
    flask_wtf.csrf.URLSafeTimedSerializer = SkewSerializer  # the library has no option for it
