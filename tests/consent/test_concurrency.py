"""Decisions that come in at the same time: all are kept, in an order, and the last one stands."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select, text

from portal import clock
from portal.consent import ledger
from portal.consent.hashes import event_hash
from portal.consent.ledger import Decision, Result
from portal.consent.wording import consent_wording
from portal.enums import Answer, PhoneType, Slot, Source
from portal.extensions import db, writing
from portal.models import Wording
from portal.queries.schools import SchoolRow
from portal.services.contacts.phones import PhoneValue, enter_phones
from tests.consent.consent_school import NUMBER, ConsentSchool
from tests.consent.replay import replay
from tests.support.databases import Database

WAIT = 120
"""Seconds after which a test that hangs fails."""
NUMBERS = [f"+1206555{n:04}" for n in range(150, 156)]
on_postgresql = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


def at_once(app: Flask, tasks: Sequence[Callable[[], Any]]) -> list[Future[Any]]:
    """Run each task in a thread of its own, as a request would be; all begin together."""
    start = threading.Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        with app.app_context():
            try:
                start.wait(WAIT)
                return task()
            finally:
                db.session.remove()

    db.session.rollback()
    with ThreadPoolExecutor(len(tasks)) as pool:
        return [pool.submit(run, task) for task in tasks]


def say(school: SchoolRow, source: Source, answer: Answer, number: str = NUMBER) -> Result:
    return ledger.decide(
        Decision(
            school_id=school.id,
            number=number,
            source=source,
            answer=answer,
            actor="visitor",
            texting_number=school.texting_number,
        )
    )


def committed(
    school: SchoolRow, source: Source, answer: Answer, number: str = NUMBER
) -> Callable[[], Result]:
    """One decision, as a request of its own takes it."""

    def task() -> Result:
        with writing():
            return say(school, source, answer, number)

    return task


def look_at_log(world: ConsentSchool, number: str, length: int) -> None:
    events = world.events(number)
    assert [said.seq for said in events] == list(range(1, length + 1))
    hashes = [said.hash for said in events]
    assert [said.prev_hash for said in events] == ["", *hashes[:-1]]
    assert hashes == [event_hash(said) for said in events]
    status = world.status(number)
    assert (status.last_seq, status.last_hash) == (length, hashes[-1])
    assert status.state == events[-1].state == replay(events)


@pytest.fixture
def world(school: SchoolRow) -> ConsentSchool:
    """By the real time, and in a database of its own."""
    return ConsentSchool(school, clock.now)


def test_two_decisions_at_the_same_time_are_both_kept_and_the_later_one_stands(
    app: Flask, world: ConsentSchool
) -> None:
    yes, no = (Source.HANDSET, Answer.YES), (Source.TEXT_REPLY, Answer.NO)
    for number in NUMBERS:
        for length in (2, 4):  # its first two, when there is no row to lock yet; and two more
            tasks = [committed(world.school, *said, number) for said in (yes, no)]
            results = [future.result() for future in at_once(app, tasks)]
            assert sorted(result.seq for result in results) == [length - 1, length]
            later = max(results, key=lambda result: result.seq)
            look_at_log(world, number, length)
            assert world.state(number) == later.state


def test_a_decision_waits_for_the_one_before_it_to_be_committed(
    app: Flask, world: ConsentSchool, database: Database
) -> None:
    taken, asked, done = threading.Event(), threading.Event(), threading.Event()

    def first() -> bool:
        with writing():
            say(world.school, Source.STAFF_ENTRY, Answer.YES)
            taken.set()
            assert asked.wait(WAIT)
            if database.engine == "postgresql":
                until_somebody_waits(database)
            return done.is_set()

    def second() -> Result:
        assert taken.wait(WAIT)
        asked.set()
        result = committed(world.school, Source.STAFF_ENTRY, Answer.YES)()
        done.set()
        return result

    early, late = [future.result() for future in at_once(app, [first, second])]
    assert early is False, "the second one did not wait"
    assert (late.state, late.changed, late.seq) == ("opted_in", False, None)
    look_at_log(world, NUMBER, 1)


def until_somebody_waits(database: Database, many: int = 1) -> None:
    with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as onlooker:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        end = time.monotonic() + WAIT
        while (onlooker.execute(waiting).fetchone() or (0,))[0] < many:
            assert time.monotonic() < end, "nobody waits"


def test_many_decisions_about_many_numbers_are_all_kept(app: Flask, world: ConsentSchool) -> None:
    """Each transaction takes several numbers, sorted: none waits for another in a circle."""

    def task(seed: int) -> Callable[[], None]:
        batches = [random.Random(seed + n).sample(NUMBERS, k=4) for n in range(3)]

        def run() -> None:
            for batch in batches:
                with writing():
                    for number in sorted(batch):
                        say(world.school, Source.TEXT_REPLY, Answer.NO, number)
                        kept.append(number)

        return run

    kept: list[str] = []
    for future in at_once(app, [task(seed) for seed in range(0, 40, 10)]):
        future.result()
    assert len(kept) == 4 * 3 * 4
    for number in set(kept):
        look_at_log(world, number, kept.count(number))


@on_postgresql
def test_in_crossing_order_one_of_two_is_refused_and_nothing_of_it_is_kept(
    app: Flask, world: ConsentSchool
) -> None:
    """Callers sort their numbers so that this never happens to them."""
    both_hold_one = threading.Barrier(2)

    def crossing(*numbers: str) -> Callable[[], None]:
        def run() -> None:
            with writing():
                db.session.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
                say(world.school, Source.TEXT_REPLY, Answer.NO, numbers[0])
                both_hold_one.wait(WAIT)
                say(world.school, Source.TEXT_REPLY, Answer.NO, numbers[1])

        return run

    one, other = NUMBERS[:2]
    futures = at_once(app, [crossing(one, other), crossing(other, one)])
    failed = [future.exception() for future in futures]
    assert sorted(type(error).__name__ for error in failed) == ["NoneType", "OperationalError"]
    assert "deadlock detected" in str(next(error for error in failed if error))
    for number in (one, other):
        look_at_log(world, number, 1)


def test_staff_who_enter_the_same_numbers_in_other_slots_never_wait_in_a_circle(
    app: Flask, world: ConsentSchool
) -> None:
    shared = NUMBERS[:3]
    parents = [world.parent() for _ in range(4)]

    def enter(parent: int, numbers: list[str]) -> Callable[[], None]:
        def run() -> None:
            phones = [
                PhoneValue(slot, PhoneType.CELL, number)
                for slot, number in zip(Slot, numbers, strict=False)
            ]
            with writing():
                enter_phones(world.school, parent, phones, "account:1")

        return run

    orders = [shared, shared[::-1], [shared[1], shared[2], shared[0]], [shared[2], *shared[:2]]]
    for future in at_once(app, [enter(p, o) for p, o in zip(parents, orders, strict=True)]):
        future.result()
    for number in shared:
        assert [said.source for said in world.events(number)] == ["staff_entry"]
    for future in at_once(app, [enter(parent, []) for parent in parents]):
        future.result()
    for number in shared:
        look_at_log(world, number, 2)
        assert world.state(number) == "not_asked"


def test_a_message_that_is_delivered_twice_at_once_is_recorded_once(
    app: Flask, world: ConsentSchool
) -> None:
    def deliver() -> Result:
        with writing():
            return ledger.decide(world.decision(Source.TEXT_REPLY, Answer.NO, message_id="SM1"))

    results = [future.result() for future in at_once(app, [deliver] * 3)]
    assert sorted(result.seq or 0 for result in results) == [0, 0, 1]
    look_at_log(world, NUMBER, 1)


def test_a_wording_that_is_shown_to_many_at_once_is_kept_once(
    app: Flask, world: ConsentSchool
) -> None:
    school = world.school
    wording = consent_wording(school.name, school.texting_number, school.country)

    def answer(number: str) -> Callable[[], Result]:
        def run() -> Result:
            with writing():
                decision = world.decision(Source.PUBLIC_FORM, Answer.YES, number, wording=wording)
                return ledger.decide(decision)

        return run

    for future in at_once(app, [answer(number) for number in NUMBERS[:4]]):
        assert future.result().seq == 1
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Wording)) == 1


def test_what_is_rolled_back_leaves_no_gap(app: Flask, world: ConsentSchool) -> None:
    world.opted_in()

    def fail() -> None:
        with writing():
            say(world.school, Source.TEXT_REPLY, Answer.NO)
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        fail()
    assert world.state() == "opted_in"
    world.opted_out()
    look_at_log(world, NUMBER, 2)
