"""The log says what broke and where, and never a word of what somebody typed."""

import logging
import smtplib
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.config import ROOT
from portal.delivery.transports import NotNowError
from portal.extensions import db, writing
from portal.log_redaction import LEFT_OUT, install
from portal.services.mail import queue as mail_queue
from portal.services.mail.queue import MailRefusedError
from tests.support.audit import Page
from tests.support.client import AuditedClient
from tests.support.contact_form import PATH, RUIZ
from tests.support.databases import Database
from tests.support.live import Live, inside, serve
from tests.support.people import PASSWORD

TYPED = {
    "child1-first_name": "Xanthippe",
    "child1-last_name": "Quillfeather",
    "parent1-first_name": "Zebulon",
    "parent1-email": "zebulon@quill.example",
    "parent1-primary_phone-number": "(415) 555-0187",
}
PRIVATE = ("xanthippe", "quillfeather", "zebulon", "quill.example", "5550187", "555-0187")

BREAK = {
    # A CHECK that fails makes PostgreSQL tell the whole row; SQLAlchemy tells the parameters.
    "postgresql": "ALTER TABLE {table} ADD CHECK ({column} <> '{value}') NOT VALID",
    "sqlite": "CREATE TRIGGER broken_{table} BEFORE INSERT ON {table} "
    "WHEN NEW.{column} = '{value}' BEGIN SELECT RAISE(ABORT, 'a check failed'); END",
}


def test_a_database_that_fails_on_a_form_puts_nobody_into_the_log(
    database: Database, tmp_path: Path
) -> None:
    errors = tmp_path / "errors.log"
    with serve(database, errors=errors) as live:
        _break(live, "contact", "first_name", "Xanthippe")
        _send_a_form(live, 303)
        _wait_for("could not be applied", errors)
        _break(live, "submission", "form", "contact")
        _send_a_form(live, 500)
        _search_in_vain(live)
        _ask_for_nonsense(live)
    log = errors.read_text()
    assert "IntegrityError" in log or "CheckViolation" in log  # it did fail, and the log says so
    assert "in _save" in log
    assert "error at POST /<slug>/forms/contact" in log
    assert "Rejected a request that can't be read" in log
    for word in PRIVATE:
        assert word not in log.lower().replace("(415) ", "").replace("415", ""), word


def _break(live: Live, table: str, column: str, value: str) -> None:
    statement = BREAK[live.database.engine].format(table=table, column=column, value=value)
    with inside(live), writing():
        db.session.execute(text(statement))


def _wait_for(words: str, errors: Path) -> None:
    late = time.monotonic() + 20
    while words not in errors.read_text():
        assert time.monotonic() < late, f"the log never said {words}"
        time.sleep(0.1)


def _send_a_form(live: Live, status: int) -> None:
    parent = requests.Session()
    page = Page(parent.get(live.url + PATH).text)
    hidden = {
        i.attrs["name"]: i.attrs.get("value") or "" for i in page.query("main input[type=hidden]")
    }
    answer = parent.post(live.url + PATH, data=hidden | RUIZ | TYPED, allow_redirects=False)
    assert answer.status_code == status


def _search_in_vain(live: Live) -> None:
    """With what staff look for in the address, over a database that has lost a table."""
    with inside(live), writing():
        db.session.execute(text("ALTER TABLE contact RENAME TO gone"))
    desk = requests.Session()
    page = Page(desk.get(f"{live.url}/staff/sign-in").text)
    token = page.query("main input[name=csrf_token]")[0].attrs["value"]
    typed = {"csrf_token": token, "email": live.email("viewer"), "password": PASSWORD}
    desk.post(f"{live.url}/staff/sign-in", data=typed)
    answer = desk.get(f"{live.url}/oakwood/staff/?q=Xanthippe+Quillfeather")
    assert answer.status_code in {500, 503}


def _ask_for_nonsense(live: Live) -> None:
    parts = urlsplit(live.url)
    for request in (
        b"GET /oakwood/staff/?q=Xanthippe Quillfeather HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nXanthippe Quillfeather: 1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: zebulon@quill.example\r\n\r\n",
    ):
        with socket.create_connection((parts.hostname or "", parts.port or 0), 10) as there:
            there.sendall(request)
            assert there.recv(100).startswith(b"HTTP/1.1 400")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """The output of a plain handler, as any server has it, for this logger."""
    install()
    file = tmp_path / "log"
    handler = logging.FileHandler(file)
    logging.getLogger().addHandler(handler)
    yield file
    logging.getLogger().removeHandler(handler)
    handler.close()


ERRORS = [
    KeyError("Xanthippe"),
    ValueError("invalid literal for int() with base 10: 'Xanthippe'"),
    RuntimeError("Xanthippe"),
    AssertionError("Xanthippe is not there"),
    UnicodeEncodeError("ascii", "Xanthipp\u00e9", 7, 8, "Xanthippe"),
    psycopg.errors.UniqueViolation("Key (first_name)=(Xanthippe) already exists."),
    smtplib.SMTPRecipientsRefused({"xanthippe@example.com": (550, b"no Xanthippe here")}),
    smtplib.SMTPDataError(552, b"too much for Xanthippe"),
    smtplib.SMTPNotSupportedError("Xanthippe"),
    FileNotFoundError(2, "No such file or directory", "/home/Xanthippe"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_told_by_its_type_and_place(log: Path, error: Exception) -> None:
    logger = logging.getLogger("somebody.elses")
    try:
        try:
            raise error
        except Exception as first:
            raise MailRefusedError(f"because of {first}") from first
    except MailRefusedError as second:
        logger.exception("it failed")
        logger.error("it failed: %s", second)
        logger.error(second)
    written = log.read_text()
    assert "xanthippe" not in written.lower()
    assert written.count("it failed") == 2
    assert written.count(f"MailRefusedError {LEFT_OUT}") == 3
    assert type(error).__name__ in written
    assert "in test_an_error_is_told_by_its_type_and_place" in written


def test_what_helps_and_holds_nobody_is_kept(log: Path) -> None:
    told = {
        "refused with status 550": smtplib.SMTPRecipientsRefused({"a": (550, b"x")}),
        "UNIQUE constraint failed: contact.email_key": sqlite3.IntegrityError(
            "UNIQUE constraint failed: contact.email_key"
        ),
        "503 to a question": NotNowError("503 to a question", in_doubt=False),
        "Connection refused": ConnectionRefusedError(111, "Connection refused"),
        "has no attribute": AttributeError("'NoneType' object has no attribute 'x'"),
    }
    for error in told.values():
        logging.getLogger("portal").warning("%s", error)
    written = log.read_text()
    for words in told:
        assert words.removeprefix("refused with status ") in written
    assert LEFT_OUT not in written


def test_a_broken_constraint_is_named_without_its_row(app: Flask, log: Path) -> None:
    def insert() -> None:
        row = "INSERT INTO field_label (school_id, field, label) VALUES (4711, 'x', 'Xanthippe')"
        with writing():
            db.session.execute(text(row))

    with pytest.raises(DBAPIError) as raised:
        insert()
    logging.getLogger("portal").error("%s", raised.value)
    written = log.read_text()
    assert "4711" not in written
    assert "FOREIGN KEY constraint failed" in written or "constraint fk_field_label" in written


def test_mail_that_is_refused_is_told_by_the_servers_code(
    app: Flask, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.delivery import mail_worker

    error = smtplib.SMTPRecipientsRefused({"zebulon@quill.example": (550, b"no zebulon")})

    def refuse(_message: object) -> None:
        raise MailRefusedError("550 no zebulon@quill.example") from error

    monkeypatch.setattr(mail_worker, "transport_of", lambda _settings: (refuse, "a@example.org"))
    with writing():
        db.session.execute(text("SELECT 1"))
    _post_mail()
    mail_worker.deliver(app)
    written = log.read_text()
    assert "550" in written
    assert "zebulon" not in written


def _post_mail() -> None:
    from portal.services.schools import schools

    with writing():
        school = schools.create_school(
            "oakwood", "Oakwood School", "+12065550147", send_window="always"
        )
        mail_queue.enqueue(school.id, "receipt", "zebulon@quill.example", "en", "Hello", "Hello")


def test_a_command_that_breaks_tells_nobody_either(database: Database) -> None:
    code = (
        "import os, threading\n"
        "from tests.support.databases import settings\n"
        "from portal import create_app\n"
        f"create_app(settings({database.url!r}))\n"
        "def fail(): raise KeyError('Xanthippe')\n"
        "thread = threading.Thread(target=fail)\n"
        "thread.start(), thread.join()\n"
        "fail()\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr.count(f"KeyError {LEFT_OUT}") == 2
    assert "in fail" in run.stderr


@pytest.mark.own_app
def test_a_page_that_fails_is_named_by_its_rule(app: Flask, log: Path) -> None:
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken(**_values: str) -> str:
        raise RuntimeError("broken")

    app.view_functions["parent.link"] = broken
    client = app.test_client()
    assert isinstance(client, AuditedClient)
    _post_mail()
    assert client.get("/oakwood/sign-in/link/secret-of-a-link?q=Xanthippe").status_code == 500
    written = log.read_text()
    assert "error at GET /<slug>/sign-in/link/<token>" in written
    assert "secret-of-a-link" not in written
    assert "xanthippe" not in written.lower()
