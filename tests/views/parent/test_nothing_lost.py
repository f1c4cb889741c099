"""A form that can't be saved right now comes back with everything typed."""

import sqlite3
import threading
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from portal import extensions
from portal.extensions import db
from portal.models import ConsentStatus, Submission
from tests.support.audit import Page
from tests.support.client import AuditedClient
from tests.support.contact_form import PATH, PRIMARY, RUIZ, hidden, send, sent
from tests.support.databases import Database

pytestmark = pytest.mark.usefixtures("school")


def typed_is_there(html: str) -> None:
    page = Page(html)
    assert page.query("[id='parent1-email']")[0].attrs["value"] == "ana.ruiz@example.com"
    assert page.query(f"[id='{PRIMARY}-number']")[0].attrs["value"] == "(415) 555-0182"
    assert "checked" in page.query(f"[id='{PRIMARY}-consent']")[0].attrs


def test_a_database_that_is_locked_brings_the_form_back(
    database: Database, client: AuditedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.engine != "sqlite":
        monkeypatch.setattr("portal.services.intake.receive.accept_form", _away)
        response = send(client, RUIZ)
    else:
        sheet = hidden(client)
        db.session.rollback()
        db.engine.dispose()
        monkeypatch.setattr(extensions, "SQLITE_BUSY_MS", 50)
        with sqlite3.connect(database.url.removeprefix("sqlite:///")) as other:
            other.execute("BEGIN IMMEDIATE")
            response = send(client, RUIZ, sheet)
            other.rollback()
    assert response.status_code == 503
    assert "tap Send again" in Page(response.text).text("#error-summary")
    typed_is_there(response.text)
    monkeypatch.undo()
    sent(client, RUIZ)


def test_a_database_that_is_away_altogether_brings_the_form_back(
    client: AuditedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = hidden(client)
    monkeypatch.setattr("portal.views.parent.get_school", _away)
    monkeypatch.setattr("portal.services.intake.receive.accept_form", _away)
    response = send(client, RUIZ, sheet)
    assert response.status_code == 503
    typed_is_there(response.text)


def test_a_network_that_sent_too_many_forms_gets_its_form_back(
    app: Flask, client: AuditedClient
) -> None:
    app.config["PORTAL"] = replace(app.config["PORTAL"], form_limit=2)
    for name in ("Ada", "Bea"):
        sent(client, RUIZ | {"child1-first_name": name})
    response = send(client, RUIZ)
    assert response.status_code == 429
    typed_is_there(response.text)


def test_a_form_that_comes_back_too_fast_is_asked_to_be_sent_again(
    app: Flask, client: AuditedClient
) -> None:
    app.config["PORTAL"] = replace(app.config["PORTAL"], form_min_seconds=60)
    response = send(client, RUIZ)
    assert response.status_code == 422
    assert "very quick" in Page(response.text).text("#error-summary")
    typed_is_there(response.text)


def test_a_double_tap_makes_one_submission(app: Flask, client: AuditedClient) -> None:
    sheet = hidden(client)
    cookie = client.get_cookie("portal")
    assert cookie is not None
    together = threading.Barrier(4)
    answers: list[int] = []

    def tap() -> None:
        other = app.test_client()
        other.set_cookie("portal", cookie.value)
        together.wait()
        answers.append(other.post(PATH, data=sheet | RUIZ).status_code)

    taps = [threading.Thread(target=tap) for _ in range(4)]
    for thread in taps:
        thread.start()
    for thread in taps:
        thread.join()
    assert answers == [303] * 4
    assert db.session.scalar(select(func.count()).select_from(Submission)) == 1


def _away(*_args: object) -> None:
    raise OperationalError("SELECT 1", {}, Exception("away"))


def test_a_form_with_errors_is_there_again_after_a_look_at_the_terms(
    client: AuditedClient,
) -> None:
    """`no-store` would have the browser throw away what was typed."""
    response = send(client, RUIZ | {"child1-first_name": "", "child1-last_name": ""})
    assert response.status_code == 422
    assert response.headers["Cache-Control"] == "private, no-cache"


def test_of_two_answers_in_one_field_no_wins(client: AuditedClient) -> None:
    from werkzeug.datastructures import MultiDict

    fields = MultiDict([*(hidden(client) | RUIZ).items(), (f"{PRIMARY}-consent", "no")])
    assert client.post(PATH, data=fields).status_code == 303
    state = db.session.scalar(select(ConsentStatus.state))
    assert state == "opted_out"
