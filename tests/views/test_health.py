"""Questions from machines: alive, and ready to serve."""

import os
import resource
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy import create_engine, event, text
from werkzeug.test import TestResponse

from portal import create_app
from portal.extensions import db, writing
from portal.queries.schools import SchoolRow
from portal.views import health
from tests.support.audit import Page
from tests.support.client import AuditedClient
from tests.support.contact_form import PATH, RUIZ, hidden
from tests.support.databases import Database, Databases, settings
from tests.support.live import served

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Via")


def test_it_is_alive_and_ready(client: AuditedClient) -> None:
    for path in ("/healthz", "/readyz"):
        answer = client.get(path)
        assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
        assert "Set-Cookie" not in answer.headers


def test_without_its_database_it_is_alive_and_not_ready(tmp_path: Path) -> None:
    client = create_app(settings(f"sqlite:///{tmp_path}/no/such/folder/db")).test_client()

    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["reason"] == "the database is not responding"


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_without_its_tables_it_is_not_ready(databases: Databases, engine: str) -> None:
    with databases.fresh(engine, migrated=False) as database:
        app = create_app(settings(database.url))
        answer = app.test_client().get("/readyz")
        with app.app_context():
            db.engine.dispose()
    assert answer.status_code == 503
    assert answer.get_json()["reason"] == "the database needs `make migrate`"


def test_without_a_guard_of_the_ledger_it_is_not_ready(app: Flask, client: AuditedClient) -> None:
    on = " ON consent_event" if db.engine.dialect.name == "postgresql" else ""
    with writing():
        db.session.execute(text(f"DROP TRIGGER consent_event_no_delete{on}"))

    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "consent_event_no_delete" in answer.get_json()["reason"]


def test_why_it_is_not_ready_only_this_machine_is_told(tmp_path: Path) -> None:
    client = create_app(settings(f"sqlite:///{tmp_path}/no/such/folder/db")).test_client()
    for name in FORWARDED:
        answer = client.get("/readyz", headers={name: "127.0.0.1"})
        assert (answer.status_code, answer.get_json()) == (503, {"status": "error"}), name
    for address in ("203.0.113.9", "10.0.0.2", "2001:db8::1"):
        answer = client.get("/readyz", environ_overrides={"REMOTE_ADDR": address})
        assert answer.get_json() == {"status": "error"}
    for address in ("127.0.0.1", "127.0.0.2", "::1"):
        answer = client.get("/readyz", environ_overrides={"REMOTE_ADDR": address})
        assert set(answer.get_json()) == {"status", "reason"}


LOCKED = {
    "sqlite": ["BEGIN EXCLUSIVE"],
    "postgresql": ["BEGIN", "LOCK TABLE contact IN ACCESS EXCLUSIVE MODE"],
}


def test_while_somebody_holds_the_database_it_is_alive_and_not_ready(
    app: Flask, client: AuditedClient, database: Database, school: SchoolRow
) -> None:
    db.session.rollback()
    with create_engine(database.url, isolation_level="AUTOCOMMIT").connect() as other:
        for statement in LOCKED[database.engine]:
            other.exec_driver_sql(statement)
        began = time.monotonic()
        answer = client.get("/readyz")
        assert time.monotonic() - began < 2.5, "machines that ask don't wait for long"
        assert answer.status_code == 503
        assert "the database can't be written to: OperationalError" in told(answer) or (
            "the database can't be written to: LockNotAvailable" in told(answer)
        )
        assert client.get("/healthz").status_code == 200
        assert client.get("/oakwood/").status_code == 200
        other.exec_driver_sql("ROLLBACK")
    assert client.get("/readyz").status_code == 200


def told(answer: TestResponse) -> str:
    return str(answer.get_json()["reason"])


@pytest.mark.own_app
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_connections_of_a_file_that_was_read_only_are_opened_anew_once_it_is_not(
    app: Flask, client: AuditedClient, school: SchoolRow, database: Database
) -> None:
    """SQLite opens such a file to read from, and the connection stays so for good."""
    read_only = [True]
    token = hidden(client)

    @event.listens_for(db.engine, "do_connect")
    def open_file(*_: Any) -> sqlite3.Connection | None:
        file = database.url.removeprefix("sqlite:///")
        if not read_only[0]:
            return None
        return sqlite3.connect(f"file:{file}?mode=ro", uri=True, check_same_thread=False)

    db.session.remove()
    db.engine.dispose()
    for _ in range(2):
        assert client.get("/readyz").status_code == 503
        assert client.post(PATH, data=token | RUIZ).status_code == 503
        assert client.get("/oakwood/").status_code == 200
    read_only[0] = False
    assert client.get("/readyz").status_code == 200
    assert client.post(PATH, data=token | RUIZ).status_code == 303


@pytest.mark.own_app
@pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_connections_to_a_server_that_was_a_standby_are_made_anew_once_it_is_not(
    app: Flask, client: AuditedClient, school: SchoolRow, databases: Databases
) -> None:
    token, name = hidden(client), db.engine.url.database
    with databases.connect() as owner:
        owner.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        db.session.remove()
        db.engine.dispose()
        answer = client.get("/readyz")
        assert (answer.status_code, "ReadOnlySqlTransaction" in told(answer)) == (503, True)
        away = client.post(PATH, data=token | RUIZ)
        assert (away.status_code, Page(away.text).text("h1") != "") == (503, True)
        owner.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    assert client.get("/oakwood/").status_code == 200
    assert client.post(PATH, data=token | RUIZ).status_code in {303, 503}, "one may find it out"
    assert client.get("/readyz").status_code == 200
    assert client.post(PATH, data=token | RUIZ).status_code == 303


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_workers_serve_again_once_the_disk_takes_writes_again(database: Database) -> None:
    """The workers may write no file longer than a page, as on a disk that is full."""
    with served(database, errors=Path(os.devnull)) as live:
        workers = both_workers(live.pid)
        limits = [resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in workers]
        with sqlite3.connect(database.url.removeprefix("sqlite:///")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for pid, (_, most) in zip(workers, limits, strict=True):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, most))
        full = [httpx.get(f"{live.url}/readyz") for _ in range(8)]
        assert {answer.status_code for answer in full} == {503}
        assert "disk I/O error" in full[0].json()["reason"]
        assert httpx.get(f"{live.url}/healthz").status_code == 200
        assert httpx.get(f"{live.url}/staff/sign-in").status_code == 200
        for pid, limit in zip(workers, limits, strict=True):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)
        assert {httpx.get(f"{live.url}/readyz").status_code for _ in range(8)} == {200}
        assert [int(pid) for pid in children(live.pid)] == workers, "the same as before"


def both_workers(pid: int) -> list[int]:
    """Wait for the second one: the server is ready once the first one answers."""
    until = time.monotonic() + 20
    while len(found := children(pid)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    return [int(worker) for worker in found]


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_strangers_who_ask_often_have_the_database_looked_at_once_a_second(
    client: AuditedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[None] = []

    def look() -> tuple[None, None]:
        looked.append(None)
        return None, None

    monkeypatch.setattr(health, "_unready", look)
    began = time.monotonic()
    for _ in range(50):
        client.get("/readyz", headers={"X-Forwarded-For": "203.0.113.9"})
    before = len(looked)
    assert before <= 1 + (time.monotonic() - began)
    client.get("/readyz")
    client.get("/readyz")
    assert len(looked) == before + 2, "this machine is told how it is now"


def test_a_database_that_hangs_is_not_waited_for(
    client: AuditedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()

    def hang() -> tuple[None, None]:
        answers.wait(10)
        return None, None

    monkeypatch.setattr(health, "_unready", hang)
    monkeypatch.setattr(health, "WAIT_SECONDS", 0.1)
    for _ in range(2):
        answer = client.get("/readyz")
        assert (answer.status_code, told(answer)) == (503, "the database does not answer")
    answers.set()
    monkeypatch.setattr(health, "WAIT_SECONDS", 5)
    assert client.get("/readyz").status_code == 200
