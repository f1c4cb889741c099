"""The work of whoever runs the portal: a second server, a migration, a backup."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.databases import Database, Databases
from tests.support.live import ROOT, SECRET, served

SECRET_FOR_COMMANDS = "zq8Vw2mNs0tLr7Yk"


@pytest.mark.parametrize("bind", ["", "-b"])
def test_a_second_server_on_a_port_is_refused_with_one_line(
    databases: Databases, bind: str
) -> None:
    with databases.fresh("sqlite") as database, served(database) as live:
        host, port = live.url.removeprefix("http://").split(":")
        again = subprocess.run(
            [
                *(sys.executable, "-m", "gunicorn", "-c", "python:portal.server"),
                *(["-b", f"{host}:{port}"] if bind else []),
                "wsgi:app",
            ],
            check=False,
            cwd=ROOT,
            env={**os.environ, "PORTAL_SECRET_KEY": SECRET, "PORT": "1" if bind else port},
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert again.returncode != 0
    assert len(again.stderr.strip().splitlines()) == 1, again.stderr
    assert f"PORT {port} is not available on 127.0.0.1" in again.stderr


def migrate(url: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"]
    named = {"PORTAL_DATABASE_URL": url, "PORTAL_SECRET_KEY": SECRET_FOR_COMMANDS}
    return subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env={**os.environ, **named},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:///{folder}/no/such/portal.sqlite3", "there is no folder {folder}/no/such"),
        ("sqlite:///{folder}", "unable to open database file"),
        ("postgresql+psycopg://portal@127.0.0.1:1/portal", "connection failed"),
    ],
)
def test_a_migration_that_finds_no_database_says_why_in_one_line(
    tmp_path: Path, url: str, reason: str
) -> None:
    run = migrate(url.format(folder=tmp_path))
    assert run.returncode == 1
    assert len(run.stderr.strip().splitlines()) == 1, run.stderr
    assert "PORTAL_DATABASE_URL: can't use the database: " in run.stderr
    assert reason.format(folder=tmp_path) in run.stderr


def test_a_migration_makes_a_database_where_there_is_none(tmp_path: Path) -> None:
    """In the folder that a fresh clone does not have yet, `instance/`, and in any that is there."""
    run = migrate(f"sqlite:///{tmp_path}/portal.sqlite3")
    assert (run.returncode, (tmp_path / "portal.sqlite3").exists()) == (0, True), run.stderr


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_backup_of_the_readme_works_every_night(database: Database, tmp_path: Path) -> None:
    block = re.search(
        r"((?:    .*\n)+)(?=\nA copy of the file alone)", (ROOT / "README.md").read_text()
    )
    assert block is not None
    file = database.url.removeprefix("sqlite:///")
    command = block[1].replace("/backups", str(tmp_path)).replace("instance/portal.sqlite3", file)
    (tmp_path / "unfinished").write_text("of a night when the machine was turned off")
    with sqlite3.connect(file) as connection:
        for version in ("1", "2"):
            connection.execute("UPDATE alembic_version SET version_num = ?", [version])
            connection.commit()  # still in the -wal
            run = subprocess.run(
                ["sh", "-ec", command], check=False, capture_output=True, text=True
            )
            assert (run.returncode, run.stderr) == (0, "")
            [backup] = tmp_path.iterdir()
            assert re.fullmatch(r"portal-\d{4}-\d\d-\d\d\.sqlite3", backup.name)
            assert backup.stat().st_mode & 0o077 == 0
            with sqlite3.connect(backup) as copy:
                kept = copy.execute("SELECT version_num FROM alembic_version").fetchall()
                assert kept == [(version,)]
                assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
