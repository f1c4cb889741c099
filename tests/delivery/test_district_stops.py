"""STOP ALL: a "no" at every school of the district, whatever ends the portal in between."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.consent import ledger
from portal.delivery import district_stops
from portal.delivery.text_worker import send_due
from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, InboundMessage, Message
from portal.queries.schools import SchoolRow
from portal.services.actor import COMMAND
from portal.services.intake import receive
from portal.services.schools.schools import create_school, set_school
from portal.services.texting import outcomes
from portal.services.texting import queue as text_queue
from portal.services.texting.send import send_to_number
from tests.conftest import TEXTING_NUMBER
from tests.queries.test_plans import plans
from tests.support.databases import settings
from tests.support.families import make_parent, phone, say
from tests.support.incoming import ANA, state
from tests.support.intake import ANA as ON_FORM
from tests.support.intake import ruiz, sheet
from tests.support.people import SignIn
from tests.support.texted_links import words_of
from tests.support.twilio_stand_in import ACCOUNT, TOKEN
from tests.support.webhooks import INBOUND, sid_of, signed


@pytest.fixture
def set_otherwise() -> dict[str, Any]:
    return {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "district": True}


@pytest.fixture
def schools(school: SchoolRow, other_school: SchoolRow) -> list[SchoolRow]:
    """Two that have Ana's number on a record, opted in, and one that doesn't."""
    with writing():
        third = create_school("elm", "Elm School", "+12065550149")
        for slug in ("oakwood", "birchwood"):
            set_school(slug, welcome_on=False)
    for one in (school, other_school):
        make_parent(one, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    return [school, other_school, third]


def text(app: Flask, body: str, sid: str = "1", to: str = TEXTING_NUMBER) -> int:
    posted = {"MessageSid": sid_of(sid), "AccountSid": ACCOUNT, "Body": body}
    return signed(app, INBOUND, posted | {"From": ANA, "To": to}).status_code


def states(schools: list[SchoolRow]) -> list[str | None]:
    return [state(ANA, one.id) for one in schools]


def confirmations() -> list[str]:
    rows = select(Message.body).where(Message.kind == "stop_confirmation").order_by(Message.id)
    db.session.rollback()
    return list(db.session.scalars(rows))


def waits() -> bool:
    db.session.rollback()
    waiting = select(InboundMessage.id).where(InboundMessage.carry_at.is_not(None))
    return db.session.scalar(waiting) is not None


OUT, IN = "opted_out", "opted_in"


@pytest.mark.parametrize(
    ("body", "district", "all_stops", "expected"),
    [
        ("STOP ALL", True, False, [OUT, OUT, None]),
        ("Stopall.", True, False, [OUT, OUT, None]),
        ("STOP", True, False, [OUT, IN, None]),
        ("STOP", True, True, [OUT, OUT, None]),
        ("STOP ALL", False, False, [OUT, IN, None]),
    ],
)
def test_each_school_that_has_the_number_gets_a_no(
    app: Flask, schools: list[SchoolRow], body: str, district: bool, all_stops: bool, expected: Any
) -> None:
    url = app.config["PORTAL"].database_url
    more = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN}
    app.config["PORTAL"] = settings(url, district=district, district_stop_all=all_stops, **more)
    assert text(app, body) == 200
    assert states(schools) == expected
    [confirmation] = confirmations()
    assert ("any school in our district" in confirmation) == (expected[1] == OUT)
    event = db.session.scalars(select(ConsentEvent).where(ConsentEvent.message_id.is_not(None)))
    found = {(one.message_id, one.texting_number, one.source) for one in event}
    assert found == {(sid_of("1"), TEXTING_NUMBER, "text_reply")}


def test_stop_all_after_a_stop_has_a_confirmation_of_its_own_and_only_one(
    app: Flask, schools: list[SchoolRow]
) -> None:
    text(app, "STOP", "1")
    for sid in ("2", "2", "3"):
        assert text(app, "STOP ALL", sid) == 200
    assert states(schools) == [OUT, OUT, None]
    assert len(confirmations()) == 2
    send_due(app)
    assert words_of(ANA).startswith("Oakwood School: You won't get more texts from any school")


def test_a_number_on_a_form_that_is_not_on_a_record_yet_is_opted_out_too(
    app: Flask, schools: list[SchoolRow]
) -> None:
    third = schools[2]
    with writing():
        receive.accept_form(third, ruiz(), sheet(third, "a"))
    posted = {"MessageSid": sid_of("1"), "AccountSid": ACCOUNT, "Body": "STOP ALL"}
    signed(app, INBOUND, posted | {"From": ON_FORM, "To": TEXTING_NUMBER})
    assert state(ON_FORM, third.id) == OUT


@pytest.mark.parametrize("fails", ["the other school", "the confirmation"])
def test_a_crash_between_the_schools_loses_no_stop(
    app: Flask, schools: list[SchoolRow], monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    what = "opt_out" if fails == "the other school" else "finish"
    with monkeypatch.context() as broken:
        broken.setattr(district_stops.district_stops, what, lambda *_: 1 / 0)
        assert text(app, "STOP ALL") == 500
    assert states(schools)[0] == OUT
    assert (confirmations(), waits()) == ([], True)
    district_stops.carry_waiting()
    assert states(schools) == [OUT, OUT, None]
    assert (len(confirmations()), waits()) == (1, False)
    before = db.session.query(ConsentEvent).count()
    assert text(app, "STOP ALL") == 200, "the provider delivers it again"
    district_stops.carry_waiting()
    assert (len(confirmations()), db.session.query(ConsentEvent).count()) == (1, before)


def test_a_school_that_fails_keeps_the_others_from_nothing(
    app: Flask, schools: list[SchoolRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parent(schools[2], "Ana Ruiz", phones=[phone(ANA)], typed=True)
    decide, broken = ledger.decide, schools[1].id

    def fails(decision: ledger.Decision) -> ledger.Result:
        if decision.school_id == broken:
            raise RuntimeError("no")
        return decide(decision)

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "decide", fails)
        assert text(app, "STOP ALL") == 500
    assert states(schools) == [OUT, IN, OUT]
    send_due(app)  # as the worker does
    assert states(schools) == [OUT, OUT, OUT]


def test_a_parents_own_yes_that_is_newer_stays(app: Flask, schools: list[SchoolRow]) -> None:
    """As after a STOP that comes in late at the school that was texted."""
    ben = make_parent(schools[1], "Ben Ruiz")
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(district_stops.district_stops, "opt_out", lambda *_: 1 / 0)
        text(app, "STOP ALL")
    say(schools[1], ANA, Source.PARENT_FORM, Answer.YES, ben)
    district_stops.carry_waiting()
    assert states(schools) == [OUT, IN, None]


def test_it_is_answered_when_nothing_is_on_its_way_from_any_school(
    app: Flask, schools: list[SchoolRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing():
        send_to_number(schools[1], COMMAND, ANA, "Hello")
    with writing():
        taken = text_queue.claim_next()
    assert isinstance(taken, text_queue.ClaimedMessage)
    assert taken.school_id == schools[1].id
    looks = []

    def pause(_seconds: float) -> None:
        looks.append(states(schools)[:2])
        with writing():
            outcomes.mark_sent(taken, sid_of("out"))

    monkeypatch.setattr(time, "sleep", pause)
    assert text(app, "STOP ALL") == 200
    assert looks == [[OUT, OUT]]


def test_stops_for_all_to_two_schools_at_once_wait_for_each_other_in_no_circle(
    app: Flask, schools: list[SchoolRow]
) -> None:
    """Each is carried to the school of the other, while the other is."""
    start = threading.Barrier(4)

    def stop(n: int) -> int:
        start.wait(30)
        return text(app, "STOP ALL", str(n), to=schools[n % 2].texting_number)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(stop, range(4))) == [200] * 4
    assert states(schools) == [OUT, OUT, None]
    assert not waits()
    events = select(func.count()).where(ConsentEvent.message_id.is_not(None))
    assert db.session.scalar(events) == 8, "each text once at each school"


def test_parents_and_staff_read_about_it_where_there_is_a_district(
    app: Flask, school: SchoolRow, staff: SignIn
) -> None:
    page = app.test_client().get("/oakwood/terms").text
    assert "Reply <b>STOP ALL</b> to stop the texts from every school" in page
    assert "<dt>STOP ALL</dt>" in staff("viewer").get("/oakwood/staff/help").text
    app.config["PORTAL"] = settings(app.config["PORTAL"].database_url)
    assert "STOP ALL" not in app.test_client().get("/oakwood/terms").text


def test_texts_that_wait_to_be_carried_are_found_by_their_index(app: Flask) -> None:
    [plan] = plans(district_stops.district_stops.waiting)
    assert "ix_inbound_text_carry" in plan
