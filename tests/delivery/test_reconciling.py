"""Catching up with the provider: missed STOPs, and texts that the portal does not know."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.delivery import text_sender
from portal.delivery.text_worker import send_due
from portal.delivery.transports import NotNowError, twilio
from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, InboundMessage, Message, TextingNumber
from portal.queries.schools import SchoolRow
from portal.services.schools import schools
from portal.services.texting import delivery_reports
from portal.services.texting import queue as text_queue
from portal.services.texting.send import send_to_number
from tests.conftest import TEXTING_NUMBER
from tests.delivery.text_provider import ANA, PAT, events, later, newest, queue
from tests.support.families import make_parent, phone, say
from tests.support.twilio_stand_in import StandIn


def test_an_unsubscribed_number_is_opted_out_by_the_stop_that_was_missed(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    provider.receive(ANA, TEXTING_NUMBER, "Stop.")
    provider.opted_out.add(ANA)
    queue(school)
    send_due(app)
    batch = db.session.scalars(select(Message).where(Message.kind == "batch")).one()
    assert (batch.state, batch.reason, batch.error_code) == ("failed", "opted_out", 21610)
    events = db.session.scalars(select(ConsentEvent).order_by(ConsentEvent.seq)).all()
    assert [event.source for event in events] == ["staff_entry", "text_reply"]


def test_a_late_report_that_a_number_is_unsubscribed_waits_for_what_was_missed(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    queue(school)
    send_due(app)
    [taken] = provider.taken
    stopped = provider.receive(ANA, TEXTING_NUMBER, "STOP")
    told = delivery_reports.Report(taken.sid, TEXTING_NUMBER, ANA, "failed", 21610)
    with writing():
        delivery_reports.receive_report(told)
    provider.lists_fail = True
    with pytest.raises(NotNowError):
        text_sender.settle_unsubscribed(app.config["PORTAL"])
    assert [event.source for event in events()] == ["staff_entry"]
    provider.lists_fail = False
    text_sender.settle_unsubscribed(app.config["PORTAL"])
    assert [event.source for event in events()][:2] == ["staff_entry", "text_reply"]
    assert events()[1].message_id == stopped.sid
    assert delivery_reports.unsubscribed() == []
    row = db.session.scalars(select(Message).where(Message.provider_id == taken.sid)).one()
    assert (row.state, row.reason, row.error_code) == ("failed", "opted_out", 21610)


def test_an_unsubscribed_number_without_a_stop_is_out_by_the_carrier(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    provider.opted_out.add(ANA)
    queue(school)
    send_due(app)
    assert newest().reason == "opted_out"
    assert db.session.scalars(select(ConsentEvent.source)).all()[-1] == "carrier"


def test_a_parents_own_yes_stands_and_the_number_is_blocked(
    app: Flask, school: SchoolRow, provider: StandIn
) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    say(school, ANA, Source.PARENT_FORM, Answer.YES, ana)
    provider.opted_out.add(ANA)
    queue(school)
    send_due(app)
    assert newest().reason == "blocked_by_carrier"
    with writing():
        assert send_to_number(school, PAT, ANA, "Once more") == "blocked_by_carrier"


def test_while_the_provider_cannot_be_asked_what_was_missed_nothing_is_decided(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    provider.opted_out.add(ANA)
    provider.lists_fail = True
    queue(school)
    send_due(app)
    assert newest().state == "queued"
    assert db.session.scalars(select(ConsentEvent.source)).all() == ["staff_entry"]


def test_a_text_in_dead_hands_is_not_known_and_not_sent_again(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    queue(school)
    assert isinstance(text_sender.claim_next(), text_queue.ClaimedMessage)
    later(61)
    send_due(app)
    assert (newest().state, provider.taken) == ("not_known", [])


def test_reconciling_finds_what_became_of_a_text_that_is_not_known(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    queue(school)
    text_sender.claim_next()
    later(61)
    text_sender.mark_stale_unknown()
    text_sender.reconcile(app)
    assert newest().state == "not_known"
    there = provider.keep(ANA, TEXTING_NUMBER, newest().body, "outbound-api")
    text_sender.reconcile(app)
    assert (newest().state, newest().provider_id) == ("sent", there.sid)


def test_texts_that_passed_the_portal_by_are_taken_in_once_each_with_its_time(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    for n in range(450):  # more than a page
        provider.receive(f"+1415556{n:04}", TEXTING_NUMBER, "Thank you")
    missed = provider.receive(ANA, TEXTING_NUMBER, "STOP")
    missed.at = datetime.now(missed.at.tzinfo).replace(microsecond=0) - timedelta(hours=2)
    assert text_sender.reconcile(app) == 451
    assert text_sender.reconcile(app) == 0
    kept = db.session.scalars(select(InboundMessage).where(InboundMessage.number == ANA)).one()
    assert (kept.kind, kept.via, kept.happened_at) == ("stop", "reconcile", missed.at)
    event = db.session.scalars(select(ConsentEvent).order_by(ConsentEvent.seq.desc())).first()
    assert event is not None
    assert (event.source, event.happened_at, event.message_id) == (
        "text_reply",
        missed.at,
        missed.sid,
    )


def test_a_provider_that_is_away_stops_nothing_that_was_reconciled(
    app: Flask, school: SchoolRow, provider: StandIn
) -> None:
    provider.lists_fail = True
    with pytest.raises(NotNowError):
        text_sender.reconcile(app)
    assert db.session.scalars(select(TextingNumber.reconciled_to)).one() is None


def test_what_one_school_cannot_ask_keeps_no_other_waiting(
    app: Flask, school: SchoolRow, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing():
        schools.create_school("birchwood", "Birchwood School", "+12065550148", send_window="always")
    provider.receive(ANA, "+12065550148", "STOP")
    received = twilio.Twilio.received

    def away_for_oakwood(self: twilio.Twilio, number: str, *more: Any) -> Any:
        if number == TEXTING_NUMBER:
            raise NotNowError("503", in_doubt=True)
        return received(self, number, *more)

    monkeypatch.setattr(twilio.Twilio, "received", away_for_oakwood)
    with pytest.raises(NotNowError):
        text_sender.reconcile(app)
    assert db.session.scalars(select(InboundMessage.number)).all() == [ANA]
