"""Links texted to a number: while they are good, what voids them, and how they are found."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal import extensions
from portal.consent import texted_links
from portal.consent.texted_links import LINK_LIFE
from portal.enums import Answer, Source
from portal.extensions import db
from portal.models import TextedLink
from portal.services.accounts.tokens import token_hash
from portal.services.texting import link_texts
from tests.consent.consent_school import NO, NUMBER, YES, ConsentSchool, answer_with_link

OTHER = "+12065550198"
MOMENT = timedelta(microseconds=1)


def link_to(world: ConsentSchool, number: str = NUMBER) -> TextedLink:
    link = texted_links.of_message(world.school.id, answer_with_link(world, number))
    assert link is not None
    return link


def hash_of(link: TextedLink) -> str:
    return token_hash(link_texts.token_of(link.school_id, link.id))


def open_numbers(world: ConsentSchool) -> set[str]:
    """The numbers of the school's links that were not voided."""
    db.session.expire_all()
    links = db.session.query(TextedLink).filter_by(school_id=world.school.id)
    return {link.number for link in links if link.voided_at is None}


def test_a_link_is_good_for_thirty_days_and_not_a_moment_longer(world: ConsentSchool) -> None:
    assert timedelta(days=30) == LINK_LIFE
    link = link_to(world)
    assert texted_links.is_good(link)
    assert texted_links.is_good(link, link.expires_at - MOMENT)
    assert not texted_links.is_good(link, link.expires_at)
    given = world.clock()
    world.clock.wait(days=31)
    assert not texted_links.is_good(link)
    assert texted_links.is_good(link, given), "a form that was opened by it was sent in time"


def test_a_link_is_good_until_it_is_used_or_void(world: ConsentSchool) -> None:
    used, void = link_to(world), link_to(world, OTHER)
    used.used_at = world.clock()
    texted_links.void(world.school.id, [OTHER])
    assert not texted_links.is_good(used)
    db.session.refresh(void)
    assert not texted_links.is_good(void)


@pytest.mark.parametrize(
    ("said", "good"),
    [
        ([(Source.TEXT_REPLY, NO)], False),
        ([(Source.PUBLIC_FORM, NO)], False),
        ([(Source.PUBLIC_FORM, NO), (Source.HANDSET, YES)], False),
        ([(Source.PUBLIC_FORM, YES)], True),
        ([], True),
    ],
)
def test_a_no_that_comes_after_a_link_ends_it(
    world: ConsentSchool, said: list[tuple[Source, Answer]], good: bool
) -> None:
    world.says(Source.PUBLIC_FORM, NO)  # what came before it does not
    link = link_to(world)
    for source, answer in said:
        world.says(source, answer)
    assert texted_links.is_good(link) is good


@pytest.mark.parametrize("source", [Source.CARRIER, Source.OPT_OUT_LIST])
def test_a_list_or_carrier_that_says_no_too_ends_a_link_without_an_event(
    world: ConsentSchool, source: Source
) -> None:
    world.opted_out()
    link = link_to(world)
    assert world.says(source, NO).seq is None
    db.session.refresh(link)
    assert not texted_links.is_good(link)


def test_a_no_about_another_number_or_at_another_school_leaves_a_link_good(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    link = link_to(world)
    world.opted_out(OTHER)
    elsewhere.opted_out(NUMBER)
    assert texted_links.is_good(link)
    assert not texted_links.said_no_since(link, Source.TEXT_REPLY)


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        ([], True),
        ([Source.TEXT_REPLY], True),
        ([Source.TEXT_REPLY, Source.PUBLIC_FORM], True),
        ([Source.PUBLIC_FORM], False),
    ],
)
def test_a_no_after_a_link_may_be_looked_for_by_its_source(
    world: ConsentSchool, sources: list[Source], found: bool
) -> None:
    link = link_to(world)
    world.says(Source.PUBLIC_FORM, YES)
    world.opted_out()
    assert texted_links.said_no_since(link, *sources) is found


def test_a_link_is_found_by_its_token_and_by_its_text_at_its_own_school_only(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    for link in [link_to(world), link_to(elsewhere), link_to(world, OTHER)]:
        assert link.message_id is not None
        for school_id in (world.school.id, elsewhere.school.id):
            its_own = link if school_id == link.school_id else None
            assert texted_links.of_token(school_id, hash_of(link)) is its_own
            assert texted_links.of_message(school_id, link.message_id) is its_own
    assert texted_links.of_token(world.school.id, token_hash("never made")) is None


def test_a_link_is_read_again_each_time_it_is_asked_for(world: ConsentSchool) -> None:
    """It may have been used or voided by another process while this one waited for the lock."""
    link = link_to(world)
    message_id, hashed = link.message_id, hash_of(link)
    assert message_id is not None
    seen = [world.clock(), world.clock()]
    changes = update(TextedLink).where(TextedLink.id == link.id)
    past_the_session = {"synchronize_session": False}
    db.session.execute(changes.values(used_at=seen[0]), execution_options=past_the_session)
    by_token = texted_links.of_token(world.school.id, hashed)
    assert by_token is not None
    assert by_token.used_at == seen[0]
    db.session.execute(changes.values(used_at=seen[1]), execution_options=past_the_session)
    by_message = texted_links.of_message(world.school.id, message_id)
    assert by_message is not None
    assert by_message.used_at == seen[1]


def test_links_are_voided_by_number_at_one_school_and_keep_the_time_of_that(
    world: ConsentSchool, elsewhere: ConsentSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "MOST_VALUES", 2)
    numbers = [f"+1206555010{n}" for n in range(5)]
    for number in (*numbers, NUMBER):
        link_to(world, number)
        link_to(elsewhere, number)
    before = world.clock()
    texted_links.void(world.school.id, [*numbers, numbers[0]])
    assert open_numbers(world) == {NUMBER}
    assert open_numbers(elsewhere) == {*numbers, NUMBER}
    first = db.session.query(TextedLink).filter_by(school_id=world.school.id, number=numbers[0])
    voided_at = first.one().voided_at
    assert voided_at is not None
    assert voided_at > before
    texted_links.void(world.school.id, numbers)
    db.session.expire_all()
    assert first.one().voided_at == voided_at


def test_a_link_that_was_used_is_not_voided_any_more(world: ConsentSchool) -> None:
    link = link_to(world)
    link.used_at = world.clock()
    db.session.flush()
    texted_links.void(world.school.id, [NUMBER])
    assert open_numbers(world) == {NUMBER}
