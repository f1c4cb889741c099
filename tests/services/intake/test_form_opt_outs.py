"""Noes on forms: past a bound they wait, and what ends that."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, select, text

from portal import clock
from portal.consent import gate
from portal.delivery import text_worker
from portal.enums import Answer, ConsentState, MessageFault, ProofKind, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, FormOptOut, OwnerNotice
from portal.queries.schools import SchoolRow
from portal.services.intake import form_opt_outs
from portal.services.intake.form_opt_outs import ACCOUNT, NETWORK, SCHOOL, UNKNOWN
from portal.services.texting import record_consent
from tests.support.burst import give, hold, no
from tests.support.families import make_parent, phone, say, stop
from tests.support.intake import ANA, BEN_S, NO, YES, Take, cell, count, parent, ruiz

OUT = ConsentState.OPTED_OUT


def number(n: int) -> str:
    return f"+1415555{2000 + n}"


def rows(which: str | None = None) -> list[FormOptOut]:
    found = db.session.scalars(select(FormOptOut).order_by(FormOptOut.id)).all()
    return [row for row in found if which is None or row.state == which]


def fault(school: SchoolRow, of: str = ANA) -> MessageFault | None:
    return gate.preview(school.id, [of])[of]


@pytest.fixture
def ana(school: SchoolRow) -> int:
    """Ana is opted in: staff typed her number, so that it is proven hers."""
    return make_parent(school, "Ana Ruiz", email="ana@example.com", phones=[phone(ANA)], typed=True)


@pytest.fixture
def held(school: SchoolRow, ana: int) -> int:
    """A stranger's no about Ana's number that waits."""
    [answer_id] = hold(school, [ANA], ip="203.0.113.7")
    assert fault(school) is MessageFault.NO_WAITING
    return answer_id


def given(school: SchoolRow, count: int, first: int = 0, **how: object) -> list[bool]:
    """True if each of so many noes took effect."""
    return [
        give(school, no(school, number(n), **how)) is not None  # type: ignore[arg-type]
        for n in range(first, first + count)
    ]


def test_one_account_is_taken_at_its_word_for_a_familys_numbers(school: SchoolRow) -> None:
    eve = make_parent(school, "Eve Moss", email="eve@example.com")
    most = ACCOUNT[0].numbers
    took = [
        *given(school, most, contact_id=eve, ip="198.51.100.1"),
        *given(school, 1, most, contact_id=eve, ip="198.51.100.2"),
    ]
    assert took == [True] * most + [False]
    ben = make_parent(school, "Ben Moss", email="ben@example.com")
    assert given(school, 1, most + 1, contact_id=ben, ip="198.51.100.2") == [True]


def test_one_network_is_taken_at_its_word_for_some_families(school: SchoolRow) -> None:
    most = NETWORK[0].numbers
    assert given(school, most + 1) == [True] * most + [False]
    assert given(school, 1, most + 1, ip="198.51.100.2") == [True]
    assert give(school, no(school, number(0))) is None, "nothing tells that it opted out already"
    assert give(school, no(school, number(0), ip="198.51.100.3", session="z")) is not None


def test_all_networks_together_are_bounded_for_a_school(
    school: SchoolRow, other_school: SchoolRow
) -> None:
    most = SCHOOL[0].numbers
    took = [given(school, 1, n, ip=f"198.51.100.{n % 250}")[0] for n in range(most + 1)]
    assert took == [True] * most + [False]
    assert given(other_school, 1) == [True]


def test_numbers_on_nobodys_record_are_bounded_for_a_month(
    school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_opt_outs, "UNKNOWN", (form_opt_outs.Bound(2, UNKNOWN[0].within),))
    make_parent(school, "Ana Ruiz", phones=[phone(number(3))])
    took = []
    now = clock.now()
    for n in range(5):
        days = timedelta(days=2 * n)
        monkeypatch.setattr(clock, "now", lambda days=days: now + days)
        took += given(school, 1, n)
    assert took == [True, True, False, True, False], "the fourth is on a record"


@pytest.mark.parametrize(("within", "bound"), [(timedelta(hours=1), 0), (timedelta(days=1), 1)])
def test_a_burst_is_over_after_its_time(
    school: SchoolRow, within: timedelta, bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = NETWORK[bound].numbers
    now = clock.now()
    for n in range(most):  # slowly, where it is the day's bound
        monkeypatch.setattr(clock, "now", lambda n=n: now + n * within / 50)
        given(school, 1, n)
    assert given(school, 1, 99) == [False]
    monkeypatch.setattr(clock, "now", lambda: now + 50 * within)
    assert given(school, 1, 100) == [True]


def test_the_same_number_again_and_again_is_no_burst(school: SchoolRow) -> None:
    for n in range(NETWORK[0].numbers + 5):
        assert give(school, no(school, number(0), session=f"s{n}")) is not None
    assert given(school, 1, 1) == [True]


def test_what_is_surely_the_parents_no_or_comes_by_text_or_list_never_waits(
    school: SchoolRow, ana: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_opt_outs, "is_unusual", lambda *_: True)
    assert give(school, no(school, ANA, contact_id=ana)) is not None
    assert stop(school, BEN_S).state is OUT
    assert say(school, number(1), Source.OPT_OUT_LIST, Answer.NO).state is OUT
    assert rows() == []


def test_a_no_that_waits_is_no_event_and_is_kept_with_its_question(
    school: SchoolRow, held: int
) -> None:
    events = db.session.scalars(select(ConsentEvent).where(ConsentEvent.number == ANA)).all()
    assert [event.answer for event in events] == ["yes"], "it is in the log already"
    [row] = rows("waiting")
    assert row.id == held
    assert (row.wording_id is not None, row.language, row.texting_number) == (
        True,
        "en",
        school.texting_number,
    )


def test_the_phones_own_yes_ends_the_wait_unless_it_was_said_before(
    school: SchoolRow, held: int
) -> None:
    def yes(minutes: int) -> None:
        happened = clock.now() + timedelta(minutes=minutes)
        said = replace(no(school, ANA, answer=YES), source=Source.HANDSET, happened_at=happened)
        with writing():
            record_consent.record_answer(school, said)

    yes(-1)
    assert fault(school) is MessageFault.NO_WAITING
    yes(0)
    assert fault(school) is None
    assert [row.state for row in rows()] == ["ended"]


@pytest.mark.parametrize("proven", [True, False])
def test_a_signed_in_parents_yes_ends_the_wait_where_the_number_is_proven_theirs(
    school: SchoolRow, ana: int, held: int, proven: bool
) -> None:
    proof = ProofKind.STAFF_TYPED if proven else None
    ben = make_parent(school, "Ben Ruiz", email="b@example.com", phones=[phone(ANA)], proof=proof)
    give(school, no(school, ANA, answer=YES, contact_id=ben))
    assert fault(school) is (None if proven else MessageFault.NO_WAITING)


def test_a_strangers_yes_ends_nothing(school: SchoolRow, held: int) -> None:
    give(school, no(school, ANA, answer=YES, session="another"))
    assert fault(school) is MessageFault.NO_WAITING


def test_the_same_session_takes_its_own_no_back_for_15_minutes(
    school: SchoolRow, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    yes = no(school, ANA, answer=YES, session="203.0.113.7")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=16))
    give(school, yes)
    assert fault(school) is MessageFault.NO_WAITING
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=14))
    give(school, yes)
    assert fault(school) is None


def test_saying_it_again_keeps_the_first_time(school: SchoolRow, held: int) -> None:
    hold(school, [ANA], ip="203.0.113.7")
    assert [row.id for row in rows()] == [held]


@pytest.fixture
def burst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_opt_outs, "is_unusual", lambda *_: True)


@pytest.mark.usefixtures("burst")
def test_a_form_that_comes_twice_waits_once_and_one_corrected_to_yes_does_not_wait(
    school: SchoolRow, take: Take
) -> None:
    form = ruiz(parent("Ana", "ana@example.com", cell(ANA, NO)))
    take(form)
    assert take(form).repeated
    assert [row.state for row in rows()] == ["waiting"]
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, YES))))
    assert [row.state for row in rows()] == ["ended"]
    assert fault(school) is None


@pytest.mark.usefixtures("burst")
def test_a_number_that_was_a_slip_waits_no_more_once_the_form_is_corrected(
    school: SchoolRow, take: Take
) -> None:
    take(ruiz(parent("Ana", "ana@example.com", cell(BEN_S, NO))))
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, NO))), session="another")
    assert {row.number: row.state for row in rows()} == {BEN_S: "waiting", ANA: "waiting"}
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, NO))), key="b", session="two")
    take(ruiz(parent("Ana", "ana@example.com", cell(number(1), NO))), key="b", session="two")
    assert [row.state for row in rows() if row.session_digest == "two"] == ["ended", "waiting"]
    assert fault(school, BEN_S) is MessageFault.NO_WAITING, "another session corrected that"


def test_forms_that_come_in_together_are_counted_together(
    app: Flask, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over all workers: none takes the count of another for its own."""
    monkeypatch.setattr(form_opt_outs, "NETWORK", (form_opt_outs.Bound(3, NETWORK[0].within),))
    start = threading.Barrier(8)

    def send(n: int) -> bool:
        with app.app_context():
            start.wait(60)
            return give(school, no(school, number(n), session=f"s{n}")) is not None

    db.session.rollback()
    with ThreadPoolExecutor(8) as pool:
        took = list(pool.map(send, range(8)))
    assert sorted(took) == [False] * 5 + [True] * 3


def test_the_gate_finds_what_waits_by_its_index(school: SchoolRow, held: int) -> None:
    one = db.session.get_one(FormOptOut, (school.id, held))
    columns = {column.name: getattr(one, column.name) for column in FormOptOut.__table__.columns}
    with writing():
        many = [columns | {"id": n + 1, "number": number(n)} for n in range(1000)]
        db.session.execute(insert(FormOptOut), many)
    with writing():
        db.session.execute(text("ANALYZE"))
    words = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
    asked = "SELECT 1 FROM form_opt_out WHERE school_id = 1 AND number = 'x' AND state = 'waiting'"
    plan = "\n".join(str(row) for row in db.session.execute(text(f"{words} {asked}")))
    assert "ix_form_opt_out_waiting" in plan


def test_one_number_again_and_again_does_not_hide_the_others(
    school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the newest rows were counted once: a flood about one number pushed the others out."""
    monkeypatch.setattr(form_opt_outs, "NETWORK", (replace(NETWORK[0], numbers=3),))
    took = []
    for n in range(6):
        took += given(school, 1, n)
        for _ in range(10):
            given(school, 1, 0)
    assert took == [True] * 3 + [False] * 3


def test_a_parents_later_yes_ends_their_own_no_that_waits_whenever_it_is_given(
    school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = make_parent(school, "Ana Ruiz", email="ana@example.com", phones=[phone(ANA)], proof=None)
    with monkeypatch.context() as patch:
        patch.setattr(form_opt_outs, "is_unusual", lambda *_: True)
        assert give(school, no(school, ANA, contact_id=ana)) is None
    moment = clock.now() + timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: moment)
    give(school, no(school, ANA, contact_id=ana, answer=YES))
    assert rows("waiting") == []
    assert fault(school) is None


def test_what_no_bound_counts_anymore_is_deleted_and_what_waits_stays(
    school: SchoolRow, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert given(school, 2) == [True, True]
    assert {row.state for row in rows()} == {"waiting", "taken"}
    told, events = count(OwnerNotice), count(ConsentEvent)
    assert told
    then = clock.now()
    for days, left in ((30, 3), (32, 1)):
        monkeypatch.setattr(clock, "now", lambda days=days: then + timedelta(days=days))
        text_worker.delete_old()
        assert (len(rows()), count(OwnerNotice)) == (left, told if days == 30 else 0)
    assert [row.id for row in rows()] == [held]
    assert fault(school) is MessageFault.NO_WAITING
    assert count(ConsentEvent) == events


def test_the_worker_deletes_what_is_old(
    app: Flask, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert given(school, 1) == [True]
    then = clock.now()
    monkeypatch.setattr(clock, "now", lambda: then + timedelta(days=32))
    deadline = time.monotonic() + 30

    def is_deleted() -> bool:
        with app.app_context():
            found = db.session.scalar(select(FormOptOut.id).limit(1))
            db.session.remove()
        return found is None or time.monotonic() > deadline

    text_worker.work(app, is_deleted)
    assert rows() == []
