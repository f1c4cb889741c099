"""The door for many decisions writes what the door for one would, one after the other."""

import random
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.consent import hashes, ledger
from portal.consent.ledger import Decision
from portal.consent.ledger_bulk import decide_many
from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentEvidence, ConsentStatus
from portal.queries.schools import SchoolRow
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
