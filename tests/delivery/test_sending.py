"""Sending, against a stand-in for the provider's own interface."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import clock
from portal.delivery import text_sender
from portal.delivery.text_worker import send_due
from portal.delivery.transports.outbox import Outbox
from portal.enums import Answer, MessageKind, Source
from portal.extensions import db, writing
from portal.models import Message, Phone, TextingNumber
from portal.queries.schools import SchoolRow
from portal.services.schools import schools
from portal.services.texting import outcomes
from portal.services.texting import queue as text_queue
from portal.services.texting import send as texting
from portal.services.texting.send import send
from tests.conftest import TEXTING_NUMBER
from tests.delivery.text_provider import ANA, BEN, PAT, later, newest, queue
from tests.support.families import make_parent, phone, say, stop
from tests.support.texted_links import link_to, words_of
from tests.support.twilio_stand_in import StandIn


def test_a_text_goes_out_once_with_the_event_it_relied_on(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    queue(school)
    assert send_due(app) == 1
    assert send_due(app) == 0
    sent = provider.taken[0]
    assert (sent.to, sent.from_) == (ANA, TEXTING_NUMBER)
    assert sent.body == "Oakwood School: No school today."
    assert sent.callback == f"http://localhost/webhooks/twilio/status?message={newest().id}"
    assert (newest().state, newest().provider_id, newest().event_seq) == ("sent", sent.sid, 1)


def test_who_opts_out_after_the_text_was_queued_is_not_texted(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    queue(school)
    stop(school, ANA)
    send_due(app)
    assert provider.taken == []
    assert (newest().state, newest().reason) == ("failed", "opted_out")


@pytest.mark.parametrize("trouble", ["429", "503", "hang", "drop"])
def test_what_the_provider_did_not_take_is_sent_again_later(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn, trouble: str
) -> None:
    provider.plan.append(trouble)
    queue(school)
    send_due(app)
    assert (newest().state, len(provider.taken)) == ("queued", 0)
    assert newest().due_at > clock.now()
    later()
    send_due(app)
    assert (newest().state, len(provider.taken)) == ("sent", 1)


@pytest.mark.parametrize("trouble", ["hang after", "drop after"])
def test_what_the_provider_took_without_saying_so_is_not_sent_twice(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn, trouble: str
) -> None:
    provider.plan.append(trouble)
    queue(school)
    send_due(app)
    assert (newest().state, newest().in_doubt) == ("queued", True)
    with writing():
        db.session.execute(update(Message).values(due_at=clock.now()))
    send_due(app)
    assert len(provider.taken) == 1
    assert (newest().state, newest().provider_id) == ("sent", provider.taken[0].sid)


def test_a_text_like_an_earlier_one_is_not_taken_for_it(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    queue(school)
    send_due(app)
    provider.plan.append("hang")
    queue(school)
    send_due(app)
    later(30)
    send_due(app)
    assert len(provider.taken) == 2


def test_a_provider_that_asks_for_a_rest_gets_it(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    provider.plan.append("429")
    provider.retry_after = "300"
    queue(school)
    send_due(app)
    assert newest().due_at > clock.now() + timedelta(seconds=290)


def test_in_doubt_to_the_end_is_not_known_and_else_given_up(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    make_parent(school, "Ben Ruiz", phones=[phone(BEN)], typed=True)
    for number, trouble, state in ((ANA, "503", "not_known"), (BEN, "429", "failed")):
        queue(school, number)
        with writing():
            db.session.execute(
                update(Message)
                .where(Message.number == number)
                .values(attempts=outcomes.MOST_ATTEMPTS - 1)
            )
        provider.plan.append(trouble)
        send_due(app)
        assert newest().state == state
    assert newest().reason == "gave_up"


def test_a_refusal_for_good_is_final_and_says_why(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    provider.plan.append("21211")
    queue(school)
    send_due(app)
    assert (newest().state, newest().reason, newest().error_code) == ("failed", "provider", 21211)
    assert text_queue.claim_next() is None


def test_a_stop_waits_for_what_the_provider_may_still_take(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    provider.plan.append("hang")
    queue(school)
    send_due(app)
    assert (newest().state, newest().in_doubt) == ("queued", True)
    assert text_queue.is_being_sent(school.id, ANA)
    later(text_queue.SEND_SECONDS + 1)
    assert not text_queue.is_being_sent(school.id, ANA)


def test_a_stop_that_a_newer_yes_has_overtaken_is_not_confirmed(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    stop(school, ANA)
    with writing():
        kind = MessageKind.STOP_CONFIRMATION
        assert texting.queue_reply(school, kind, ANA, "SM-in", TEXTING_NUMBER)
    parent = db.session.scalars(select(Phone.contact_id).where(Phone.number == ANA)).one()
    say(school, ANA, Source.HANDSET, Answer.YES, parent)
    send_due(app)
    assert (newest().reason, provider.taken) == ("outdated", [])


def test_texts_keep_to_the_rate_of_their_texting_number(
    app: Flask, school: SchoolRow, ana: str
) -> None:
    with writing():
        db.session.execute(update(TextingNumber).values(per_second=0.5))
    for n in range(3):
        queue(school, body=str(n))
    with writing():
        taken = [text_queue.claim_next() for _ in range(3)]
    assert isinstance(taken[0], text_queue.ClaimedMessage)
    waits = [hand for hand in taken[1:] if isinstance(hand, text_queue.Wait)]
    assert len(waits) == 2
    assert all(0.5 < wait.seconds <= 2 for wait in waits)


def test_outside_of_the_send_window_texts_wait_and_the_gate_is_asked_again(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing():
        schools.set_school("oakwood", send_window="08:00-20:00")
    night = datetime.fromisoformat("2026-11-25T05:30:00+00:00")  # 9:30 pm in Los Angeles
    monkeypatch.setattr(clock, "now", lambda: night)
    queue(school)
    assert send_due(app) == 0
    assert newest().due_at == datetime.fromisoformat("2026-11-25T16:00:00+00:00")
    stop(school, ANA)
    monkeypatch.setattr(clock, "now", lambda: night + timedelta(hours=11))
    send_due(app)
    assert (newest().state, newest().reason, provider.taken) == ("failed", "opted_out", [])


def test_a_batch_waits_for_the_welcome_to_its_number(
    app: Flask, school: SchoolRow, provider: StandIn
) -> None:
    with writing():
        school = schools.set_school("oakwood", welcome_on=True)
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    provider.plan.append("429")
    with writing():
        send(school, PAT, "key", "Ana", [ana], typed="No school today.")
    send_due(app)
    assert provider.taken == []
    later()
    send_due(app)
    assert ["reply STOP" in text.body for text in provider.taken] == [True, False]


def test_a_transport_takes_only_the_pass_of_the_number(
    app: Flask, school: SchoolRow, ana: str
) -> None:
    make_parent(school, "Ben Ruiz", phones=[phone(BEN)], typed=True)
    queue(school)
    queue(school, BEN)
    with writing():
        one, other = text_queue.claim_next(), text_queue.claim_next()
    assert isinstance(one, text_queue.ClaimedMessage)
    assert isinstance(other, text_queue.ClaimedMessage)
    for transport in (Outbox(), text_sender.transport_of(app.config["PORTAL"])):
        with pytest.raises(ValueError, match="another number"):
            transport.send(other.permit, one)


def test_a_text_arrives_with_its_link_and_is_known_again_by_it(
    app: Flask, school: SchoolRow, ana: str, provider: StandIn
) -> None:
    """The provider took it, and the answer was lost: the link must be the same when it is asked."""
    stop(school, ANA)
    with writing():
        kind = MessageKind.STOP_CONFIRMATION
        assert texting.queue_reply(school, kind, ANA, "SM-in", TEXTING_NUMBER)
    provider.plan.append("drop after")
    send_due(app)
    assert (newest().state, newest().in_doubt) == ("queued", True)
    with writing():
        db.session.execute(update(Message).values(due_at=clock.now()))
    send_due(app)
    assert newest().state == "sent"
    [taken] = provider.taken
    assert taken.body == words_of(ANA)
    assert taken.body.endswith(link_to(ANA))
