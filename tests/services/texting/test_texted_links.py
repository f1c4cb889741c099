"""Links texted to a number: which texts carry one, and what stands in them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from portal import clock
from portal.delivery.text_worker import send_due
from portal.enums import Answer, MessageKind, Source
from portal.extensions import db, writing
from portal.models import ConsentEvidence, Message, Wording
from portal.queries.schools import SchoolRow
from portal.services.schools.schools import set_school
from portal.services.texting.segments import count
from portal.services.texting.standard_messages import body_of
from portal.services.texting.welcomes import queue_welcomes
from tests.services.texting.link_cases import CONFIRMATION, HELP, answer, is_void
from tests.support.families import make_parent, phone, say
from tests.support.incoming import ANA, events, state, take
from tests.support.texted_links import links, newest_text, token_to, words_of

# Which texts carry a link


def test_the_confirmation_of_a_stop_carries_a_link_and_a_yes_by_it_opts_in(
    school: SchoolRow, token: str
) -> None:
    assert state() == "opted_out"
    answer(school, token)
    assert state() == "opted_in"
    event = events()[-1]
    assert (event.source, event.answer, event.actor) == ("handset", "yes", "handset")
    wording = db.session.get_one(Wording, (school.id, event.wording_id))
    assert "May Oakwood School text this number?" in wording.text
    evidence = db.session.get_one(ConsentEvidence, (school.id, ANA, event.seq))
    assert evidence.content == {"ip": "127.0.0.1", "browser": "Test"}


def test_the_welcome_carries_a_link(school: SchoolRow, ana: int) -> None:
    with writing():
        assert queue_welcomes(school, [ANA])
    assert not is_void(school, token_to(ANA, "welcome"))
    assert events()[-1].source == "handset"


@pytest.mark.parametrize("word", ["HELP", "START", "unstop"])
def test_help_and_start_from_a_number_that_opted_out_are_answered_with_a_fresh_link(
    app: Flask, school: SchoolRow, token: str, word: str
) -> None:
    send_due(app)
    take(word)
    assert state() == "opted_out", "START is no consent"
    fresh = token_to(ANA, HELP)
    assert fresh != token
    assert is_void(school, token), "an older link is void"
    send_due(app)
    text_ = newest_text(ANA, HELP)
    assert (text_.state, text_.reason) == ("sent", None), "it goes to a number that opted out"
    answer(school, fresh)
    assert state() == "opted_in"


def test_they_are_answered_once_a_day(school: SchoolRow, token: str) -> None:
    for word in ("START", "HELP", "START"):
        take(word)
    assert len(links(ANA)) == 2, "the confirmation's, and one answer's"
    with writing():
        db.session.execute(
            update(Message).values(made_at=clock.now() - timedelta(days=1, seconds=1))
        )
    take("HELP")
    assert len(links(ANA)) == 3


def test_an_answer_that_could_not_be_sent_is_none(school: SchoolRow, token: str) -> None:
    """The provider refuses texts to a number that is unsubscribed there; START lifts that."""
    take("HELP")
    with writing():
        db.session.execute(
            update(Message).where(Message.kind == HELP).values(state="failed", reason="opted_out")
        )
    take("START")
    assert len(links(ANA)) == 3


def test_a_stranger_who_says_no_on_a_form_does_not_keep_a_parent_out_for_a_day(
    school: SchoolRow, token: str
) -> None:
    """Only the phone's own no lets the day's answer stand; and there is an end to it."""
    for asked in range(1, 6):
        take("START")
        assert len(links(ANA)) == 1 + min(asked, 3)
        say(school, ANA, Source.PUBLIC_FORM, Answer.NO)


def test_a_stop_after_the_answer_leaves_it_the_only_one_of_the_day(
    school: SchoolRow, token: str
) -> None:
    for body in ("START", "STOP", "START"):
        take(body)
    assert len(links(ANA)) == 2


def test_the_answer_to_help_while_opted_in_does_not_use_up_the_days_link(
    school: SchoolRow, ana: int
) -> None:
    take("HELP")
    assert not words_of(ANA, HELP).startswith("http")
    assert links(ANA) == []
    take("STOP")
    take("HELP")
    assert len(links(ANA)) == 2


@pytest.mark.parametrize("how", [{"opt_out_type": "STOP"}, {"stop_confirmation": "provider"}])
def test_where_the_provider_confirms_stops_the_link_comes_with_start(
    school: SchoolRow, ana: int, how: dict[str, Any]
) -> None:
    told = how.get("opt_out_type")
    with writing():
        set_school("oakwood", **{k: v for k, v in how.items() if k != "opt_out_type"})
    take("STOP", opt_out_type=told)
    assert links(ANA) == []
    take("START", opt_out_type=told and "START")
    answer(school, token_to(ANA, HELP))
    assert state() == "opted_in"


@pytest.mark.usefixtures("token")
def test_what_comes_a_day_late_is_not_answered() -> None:
    take("START", happened_at=clock.now() - timedelta(hours=25))
    assert len(links(ANA)) == 1


@pytest.mark.parametrize("before", ["opted in", "not asked"])
def test_a_start_from_a_number_that_did_not_opt_out_is_not_answered(
    school: SchoolRow, before: str
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=before == "opted in")
    take("START")
    assert links(ANA) == []
    assert not db.session.scalars(select(Message)).all()


def test_a_number_on_no_record_gets_a_link_too(school: SchoolRow) -> None:
    take("STOP")
    answer(school, token_to(ANA, CONFIRMATION))
    assert state() == "opted_in"


# The text


KINDS = [
    (MessageKind.STOP_CONFIRMATION, True, False, 1),
    (MessageKind.STOP_CONFIRMATION, True, True, 1),
    (MessageKind.HELP, True, False, 2),
    (MessageKind.PAUSE_NOTICE, False, False, 1),
    (MessageKind.WELCOME, False, False, 2),
]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("kind", "opted_out", "for_all", "most"), KINDS)
def test_a_link_comes_last_and_its_text_is_short(
    school: SchoolRow, language: str, kind: MessageKind, opted_out: bool, for_all: bool, most: int
) -> None:
    office = {"office_phone": "+12065550100", "office_email": "office@oakwood.example"}
    body = body_of(kind, replace(school, **office), language, opted_out, for_all)
    assert body.endswith(" [link]")
    address = "https://portal.example-district.org/oakwood/t/" + 13 * "0"
    counted = count(body.replace("[link]", address))
    assert (counted.encoding, counted.beyond) == ("GSM-7", ())
    assert counted.segments <= most


@pytest.mark.parametrize("language", ["en", "es"])
def test_so_is_the_welcome_to_a_number_that_staff_typed(school: SchoolRow, language: str) -> None:
    body = body_of(MessageKind.WELCOME, replace(school, name="S" * 8), language, typed=True)
    counted = count(body.replace("[link]", f"{'p' * 48}//t/" + 13 * "0"))
    assert (counted.encoding, counted.beyond, counted.segments) == ("GSM-7", (), 2)


def test_the_database_holds_no_link_but_hashed(app: Flask, school: SchoolRow, token: str) -> None:
    send_due(app)
    assert newest_text(ANA).state == "sent"
    rows = [
        str(row)
        for table in ("message", "texted_link")
        for row in db.session.execute(text(f"SELECT * FROM {table}")).all()
    ]
    assert rows
    assert not [row for row in rows if token in row]
    assert newest_text(ANA).body.endswith("[link]")


def test_links_are_told_apart_and_nobody_guesses_one(school: SchoolRow, token: str) -> None:
    take("START")
    assert len({link.token_hash for link in links(ANA)}) == 2
    assert len(token) == 13
    assert token.isalnum()
    assert token == token.lower()


def test_what_a_text_costs_is_counted_with_its_link(school: SchoolRow, token: str) -> None:
    assert newest_text(ANA).segments == count(words_of(ANA)).segments
    take("HELP")
    assert newest_text(ANA).segments == count(words_of(ANA)).segments
