"""The trial's handset: it shows what the number got, and answers as its owner would."""

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from portal.delivery.text_worker import send_due
from portal.extensions import db, writing
from portal.models import ConsentStatus
from portal.queries.schools import SchoolRow
from portal.services.actor import COMMAND
from portal.services.texting import send as texting
from tests.support.client import AuditedClient, form_values
from tests.support.families import make_parent, phone

ANA = "+14155550101"
HANDSET = "/demo/handset/14155550101"


@pytest.fixture
def trial(app: Flask) -> Flask:
    app.config["PORTAL"] = replace(app.config["PORTAL"], demo=True)
    return app


def test_the_handset_shows_its_texts_and_stop_turns_the_circle_red(
    trial: Flask, client: AuditedClient, school: SchoolRow
) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        texting.send(school, COMMAND, "key", "Ana", [ana], typed="Snow day")
    send_due(trial)
    page = client.page(HANDSET)
    assert "Snow day" in page.query(".theirs:last-child")[0].to_text()
    fields = form_values(page) | {"said": "STOP"}
    assert client.post(HANDSET, data=fields).status_code == 303
    assert db.session.scalars(select(ConsentStatus.state)).one() == "opted_out"
    send_due(trial)
    assert "no more texts" in client.page(HANDSET).query(".theirs:last-child")[0].to_text()
    assert "Ana Ruiz" in client.get("/demo/handset").text
    assert "Snow day" in client.get("/demo/outbox").text


@pytest.mark.parametrize("path", ["", "/14155550101"])
def test_outside_of_a_trial_there_is_no_handset(
    app: Flask, client: AuditedClient, path: str
) -> None:
    assert client.get(f"/demo/handset{path}").status_code == 404


def test_where_texts_are_sent_there_is_no_handset(trial: Flask, client: AuditedClient) -> None:
    trial.config["PORTAL"] = replace(trial.config["PORTAL"], sms="twilio")
    assert client.get("/demo/handset").status_code == 404


@pytest.mark.parametrize("digits", ["12", "x", "1" * 16, "9999999999"])
def test_what_is_no_number_has_no_handset(trial: Flask, client: AuditedClient, digits: str) -> None:
    assert client.get(f"/demo/handset/{digits}").status_code == 404


def test_any_number_can_be_played(trial: Flask, client: AuditedClient, school: SchoolRow) -> None:
    assert client.get("/demo/handset?number=(415) 555-0101").location == HANDSET
    assert "is not a phone number" in client.get("/demo/handset?number=xyz").text
    fields = form_values(client.page(HANDSET)) | {"body": "STOP", "to": "+12065550199"}
    assert client.post(HANDSET, data=fields).status_code == 404
