"""Servers whose clocks differ: what one signs or keeps is good on another."""

import logging
import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from itsdangerous import SignatureExpired

from portal import clock
from portal.consent.wording import consent_wording
from portal.database.clock import shared_now
from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.queries.schools import SchoolRow
from portal.services.accounts import password_reset
from portal.services.texting import handset_confirmation
from portal.signed_tokens import SkewSerializer
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import PATH, RUIZ, hidden
from tests.support.families import make_parent, phone
from tests.support.intake import ANA
from tests.support.people import make_account, newest_code, newest_mail, sign_in

Move = Callable[[float], None]
HOUR = 3600.0
on_postgresql = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture
def on_server(monkeypatch: pytest.MonkeyPatch) -> Move:
    """`on_server(1.0)`: from now on a server is asked whose clock is a second ahead."""
    real_time, real_now, ahead = time.time, clock.now, [0.0]
    monkeypatch.setattr(time, "time", lambda: real_time() + ahead[0])
    monkeypatch.setattr(clock, "now", lambda: real_now() + timedelta(seconds=ahead[0]))

    def move(seconds: float) -> None:
        ahead[0] = seconds

    return move


@pytest.mark.parametrize("ahead", [0.1, 1.0, 60.0, HOUR])
def test_staff_who_signed_in_on_a_server_that_is_ahead_are_signed_in_on_others(
    client: AuditedClient, school: SchoolRow, on_server: Move, ahead: float
) -> None:
    make_account("pat@oakwood.example", "oakwood", StaffRole.EDITOR)
    on_server(ahead)
    sign_in(client, "pat@oakwood.example")
    on_server(0)
    for _ in range(5):
        assert client.get("/oakwood/staff/").status_code == 200
    fields = form_values(client.page("/oakwood/staff/students/new"), "main form")
    on_server(ahead)
    answered = client.post("/oakwood/staff/students/new", data=fields)
    assert answered.status_code == 422, "its errors are told: it was not taken for an old page"


@pytest.mark.parametrize("there", [-HOUR, -1.0, 1.0, HOUR])
def test_a_form_that_was_fetched_on_another_server_is_taken(
    client: AuditedClient, school: SchoolRow, on_server: Move, there: float
) -> None:
    on_server(there)
    token = hidden(client)
    on_server(0)
    assert client.post(PATH, data=token | RUIZ).status_code == 303


@pytest.mark.parametrize("set_otherwise", [{"form_min_seconds": 2}])
def test_a_form_from_a_server_that_is_ahead_was_not_sent_too_quickly(
    client: AuditedClient, school: SchoolRow, on_server: Move
) -> None:
    on_server(30)
    token = hidden(client)
    on_server(0)
    assert client.post(PATH, data=token | RUIZ).status_code == 303


def test_a_token_of_tomorrow_is_refused(on_server: Move) -> None:
    tokens = SkewSerializer("a secret of this test")
    on_server(24 * HOUR)
    token = tokens.dumps("x")
    on_server(0)
    with pytest.raises(SignatureExpired):
        tokens.loads(token, max_age=60)
    assert tokens.loads(token) == "x"


def test_a_token_still_expires(on_server: Move) -> None:
    tokens = SkewSerializer("a secret of this test")
    token = tokens.dumps("x")
    on_server(59)
    assert tokens.loads(token, max_age=60) == "x"
    on_server(62)
    with pytest.raises(SignatureExpired):
        tokens.loads(token, max_age=60)


@on_postgresql
@pytest.mark.parametrize("there", [-HOUR, -61.0, 61.0, HOUR])
def test_a_code_is_good_on_a_server_whose_clock_is_an_hour_off(
    client: AuditedClient, school: SchoolRow, on_server: Move, there: float
) -> None:
    make_parent(school, "Ana Ruiz", email="ana@example.com")
    on_server(there)
    page = client.page("/oakwood/sign-in")
    client.post("/oakwood/sign-in", data=form_values(page) | {"email": "ana@example.com"})
    on_server(0)
    fields = form_values(client.page("/oakwood/sign-in/code"))
    code = newest_code("ana@example.com")
    answer = client.post("/oakwood/sign-in/code", data=fields | {"code": code})
    assert answer.location == "/oakwood/household"
    assert client.get("/oakwood/household").status_code == 200


@on_postgresql
@pytest.mark.parametrize("there", [-HOUR, HOUR])
def test_a_word_and_a_new_password_are_good_on_a_server_whose_clock_is_an_hour_off(
    app: Flask, school: SchoolRow, on_server: Move, there: float
) -> None:
    make_account("pat@oakwood.example", "oakwood", StaffRole.EDITOR)
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    wording = consent_wording(school.name, school.texting_number, school.country)
    on_server(there)
    with writing():
        word = handset_confirmation.issue_confirmation_word(school, ana, ANA, wording)
        password_reset.request_reset("pat@oakwood.example", "", lambda token: f"<{token}>")
    on_server(0)
    with writing():
        result = handset_confirmation.accept_confirmation_word(school, ANA, word)
        assert result is not None
        assert result.state == "opted_in"
        token = re.search("<(.*)>", newest_mail("pat@oakwood.example").body)
        assert token is not None
        assert password_reset.use_reset(token[1]) is not None


@on_postgresql
def test_a_code_is_old_after_ten_minutes_by_the_clock_that_all_share(
    client: AuditedClient, school: SchoolRow, on_server: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parent(school, "Ana Ruiz", email="ana@example.com")
    on_server(HOUR)
    page = client.page("/oakwood/sign-in")
    client.post("/oakwood/sign-in", data=form_values(page) | {"email": "ana@example.com"})
    on_server(0)
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    fields = form_values(client.page("/oakwood/sign-in/code"))
    code = newest_code("ana@example.com")
    answer = client.post("/oakwood/sign-in/code", data=fields | {"code": code})
    assert answer.status_code == 422


@on_postgresql
@pytest.mark.parametrize(
    ("ahead", "warning"),
    [
        (3.0, "this server's clock is 3.0 seconds ahead of the database's"),
        (-2.5, "this server's clock is 2.5 seconds behind the database's"),
        (1.5, None),
        (0.0, None),
    ],
)
def test_operators_are_warned_of_a_clock_that_differs_from_the_databases(
    client: AuditedClient,
    on_server: Move,
    caplog: pytest.LogCaptureFixture,
    ahead: float,
    warning: str | None,
) -> None:
    on_server(ahead)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ok")
    assert answer.get_json().get("warning") == warning
    logged = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert logged == ([warning] if warning else [])
    elsewhere = client.get("/readyz", headers={"X-Forwarded-For": "203.0.113.9"})
    assert elsewhere.get_json() == {"status": "ok"}


def test_the_shared_clock_is_the_tests_own_where_the_machines_agree(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = clock.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: at)
    assert abs(shared_now() - at) < timedelta(seconds=1)
    db.session.rollback()
