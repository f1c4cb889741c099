"""Files are for their owner alone, whatever the umask is."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal import config, trial
from portal.config import ROOT, Settings
from portal.private_files import make_private_folder, protect_database
from tests.support.databases import Database
from tests.support.live import SECRET, served


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def open_to_all() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    assert mode(folder) == 0o777
    return folder


def run(folder: Path, *command: str) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "PORTAL_SECRET_KEY": SECRET,
        "PORTAL_DATABASE_URL": f"sqlite:///{folder / 'portal.sqlite3'}",
    }
    flask = [Path(sys.executable).with_name("flask"), "--app", "wsgi"]
    subprocess.run([*flask, *command], cwd=ROOT, env=environ, check=True, capture_output=True)


def test_commands_make_and_keep_the_database_private(folder: Path) -> None:
    run(folder, "db", "upgrade")
    file = folder / "portal.sqlite3"
    assert (mode(folder), mode(file)) == (0o700, 0o600)
    folder.chmod(0o755)
    file.chmod(0o644)
    run(folder, "mail", "work", "--once")
    assert (mode(folder), mode(file)) == (0o700, 0o600)


def test_the_server_keeps_the_database_private_with_what_is_beside_it(folder: Path) -> None:
    run(folder, "db", "upgrade")
    file = folder / "portal.sqlite3"
    for path in (folder, file):
        path.chmod(0o777)
    with served(Database("sqlite", f"sqlite:///{file}")):
        beside = sorted(path.name for path in folder.iterdir())
        assert beside == [file.name, f"{file.name}-shm", f"{file.name}-wal"]
        assert {mode(path) for path in folder.iterdir()} == {0o600}
        assert mode(folder) == 0o700


def test_a_log_that_is_there_already_is_made_private(folder: Path) -> None:
    file = folder / "portal.sqlite3"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE a (b)")
    beside = folder / "portal.sqlite3-wal"
    assert (mode(file), mode(beside)) == (0o666, 0o666) or mode(beside) == 0o644
    protect_database(file)
    assert (mode(folder), mode(file), mode(beside)) == (0o700, 0o600, 0o600)
    connection.close()


def test_a_folder_that_others_use_is_left_as_it_is(folder: Path) -> None:
    (folder / "of-somebody-else").touch()
    protect_database(folder / "portal.sqlite3")
    assert (mode(folder), mode(folder / "portal.sqlite3")) == (0o777, 0o600)
    assert mode(folder / "of-somebody-else") == 0o666


def test_a_folder_for_everybodys_files_is_left_as_it_is(folder: Path) -> None:
    folder.chmod(0o1777)
    protect_database(folder / "portal.sqlite3")
    assert mode(folder) == 0o1777


def test_the_installations_folder_and_secret_are_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = tmp_path / "instance"
    secret = instance / "secret_key"
    monkeypatch.setattr(config, "SECRET_FILE", secret)
    trial.make_secret(secret)
    assert (mode(instance), mode(secret)) == (0o700, 0o600)
    for path in (instance, secret):
        path.chmod(0o755)
    Settings.from_environ({})
    assert mode(secret) == 0o600
    make_private_folder(instance)
    assert mode(instance) == 0o700
