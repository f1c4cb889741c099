"""`flask staff`: accounts are listed, disabled, enabled, given roles, removed and reset."""

import csv
import io
from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Account, Membership
from portal.queries.schools import SchoolRow
from portal.services.accounts.accounts import check_password
from tests.support.client import AuditedClient
from tests.support.people import sign_in

EMAIL, ADMIN = "office@school.example", "admin@school.example"
PASSWORD = "purple tractor seven lakes"
Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, school: SchoolRow) -> Run:
    """`run("disable", EMAIL)`: the result of `flask staff disable EMAIL`."""

    def command(*words: str, stdin: str | None = None) -> Result:
        result = app.test_cli_runner().invoke(args=["staff", *words], input=stdin)
        db.session.rollback()
        return result

    made = command("create", ADMIN, *at("admin"), "--password-stdin", stdin=f"{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    made = command("create", EMAIL, *at("editor"), "--password-stdin", stdin=f"{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    return command


def at(role: str, slug: str = "oakwood") -> tuple[str, ...]:
    return ("--school", slug, "--role", role)


def role(email: str) -> str | None:
    return db.session.scalar(
        select(Membership.role)
        .join(Account, Account.id == Membership.account_id)
        .where(Account.email == email)
    )


def test_accounts_are_listed_as_csv(run: Run, client: AuditedClient) -> None:
    sign_in(client, EMAIL, PASSWORD)
    run("disable", EMAIL)
    rows = list(csv.DictReader(io.StringIO(run("list").stdout)))
    assert [(row["email"], row["school"], row["role"], row["state"]) for row in rows] == [
        (ADMIN, "oakwood", "admin", "active"),
        (EMAIL, "oakwood", "editor", "disabled"),
    ]
    assert [bool(row["last_sign_in"]) for row in rows] == [False, True]


def test_accounts_of_one_school_or_of_none_are_listed(run: Run, other_school: SchoolRow) -> None:
    run("create", ADMIN, *at("viewer", "birchwood"))
    run("remove", EMAIL, "--school", "oakwood")
    assert run("list", "--school", "birchwood").stdout.splitlines()[1:] == [
        f'"{ADMIN}","admin","birchwood","viewer","active",""'
    ]
    assert f'"{EMAIL}","office","","","active",""' in run("list").stdout.splitlines()


def test_no_cell_of_the_list_is_a_formula_to_a_spreadsheet(run: Run) -> None:
    run("create", "eve@school.example", *at("viewer"), "--name", '=HYPERLINK("x")')
    assert "\"'=HYPERLINK(" in run("list").stdout


def test_a_disabled_account_is_signed_out_and_stays_out_until_it_is_enabled(
    app: Flask, run: Run, client: AuditedClient
) -> None:
    sign_in(client, EMAIL, PASSWORD)
    assert run("disable", EMAIL.upper()).exit_code == 0
    assert client.get("/oakwood/staff/").status_code == 303
    with pytest.raises(AssertionError, match="refused"):
        sign_in(app.test_client(), EMAIL, PASSWORD)
    assert "was already disabled" in run("disable", EMAIL).stdout
    assert "can sign in again" in run("enable", EMAIL).stdout
    assert client.get("/oakwood/staff/").status_code == 303, "what was ended stays so"
    sign_in(client, EMAIL, PASSWORD)


def test_a_role_is_changed_where_there_is_one(run: Run, other_school: SchoolRow) -> None:
    assert "is now viewer at oakwood" in run("role", EMAIL, *at("viewer")).stdout
    assert "is already viewer" in run("role", EMAIL, *at("viewer")).stdout
    assert role(EMAIL) == "viewer"
    result = run("role", EMAIL, *at("viewer", "birchwood"))
    assert result.exit_code == 1
    assert "isn't staff of that school" in result.stderr


def test_a_school_is_taken_away_and_the_account_stays(run: Run) -> None:
    assert run("remove", EMAIL, "--school", "oakwood").exit_code == 0
    assert role(EMAIL) is None
    assert run("remove", EMAIL, "--school", "oakwood").exit_code == 1
    assert "already had an account" in run("create", EMAIL, *at("viewer")).stdout


@pytest.mark.parametrize(
    "words",
    [
        ("role", ADMIN, *at("editor")),
        ("create", ADMIN, *at("editor")),
        ("remove", ADMIN, "--school", "oakwood"),
        ("disable", ADMIN),
    ],
)
def test_no_command_takes_a_schools_last_admin(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert "last admin of Oakwood School. Make someone else an admin first" in result.stderr
    assert role(ADMIN) == "admin"
    run("role", EMAIL, *at("admin"))
    assert run(*words).exit_code == 0


def test_a_password_is_made_up_printed_once_and_ends_all_sessions(
    app: Flask, run: Run, client: AuditedClient
) -> None:
    sign_in(client, EMAIL, PASSWORD)
    result = run("reset", EMAIL)
    assert result.exit_code == 0
    password = result.stdout.splitlines()[-1].removeprefix("Password: ")
    assert client.get("/oakwood/staff/").status_code == 303
    sign_in(app.test_client(), EMAIL, password)
    with pytest.raises(AssertionError, match="refused"):
        sign_in(app.test_client(), EMAIL, PASSWORD)


def test_a_password_from_stdin_is_not_printed(app: Flask, run: Run) -> None:
    result = run("reset", EMAIL, "--password-stdin", stdin="four loud green rivers\n")
    assert result.exit_code == 0
    assert "four" not in result.output
    sign_in(app.test_client(), EMAIL, "four loud green rivers")


@pytest.mark.parametrize("password", ["short", "password123", "office2026", "oakwood school"])
def test_a_password_that_is_easy_to_guess_is_refused(run: Run, password: str) -> None:
    for words in (("reset", EMAIL), ("create", "new@school.example", *at("viewer"))):
        result = run(*words, "--password-stdin", stdin=f"{password}\n")
        assert result.exit_code == 1
        assert "easy to guess" in result.stderr or "characters" in result.stderr
    assert db.session.scalar(select(Account).where(Account.email == "new@school.example")) is None


def test_a_password_for_an_account_that_exists_is_not_dropped_silently(
    run: Run, other_school: SchoolRow
) -> None:
    for words in (at("viewer", "birchwood"), at("viewer"), at("viewer")):
        result = run("create", EMAIL, *words, "--password-stdin", stdin="four loud green rivers\n")
        assert result.exit_code == 0
        assert "Your password was not used" in result.stderr
        assert f"staff reset {EMAIL}" in result.stderr
    account = db.session.scalar(select(Account).where(Account.email == EMAIL))
    assert account is not None
    assert check_password(PASSWORD, account.password_hash, 64)
    assert "not used" not in run("create", EMAIL, *at("viewer")).output


@pytest.mark.parametrize("name", ["disable", "enable", "reset"])
def test_an_account_that_is_not_there_is_refused(run: Run, name: str) -> None:
    result = run(name, "nobody@school.example")
    assert result.exit_code == 1
    assert "Can't find an account for nobody@school.example" in result.stderr


@pytest.mark.parametrize(
    "words", [("role", EMAIL), ("remove", EMAIL), ("reset",), ("role", EMAIL, *at("owner"))]
)
def test_wrong_usage_ends_with_2(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
