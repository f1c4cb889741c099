"""Staff accounts: made once, joined to more schools; passwords hashed a few at a time."""

import threading
import time

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Account, Membership
from portal.queries.accounts.staff import find_credentials, memberships
from portal.queries.schools import SchoolRow
from portal.services.accounts import accounts
from portal.services.accounts.accounts import AccountError, AccountMade, HashingBusyError, Made

PASSWORD = "correct horse battery staple"


def _create(
    email: str, school: SchoolRow, role: StaffRole = StaffRole.VIEWER, hashed: str = "a hash"
) -> AccountMade:
    with writing():
        return accounts.create_account(email, "Ann Lee", hashed, school.id, role)


def test_an_account_is_made_with_its_first_school(school: SchoolRow) -> None:
    made = _create("Ann@Oakwood.example", school, StaffRole.EDITOR)

    assert made.made is Made.CREATED
    (row,) = memberships(made.account_id)
    assert (row.slug, row.role) == ("oakwood", StaffRole.EDITOR)


def test_an_account_that_exists_gets_one_more_school_and_keeps_its_password(
    school: SchoolRow, other_school: SchoolRow
) -> None:
    first = _create("ann@oakwood.example", school, hashed="the first")
    second = _create("ANN@oakwood.example ", other_school, hashed="the second")

    assert (second.made, second.account_id) == (Made.JOINED, first.account_id)
    assert [row.slug for row in memberships(first.account_id)] == ["birchwood", "oakwood"]
    found = find_credentials("ann@oakwood.example")
    assert found is not None
    assert found.password_hash == "the first"
    assert db.session.scalar(select(func.count()).select_from(Account)) == 1


def test_an_account_has_one_role_at_a_school(school: SchoolRow) -> None:
    made = _create("ann@oakwood.example", school, StaffRole.VIEWER)

    assert _create("ann@oakwood.example", school, StaffRole.VIEWER).made is Made.UNCHANGED
    assert _create("ann@oakwood.example", school, StaffRole.ADMIN).made is Made.ROLE_CHANGED
    assert [row.role for row in memberships(made.account_id)] == [StaffRole.ADMIN]
    assert db.session.scalar(select(func.count()).select_from(Membership)) == 1


def test_without_a_name_an_account_is_known_by_its_email(school: SchoolRow) -> None:
    with writing():
        accounts.create_account("j.park@oakwood.example", " ", "x", school.id, StaffRole.VIEWER)
    assert db.session.scalar(select(Account.name)) == "j.park"


@pytest.mark.parametrize("email", ["", "ann", "ann@", "@oakwood.example", "a b@oakwood.example"])
def test_what_is_no_email_is_refused_with_an_example(email: str, school: SchoolRow) -> None:
    with pytest.raises(AccountError, match="like office@school"):
        _create(email, school)


def test_a_password_is_kept_as_an_argon2id_hash() -> None:
    hashed = accounts.hash_password(PASSWORD, 64)

    assert hashed.startswith("$argon2id$")
    assert PASSWORD not in hashed
    assert accounts.check_password(PASSWORD, hashed, 64)
    assert not accounts.check_password(PASSWORD + "r", hashed, 64)


def test_a_password_is_the_same_however_its_accents_are_typed() -> None:
    hashed = accounts.hash_password("contrase\u00f1a larga", 64)
    assert accounts.check_password("contrasen\u0303a larga", hashed, 64)


@pytest.mark.parametrize("password", ["", "seven 7", "x" * 1001])
def test_a_password_too_short_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(AccountError, match="8 to 1000 characters"):
        accounts.hash_password(password, 64)


def test_no_password_fits_where_there_is_no_account() -> None:
    assert not accounts.check_password("a password that nobody has", None, 64)


def test_the_same_work_is_done_where_there_is_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    verify = PasswordHasher.verify
    hashed = accounts.hash_password(PASSWORD, 64)

    def watched(hasher: PasswordHasher, given: str, password: str) -> bool:
        verified.append(given.rsplit("$", 2)[0])
        return verify(hasher, given, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    accounts.check_password("wrong", hashed, 64)
    accounts.check_password("wrong", None, 64)

    assert len(verified) == 2
    assert verified[0] == verified[1], "another algorithm or cost would take another time"


def test_a_check_that_is_not_made_takes_as_long_as_one_that_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(accounts.time, "sleep", slept.append)
    hashed = accounts.hash_password(PASSWORD, 1024)
    accounts.check_password("wrong", hashed, 1024)  # makes what the next one only uses
    started = time.monotonic()
    accounts.check_password("wrong", hashed, 1024)
    took = time.monotonic() - started
    accounts.pretend_to_check()
    assert len(slept) == 1
    assert took / 2 < slept[0] <= took


def test_strangers_who_take_every_slot_do_not_hold_up_a_known_device(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accounts, "HASHING_WAIT_SECONDS", 0.01)
    hashed = accounts.hash_password(PASSWORD, 64)
    with accounts.hashing_slot(), accounts.hashing_slot():
        assert accounts.check_password(PASSWORD, hashed, 64, known=True)
        with pytest.raises(HashingBusyError):
            accounts.check_password(PASSWORD, hashed, 64)


def test_two_passwords_are_checked_at_once_and_a_third_gives_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(accounts, "HASHING_WAIT_SECONDS", 0.01)
    hashed = accounts.hash_password(PASSWORD, 64)
    verify = PasswordHasher.verify
    inside, leave = threading.Semaphore(0), threading.Event()

    def slow(hasher: PasswordHasher, given: str, password: str) -> bool:
        inside.release()
        leave.wait(10)
        return verify(hasher, given, password)

    monkeypatch.setattr(PasswordHasher, "verify", slow)
    results: list[bool] = []
    threads = [
        threading.Thread(
            target=lambda: results.append(accounts.check_password(PASSWORD, hashed, 64))
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert inside.acquire(timeout=10)
    with pytest.raises(HashingBusyError):
        accounts.check_password(PASSWORD, hashed, 64)
    leave.set()
    for thread in threads:
        thread.join(10)

    assert results == [True, True]
    assert accounts.check_password(PASSWORD, hashed, 64), "the slots are free again"
