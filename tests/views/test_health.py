"""Questions from machines: alive, and ready to serve."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from portal import create_app
from portal.extensions import db, writing
from tests.support.client import AuditedClient
from tests.support.databases import Databases, settings

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
