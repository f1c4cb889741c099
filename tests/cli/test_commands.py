"""Commands: what they do, what they refuse (1), what is wrong usage (2)."""

import csv
import io
import stat
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from portal import config
from portal.extensions import db
from portal.models import Account, Membership
from portal.queries.schools import SchoolRow, get_school
from portal.services.accounts.accounts import check_password
from tests.support.client import AuditedClient
from tests.support.families import make_parent, phone, stop
from tests.support.people import sign_in

EMAIL = "office@school.example"


def run(app: Flask, *words: str, stdin: str | None = None) -> Result:
    result = app.test_cli_runner().invoke(args=list(words), input=stdin)
    db.session.rollback()
    return result


def elm(*more: str) -> tuple[str, ...]:
    return ("school", "create", "elm", "--name", "Elm", "--texting-number", "2065550149", *more)


def test_a_school_is_made(app: Flask) -> None:
    result = run(app, *elm("--country", "us", "--timezone", "America/New_York"))
    assert result.exit_code == 0, result.output
    school = get_school("elm")
    assert school is not None
    assert (school.texting_number, school.timezone) == ("+12065550149", "America/New_York")
    assert school.texting_on


def test_a_school_that_cannot_be_is_refused_on_stderr(app: Flask) -> None:
    result = run(app, *elm("--timezone", "Mars/Olympus"))
    assert result.exit_code == 1
    assert "Mars/Olympus" in result.stderr
    assert result.stdout == ""
    assert get_school("elm") is None


@pytest.mark.parametrize(
    "words",
    [
        ("school", "create", "elm"),
        ("school", "set", "oakwood"),
        ("school", "set", "oakwood", "--texting", "maybe"),
        ("staff", "create", EMAIL, "--school", "oakwood"),
        ("staff", "create", EMAIL, "--school", "oakwood", "--role", "owner"),
        ("opt-outs", "export"),
        ("demo", "load", "--families", "many"),
        ("demo", "load", "--families", "-1"),
    ],
)
def test_wrong_usage_ends_with_2(app: Flask, school: SchoolRow, words: tuple[str, ...]) -> None:
    result = run(app, *words)
    assert result.exit_code == 2
    assert "Usage:" in result.stderr


def test_texting_is_switched_off_and_on(app: Flask, school: SchoolRow) -> None:
    assert "texting off" in run(app, "school", "set", "oakwood", "--texting", "off").stdout
    found = get_school("oakwood")
    assert found is not None
    assert not found.texting_on
    assert "texting on" in run(app, "school", "set", "oakwood", "--texting", "on").stdout


def test_the_office_is_told_of_replies_or_not(app: Flask, school: SchoolRow) -> None:
    def tell(address: str) -> Result:
        return run(app, "school", "set", "oakwood", "--reply-copy-to", address)

    assert "replies announced to office@school.example" in tell("office@school.example").stdout
    refused = tell("office")
    assert (refused.exit_code, "Can't use the office email 'office'" in refused.stderr) == (1, True)
    assert "replies announced" not in tell("none").stdout


@pytest.mark.parametrize(
    "words",
    [
        ("school", "set", "elm", "--texting", "off"),
        ("staff", "create", EMAIL, "--school", "elm", "--role", "viewer", "--password-stdin"),
        ("opt-outs", "export", "--school", "elm"),
    ],
)
def test_a_school_that_is_not_there_is_refused(
    app: Flask, school: SchoolRow, words: tuple[str, ...]
) -> None:
    result = run(app, *words, stdin="long enough\n")
    assert result.exit_code == 1
    assert "Schools: oakwood" in result.stderr


def staff(app: Flask, role: str, slug: str = "oakwood", stdin: str | None = None) -> Result:
    words = ("staff", "create", EMAIL, "--school", slug, "--role", role, "--name", "Pat Fields")
    return run(app, *words, *(["--password-stdin"] if stdin else []), stdin=stdin)


def test_an_account_with_a_password_from_stdin_signs_in(
    app: Flask, client: AuditedClient, school: SchoolRow
) -> None:
    assert staff(app, "editor", stdin="a password, spaces kept \r\n").exit_code == 0
    sign_in(client, EMAIL, "a password, spaces kept ")


def test_without_a_terminal_a_password_is_made_up_and_printed(
    app: Flask, school: SchoolRow
) -> None:
    result = staff(app, "viewer")
    assert result.exit_code == 0, result.output
    password = result.stdout.splitlines()[-1].removeprefix("Password: ")
    account = db.session.scalar(select(Account))
    assert account is not None
    assert check_password(password, account.password_hash, 64)


def test_an_account_that_exists_gets_one_more_school(
    app: Flask, client: AuditedClient, school: SchoolRow, other_school: SchoolRow
) -> None:
    staff(app, "editor", stdin="the first password\n")
    again = staff(app, "admin", "birchwood", stdin="another password\n")
    assert again.exit_code == 0
    assert "birchwood. Password unchanged." in again.stdout
    assert db.session.scalar(select(func.count()).select_from(Membership)) == 2
    sign_in(client, EMAIL, "the first password")


def test_a_role_is_changed_by_the_same_command(app: Flask, school: SchoolRow) -> None:
    staff(app, "editor", stdin="the first password\n")
    assert "is now admin" in staff(app, "admin").stdout
    assert "Nothing changed" in staff(app, "admin").stdout
    assert list(db.session.scalars(select(Membership.role))) == ["admin"]


@pytest.mark.parametrize(
    ("email", "stdin"), [("not-an-email", "long enough\n"), (EMAIL, "short\n")]
)
def test_a_bad_email_or_password_is_refused(
    app: Flask, school: SchoolRow, email: str, stdin: str
) -> None:
    words = ("staff", "create", email, "--school", "oakwood", "--role", "viewer")
    result = run(app, *words, "--password-stdin", stdin=stdin)
    assert result.exit_code == 1
    assert result.stderr.startswith(("Error: Enter an email", "Error: Use a password"))
    assert db.session.scalar(select(func.count()).select_from(Account)) == 0


def test_the_opt_outs_are_written_to_stdout(app: Flask, school: SchoolRow) -> None:
    make_parent(school, "Ana Núñez", phones=[phone("+12065550182")])
    stop(school, "+12065550182")
    result = run(app, "opt-outs", "export", "--school", "oakwood")
    assert result.exit_code == 0
    text = result.stdout_bytes.decode("utf-8")
    assert [row["parent_name"] for row in csv.DictReader(io.StringIO(text))] == ["Ana Núñez"]


def test_the_opt_outs_are_written_to_a_file(app: Flask, school: SchoolRow, tmp_path: Path) -> None:
    stop(school, "+12065550183")
    file = tmp_path / "out.csv"
    words = ("opt-outs", "export", "--school", "oakwood", "--output", str(file))
    result = run(app, *words, "--with-unknown")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "Wrote 1 row to" in result.stderr
    assert file.read_bytes().split(b"\r\n")[1].startswith(b'"","","(206) 555-0183","",')


def test_a_file_that_cannot_be_written_is_refused(app: Flask, school: SchoolRow) -> None:
    words = ("opt-outs", "export", "--school", "oakwood", "--output", "/nowhere/out.csv")
    result = run(app, *words)
    assert result.exit_code == 1
    assert "Can't write to /nowhere/out.csv" in result.stderr


def test_the_demo_is_loaded_once(app: Flask) -> None:
    assert run(app, "demo", "load").exit_code == 0
    assert "Created 0 families" in run(app, "demo", "load").stdout
    result = run(app, "demo", "load", "--families", "14", "--seed", "3")
    assert "Created 2 families" in result.stdout


def test_the_trials_accounts_keep_their_passwords(
    app: Flask, client: AuditedClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "INSTANCE", tmp_path / "instance")
    first = run(app, "demo", "accounts")
    assert first.exit_code == 0, first.output
    assert run(app, "demo", "accounts").stdout == first.stdout
    file = tmp_path / "instance" / "demo-accounts.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    email, password = first.stdout.splitlines()[0].split()
    sign_in(client, email, password)
    file.unlink()
    renewed = run(app, "demo", "accounts")
    assert renewed.stdout != first.stdout
    email, password = renewed.stdout.splitlines()[0].split()
    sign_in(app.test_client(), email, password)


GROUPS = {
    "school": {"create", "set", "label"},
    "staff": {"create", "list", "disable", "enable", "role", "remove", "reset"},
    "demo": {"load", "accounts"},
    "opt-outs": {"export"},
    "mail": {"bounces", "campaign", "work"},
    "texts": {"send", "work", "reconcile"},
}


@pytest.mark.parametrize("name", GROUPS)
def test_every_command_says_what_it_does_with_an_example(name: str) -> None:
    from portal import cli

    modules = [getattr(cli, n) for n in ("school", "staff", "demo", "opt_outs", "mail", "texts")]
    group = next(m.group for m in modules if m.group.name == name)
    assert set(group.commands) == GROUPS[name]
    for command in group.commands.values():
        assert f"flask --app wsgi {name} {command.name}" in (command.help or "")


def test_a_password_is_asked_for_twice_at_a_terminal(
    app: Flask, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.cli import staff as command

    asked: list[dict[str, object]] = []

    def prompt(_text: str, **how: object) -> str:
        asked.append(how)
        return "typed by hand"

    monkeypatch.setattr(command.click, "prompt", prompt)
    monkeypatch.setattr(command, "at_a_terminal", lambda: True)
    assert staff(app, "viewer").exit_code == 0
    assert asked == [{"hide_input": True, "confirmation_prompt": True}]
    account = db.session.scalar(select(Account))
    assert account is not None
    assert check_password("typed by hand", account.password_hash, 64)
