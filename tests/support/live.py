"""A portal at work for browser tests: the production server over a database of its own."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from socket import socket

from flask import Flask
from sqlalchemy import select

from portal import create_app
from portal.delivery import text_worker
from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Submission
from portal.queries.schools import SchoolRow, get_school
from portal.services.schools import schools
from tests.support.databases import Database, settings
from tests.support.people import PASSWORD, make_account
from tests.support.pooler import kind_of_pooler

ROOT = Path(__file__).resolve().parents[2]
SECRET = "only for tests, not a secret"  # the same as in tests/support/databases.py
START_SECONDS = 30


@dataclass(frozen=True)
class Live:
    url: str
    database: Database
    password: str = PASSWORD
    pid: int = 0
    """The server's, of which the workers are children."""

    def email(self, role: str) -> str:
        return f"{role}@oakwood.example"


@contextmanager
def serve(database: Database, **more: str) -> Iterator[Live]:
    """Oakwood School with an account for each role, served."""
    _furnish(database)
    with served(database, **more) as live:
        yield live


@contextmanager
def served(
    database: Database, *arguments: str, errors: Path | None = None, **more: str
) -> Iterator[Live]:
    """Serve the database on a free port of the loopback; `more` is in the server's
    environment, `arguments` on its command line; what it logs goes to `errors`."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "PORTAL_DATABASE_URL": database.url,
        "PORTAL_DATABASE_POOLER": kind_of_pooler(database.url),
        "PORTAL_SECRET_KEY": SECRET,
        "PORTAL_PUBLIC_URL": url,
        "PORTAL_DEMO": "on",
        "PORTAL_FORM_MIN_SECONDS": "0",
        "PORTAL_FORM_LIMIT": "0",
        "PORTAL_SIGN_IN_LIMIT": "0",
        "PORT": str(port),
        **more,
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:portal.server", *arguments]
    with errors.open("wb") if errors else nullcontext() as log:
        server = subprocess.Popen([*command, "wsgi:app"], cwd=ROOT, env=environment, stderr=log)
        try:
            _wait_until_ready(server, url)
            yield Live(url, database, pid=server.pid)
        finally:
            server.terminate()
            server.wait(timeout=START_SECONDS)


@contextmanager
def inside(live: Live) -> Iterator[SchoolRow]:
    """Oakwood School from within its database, past the pages: for what was on file before a story
    begins, and for what comes in from elsewhere while it goes on."""
    with _database(live.database):
        school = get_school("oakwood")
        assert school is not None
        yield school


def wait_until_applied(live: Live) -> None:
    """Wait until the server has applied the forms that it accepted."""
    waiting = select(Submission.id).where(Submission.apply_at.is_not(None))
    late = time.monotonic() + START_SECONDS
    with _database(live.database):
        while db.session.scalars(waiting).first() is not None:
            db.session.rollback()
            assert time.monotonic() < late, "the forms are not applied"
            time.sleep(0.05)


def send_due(live: Live) -> None:
    """Send the texts that are due, as `flask texts work` would."""
    text_worker.send_due(_app(live.database.url))
    with _database(live.database):
        pass


def _furnish(database: Database) -> None:
    with _database(database):
        with writing():
            schools.create_school("oakwood", "Oakwood School", "+12065550147", send_window="always")
        for role in StaffRole:
            make_account(f"{role}@oakwood.example", "oakwood", role, role.value.capitalize())


@contextmanager
def _database(database: Database) -> Iterator[None]:
    with _app(database.url).app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


@cache
def _app(url: str) -> Flask:
    return create_app(settings(url))


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: "subprocess.Popen[bytes]", url: str) -> None:
    """Ask until it answers; a server that ended, or takes too long, fails the test."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert server.poll() is None, "the server did not start"
        with suppress(OSError), urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)  # between two questions to another process
    raise AssertionError("the server was not ready in time")
