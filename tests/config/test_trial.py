"""`make run` and the server: what a first start makes, what is refused in one line."""

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from portal import config, trial
from portal.demo.accounts import DemoAccount
from tests.support.databases import Database, Databases

ADDRESS = "http://127.0.0.1:8000"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    instance = tmp_path / "instance"
    monkeypatch.setattr(config, "INSTANCE", instance)
    monkeypatch.setattr(config, "SECRET_FILE", instance / "secret_key")
    for name in [name for name in os.environ if name.startswith("PORTAL_")]:
        monkeypatch.delenv(name)
    return instance


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def bare(
    request: pytest.FixtureRequest,
    databases: Databases,
    instance: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Database]:
    """A database without any table, named in the environment."""
    with databases.fresh(request.param, migrated=False) as database:
        monkeypatch.setenv("PORTAL_DATABASE_URL", database.url)
        trial.make_secret(config.SECRET_FILE)
        yield database


def count(database: Database, table: str) -> int:
    engine = create_engine(database.url)
    with engine.connect() as connection:
        number: int = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    engine.dispose()
    return number


def test_a_first_start_makes_tables_families_and_accounts(bare: Database, instance: Path) -> None:
    greeting = trial.prepare(ADDRESS)
    assert f"{ADDRESS}/oakwood/forms/contact" in greeting
    assert f"{ADDRESS}/staff/sign-in" in greeting
    for role in ("viewer", "editor", "admin"):
        assert f"{role}@oakwood.example" in greeting
    assert count(bare, "account") == 3
    assert count(bare, "school") == 2
    assert count(bare, "contact") > 24
    assert stat.S_IMODE((instance / "demo-accounts.json").stat().st_mode) == 0o600


def test_a_second_start_changes_nothing_and_says_the_same(bare: Database) -> None:
    first = trial.prepare(ADDRESS)
    contacts = count(bare, "contact")
    assert trial.prepare(ADDRESS) == first
    assert count(bare, "contact") == contacts


def test_without_the_demo_there_is_no_school(
    bare: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_DEMO", "off")
    assert "no schools yet" in trial.prepare(ADDRESS)
    assert count(bare, "school") == count(bare, "account") == 0


def test_accounts_of_another_database_are_not_shown(
    bare: Database, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.prepare(ADDRESS)
    with databases.fresh("sqlite", migrated=False) as other:
        monkeypatch.setenv("PORTAL_DATABASE_URL", other.url)
        monkeypatch.setenv("PORTAL_DEMO", "off")
        assert "viewer@" not in trial.prepare(ADDRESS)


def test_the_greeting_names_a_school_that_is_there() -> None:
    account = DemoAccount("a@example.com", "A", (), "pass-word")
    assert "/elm/forms/contact" in trial.greet(ADDRESS, ["elm"], [account])
    assert "staff create" in trial.greet(ADDRESS, ["elm"], [])


def test_the_secret_is_made_once_and_for_its_owner_only(instance: Path) -> None:
    file = instance / "secret_key"
    trial.make_secret(file)
    secret = file.read_text()
    assert len(secret) > 40
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    trial.make_secret(file)
    assert file.read_text() == secret


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "8000 "])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(SystemExit, match="PORT must be a number"):
        trial.check_port(port)


def test_a_busy_port_is_refused_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(SystemExit, match=f"PORT {port} is not available"):
            trial.check_port(port)
    trial.check_port(port)


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        (["gunicorn", "-c", "python:portal.server", "wsgi:app"], "PORTAL_SMS", "pigeon"),
        (["gunicorn", "-c", "python:portal.server", "wsgi:app"], "PORTAL_SECRET_KEY", "short"),
        (["flask", "--app", "wsgi", "demo", "load"], "PORTAL_PUBLIC_URL", "nowhere"),
        (["flask", "--app", "wsgi", "mail", "work"], "PORTAL_MAIL", "pigeon"),
        (["python", "-m", "portal.trial"], "PORTAL_FORM_LIMIT", "few"),
        (["python", "-m", "portal.trial"], "PORT", "http"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    command: list[str], name: str, value: str
) -> None:
    program = Path(sys.executable).with_name(command[0])
    environ = {
        "PATH": os.environ["PATH"],
        "PORTAL_SECRET_KEY": "only for tests, not a secret",
        "PORT": "0",
    }
    if name != "PORT":
        environ["PORT"] = free_port()
    done = subprocess.run(
        [program, *command[1:]],
        env=environ | {name: value},
        cwd=config.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stderr.startswith(f"{name} must be ")


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])
