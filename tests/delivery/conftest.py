"""A portal that texts through a stand-in for the provider's own interface."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from portal.delivery.transports import twilio
from portal.extensions import writing
from portal.queries.schools import SchoolRow
from portal.services.schools import schools
from tests.conftest import TEXTING_NUMBER
from tests.delivery.text_provider import ANA
from tests.support.families import make_parent, phone
from tests.support.twilio_stand_in import ACCOUNT, TOKEN, StandIn, stand_in


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setattr(twilio, "SEND_SECONDS", 4)  # one second for an answer
    with stand_in() as there:
        there.hang_seconds = 2.5
        yield there


@pytest.fixture
def set_otherwise(provider: StandIn) -> dict[str, Any]:
    return {
        "sms": "twilio",
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": TOKEN,
        "twilio_api_url": provider.url,
    }


@pytest.fixture
def school(app: Flask) -> SchoolRow:
    """Without welcomes: what is counted here are the texts that were asked for."""
    with writing():
        schools.create_school("oakwood", "Oakwood School", TEXTING_NUMBER, send_window="always")
        return schools.set_school("oakwood", welcome_on=False, per_second=1000)


@pytest.fixture
def ana(school: SchoolRow) -> str:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    return ANA
