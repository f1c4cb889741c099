"""Texts that come in: taken in once, acknowledged when they hold."""

import random
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import local
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clock
from portal.consent import ledger
from portal.consent.wording import consent_wording
from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentStatus, InboundMessage, Message
from portal.queries.schools import SchoolRow
from portal.services.actor import COMMAND
from portal.services.schools.schools import set_school
from portal.services.texting import handset_confirmation, outcomes
from portal.services.texting import queue as text_queue
from portal.services.texting.send import send_to_number
from portal.views import webhooks
from tests.conftest import TEXTING_NUMBER
from tests.support.client import form_values
from tests.support.families import make_parent, make_student, phone, say, stop
from tests.support.long import examples
from tests.support.people import parent_signed_in
from tests.support.twilio_stand_in import ACCOUNT, signature
from tests.support.webhooks import ANA, BEN, INBOUND, Post, confirmations, kept, sid_of, state


def test_a_stop_opts_out_is_confirmed_and_answered_with_nothing(
    school: SchoolRow, text: Post
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    answer = text(" Stop! ")
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.text.endswith("<Response/>")
    assert state() == "opted_out"
    assert (kept()[0].kind, kept()[0].event_seq, kept()[0].read_at is None) == ("stop", 2, False)
    assert confirmations() == 1


def test_the_confirmation_passes_the_gate_and_nothing_else_does(
    app: Flask, school: SchoolRow, text: Post
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        send_to_number(school, COMMAND, ANA, "Hello")
    text("STOP")
    with writing():
        taken = text_queue.claim_next()
        rest = text_queue.claim_next()
    assert isinstance(taken, text_queue.ClaimedMessage)
    assert "won't get more texts" in taken.body
    assert not isinstance(rest, text_queue.ClaimedMessage)


def test_a_stop_to_a_former_number_finds_its_school(
    school: SchoolRow, other_school: SchoolRow, text: Post
) -> None:
    with writing():
        set_school("oakwood", texting_number="+12065550150")
    text("STOP")
    rows = db.session.execute(select(ConsentStatus.school_id, ConsentStatus.state)).all()
    assert [tuple(row) for row in rows] == [(school.id, "opted_out")]


def test_a_stop_from_nobodys_number_holds_when_it_is_entered(school: SchoolRow, text: Post) -> None:
    text("STOP")
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    assert state() == "opted_out"


def test_two_schools_keep_their_texts_apart(
    school: SchoolRow, other_school: SchoolRow, text: Post
) -> None:
    for one in (school, other_school):
        make_parent(one, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    text("STOP", sid=sid_of("1"))
    text("hello", sid=sid_of("1"), To="+12065550148")
    states = select(ConsentStatus.state).order_by(ConsentStatus.school_id)
    assert db.session.scalars(states).all() == ["opted_out", "opted_in"]


@examples(few=40, many=200)
def test_stops_that_are_delivered_five_times_are_one_event_each_and_confirmed_once(
    app: Flask, school: SchoolRow, examples: int
) -> None:
    stops = [f"SM{n:032}" for n in range(examples)]
    deliveries = stops * 5
    random.Random(7).shuffle(deliveries)
    here = local()

    def deliver(sid: str) -> int:
        if not hasattr(here, "client"):
            here.client = app.test_client()
        posted = {
            "MessageSid": sid,
            "AccountSid": ACCOUNT,
            "From": f"+1415555{int(sid[2:]):04}",
            "To": TEXTING_NUMBER,
            "Body": "STOP",
        }
        headers = {"X-Twilio-Signature": signature(f"http://localhost{INBOUND}", posted)}
        return int(here.client.post(INBOUND, data=posted, headers=headers).status_code)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(deliver, deliveries)) == {200}
    assert db.session.scalar(select(func.count()).select_from(ConsentEvent)) == examples
    assert db.session.scalar(select(func.count()).select_from(InboundMessage)) == examples
    assert confirmations() == examples
    assert db.session.scalar(select(func.count(Message.number.distinct()))) == examples


def test_a_delivery_that_failed_halfway_counts_when_it_comes_again(
    school: SchoolRow, text: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "decide", lambda *_: 1 / 0)
        assert text("STOP", sid=sid_of("1")).status_code == 500
    assert (kept(), state()) == ([], None)
    assert text("STOP", sid=sid_of("1")).status_code == 200
    assert state() == "opted_out"


def test_a_stop_is_confirmed_only_when_it_changes_something_and_once_a_day(
    school: SchoolRow, text: Post
) -> None:
    parent = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    text("STOP")
    text("STOP")
    say(school, ANA, Source.PARENT_FORM, Answer.YES, parent)
    text("STOP")
    assert (confirmations(), len(kept())) == (1, 3)


@pytest.mark.parametrize("by", ["the school's setting", "what the provider says"])
def test_where_the_provider_confirms_the_portal_does_not_but_texts_the_link_back(
    school: SchoolRow, text: Post, by: str
) -> None:
    more = {}
    if by == "the school's setting":
        with writing():
            set_school("oakwood", stop_confirmation="provider")
    else:
        more = {"OptOutType": "STOP"}
    text("HELP", **({"OptOutType": "HELP"} if more else {}))
    text("STOP", **more)
    assert (state(), db.session.scalars(select(Message)).all()) == ("opted_out", [])
    text("HELP", **({"OptOutType": "HELP"} if more else {}))
    assert [message.body[-7:] for message in db.session.scalars(select(Message))] == [" [link]"]


def test_the_providers_word_counts_for_its_own_keywords(school: SchoolRow, text: Post) -> None:
    text("Fin", OptOutType="STOP")
    assert state() == "opted_out"


def test_start_lifts_no_opt_out_but_a_carriers_block(school: SchoolRow, text: Post) -> None:
    stop(school, BEN)
    text("START", number=BEN)
    assert state(BEN) == "opted_out"
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    say(school, ANA, Source.PARENT_FORM, Answer.YES, ana)
    for said in ("START", "Yes"):
        say(school, ANA, Source.CARRIER, Answer.NO)
        text(said)
        status = db.session.scalars(select(ConsentStatus).where(ConsentStatus.number == ANA)).one()
        assert (status.state, status.blocked_at) == ("opted_in", None)
    unread = [(row.kind, row.number) for row in kept() if row.read_at is None]
    assert unread == [("start", BEN), ("reply", ANA)]


def test_replies_and_wishes_to_stop_wait_for_staff(school: SchoolRow, text: Post) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    for said in ("please stop texting me", "Thanks!", "a\x00b" + "c" * 3000, ""):
        text(said)
    assert state() == "opted_in"
    assert [row.kind for row in kept()] == ["wish", "reply", "reply", "reply"]
    assert all(row.read_at is None for row in kept())
    assert (kept()[2].body[:3], len(kept()[2].body)) == ("abc", 1600)


def test_a_short_code_is_kept_and_decides_nothing(school: SchoolRow, text: Post) -> None:
    assert text("STOP", number="72345").status_code == 200
    assert [row.kind for row in kept()] == ["reply"]
    assert db.session.scalars(select(ConsentStatus)).all() == []


def test_help_is_answered_once_a_day(school: SchoolRow, text: Post) -> None:
    text("HELP")
    text("ayuda")
    assert db.session.scalars(select(Message.kind)).all() == ["help"]


def test_the_word_that_a_parent_was_shown_is_the_handsets_yes(
    app: Flask, school: SchoolRow, text: Post
) -> None:
    stop(school, ANA)
    parent = make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    shown = consent_wording(school.name, school.texting_number, school.country)
    with writing():
        word = handset_confirmation.issue_confirmation_word(school, parent, ANA, shown)
    text(word.lower(), number=BEN)
    assert state() == "opted_out"
    text(f" {word.capitalize()}. ")
    assert state() == "opted_in"
    assert kept()[-1].kind == "word"


@pytest.mark.parametrize("body", ["STOP", "please stop texting me"])
def test_a_stop_is_acknowledged_only_when_nothing_is_on_its_way_any_more(
    app: Flask, school: SchoolRow, text: Post, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        set_school("oakwood", welcome_on=False)
        send_to_number(school, COMMAND, ANA, "Hello")
    with writing():
        taken = text_queue.claim_next()
        # The welcome, if the school sends one, is what is in hand.
    assert isinstance(taken, text_queue.ClaimedMessage)
    looks = []

    def pause(_seconds: float) -> None:
        looks.append(state())
        if len(looks) == 3:
            with writing():
                outcomes.mark_sent(taken, sid_of("out"))

    monkeypatch.setattr(time, "sleep", pause)
    assert text(body).status_code == 200
    assert looks == ["opted_out" if body == "STOP" else "opted_in"] * 3


def test_a_text_in_hands_that_are_dead_does_not_hold_a_stop_up(
    app: Flask, school: SchoolRow, text: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        send_to_number(school, COMMAND, ANA, "Hello")
        before = clock.now()
        monkeypatch.setattr(clock, "now", lambda: before - timedelta(seconds=11))
        text_queue.claim_next()
    monkeypatch.undo()
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("waited"))
    assert text("STOP").status_code == 200


def test_a_provider_that_never_answers_holds_a_stop_up_for_so_long_and_no_longer(
    school: SchoolRow, text: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        send_to_number(school, COMMAND, ANA, "Hello")
        text_queue.claim_next()
    clock = iter(range(1000))
    pauses: list[float] = []
    stood_still = SimpleNamespace(monotonic=lambda: next(clock), sleep=pauses.append)
    monkeypatch.setattr(webhooks, "time", stood_still)
    assert text("STOP").status_code == 200
    assert state() == "opted_out"
    assert len(pauses) == text_queue.SEND_SECONDS - 1


def test_a_parent_texts_the_word_that_their_page_shows_and_the_page_says_that_it_worked(
    app: Flask, school: SchoolRow, text: Post
) -> None:
    stop(school, BEN)
    child = make_student(school, "Mateo Ruiz")
    email = "ana.ruiz@example.com"
    make_parent(school, "Ana Ruiz", child, email=email, phones=[phone(ANA)], typed=True)
    ana = parent_signed_in(app, email)
    typed = {
        "secondary_phone-type": "cell",
        "secondary_phone-number": BEN,
        "secondary_phone-consent": "yes",
    }
    phones = "/oakwood/household/phones"
    waiting = ana.post(phones, data=form_values(ana.page(phones)) | typed).location
    word = ana.page(waiting).text(".word-to-text")
    assert state(BEN) == "opted_out"

    assert text(word.lower(), number=BEN).status_code == 200

    assert state(BEN) == "opted_in"
    assert "It worked" in ana.page(waiting).text("main")
    assert [(row.kind, row.read_at is None) for row in kept()] == [("word", False)]
