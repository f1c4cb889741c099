"""The app with an account at the provider, and texts that come in to it."""

from itertools import count
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import TEXTING_NUMBER
from tests.support.twilio_stand_in import ACCOUNT, TOKEN
from tests.support.webhooks import ANA, INBOUND, Post, signed

_sids = count()


@pytest.fixture
def set_otherwise() -> dict[str, Any]:
    return {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN}


@pytest.fixture
def text(app: Flask) -> Post:
    """`text("STOP")`: it comes in from Ana, signed; `sid` is the provider's id."""

    def deliver(body: str, number: str = ANA, sid: str | None = None, **more: str) -> TestResponse:
        posted = {
            "MessageSid": sid or f"SM{next(_sids):032}",
            "AccountSid": ACCOUNT,
            "From": number,
            "To": TEXTING_NUMBER,
            "Body": body,
        } | more
        return signed(app, INBOUND, posted)

    return deliver
