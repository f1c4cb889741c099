"""SQLite is opened so that several processes lose nothing."""

import threading
from contextlib import suppress
from contextvars import Context

import pytest
from flask import Flask
from sqlalchemy import event, select, text, update

from portal.enums import ContactRole
from portal.extensions import SQLITE_BUSY_MS, db, writing
from portal.models import Contact
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from tests.models.workers import (
    Work,
    count_as_the_driver_begins,
    count_in_plain_begin,
    count_in_writing,
    in_processes,
)
from tests.support.databases import Database

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def version(app: Flask, school: SchoolRow) -> int:
    """The version, 0, of the only contact."""
    with writing():
        contacts.create_contact(school.id, "Pat", "Doe", ContactRole.PARENT, "staff")
        db.session.execute(update(Contact).values(version=0))
    return 0


def _version() -> int:
    db.session.rollback()
    return db.session.scalars(select(Contact.version)).one()


@pytest.mark.usefixtures("version")
def test_processes_that_read_and_then_write_lose_nothing(database: Database) -> None:
    assert in_processes(count_in_writing, database.url, processes=3, rounds=20) == 0
    assert _version() == 60


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize(
    ("work", "failed"), [(count_in_plain_begin, 10), (count_as_the_driver_begins, 0)]
)
def test_without_writing_the_same_work_loses(database: Database, work: Work, failed: int) -> None:
    """Show the fault that the test above looks for: half of the writes fail or are lost."""
    assert in_processes(work, database.url, processes=2, rounds=10) == failed
    assert _version() == 10


def _write(app: Flask, wrote: threading.Event, fails: bool = False) -> None:
    with app.app_context(), suppress(ZeroDivisionError), writing():
        db.session.execute(update(Contact).values(version=Contact.version + 1))
        wrote.set()
        if fails:
            raise ZeroDivisionError


@pytest.mark.usefixtures("version")
@pytest.mark.parametrize("fails", [False, True])
def test_a_thread_asks_sqlite_to_write_once_it_is_its_turn(app: Flask, fails: bool) -> None:
    """SQLite would have it wait up to a tenth of a second after the one before has ended."""
    mine, next_one, begun = threading.Event(), threading.Event(), []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        begun.append(statement)

    with writing():
        event.listen(db.engine, "before_cursor_execute", note)
        db.session.execute(update(Contact).values(version=1))
        waiting = threading.Thread(target=_write, args=[app, mine, fails])
        waiting.start()
        assert not mine.wait(0.2)
        assert begun.count("BEGIN IMMEDIATE") == 1
        event.remove(db.engine, "before_cursor_execute", note)
    assert mine.wait(5)
    waiting.join()
    _write(app, next_one)
    assert next_one.is_set()
    assert _version() == (2 if fails else 3)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("busy_timeout", SQLITE_BUSY_MS),
    ],
)
def test_every_connection_is_opened_as_promised(app: Flask, pragma: str, value: str | int) -> None:
    assert SQLITE_BUSY_MS >= 5000
    with db.engine.connect() as one, db.engine.connect() as other:
        for connection in (one, other):
            assert connection.scalar(text(f"PRAGMA {pragma}")) == value


@pytest.mark.usefixtures("version")
def test_who_only_reads_does_not_wait_for_who_writes(app: Flask) -> None:
    def read() -> int | None:
        with app.app_context(), db.engine.connect() as connection:
            return connection.scalar(select(Contact.version))

    with writing():
        db.session.execute(update(Contact).values(version=7))
        another_request = Context()
        assert another_request.run(read) == 0
    assert _version() == 7


@pytest.mark.usefixtures("version")
def test_writing_forgets_what_was_read_before(app: Flask) -> None:
    contact = db.session.scalars(select(Contact)).one()
    assert contact.version == 0
    with db.engine.connect() as other:
        other.execute(update(Contact).values(version=5))
        other.commit()
    with writing():
        contact = db.session.scalars(select(Contact)).one()
        contact.version += 1
    assert _version() == 6
