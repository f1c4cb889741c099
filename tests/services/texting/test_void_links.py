"""Void texted links, and the texts that carry them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal import clock
from portal.consent import ledger, texted_links
from portal.consent.wording import consent_wording
from portal.delivery.text_worker import send_due
from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.models import Holding, TextedLink
from portal.queries.schools import SchoolRow
from portal.services.contacts import phones
from portal.services.schools.schools import set_school
from portal.services.texting import handset_confirmation
from portal.services.texting.welcomes import queue_welcomes
from tests.services.texting.link_cases import HELP, answer, is_void
from tests.support.families import make_parent, phone, say, stop
from tests.support.incoming import ANA, BEN, events, state, take
from tests.support.texted_links import link_to, links, newest_text, token_to


def used_for_a_yes(school: SchoolRow, token: str) -> None:
    answer(school, token)


def later_stop(school: SchoolRow, _: str) -> None:
    take("STOP")


def later_no_on_an_imported_list(school: SchoolRow, _: str) -> None:
    say(school, ANA, Source.OPT_OUT_LIST, Answer.NO)


def later_no_on_a_form(school: SchoolRow, _: str) -> None:
    say(school, ANA, Source.PUBLIC_FORM, Answer.NO)


def later_yes_and_no(school: SchoolRow, _: str) -> None:
    say(school, ANA, Source.HANDSET, Answer.YES)
    say(school, ANA, Source.PUBLIC_FORM, Answer.NO)


def near_miss(school: SchoolRow, _: str) -> None:
    take("please stop texting me")


def number_leaves(school: SchoolRow, _: str) -> None:
    [ana] = db.session.scalars(select(Holding.contact_id).where(Holding.until.is_(None)))
    with writing():
        phones.enter_phones(school, ana, [phone(BEN)], "account:1")


def number_changes_hands(school: SchoolRow, _: str) -> None:
    number_leaves(school, _)
    make_parent(school, "Ben Moss", phones=[phone(ANA)], typed=True)


def newer_link(school: SchoolRow, _: str) -> None:
    take("START")


def thirty_days(school: SchoolRow, _: str) -> None:
    with writing():
        db.session.execute(update(TextedLink).values(expires_at=clock.now()))


VOID = [
    used_for_a_yes,
    later_stop,
    later_no_on_an_imported_list,
    later_no_on_a_form,
    later_yes_and_no,
    near_miss,
    number_leaves,
    number_changes_hands,
    newer_link,
    thirty_days,
]


@pytest.mark.parametrize("what", VOID, ids=lambda what: what.__name__)
def test_it_is_void_after(
    school: SchoolRow, token: str, what: Callable[[SchoolRow, str], None]
) -> None:
    what(school, token)
    assert is_void(school, token)


@pytest.mark.parametrize("body", ["Thanks!", "yes", "START"])
def test_other_texts_leave_a_link_good(school: SchoolRow, token: str, body: str) -> None:
    if body == "START":  # the first brings a newer one
        take(body)
        token = token_to(ANA, HELP)
    take(body)
    assert not is_void(school, token)


def test_its_days_are_counted_from_when_its_text_was_written(school: SchoolRow, token: str) -> None:
    [link] = links(ANA)
    assert link.expires_at - link.created_at == timedelta(days=30)
    assert link.seq == len(events()), "the STOP it confirms speaks not against it"


def test_no_clock_tells_what_came_first(
    school: SchoolRow, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server an hour behind takes the next no in."""
    hour_ago = clock.now() - timedelta(hours=1)
    with monkeypatch.context() as behind:
        behind.setattr(clock, "now", lambda: hour_ago)
        say(school, ANA, Source.PUBLIC_FORM, Answer.NO)
    assert is_void(school, token)


def test_a_link_that_was_asked_for_after_the_number_left_is_good(
    school: SchoolRow, token: str
) -> None:
    """Nothing was said in between: both have the same place in the log."""
    number_leaves(school, token)
    take("START")
    assert not is_void(school, token_to(ANA, HELP))


def test_a_stranger_who_types_a_number_and_takes_it_off_again_voids_nothing(
    school: SchoolRow, token: str
) -> None:
    eve = make_parent(school, "Eve Moss", phones=[phone(ANA)], proof=None)
    with writing():
        phones.set_phones(school.id, eve, [])
    assert not is_void(school, token)


def test_what_else_speaks_against_texts_voids_by_the_same_door(
    school: SchoolRow, token: str
) -> None:
    with writing():
        ledger.lock_status(school.id, ANA)
        texted_links.void(school.id, [ANA])
    assert is_void(school, token)


def test_a_stop_voids_the_link_of_a_welcome_that_still_waits(
    app: Flask, school: SchoolRow, ana: int
) -> None:
    with writing():
        queue_welcomes(school, [ANA])
    token = token_to(ANA, "welcome")
    with writing():
        set_school("oakwood", stop_confirmation="provider")
    take("STOP")
    assert is_void(school, token)
    send_due(app)
    assert newest_text(ANA, "welcome").reason == "opted_out"
    say(school, ANA, Source.HANDSET, Answer.YES, ana)
    with writing():
        assert queue_welcomes(school, [ANA]) == [], "it is the same text again"
    assert newest_text(ANA, "welcome").state == "queued"
    again = token_to(ANA, "welcome")
    assert again != token
    assert is_void(school, token)
    assert not is_void(school, again)


def test_an_answer_whose_link_is_void_does_not_go_out(app: Flask, school: SchoolRow) -> None:
    take("STOP")
    send_due(app)
    take("START")
    take("STOP")
    send_due(app)
    assert (newest_text(ANA, HELP).state, newest_text(ANA, HELP).reason) == ("failed", "opted_out")


def test_an_answer_that_a_yes_has_overtaken_does_not_go_out(app: Flask, school: SchoolRow) -> None:
    take("STOP")
    send_due(app)
    take("START")
    say(school, ANA, Source.HANDSET, Answer.YES)
    send_due(app)
    assert newest_text(ANA, HELP).reason == "outdated"


def test_an_answer_to_help_that_a_stop_has_overtaken_does_not_go_out(
    app: Flask, school: SchoolRow, ana: int
) -> None:
    take("HELP")
    take("STOP")
    send_due(app)
    assert newest_text(ANA, HELP).reason == "opted_out"


def test_many_welcomes_each_have_their_own_link(school: SchoolRow) -> None:
    numbers = [f"+1415555{n:04d}" for n in range(1200)]
    with writing():
        assert len(queue_welcomes(school, numbers)) == 1200
    links_ = db.session.scalar(select(func.count(TextedLink.token_hash.distinct())))
    assert links_ == 1200
    assert link_to(numbers[0]) != link_to(numbers[1])


def test_the_word_shown_to_a_signed_in_parent_works_beside_a_link(
    school: SchoolRow, ana: int, token: str
) -> None:
    with writing():
        wording = consent_wording(school.name, school.texting_number, school.country)
        word = handset_confirmation.issue_confirmation_word(school, ana, ANA, wording)
    take(word)
    assert state() == "opted_in"
    stop(school, ANA)
    assert is_void(school, token)
