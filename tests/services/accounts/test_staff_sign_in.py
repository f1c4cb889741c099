"""Guessing a password is slowed over all workers, and nobody is locked out by others' guesses."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal import clock
from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Account, KnownDevice, SignInFailure, StaffSession
from portal.queries.schools import SchoolRow
from portal.services.accounts import staff_sign_in
from portal.services.accounts.known_devices import revoke_devices
from portal.services.accounts.staff_sign_in import WINDOW, Attempt, OpenedStaffSession
from portal.services.accounts.tokens import token_hash
from tests.support.people import make_account

EMAIL, NETWORK, LIMIT = "ann@oakwood.example", "192.0.2.7", 5
Clock = Callable[[timedelta], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """`later(timedelta)`: let time go on."""
    at = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: at[0])

    def go_on(span: timedelta) -> None:
        at[0] += span

    return go_on


@pytest.fixture
def ann(school: SchoolRow) -> int:
    """The id of an account."""
    make_account(EMAIL, school.slug, StaffRole.EDITOR, "Ann Lee")
    return db.session.scalars(select(Account.id)).one()


def _begin(email: str = EMAIL, network: str = NETWORK, device: str | None = None) -> Attempt:
    with writing():
        return staff_sign_in.begin(email, network, LIMIT, device)


def _waits(email: str = EMAIL, network: str = NETWORK, device: str | None = None) -> timedelta:
    """The time that an attempt would have to wait."""
    until = _begin(email, network, device).blocked_until
    return until - clock.now() if until else timedelta(0)


def _succeed(attempt: Attempt, device: str | None = None) -> OpenedStaffSession | None:
    with writing():
        return staff_sign_in.succeed(attempt, EMAIL, NETWORK, device)


def _known_device() -> str:
    """A device on which Ann signed in before."""
    opened = _succeed(_begin())
    assert opened is not None
    return opened.device


def _failures() -> int:
    return db.session.scalar(select(func.count()).select_from(SignInFailure)) or 0


def test_after_its_limit_an_email_has_to_wait_and_no_other_does(app: Flask) -> None:
    assert [_begin().blocked_until for _ in range(LIMIT)] == [None] * LIMIT
    assert _begin().blocked_until is not None
    assert _begin("ben@oakwood.example").blocked_until is None


def test_case_and_spaces_make_no_other_email(app: Flask) -> None:
    for email in (EMAIL, EMAIL.upper(), f" {EMAIL}", "Ann@oakwood.example", f"{EMAIL} "):
        assert _begin(email).blocked_until is None
    assert _begin().blocked_until is not None


def test_the_wait_grows_with_each_failure_and_stops_growing(app: Flask, later: Clock) -> None:
    for _ in range(LIMIT):
        _begin()
    waits = []
    for _ in range(6):
        waits.append(_waits())
        later(waits[-1])
        assert _begin().blocked_until is None
    assert [wait.total_seconds() for wait in waits] == [30, 60, 120, 240, 300, 300]


def test_being_refused_does_not_prolong_the_wait(app: Flask, later: Clock) -> None:
    for _ in range(LIMIT):
        _begin()
    first = _begin().blocked_until
    later(timedelta(seconds=20))

    assert _begin().blocked_until == first
    assert _failures() == LIMIT


@pytest.mark.usefixtures("ann")
def test_whoever_guesses_as_fast_as_they_may_gets_few_guesses_an_hour(later: Clock) -> None:
    """From anywhere: each guess comes from another network."""
    guesses = [0, 0, 0]
    began = clock.now()
    while (hour := int((clock.now() - began) / timedelta(hours=1))) < len(guesses):
        until = _begin(network=f"198.51.100.{sum(guesses) % 250}").blocked_until
        if until is None:
            guesses[hour] += 1
        else:
            later(until - clock.now())
    assert guesses[0] <= 20
    assert max(guesses[1:]) <= 15


def test_failures_of_an_hour_ago_are_forgotten(app: Flask, later: Clock) -> None:
    for _ in range(LIMIT):
        _begin()
    later(WINDOW + timedelta(seconds=1))

    assert _begin().blocked_until is None
    assert _failures() == 1


@pytest.mark.usefixtures("ann")
def test_wrong_passwords_from_anywhere_never_make_a_known_device_wait() -> None:
    device = _known_device()
    for n in range(50):
        _begin(network=f"198.51.100.{n}")
    assert _begin().blocked_until is not None

    attempt = _begin(device=device)
    assert attempt.blocked_until is None
    assert attempt.device_hash == token_hash(device)
    assert _succeed(attempt, device) is not None


@pytest.mark.usefixtures("ann")
def test_a_known_device_has_a_budget_of_its_own() -> None:
    device = _known_device()
    assert [_begin(device=device).blocked_until for _ in range(LIMIT)] == [None] * LIMIT
    assert _begin(device=device).blocked_until is not None
    assert _begin().blocked_until is None, "its failures are no one else's"


def test_a_device_is_known_for_the_account_alone_that_signed_in_with_it(
    school: SchoolRow, ann: int
) -> None:
    make_account("ben@oakwood.example", school.slug, StaffRole.EDITOR, "Ben")
    device = _known_device()
    assert _begin("ben@oakwood.example", device=device).device_hash is None
    assert _begin(device="made up").device_hash is None


def test_a_device_that_was_revoked_is_any_device(ann: int) -> None:
    device = _known_device()
    with writing():
        revoke_devices(ann)
    assert _begin(device=device).device_hash is None


@pytest.mark.usefixtures("ann")
def test_a_device_is_forgotten_400_days_after_its_last_sign_in(later: Clock) -> None:
    device = _known_device()
    later(timedelta(days=399))
    assert _begin(device=device).device_hash is not None
    later(timedelta(days=2))
    assert _begin(device=device).device_hash is None


@pytest.mark.usefixtures("ann")
def test_made_up_emails_of_a_network_make_nobody_there_wait() -> None:
    for n in range(LIMIT * 10 + 5):
        assert _begin(f"made{n}@up.example").blocked_until is None
    attempt = _begin()
    assert attempt.blocked_until is None
    assert attempt.worth_hashing


@pytest.mark.usefixtures("ann")
def test_after_many_made_up_emails_a_network_costs_no_more_hashing() -> None:
    for n in range(LIMIT * 10):
        assert _begin(f"made{n}@up.example").worth_hashing
    assert not _begin("one.more@up.example").worth_hashing
    assert _begin("one.more@up.example", "192.0.2.8").worth_hashing


@pytest.mark.usefixtures("ann")
def test_an_email_without_an_account_waits_just_as_long(later: Clock) -> None:
    for _ in range(LIMIT):
        _begin()
        _begin("nobody@oakwood.example")
    for _ in range(5):
        waits = _waits(), _waits("nobody@oakwood.example")
        assert waits[0] == waits[1] > timedelta(0)
        later(waits[0])
        _begin()
        _begin("nobody@oakwood.example")


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("email", [EMAIL, "nobody@oakwood.example"])
def test_a_failure_is_written_when_it_is_decided_whether_or_not_there_is_an_account(
    email: str, later: Clock
) -> None:
    attempt = _begin(email)
    later(timedelta(seconds=2))
    with writing():
        staff_sign_in.fail(attempt, NETWORK)
    assert db.session.scalar(select(SignInFailure.at)) == clock.now()


@pytest.mark.usefixtures("ann")
def test_success_forgets_the_failures_of_that_email_only() -> None:
    for _ in range(LIMIT - 1):
        _begin()
    _begin("ben@oakwood.example")
    assert _succeed(_begin()) is not None

    assert _failures() == 1
    assert _begin().blocked_until is None


@pytest.mark.usefixtures("ann")
def test_success_on_a_known_device_gives_strangers_no_more_guesses() -> None:
    device = _known_device()
    for _ in range(LIMIT):
        _begin()
    assert _succeed(_begin(device=device), device) is not None
    assert _begin().blocked_until is not None


def test_an_attempt_that_was_not_decided_does_not_count(app: Flask) -> None:
    attempt = _begin()
    with writing():
        staff_sign_in.withdraw(attempt)
    assert _failures() == 0


def test_without_a_limit_nothing_is_counted(app: Flask) -> None:
    with writing():
        attempt = staff_sign_in.begin(EMAIL, NETWORK, 0)
    assert attempt == Attempt(None, None, None)
    assert _failures() == 0


@pytest.mark.parametrize("change", [{"password_hash": "another"}, {"disabled_at": clock.now()}])
def test_a_password_that_changes_while_it_is_checked_opens_no_session(
    ann: int, change: dict[str, object]
) -> None:
    attempt = _begin()
    with writing():
        db.session.execute(update(Account).values(**change))
    assert _succeed(attempt) is None
    assert db.session.scalars(select(StaffSession)).all() == []


@pytest.mark.usefixtures("ann")
def test_neither_email_nor_token_nor_device_can_be_read_from_the_tables() -> None:
    opened = _succeed(_begin())
    assert opened is not None
    _begin()
    row = db.session.scalars(select(SignInFailure)).one()
    assert EMAIL not in vars(row).values()
    assert db.session.scalar(select(StaffSession.token_hash)) == token_hash(opened.token)
    known = db.session.scalars(select(KnownDevice.device_hash)).one()
    assert known == token_hash(opened.device) != opened.device


def test_guesses_at_the_same_moment_are_no_way_around_the_limit(app: Flask) -> None:
    together = Barrier(12)

    def guess(_n: int) -> datetime | None:
        with app.app_context():
            together.wait(20)
            return _begin().blocked_until

    with ThreadPoolExecutor(12) as threads:
        let_in = [until for until in threads.map(guess, range(12)) if until is None]
    assert len(let_in) == LIMIT


@pytest.mark.usefixtures("ann")
def test_a_new_session_clears_the_accounts_old_ones_away(later: Clock) -> None:
    _succeed(_begin())
    later(timedelta(hours=13))
    opened = _succeed(_begin())

    assert opened is not None
    assert db.session.scalars(select(StaffSession.token_hash)).all() == [token_hash(opened.token)]


def test_the_last_sign_in_is_kept(ann: int, later: Clock) -> None:
    _succeed(_begin())
    assert db.session.scalar(select(Account.last_sign_in_at)) == clock.now()
