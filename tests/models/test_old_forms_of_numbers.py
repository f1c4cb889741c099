"""Migrations 0017 and 0029: a no under one form of a number is in the log of its others, too."""

from datetime import timedelta
from itertools import product
from typing import Any

import flask_migrate
import pytest
from sqlalchemy import select

from portal import clock
from portal.consent import gate, holdings, ledger
from portal.consent.hashes import event_hash, evidence_digest
from portal.enums import Answer, MessageFault, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentEvidence, ConsentStatus, TextedLink
from portal.queries.schools import SchoolRow
from portal.services.schools.schools import set_school
from tests.support.families import make_parent, phone
from tests.support.incoming import events, state

MEXICO, MEXICO_BEFORE = "+525541637145", "+5215541637145"
ARGENTINA, ARGENTINA_BEFORE = "+5491123456789", "+541123456789"
NEWEST = 5
"""Hours ago: when what is said of a number as it is now was said last."""


def decide(school: SchoolRow, number: str, source: Source, answer: Answer, hours: float) -> None:
    ledger.decide(
        ledger.Decision(
            school_id=school.id,
            number=number,
            source=source,
            answer=answer,
            actor="visitor",
            texting_number=school.texting_number,
            happened_at=NOON - timedelta(hours=hours),
        )
    )


NOON = clock.now()


@pytest.fixture(autouse=True)
def version_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger takes every form of a number for a number of its own."""
    monkeypatch.setattr(holdings, "other_forms", lambda school_id, numbers: set())


def migrate() -> None:
    db.session.rollback()
    flask_migrate.downgrade(revision="0015")
    flask_migrate.upgrade()
    db.session.rollback()


BEFORE = [
    (),
    ((Source.STAFF_ENTRY, Answer.YES),),
    ((Source.PUBLIC_FORM, Answer.YES),),
    ((Source.HANDSET, Answer.YES),),
    ((Source.PUBLIC_FORM, Answer.YES), (Source.PARENT_FORM, Answer.YES)),
    ((Source.PARENT_FORM, Answer.YES), (Source.PUBLIC_FORM, Answer.NO)),
    ((Source.TEXT_REPLY, Answer.NO),),
]
"""Answers about a number as it is now."""
NOES = [
    *[(source,) for source in (Source.TEXT_REPLY, Source.CARRIER, Source.OPT_OUT_LIST)],
    *[(source,) for source in (Source.PUBLIC_FORM, Source.PARENT_FORM)],
    (Source.PUBLIC_FORM, Source.TEXT_REPLY),
    (Source.CARRIER, Source.TEXT_REPLY, Source.PUBLIC_FORM),
]
"""The noes about its old form."""
CASES = list(product(BEFORE, NOES, (NEWEST + 2, NEWEST - 2)))


def case(n: int) -> tuple[str, str]:
    """The number of a case as it is now, and in its old form."""
    return f"+52554163{n:04}", f"+521554163{n:04}"


def status_of(school: SchoolRow, number: str) -> dict[str, Any]:
    status = db.session.get_one(ConsentStatus, (school.id, number))
    names = ("state", "decided_by", "decided_at", "since", "since_seq", "handset_only", "last_seq")
    kept = {name: getattr(status, name) for name in names}
    return kept | {"blocked": status.blocked_at is not None}


def log_of(school: SchoolRow, number: str) -> list[tuple[Any, ...]]:
    rows = db.session.scalars(
        select(ConsentEvent)
        .where(ConsentEvent.school_id == school.id, ConsentEvent.number == number)
        .order_by(ConsentEvent.seq)
    )
    return [(e.seq, e.source, e.answer, e.state, e.code, e.actor, e.happened_at) for e in rows]


def test_the_log_is_as_if_the_noes_had_come_to_the_number_as_it_is_now(
    school: SchoolRow, other_school: SchoolRow
) -> None:
    """At one school the migration adds them, at the other the ledger takes them in."""
    with writing():
        for n, (before, noes, hours) in enumerate(CASES):
            now, old = case(n)
            for at, target in ((school, old), (other_school, now)):
                for source, answer in before:
                    decide(at, now, source, answer, NEWEST)
                for later, source in enumerate(noes):
                    decide(at, target, source, Answer.NO, hours - later / 10)
    migrate()
    for n, told in enumerate(CASES):
        now, old = case(n)
        assert len(log_of(school, old)) == len(told[1])
        assert status_of(school, now) == status_of(other_school, now), told
        assert log_of(school, now) == log_of(other_school, now), told


def test_what_is_added_is_chained_and_says_where_it_comes_from(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(MEXICO)], typed=True)
    with writing():
        decide(school, MEXICO_BEFORE, Source.TEXT_REPLY, Answer.NO, 0)
    migrate()
    assert state(MEXICO) == state(MEXICO_BEFORE) == "opted_out"
    first, added = events(MEXICO)
    assert [event.hash for event in (first, added)] == [event_hash(e) for e in (first, added)]
    assert (added.seq, added.prev_hash, added.message_id) == (2, first.hash, None)
    status = db.session.get_one(ConsentStatus, (school.id, MEXICO))
    assert (status.last_seq, status.last_hash) == (2, added.hash)
    [evidence] = db.session.scalars(select(ConsentEvidence).where(ConsentEvidence.seq == 2))
    assert evidence.content == {"number": MEXICO_BEFORE, "seq": 1}
    assert added.evidence_digest == evidence_digest(evidence.salt, evidence.content)
    assert gate.preview(school.id, [MEXICO]) == {MEXICO: MessageFault.OPTED_OUT}


@pytest.mark.parametrize(
    ("now", "old"),
    [
        (MEXICO, MEXICO_BEFORE),
        (ARGENTINA, ARGENTINA_BEFORE),
        ("+5511982345678", "+551182345678"),
        ("+2290190123456", "+22990123456"),
    ],
)
def test_nothing_is_added_twice(school: SchoolRow, now: str, old: str) -> None:
    with writing():
        for hours in (3, 2, 1):
            decide(school, old, Source.TEXT_REPLY, Answer.NO, hours)
    for _ in range(2):
        migrate()
        assert [event.answer for event in events(now)] == ["no"] * 3
        assert len(events(old)) == 3
    with writing():
        decide(school, now, Source.HANDSET, Answer.YES, 0)
    migrate()
    assert (len(events(now)), state(now)) == (4, "opted_in"), "the phone said yes since"
    with writing():
        decide(school, old, Source.PUBLIC_FORM, Answer.NO, -1)
    migrate()
    assert (len(events(now)), state(now)) == (5, "opted_out")


def test_an_old_form_on_a_record_gets_the_noes_of_the_number(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ARGENTINA_BEFORE)], typed=True)
    with writing():
        set_school("oakwood", text_countries="US,AR")
        decide(school, ARGENTINA, Source.TEXT_REPLY, Answer.NO, 0)
    for _ in range(2):
        migrate()
        assert state(ARGENTINA_BEFORE) == state(ARGENTINA) == "opted_out"
        assert len(events(ARGENTINA_BEFORE)) == 2
        assert len(events(ARGENTINA)) == 1


def test_links_texted_to_the_number_are_void_once_a_no_is_added(school: SchoolRow) -> None:
    with writing():
        ledger.lock_status(school.id, MEXICO)
        now = clock.now()
        link = {"school_id": school.id, "id": 1, "number": MEXICO, "seq": 0}
        times = {"created_at": now, "expires_at": now + timedelta(days=1)}
        db.session.add(TextedLink(**link, **times, token_hash="x", message_id=None))
        decide(school, MEXICO_BEFORE, Source.TEXT_REPLY, Answer.NO, 0)
    migrate()
    assert db.session.scalars(select(TextedLink.voided_at)).one() is not None


def test_other_numbers_and_other_schools_stay_as_they_are(
    school: SchoolRow, other_school: SchoolRow
) -> None:
    numbers = ["+12065550101", "+521554163714", "+551132345678", "+548005551234", "+447400123456"]
    with writing():
        for number in numbers:
            decide(school, number, Source.TEXT_REPLY, Answer.NO, 0)
        decide(school, MEXICO_BEFORE, Source.PUBLIC_FORM, Answer.YES, 0)
        decide(other_school, MEXICO, Source.PUBLIC_FORM, Answer.YES, 0)
    migrate()
    assert state(MEXICO, other_school.id) == "opted_in"
    assert state(MEXICO, school.id) is None, "a yes is not added"
    assert [len(events(number)) for number in numbers] == [1] * len(numbers)


def test_a_no_since_then_is_added_to_an_old_form_on_a_record(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(MEXICO_BEFORE)], typed=True)
    migrate()
    with writing():
        decide(school, MEXICO, Source.PUBLIC_FORM, Answer.NO, 0)
    assert state(MEXICO_BEFORE) == "opted_in"
    for _ in range(2):
        db.session.rollback()  # a migration waits for every transaction that has read
        flask_migrate.downgrade(revision="0017")
        flask_migrate.upgrade()
        db.session.rollback()
        assert state(MEXICO_BEFORE) == state(MEXICO) == "opted_out"
    assert len(events(MEXICO_BEFORE)) == 2
