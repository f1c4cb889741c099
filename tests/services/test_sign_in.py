"""Guessing a password is slowed, by email and by network, over all workers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import times
from portal.extensions import db, writing
from portal.models import SignInFailure, StaffSession
from portal.services import sign_in
from portal.services.sign_in import Attempt

EMAIL, NETWORK, LIMIT = "ann@oakwood.example", "192.0.2.7", 5
Clock = Callable[[timedelta], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """`later(timedelta)`: let time go on."""
    at = [times.now()]
    monkeypatch.setattr(times, "now", lambda: at[0])

    def go_on(span: timedelta) -> None:
        at[0] += span

    return go_on


def _begin(email: str = EMAIL, network: str = NETWORK) -> Attempt:
    with writing():
        return sign_in.begin(email, network, LIMIT)


def _failures() -> int:
    return db.session.scalar(select(func.count()).select_from(SignInFailure)) or 0


def test_an_email_is_refused_after_its_limit_and_no_sooner(app: Flask) -> None:
    assert [_begin().blocked_until for _ in range(LIMIT)] == [None] * LIMIT
    assert _begin().blocked_until is not None
    assert _begin("ben@oakwood.example").blocked_until is None


def test_case_and_spaces_make_no_other_email(app: Flask) -> None:
    for email in (EMAIL, EMAIL.upper(), f" {EMAIL}", "Ann@oakwood.example", f"{EMAIL} "):
        assert _begin(email).blocked_until is None
    assert _begin().blocked_until is not None


def test_a_network_is_refused_after_ten_times_the_limit(app: Flask) -> None:
    for i in range(LIMIT * 10):
        assert _begin(f"staff{i}@oakwood.example").blocked_until is None
    assert _begin("new@oakwood.example").blocked_until is not None
    assert _begin("new@oakwood.example", "192.0.2.8").blocked_until is None


def test_it_says_when_the_first_of_the_failures_is_a_quarter_of_an_hour_old(
    app: Flask, later: Clock
) -> None:
    began = times.now()
    for _ in range(LIMIT):
        _begin()
        later(timedelta(minutes=1))

    until = _begin().blocked_until
    assert until == began + timedelta(minutes=15)


def test_being_refused_does_not_prolong_the_wait(app: Flask, later: Clock) -> None:
    for _ in range(LIMIT):
        _begin()
    first = _begin().blocked_until
    later(timedelta(minutes=14))

    assert _begin().blocked_until == first
    assert _failures() == LIMIT


def test_after_the_wait_it_is_let_in_and_old_failures_are_gone(app: Flask, later: Clock) -> None:
    for _ in range(LIMIT):
        _begin()
    later(timedelta(minutes=15, seconds=1))

    assert _begin().blocked_until is None
    assert _failures() == 1


def test_success_forgets_the_failures_of_that_email_only(app: Flask) -> None:
    for _ in range(LIMIT - 1):
        _begin()
    _begin("ben@oakwood.example")
    _begin()
    with writing():
        _open_session(EMAIL)

    assert _failures() == 1
    assert _begin().blocked_until is None


def test_an_attempt_that_was_not_decided_does_not_count(app: Flask) -> None:
    attempt = _begin()
    with writing():
        sign_in.withdraw(attempt)
    assert _failures() == 0


def test_without_a_limit_nothing_is_counted(app: Flask) -> None:
    with writing():
        attempt = sign_in.begin(EMAIL, NETWORK, 0)
    assert attempt == Attempt(None, None, None)
    assert _failures() == 0


def test_neither_email_nor_token_can_be_read_from_the_tables(app: Flask) -> None:
    _begin()
    with writing():
        token = _open_session("ben@oakwood.example")

    row = db.session.scalars(select(SignInFailure)).one()
    assert EMAIL not in vars(row).values()
    assert db.session.scalar(select(StaffSession.token_hash)) == sign_in.token_hash(token) != token


def test_guesses_at_the_same_moment_are_no_way_around_the_limit(app: Flask) -> None:
    together = Barrier(12)

    def guess(_n: int) -> datetime | None:
        with app.app_context():
            together.wait(20)
            return _begin().blocked_until

    with ThreadPoolExecutor(12) as threads:
        let_in = [until for until in threads.map(guess, range(12)) if until is None]
    assert len(let_in) == LIMIT


def test_a_new_session_clears_the_accounts_old_ones_away(app: Flask, later: Clock) -> None:
    with writing():
        _open_session(EMAIL)
    later(timedelta(hours=13))
    with writing():
        token = sign_in.succeed(_account_id(), EMAIL)

    assert db.session.scalars(select(StaffSession.token_hash)).all() == [sign_in.token_hash(token)]


def _open_session(email: str) -> str:
    """A session, for an account that is made for it."""
    db.session.execute(
        db.metadatas[None]
        .tables["account"]
        .insert()
        .values(
            id=7,
            email=email,
            email_key=email,
            name="Ann",
            password_hash="x",
            created_at=times.now(),
        )
    )
    return sign_in.succeed(7, email)


def _account_id() -> int:
    return 7
