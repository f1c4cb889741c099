"""The door for many decisions writes what the door for one would, one after the other."""

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.consent import hashes, ledger, ledger_bulk
from portal.consent.ledger import Decision
from portal.consent.ledger_bulk import decide_many
from portal.enums import Answer, ConsentState, PauseReason, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentEvidence, ConsentStatus
from portal.queries.schools import SchoolRow
from tests.consent.consent_school import NUMBER, ConsentSchool
from tests.support.families import make_parent, phone

NUMBERS = [f"+1415555010{n}" for n in range(6)]
YES, NO = Answer.YES, Answer.NO
SAID = [
    (Source.STAFF_ENTRY, YES),
    (Source.ROSTER_IMPORT, YES),
    (Source.PUBLIC_FORM, YES),
    (Source.PUBLIC_FORM, NO),
    (Source.PARENT_FORM, YES),
    (Source.PARENT_FORM, NO),
    (Source.HANDSET, YES),
    (Source.TEXT_REPLY, NO),
    (Source.TEXT_REPLY, YES),
    (Source.CARRIER, NO),
    (Source.OPT_OUT_LIST, NO),
    (Source.STAFF_ENTRY, NO),
    (Source.NUMBER_LEFT, None),
]


def made_up(school: SchoolRow, seed: int) -> list[Decision]:
    """Answers about the numbers. Half of these are on the record of the parent who says
    it signed in."""
    dice = random.Random(seed)
    slots = [phone(number, slot=n) for n, number in enumerate(NUMBERS[:3])]
    holder = make_parent(school, "Ana Ruiz", phones=slots)
    decisions = []
    for n in range(60):
        source, answer = dice.choice(SAID)
        late = dice.random() < 0.3
        decisions.append(
            Decision(
                school_id=school.id,
                number=dice.choice(NUMBERS),
                source=source,
                answer=answer,
                actor="visitor",
                texting_number="+12065550147",
                happened_at=clock.now() - timedelta(days=dice.randrange(9)) if late else None,
                answerer_id=holder if source is Source.PARENT_FORM else None,
                session_digest="s" if source is Source.PUBLIC_FORM and n % 2 else None,
                message_id=f"SM{n % 50}" if source is Source.TEXT_REPLY else None,
                evidence={"name": "Ana"} if n % 3 == 0 else {},
            )
        )
    return decisions


def written(school: SchoolRow) -> list[dict[str, Any]]:
    """Events and states, without what chance and the clock make of them."""
    drawn = {"school_id", "hash", "prev_hash", "evidence_digest", "recorded_at", "last_hash"}
    clock = {"happened_at", "decided_at", "since", "blocked_at"}
    rows: list[dict[str, Any]] = []
    for model in (ConsentEvent, ConsentStatus):
        found = db.session.scalars(
            select(model)
            .where(model.school_id == school.id)
            .order_by(*model.__table__.primary_key.columns)
        )
        for row in found:
            values = {c.key: getattr(row, c.key) for c in row.__table__.columns}
            rows.append(
                {
                    key: str(value)[:10] if key in clock and value else value
                    for key, value in values.items()
                    if key not in drawn
                }
            )
    return rows


@pytest.mark.parametrize("seed", range(4))
def test_many_at_once_are_as_many_one_by_one(
    school: SchoolRow, other_school: SchoolRow, seed: int
) -> None:
    one_by_one, at_once = made_up(school, seed), made_up(other_school, seed)
    with writing():
        singly = [ledger.decide(decision) for decision in one_by_one]
    with writing():
        together = decide_many(at_once[:25]) + decide_many(at_once[25:])
    assert together == singly
    assert written(other_school) == written(school)


def test_only_the_holder_lifts_an_opt_out_of_the_same_go(school: SchoolRow) -> None:
    holder = make_parent(school, "Ana Ruiz", phones=[phone(NUMBERS[0])])
    said = [
        Decision(
            school_id=school.id,
            number=number,
            source=source,
            answer=answer,
            actor="visitor",
            texting_number="+12065550147",
            answerer_id=holder if source is Source.PARENT_FORM else None,
        )
        for number in NUMBERS[:2]
        for source, answer in ((Source.PUBLIC_FORM, NO), (Source.PARENT_FORM, YES))
    ]
    with writing():
        states = [result.state for result in decide_many(said)]
    assert states == ["opted_out", "opted_in", "opted_out", "opted_out"]


def test_the_chain_of_hashes_is_whole(school: SchoolRow) -> None:
    with writing():
        decide_many(made_up(school, 9))
    last: dict[str, str] = {}
    events = db.session.scalars(
        select(ConsentEvent).order_by(ConsentEvent.number, ConsentEvent.seq)
    ).all()
    assert len(events) > 9
    for event in events:
        assert event.prev_hash == last.get(event.number, "")
        assert event.hash == hashes.event_hash(event)
        last[event.number] = event.hash
    for row in db.session.scalars(select(ConsentEvidence)):
        event = db.session.get_one(ConsentEvent, (row.school_id, row.number, row.seq))
        assert event.evidence_digest == hashes.evidence_digest(row.salt, row.content)
    heads = db.session.execute(select(ConsentStatus.number, ConsentStatus.last_hash))
    assert {number: head for number, head in heads if head} == last


# Decisions that the door for one must take


def message(world: ConsentSchool, message_id: str | None, number: str = NUMBER) -> Decision:
    """A STOP that the provider delivers under this id."""
    return world.decision(Source.TEXT_REPLY, NO, number, message_id=message_id)


def test_a_message_that_comes_twice_at_once_is_recorded_once(world: ConsentSchool) -> None:
    other = "+12065550198"
    said = [message(world, None, other), message(world, "SM1"), message(world, "SM1")]
    assert [result.seq for result in decide_many(said)] == [1, 1, None]
    assert len(world.events()) == 1


def test_a_message_that_was_received_before_is_not_recorded_again(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    [first] = decide_many([message(world, "SM1")])
    [again] = decide_many([message(world, "SM1")])
    [there] = decide_many([message(elsewhere, "SM2")])
    assert (first.seq, again.seq, there.seq) == (1, None, 1)
    assert len(world.events()) == 1


def test_a_session_takes_its_own_no_back(world: ConsentSchool) -> None:
    def sent(answer: Answer) -> Decision:
        return world.decision(
            Source.PUBLIC_FORM, answer, session_digest="s", submission_id=world.form("s")
        )

    [no] = decide_many([sent(NO)])
    [yes] = decide_many([sent(YES)])
    assert (no.state, yes.state) == ("opted_out", "opted_in")


def test_a_no_said_at_the_moment_of_the_yes_is_not_older(world: ConsentSchool) -> None:
    at = clock.now() - timedelta(hours=1)
    said = [
        world.decision(Source.PARENT_FORM, YES, happened_at=at),
        world.decision(Source.TEXT_REPLY, NO, happened_at=at),
    ]
    assert [result.state for result in decide_many(said)] == ["opted_in", "opted_out"]


def test_the_evidence_of_every_decision_is_kept(world: ConsentSchool) -> None:
    names = ["Ana", "Ben", None]
    decide_many(
        [
            world.decision(Source.PUBLIC_FORM, YES, number, evidence={"name": name} if name else {})
            for name, number in zip(names, NUMBERS, strict=False)
        ]
    )
    kept = db.session.scalars(
        select(ConsentEvidence)
        .where(ConsentEvidence.school_id == world.school.id)
        .order_by(ConsentEvidence.number)
    )
    assert [(row.number, row.content) for row in kept] == [
        (NUMBERS[0], {"name": "Ana"}),
        (NUMBERS[1], {"name": "Ben"}),
    ]


def test_the_door_for_one_goes_on_where_the_door_for_many_stopped(world: ConsentSchool) -> None:
    world.says(Source.PUBLIC_FORM, YES)
    decide_many([world.decision(Source.PUBLIC_FORM, NO)])
    world.opted_out()
    assert [event.seq for event in world.events()] == [1, 2, 3]
    assert (world.status().last_seq, world.status().last_hash) == (3, world.events()[-1].hash)


def test_numbers_that_nobody_spoke_of_begin_their_logs(world: ConsentSchool) -> None:
    decide_many([world.decision(Source.PUBLIC_FORM, YES, number) for number in NUMBERS])
    for number in NUMBERS:
        [first] = world.events(number)
        assert (first.seq, first.prev_hash, first.hash) == (1, "", hashes.event_hash(first))


def test_more_numbers_than_are_read_at_a_time_are_all_taken_in(
    world: ConsentSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_bulk, "AT_A_TIME", 2)
    world.says(Source.TEXT_REPLY, NO, NUMBERS[4], message_id="SM4")
    said = [
        world.decision(Source.TEXT_REPLY, NO, number, message_id=f"SM{n}")
        for n, number in enumerate(NUMBERS[:5])
    ]
    assert [result.seq for result in decide_many(said)] == [1, 1, 1, 1, None]
    assert {world.state(number) for number in NUMBERS[:5]} == {"opted_out"}


def test_many_decisions_go_by_what_is_on_file_and_not_by_what_was_read_before(
    world: ConsentSchool,
) -> None:
    world.opted_out()
    read_before = world.status()
    db.session.execute(
        update(ConsentStatus)
        .where(ConsentStatus.school_id == world.school.id)
        .values(state=ConsentState.NOT_ASKED),
        execution_options={"synchronize_session": False},
    )
    assert read_before.state == "opted_out"
    [result] = decide_many([world.decision(Source.PUBLIC_FORM, YES)])
    assert (result.state, result.seq) == ("opted_in", 2)


def test_many_decisions_are_one_schools_and_about_their_own_numbers(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    other = "+12065550198"
    for where in (world, elsewhere):
        where.opted_out(other)
    kept = [ledger.lock_status(where.school.id, other) for where in (world, elsewhere)]
    decide_many([world.decision(Source.PUBLIC_FORM, YES)])
    assert [result.seq for result in decide_many([message(elsewhere, "SM1")])] == [1]
    [again] = decide_many([world.decision(Source.PUBLIC_FORM, YES)])
    assert (again.state, again.seq) == ("opted_in", 2)
    assert (world.state(), elsewhere.state()) == ("opted_in", "opted_out")
    assert all(row in db.session for row in kept), "its caller may still change it"


def test_many_decisions_pause_and_resume_as_one_by_one(world: ConsentSchool) -> None:
    ana = world.parent(NUMBER)
    said = world.decision(Source.STAFF_PAUSE, None, pause=PauseReason.ASKED_TO_STOP)
    yes = world.decision(Source.PARENT_FORM, YES, answerer_id=ana)
    decide_many([said])
    assert world.status().paused == "asked_to_stop"
    decide_many([yes])
    assert world.status().paused is None
