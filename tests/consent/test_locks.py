"""Locking a number: its row is made once, locked once in a transaction, and known to be new."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy import update

from portal.consent import ledger
from portal.enums import ConsentState
from portal.extensions import db, writing
from portal.models import ConsentStatus
from tests.consent.consent_school import NUMBER, ConsentSchool

OTHER, THIRD = "+12065550198", "+12065550197"
Count = Callable[[], AbstractContextManager[list[str]]]


def state_past_the_session(world: ConsentSchool, number: str, state: ConsentState) -> None:
    db.session.execute(
        update(ConsentStatus)
        .where(ConsentStatus.school_id == world.school.id, ConsentStatus.number == number)
        .values(state=state),
        execution_options={"synchronize_session": False},
    )


def test_each_number_is_locked_by_its_own_row_at_its_own_school(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    elsewhere.opted_out()
    world.opted_in(OTHER)
    locked = ledger.lock_in_order(world.school.id, [OTHER, NUMBER, OTHER])
    assert {number: (row.school_id, row.number, row.state) for number, row in locked.items()} == {
        NUMBER: (world.school.id, NUMBER, ConsentState.NOT_ASKED),
        OTHER: (world.school.id, OTHER, ConsentState.OPTED_IN),
    }
    assert ledger.lock_status(elsewhere.school.id, NUMBER).state == ConsentState.OPTED_OUT
    assert ledger.lock_in_order(world.school.id, []) == {}


def test_a_number_is_asked_for_once_in_a_transaction(
    committed_school: ConsentSchool, count_queries: Count
) -> None:
    school_id = committed_school.school.id
    committed_school.opted_in()
    with writing():
        with count_queries() as first:
            row = ledger.lock_status(school_id, NUMBER)
        with count_queries() as more:
            ledger.lock_in_order(school_id, [NUMBER, OTHER])
        with count_queries() as again:
            assert ledger.lock_status(school_id, NUMBER) is row
            assert set(ledger.lock_in_order(school_id, [OTHER, NUMBER])) == {OTHER, NUMBER}
    assert (len(first), len(more), len(again)) == (1, 2, 0)
    with writing(), count_queries() as next_time:
        ledger.lock_status(school_id, NUMBER)
    assert len(next_time) == 1


def test_a_number_that_was_changed_past_the_session_is_read_anew_once_that_is_said(
    world: ConsentSchool,
) -> None:
    ledger.forget_locked()  # nothing is locked yet
    world.opted_in()
    state_past_the_session(world, NUMBER, ConsentState.NOT_ASKED)
    assert ledger.lock_status(world.school.id, NUMBER).state == ConsentState.OPTED_IN
    ledger.forget_locked()
    assert ledger.lock_status(world.school.id, NUMBER).state == ConsentState.NOT_ASKED


def test_a_number_is_new_to_the_transaction_that_made_its_row(
    committed_school: ConsentSchool,
) -> None:
    school_id = committed_school.school.id
    with writing():
        assert not ledger.is_new(school_id, NUMBER), "it is not locked"
        ledger.lock_status(school_id, NUMBER)
        ledger.lock_in_order(school_id, [NUMBER, OTHER])
        assert ledger.is_new(school_id, NUMBER)
        assert ledger.is_new(school_id, OTHER)
        assert not ledger.is_new(school_id, THIRD)
        assert not ledger.is_new(school_id + 1, NUMBER)
    with writing():
        ledger.lock_in_order(school_id, [NUMBER, THIRD])
        assert not ledger.is_new(school_id, NUMBER)
        assert ledger.is_new(school_id, THIRD)


def test_a_number_about_which_something_waits_is_new_no_more(world: ConsentSchool) -> None:
    ledger.note_waiting(world.school.id, NUMBER)  # nothing is locked yet
    ledger.lock_in_order(world.school.id, [NUMBER, OTHER])
    ledger.note_waiting(world.school.id, NUMBER)
    ledger.note_waiting(world.school.id, NUMBER)
    assert not ledger.is_new(world.school.id, NUMBER)
    assert ledger.is_new(world.school.id, OTHER)
