"""Cases that the table of the rules leaves open: time, holders, corrections, blocks, messages."""

from datetime import timedelta

import pytest

from portal.consent.ledger import CORRECTION_WINDOW
from portal.enums import Answer, ConsentState, ProofKind, Refusal, Source
from tests.consent.consent_school import NO, NUMBER, YES, ConsentSchool

TYPED = ProofKind.STAFF_TYPED
IN, OUT, UNASKED = ConsentState.OPTED_IN, ConsentState.OPTED_OUT, ConsentState.NOT_ASKED
PARENT, HANDSET, PUBLIC = Source.PARENT_FORM, Source.HANDSET, Source.PUBLIC_FORM
STAFF, STOP, CARRIER, LIST = (
    Source.STAFF_ENTRY,
    Source.TEXT_REPLY,
    Source.CARRIER,
    Source.OPT_OUT_LIST,
)


# Late answers


@pytest.mark.parametrize("source", [PARENT, HANDSET])
@pytest.mark.parametrize("late", [STOP, LIST, PUBLIC, PARENT])
def test_a_no_from_before_the_parents_yes_is_kept_and_changes_nothing(
    world: ConsentSchool, source: Source, late: Source
) -> None:
    before = world.clock()
    world.says(source, YES)
    result = world.says(late, NO, happened_at=before)
    assert (result.state, result.changed, result.code, result.seq) == (
        IN,
        False,
        Refusal.OLDER_THAN_YES,
        2,
    )
    assert world.status().decided_by == source
    assert world.events()[-1].code == Refusal.OLDER_THAN_YES


def test_a_no_that_comes_late_but_was_said_after_the_parents_yes_counts(
    world: ConsentSchool,
) -> None:
    world.says(PARENT, YES)
    after = world.clock()
    world.clock.wait(minutes=5)
    assert world.says(STOP, NO, happened_at=after).state is OUT


def test_a_no_said_at_the_very_moment_of_the_parents_yes_is_not_older(
    world: ConsentSchool,
) -> None:
    at = world.clock()
    world.says(PARENT, YES, happened_at=at)
    assert world.says(STOP, NO, happened_at=at).state is OUT


def test_a_no_that_is_said_just_now_is_never_late_even_if_a_clock_was_set_back(
    world: ConsentSchool,
) -> None:
    world.says(PARENT, YES)
    world.clock.wait(seconds=-30)
    assert world.opted_out().state is OUT


def test_an_unsigned_yes_does_not_take_the_place_of_the_parents_own(world: ConsentSchool) -> None:
    before = world.clock()
    world.says(PARENT, YES)
    world.clock.wait(minutes=1)
    assert world.sends(YES, "somebody").seq == 2
    status = world.status()
    assert status.decided_by == PARENT
    assert status.decided_at == world.events()[0].happened_at
    assert world.says(CARRIER, NO).code is Refusal.BLOCKED_BY_CARRIER
    assert world.says(STOP, NO, happened_at=before).code is Refusal.OLDER_THAN_YES


def test_a_yes_that_comes_late_does_not_make_the_parents_newest_yes_older(
    world: ConsentSchool,
) -> None:
    early = world.clock()
    world.clock.wait(minutes=10)
    between = world.clock()
    world.clock.wait(minutes=10)
    world.says(HANDSET, YES)
    world.says(PARENT, YES, happened_at=early)
    assert world.says(STOP, NO, happened_at=between).code is Refusal.OLDER_THAN_YES


def test_a_late_no_counts_once_the_parents_yes_has_lapsed(world: ConsentSchool) -> None:
    early = world.clock()
    parent = world.parent(NUMBER)
    world.says(PARENT, YES, answerer_id=parent)
    world.holds(parent)
    assert world.state() == UNASKED
    assert world.says(STOP, NO, happened_at=early).state is OUT


# Holders: who may lift an opt-out on a form


def test_its_holder_may_opt_a_number_in_again(world: ConsentSchool) -> None:
    parent = world.parent(NUMBER)
    world.opted_out()
    assert world.says(PARENT, YES, answerer_id=parent).state is IN


def test_putting_an_opted_out_number_on_ones_record_makes_no_holder(world: ConsentSchool) -> None:
    world.opted_out()
    stranger = world.parent(NUMBER)
    result = world.says(PARENT, YES, answerer_id=stranger)
    assert (result.state, result.code) == (OUT, Refusal.HANDSET_MUST_CONFIRM)


def test_saying_no_oneself_to_a_number_that_is_out_makes_no_holder(world: ConsentSchool) -> None:
    world.opted_out()
    stranger = world.parent(NUMBER)
    assert world.says(PARENT, NO, answerer_id=stranger).seq == 2
    result = world.says(PARENT, YES, answerer_id=stranger)
    assert (result.state, result.code) == (OUT, Refusal.HANDSET_MUST_CONFIRM)
    assert world.says(HANDSET, YES).state is IN


def test_a_second_stop_does_not_make_a_holder_of_who_came_between(world: ConsentSchool) -> None:
    world.opted_out()
    stranger = world.parent(NUMBER)
    world.opted_out()
    assert world.says(PARENT, YES, answerer_id=stranger).state is OUT


def test_after_a_new_opt_out_those_who_held_the_number_then_are_its_holders(
    world: ConsentSchool,
) -> None:
    world.opted_out()
    parent = world.parent(NUMBER)
    world.says(HANDSET, YES)
    world.opted_out()
    assert world.says(PARENT, YES, answerer_id=parent).state is IN


def test_who_had_given_the_number_up_before_the_opt_out_is_not_its_holder(
    world: ConsentSchool,
) -> None:
    former = world.parent(NUMBER)
    world.parent(NUMBER)
    world.holds(former)
    world.opted_out()
    world.holds(former, NUMBER)
    assert world.says(PARENT, YES, answerer_id=former).state is OUT


def test_its_holder_stays_its_holder_when_the_number_leaves_and_comes_back(
    world: ConsentSchool,
) -> None:
    parent = world.parent(NUMBER)
    world.opted_out()
    world.holds(parent)
    assert world.state() == OUT
    world.holds(parent, NUMBER)
    assert world.says(PARENT, YES, answerer_id=parent).state is IN


def test_someone_who_is_not_signed_in_is_nobodys_holder(world: ConsentSchool) -> None:
    world.parent(NUMBER)
    world.opted_out()
    assert world.says(PARENT, YES, answerer_id=None).state is OUT


def test_another_schools_holder_is_not_this_ones(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    held_there = elsewhere.parent(NUMBER)
    world.opted_out()
    assert world.says(PARENT, YES, answerer_id=held_there).state is OUT


@pytest.mark.parametrize("late", [STOP, LIST])
def test_putting_a_number_on_ones_record_before_its_stop_arrives_makes_no_holder(
    world: ConsentSchool, late: Source
) -> None:
    stopped = world.clock()
    world.clock.wait(minutes=2)
    stranger = world.parent(NUMBER, proof=TYPED)
    world.opted_in()
    world.says(late, NO, happened_at=stopped)
    result = world.says(PARENT, YES, answerer_id=stranger)
    assert (result.state, result.code) == (OUT, Refusal.HANDSET_MUST_CONFIRM)


def test_after_a_stop_that_was_sent_first_and_came_in_second_the_handset_must_confirm(
    world: ConsentSchool,
) -> None:
    stopped = world.clock()
    stranger = world.parent(NUMBER, proof=TYPED)
    world.sends(NO, "somebody")
    world.says(STOP, NO, happened_at=stopped)
    assert world.says(PARENT, YES, answerer_id=stranger).state is OUT


def test_who_held_the_number_when_a_late_stop_was_sent_is_its_holder(world: ConsentSchool) -> None:
    parent = world.parent(NUMBER)
    stopped = world.clock()
    world.clock.wait(hours=3)
    world.says(STOP, NO, happened_at=stopped)
    assert world.says(PARENT, YES, answerer_id=parent).state is IN


# Leaving


def test_a_yes_lapses_with_the_last_record_that_the_number_stood_on(world: ConsentSchool) -> None:
    mother, father = world.parent(NUMBER), world.parent(NUMBER)
    world.says(PARENT, YES, answerer_id=mother)
    world.holds(mother)
    assert (world.state(), len(world.events())) == (IN, 1)
    world.holds(father)
    assert (world.state(), world.events()[-1].source) == (UNASKED, Source.NUMBER_LEFT)
    assert world.opted_in().state is IN


def test_a_no_stays_when_the_number_leaves_and_whoever_brings_it_back(world: ConsentSchool) -> None:
    parent = world.parent(NUMBER)
    world.opted_out()
    world.holds(parent)
    assert len(world.events()) == 1
    for source in (STAFF, Source.ROSTER_IMPORT, PUBLIC):
        world.says(source, YES)
    assert world.state() == OUT


# Corrections in the same session


def test_a_no_may_be_corrected_in_the_same_session(world: ConsentSchool) -> None:
    assert world.sends(NO, "mine").state is OUT
    world.clock.wait(minutes=14)
    assert world.sends(YES, "mine").state is IN


def test_a_no_that_was_said_twice_may_still_be_corrected(world: ConsentSchool) -> None:
    world.sends(NO, "mine")
    world.sends(NO, "mine")
    assert world.sends(YES, "mine").state is IN


def test_a_no_may_not_be_corrected_later_than_its_window(world: ConsentSchool) -> None:
    world.sends(NO, "mine")
    world.clock.wait(seconds=CORRECTION_WINDOW.total_seconds() + 1)
    result = world.sends(YES, "mine")
    assert timedelta(minutes=15) == CORRECTION_WINDOW
    assert (result.state, result.code) == (OUT, Refusal.OWNER_MUST_SIGN_IN)


def test_saying_no_again_does_not_open_the_window_again(world: ConsentSchool) -> None:
    world.sends(NO, "mine")
    world.clock.wait(minutes=10)
    world.sends(NO, "mine")
    world.clock.wait(minutes=10)
    assert world.sends(YES, "mine").state is OUT


def test_another_session_may_not_correct_a_no(world: ConsentSchool) -> None:
    world.sends(NO, "mine")
    assert world.sends(YES, "another").state is OUT
    assert world.says(PUBLIC, YES).state is OUT


@pytest.mark.parametrize(
    ("source", "answer"), [(STAFF, YES), (PARENT, YES), (STOP, NO), (PUBLIC, YES)]
)
def test_a_no_about_a_number_with_an_earlier_decision_may_not_be_corrected(
    world: ConsentSchool, source: Source, answer: Answer
) -> None:
    world.says(source, answer)
    world.sends(NO, "mine")
    assert world.sends(YES, "mine").state is OUT


def test_a_no_may_not_be_corrected_once_somebody_else_said_no_too(world: ConsentSchool) -> None:
    world.sends(NO, "mine")
    world.opted_out()
    assert world.sends(YES, "mine").state is OUT


def test_one_correction_is_all_there_is(world: ConsentSchool) -> None:
    world.sends(NO, "mine")
    world.sends(YES, "mine")
    world.sends(NO, "mine")
    assert world.sends(YES, "mine").code is Refusal.OWNER_MUST_SIGN_IN


def test_a_no_may_not_be_corrected_once_its_form_was_erased(world: ConsentSchool) -> None:
    world.says(PUBLIC, NO, session_digest="mine", submission_id=404)
    assert world.sends(YES, "mine").state is OUT


# Blocked by the carrier


def test_a_block_lasts_until_the_handset_sends_start(world: ConsentSchool) -> None:
    world.says(PARENT, YES)
    world.says(CARRIER, NO)
    since = world.status().blocked_at
    assert since is not None
    world.says(CARRIER, NO)
    world.says(PARENT, YES)
    world.says(HANDSET, YES)
    world.sends(YES, "somebody")
    assert (world.state(), world.status().blocked_at) == (IN, since)
    assert world.says(STOP, YES).code is Refusal.START_IS_NOT_CONSENT
    assert (world.state(), world.status().blocked_at) == (IN, None)
    assert world.says(CARRIER, NO).state is IN
    assert world.status().blocked_at is not None


def test_a_number_that_was_blocked_and_opts_out_is_just_opted_out(world: ConsentSchool) -> None:
    world.says(PARENT, YES)
    world.says(CARRIER, NO)
    world.opted_out()
    assert (world.state(), world.status().blocked_at) == (OUT, None)


# The same message again


def test_a_message_that_is_delivered_again_is_no_new_event(world: ConsentSchool) -> None:
    world.opted_in()
    assert world.says(STOP, NO, message_id="SM1").seq == 2
    again = world.says(STOP, NO, message_id="SM1")
    assert (again.state, again.changed, again.seq) == (OUT, False, None)
    assert len(world.events()) == 2


def test_a_stop_that_is_delivered_again_does_not_undo_the_parents_yes_since(
    world: ConsentSchool,
) -> None:
    parent = world.parent(NUMBER)
    world.says(STOP, NO, message_id="SM1")
    world.says(PARENT, YES, answerer_id=parent)
    again = world.says(STOP, NO, message_id="SM1")
    assert (again.state, again.changed, again.seq) == (IN, False, None)
    assert world.state() == IN


def test_another_message_is_another_event(world: ConsentSchool) -> None:
    world.says(STOP, NO, message_id="SM1")
    assert world.says(STOP, NO, message_id="SM2").seq == 2


# Schools


def test_consent_at_one_school_says_nothing_about_another(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    world.says(STOP, NO, message_id="SM1")
    assert elsewhere.says(STAFF, YES).state is IN
    assert elsewhere.says(STOP, NO, message_id="SM1").seq == 2
    assert world.state() == OUT
    assert [e.school_id for e in world.events()] == [world.school.id]
