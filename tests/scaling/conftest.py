"""One PostgreSQL, and two portals that share it by a pooler in transaction mode."""

import secrets
from collections.abc import Iterator

import pytest
from flask import Flask

from portal import create_app
from portal.delivery.transports import twilio
from portal.extensions import db, writing
from portal.queries.schools import SchoolRow
from portal.services.schools import schools
from tests.conftest import TEXTING_NUMBER
from tests.support.client import AuditedClient, watch
from tests.support.databases import Database, Databases, settings
from tests.support.pooler import pooler
from tests.support.twilio_stand_in import ACCOUNT, TOKEN, StandIn, stand_in

CONNECTIONS = 4
"""The pooler's own, fewer than its clients have."""


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    """By the pooler."""
    directory = databases.directory / f"pooler-{secrets.token_hex(4)}"
    with (
        databases.fresh("postgresql") as database,
        pooler(database.url, directory, CONNECTIONS) as url,
    ):
        yield Database("postgresql", url)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setattr(twilio, "SEND_SECONDS", 4)
    with stand_in() as there:
        yield there


@pytest.fixture
def two(database: Database, databases: Databases, provider: StandIn) -> Iterator[list[Flask]]:
    """Two portals, each with its own connections. The first one's context is pushed."""
    texting = {
        "sms": "twilio",
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": TOKEN,
        "twilio_api_url": provider.url,
    }
    apps = [create_app(settings(database.url, **texting)) for _ in range(2)]
    for app in apps:
        app.jinja_env.bytecode_cache = databases.templates
        app.test_client_class = AuditedClient
        watch(app)
    with apps[0].app_context():
        yield apps
    for app in apps:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def school(two: list[Flask]) -> SchoolRow:
    with writing():
        schools.create_school("oakwood", "Oakwood School", TEXTING_NUMBER, send_window="always")
        return schools.set_school("oakwood", welcome_on=False, per_second=1000)
