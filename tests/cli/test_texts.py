"""`flask texts`: what is queued, refused, sent; the outbox and the provider."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.models import InboundMessage, Message
from portal.queries.schools import SchoolRow
from portal.services.schools.schools import set_school
from tests.cli.test_commands import run
from tests.support.families import HOME, make_parent, phone, say, stop
from tests.support.twilio_stand_in import ACCOUNT, TOKEN, StandIn, stand_in

ANA = "+14155550101"


def send(
    app: Flask, to: str = ANA, body: str = "No school today.", school: str = "oakwood"
) -> Result:
    return run(app, "texts", "send", "--school", school, "--to", to, "--body", body)


@pytest.fixture
def ana(school: SchoolRow) -> int:
    return make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)


@pytest.mark.parametrize("typed", ["(415) 555-0101", "+14155550101", "415.555.0101"])
def test_a_text_is_queued_and_the_worker_sends_it(app: Flask, ana: int, typed: str) -> None:
    assert send(app, typed).stdout == "+14155550101,queued\n"
    worked = run(app, "texts", "work", "--once")
    assert (worked.exit_code, worked.stdout) == (0, "2 texts sent\n")  # with the welcome
    sent = db.session.scalars(select(Message.body).where(Message.state == "sent")).all()
    assert "Oakwood School: No school today." in sent
    assert run(app, "texts", "work", "--once").stdout == "0 texts sent\n"


@pytest.mark.parametrize(
    ("reason", "number"),
    [
        ("opted_out", "+14155550102"),
        ("not_asked", "+14155550103"),
        ("no_cell", "+14155550104"),
        ("blocked_by_carrier", "+14155550105"),
        ("country", "+447400123456"),
        ("not_asked", "+14155550199"),
    ],
)
def test_what_may_not_be_texted_is_refused_with_the_reason(
    app: Flask, school: SchoolRow, reason: str, number: str
) -> None:
    make_parent(school, "Out", phones=[phone("+14155550102")], typed=True)
    stop(school, "+14155550102")
    make_parent(school, "Not", phones=[phone("+14155550103")])
    make_parent(school, "Home", phones=[phone("+14155550104", HOME)], typed=True)
    held = make_parent(school, "Blocked", phones=[phone("+14155550105")])
    say(school, "+14155550105", Source.PARENT_FORM, Answer.YES, held)
    say(school, "+14155550105", Source.CARRIER, Answer.NO)
    make_parent(school, "Abroad", phones=[phone("+447400123456")], typed=True)
    refused = send(app, number)
    assert (refused.exit_code, refused.stdout) == (1, f"{number},refused,{reason}\n")
    row = db.session.scalars(select(Message).where(Message.kind == "batch")).one()
    assert (row.state, row.reason, row.number) == ("failed", reason, number)
    assert run(app, "texts", "work", "--once").stdout == "0 texts sent\n"


def test_where_texting_is_off_nothing_is_queued(app: Flask, ana: int) -> None:
    with writing():
        set_school("oakwood", texting_on=False)
    assert send(app).stdout == f"{ANA},refused,texting_off\n"


@pytest.mark.parametrize("typed", ["12", "call me", "415-555-01O1", ""])
def test_what_is_no_number_is_refused(app: Flask, school: SchoolRow, typed: str) -> None:
    refused = send(app, typed)
    assert (refused.exit_code, refused.stdout) == (1, f"{typed},refused,not_a_number\n")


@pytest.mark.parametrize("body", ["", "   ", "x" * 2000])
def test_a_text_that_cannot_be_is_refused_in_words(app: Flask, ana: int, body: str) -> None:
    refused = send(app, body=body)
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: ")
    assert db.session.scalars(select(Message)).all() == []


def test_a_school_that_is_not_there_is_said(app: Flask, ana: int) -> None:
    refused = send(app, school="elm")
    assert refused.exit_code == 1
    assert "elm" in refused.stderr


def test_the_outbox_has_nobody_to_reconcile_with(app: Flask, school: SchoolRow) -> None:
    done = run(app, "texts", "reconcile")
    assert done.exit_code == 0
    assert "outbox" in done.stdout


@pytest.fixture
def provider(app: Flask) -> Iterator[StandIn]:
    with stand_in() as there:
        app.config["PORTAL"] = replace(
            app.config["PORTAL"],
            sms="twilio",
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=TOKEN,
            twilio_api_url=there.url,
        )
        yield there


def test_reconcile_takes_in_what_passed_by(app: Flask, ana: int, provider: StandIn) -> None:
    provider.receive(ANA, "+12065550147", "STOP")
    assert run(app, "texts", "reconcile").stdout == "Received 1 missed text.\n"
    assert db.session.scalars(select(InboundMessage.via)).one() == "reconcile"
    assert run(app, "texts", "reconcile").stdout == "Received 0 missed texts.\n"
    assert send(app).stdout == f"{ANA},refused,opted_out\n"


def test_a_provider_that_cannot_be_asked_is_said(
    app: Flask, school: SchoolRow, provider: StandIn
) -> None:
    provider.lists_fail = True
    refused = run(app, "texts", "reconcile")
    assert refused.exit_code == 1
    assert "Can't reach the provider" in refused.stderr
