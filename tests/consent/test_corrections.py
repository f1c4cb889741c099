"""Corrections within a session, answers that come in late, and the times they leave."""

from datetime import timedelta
from typing import Any

import pytest

from portal.consent import ledger
from portal.consent.ledger import CORRECTION_WINDOW, AsOf
from portal.enums import Answer, ConsentState, Refusal, Source
from tests.consent.consent_school import NO, NUMBER, YES, ConsentSchool

IN, OUT, UNASKED = ConsentState.OPTED_IN, ConsentState.OPTED_OUT, ConsentState.NOT_ASKED
PUBLIC, HANDSET, STOP = Source.PUBLIC_FORM, Source.HANDSET, Source.TEXT_REPLY
OTHER = "+12065550198"


def sends(world: ConsentSchool, answer: str, form: int | None, **rest: Any) -> ConsentState:
    """An answer on a form of the session."""
    said = YES if answer == "yes" else NO
    rest = {"submission_id": form, "session_digest": "mine"} | rest
    return world.says(PUBLIC, said, **rest).state


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        # of each answer: the form that it was on
        ([("no", 1), ("yes", 2)], IN),
        ([("no", 1), ("no", 2), ("yes", 3)], IN),
        ([("yes", 1), ("no", 1), ("yes", 2)], IN),
        ([("yes", 1), ("no", 1), ("no", 2), ("yes", 3)], IN),
        ([("yes", 1), ("no", 2), ("yes", 3)], OUT),
        ([("yes", 1), ("yes", 2), ("no", 2), ("yes", 3)], OUT),
        ([("no", 1), ("yes", 1)], OUT),
        ([("no", 1), ("yes", 2), ("no", 3), ("yes", 4)], OUT),
    ],
)
def test_a_session_corrects_its_first_no_and_a_yes_that_lost_against_it_is_part_of_that(
    world: ConsentSchool, answers: list[tuple[str, int]], state: ConsentState
) -> None:
    forms = {n: world.form("mine") for n in range(1, 5)}
    for answer, form in answers:
        sends(world, answer, forms[form])
    assert world.state() == state


def test_what_was_said_about_another_number_or_elsewhere_is_in_no_ones_way(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    world.opted_in(OTHER)
    elsewhere.opted_in()
    sends(world, "no", world.form("mine"))
    assert sends(world, "yes", world.form("mine")) is IN


@pytest.mark.parametrize("source", [Source.OPT_OUT_LIST, Source.CARRIER])
def test_a_list_or_carrier_that_says_no_too_ends_the_correction(
    world: ConsentSchool, source: Source
) -> None:
    """It adds no event: the number is opted out already."""
    sends(world, "no", world.form("mine"))
    assert world.says(source, NO).seq is None
    assert sends(world, "yes", world.form("mine")) is OUT


def test_an_answer_without_a_session_corrects_none(world: ConsentSchool) -> None:
    erased = 404
    sends(world, "no", erased)
    assert sends(world, "yes", world.form("another"), session_digest=None) is OUT
    assert sends(world, "yes", None, session_digest=None) is OUT


@pytest.mark.parametrize(("later", "state"), [(0, IN), (1, OUT)])
def test_a_form_that_was_sent_in_time_and_is_applied_later_still_corrects(
    world: ConsentSchool, later: int, state: ConsentState
) -> None:
    sends(world, "no", world.form("mine"))
    since = world.status().since
    assert since is not None
    sent = since + CORRECTION_WINDOW + timedelta(microseconds=later)
    world.clock.wait(hours=1)
    assert sends(world, "yes", world.form("mine"), happened_at=sent) is state


def test_a_yes_that_was_accepted_before_the_no_does_not_correct_it(world: ConsentSchool) -> None:
    sends(world, "no", world.form("mine"))
    assert sends(world, "yes", world.form("mine"), as_of=AsOf(seq=0)) is OUT


@pytest.mark.parametrize(
    ("said", "place", "outdated"),
    [
        # what was said about the number; its last place in the log when the yes was accepted
        (["no"], 0, True),
        (["no"], 1, False),
        (["yes", "no", "no"], 2, True),
        (["yes", "no", "no"], 3, False),
        (["no", "yes of the phone"], 0, False),
        (["yes"], 0, False),
        (["no"], None, False),
        ([], 0, False),
    ],
)
def test_a_yes_that_is_applied_later_is_outdated_by_a_no_that_was_logged_meanwhile(
    world: ConsentSchool, said: list[str], place: int | None, outdated: bool
) -> None:
    for answer in said:
        if answer == "yes of the phone":
            world.says(HANDSET, YES)
        else:
            sends(world, answer, None)
    accepted = AsOf(place) if place is not None else None
    assert ledger.is_outdated(world.decision(PUBLIC, YES, as_of=accepted)) is outdated


def test_no_other_number_and_no_other_school_makes_a_yes_outdated(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    world.opted_out()
    for where, number in ((world, OTHER), (elsewhere, NUMBER)):
        where.opted_out(number)
        where.opted_out(number)
    assert not ledger.is_outdated(world.decision(PUBLIC, YES, as_of=AsOf(1)))


@pytest.mark.parametrize(("minutes", "outdated"), [(-1, True), (0, False), (1, False)])
def test_a_yes_is_outdated_by_an_opt_out_that_happened_after_it(
    world: ConsentSchool, minutes: int, outdated: bool
) -> None:
    world.opted_out()
    decided_at = world.status().decided_at
    assert decided_at is not None
    given = decided_at + timedelta(minutes=minutes)
    assert ledger.is_outdated(world.decision(PUBLIC, YES, happened_at=given)) is outdated


def test_a_yes_lapses_though_the_number_is_on_a_record_at_another_school(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    elsewhere.parent(NUMBER)
    parent = world.parent(NUMBER)
    world.opted_in()
    world.holds(parent)
    assert world.state() == UNASKED


# The times of a number's state


PARENT, CARRIER = Source.PARENT_FORM, Source.CARRIER


@pytest.mark.parametrize(
    ("said", "since", "decided_at", "decided_by"),
    [
        # in the order in which they come in, and the hour at which each was said
        ([(PARENT, YES, 5)], 5, 5, PARENT),
        ([(PARENT, YES, 5), (PARENT, YES, 7)], 5, 7, PARENT),
        ([(PARENT, YES, 5), (PARENT, YES, 3)], 5, 5, PARENT),
        ([(PARENT, YES, 5), (HANDSET, YES, 3)], 5, 5, PARENT),
        ([(PARENT, YES, 5), (PUBLIC, YES, 7)], 5, 5, PARENT),
        ([(PARENT, YES, 5), (STOP, NO, 3)], 5, 5, PARENT),
        ([(PUBLIC, YES, 5), (PUBLIC, YES, 3)], 5, 3, PUBLIC),
        ([(PUBLIC, YES, 5), (STOP, NO, 3)], 3, 3, STOP),
        ([(STOP, NO, 5)], 5, 5, STOP),
        ([(STOP, NO, 5), (PUBLIC, NO, 7)], 5, 7, PUBLIC),
        ([(STOP, NO, 5), (STOP, NO, 3)], 3, 5, STOP),
        ([(STOP, NO, 5), (PUBLIC, NO, 3)], 3, 5, STOP),
        ([(STOP, NO, 5), (CARRIER, NO, 7)], 5, 5, STOP),
        ([(PARENT, YES, 5), (PARENT, NO, 7)], 7, 7, PARENT),
        ([(PARENT, NO, 5), (HANDSET, YES, 7)], 7, 7, HANDSET),
        ([(STOP, NO, 5), (HANDSET, YES, 5)], 5, 5, HANDSET),
    ],
)
def test_a_state_has_the_time_it_began_and_that_of_its_newest_decision(
    world: ConsentSchool,
    said: list[tuple[Source, Answer, int]],
    since: int,
    decided_at: int,
    decided_by: Source,
) -> None:
    midnight = world.clock()
    world.clock.wait(days=1)
    for source, answer, hour in said:
        world.says(source, answer, happened_at=midnight + timedelta(hours=hour))
    status = world.status()
    assert status.since == midnight + timedelta(hours=since)
    assert status.decided_at == midnight + timedelta(hours=decided_at)
    assert status.decided_by == decided_by


def test_a_state_never_began_in_the_future(world: ConsentSchool) -> None:
    tomorrow = world.clock() + timedelta(days=1)
    world.says(STOP, NO, happened_at=tomorrow)
    assert world.status().since == world.events()[0].recorded_at


@pytest.mark.parametrize("late", [STOP, PUBLIC])
def test_a_yes_of_the_phone_lifts_no_stop_that_came_after_it_though_an_older_no_came_in_since(
    world: ConsentSchool, late: Source
) -> None:
    """Seen: staff took a no off a form that was older than both, and the STOP seemed as old."""
    first, second = world.clock(), world.clock()
    world.opted_out()
    world.says(late, NO, happened_at=first)
    result = world.says(HANDSET, YES, happened_at=second)
    assert (result.state, result.code) == (OUT, Refusal.OLDER_THAN_STOP)
