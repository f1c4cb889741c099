"""The database itself refuses to change the ledger, whoever asks."""

import sqlite3
from collections.abc import Callable

import psycopg
import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal.consent.wording import consent_wording
from portal.enums import Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentEvidence, Wording
from tests.consent.consent_school import NO, NUMBER, YES, ConsentSchool
from tests.support.databases import Database

pytestmark = pytest.mark.usefixtures("ledger")

ANOTHER_KEY = (
    "SELECT school_id, number, seq + 10, answer, source, state, code, actor, wording_id, language,"
    " texting_number, submission_id, message_id, happened_at, recorded_at, evidence_digest,"
    " prev_hash, hash FROM consent_event"
)
"""Events with the message ids of those that are there, at other places."""
ANYWHERE = [
    "UPDATE consent_event SET answer = 'no'",
    "UPDATE consent_event SET seq = 7 WHERE seq = 1",
    "UPDATE consent_event SET hash = hash",
    "DELETE FROM consent_event",
    "DELETE FROM consent_event WHERE seq = 2",
    "UPDATE wording SET text = 'Yes to everything'",
    "DELETE FROM wording",
    "INSERT INTO wording SELECT * FROM wording WHERE true"
    " ON CONFLICT (school_id, id) DO UPDATE SET text = 'Yes to everything'",
    "INSERT INTO consent_event SELECT * FROM consent_event WHERE true"
    " ON CONFLICT (school_id, number, seq) DO UPDATE SET answer = 'no'",
    f"INSERT INTO consent_event {ANOTHER_KEY} WHERE true"
    " ON CONFLICT (school_id, message_id) DO UPDATE SET answer = 'no'",
]
ON_SQLITE = [
    "REPLACE INTO wording SELECT school_id, id, language, 'Yes', first_used_at FROM wording",
    "INSERT OR REPLACE INTO wording SELECT * FROM wording",
    "INSERT OR REPLACE INTO consent_event SELECT * FROM consent_event",
    f"INSERT OR REPLACE INTO consent_event {ANOTHER_KEY}",
    "UPDATE OR REPLACE consent_event SET seq = 1 WHERE seq = 2",
    "UPDATE OR IGNORE consent_event SET answer = 'no'",
]
ON_POSTGRESQL = [
    "TRUNCATE consent_event CASCADE",
    "TRUNCATE wording CASCADE",
    "TRUNCATE school CASCADE",
    "TRUNCATE consent_evidence, consent_pause, consent_event",
    "MERGE INTO consent_event e USING wording w ON e.school_id = w.school_id"
    " WHEN MATCHED THEN UPDATE SET answer = 'no'",
    "MERGE INTO consent_event e USING wording w ON e.school_id = w.school_id"
    " WHEN MATCHED THEN DELETE",
]
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
Run = Callable[[str], None]
Check = Callable[[list[str], Run], None]


@pytest.fixture
def ledger(committed_school: ConsentSchool) -> None:
    """Two events, one of them with evidence and a message, and the wording that was shown."""
    school = committed_school.school
    committed_school.says(
        Source.PARENT_FORM,
        YES,
        wording=consent_wording(school.name, school.texting_number, school.country),
        evidence={"ip": "192.0.2.7"},
    )
    committed_school.says(Source.TEXT_REPLY, NO, message_id="SM1")


def _contents() -> list[object]:
    """All of the ledger; nothing stays locked by having been read."""
    tables = (ConsentEvent.__table__, Wording.__table__)
    with writing():
        return [
            db.session.execute(select(table).order_by(*table.primary_key)).all() for table in tables
        ]


@pytest.fixture
def refused(app: Flask, subtests: pytest.Subtests) -> Check:
    """Run each of the statements, and see that it is refused and changes nothing."""

    def check(statements: list[str], run: Run) -> None:
        before = _contents()
        assert [len(rows) for rows in before] == [2, 1]
        for statement in statements:
            with subtests.test(statement=statement):
                with pytest.raises(Exception, match="is append-only") as refusal:
                    run(statement)
                assert isinstance(refusal.value, (DBAPIError, sqlite3.Error, psycopg.Error))
                assert _contents() == before

    return check


def _run(statement: str) -> None:
    with writing():
        db.session.execute(text(statement))


def test_the_database_refuses_to_change_the_ledger(refused: Check) -> None:
    refused(ANYWHERE, _run)


@on_sqlite
def test_sqlite_refuses_to_replace(refused: Check) -> None:
    refused(ON_SQLITE, _run)


@on_postgresql
def test_postgresql_refuses_to_truncate_and_to_merge(refused: Check) -> None:
    refused(ON_POSTGRESQL, _run)


@on_sqlite
@pytest.mark.parametrize("recursive", ["OFF", "ON"])
def test_another_program_on_the_file_is_refused_too(
    database: Database, refused: Check, recursive: str
) -> None:
    def run(statement: str) -> None:
        other = sqlite3.connect(database.url.removeprefix("sqlite:///"))
        try:
            other.execute(f"PRAGMA recursive_triggers = {recursive}")
            other.execute(statement)
            other.commit()
        finally:
            other.close()

    refused(ANYWHERE + ON_SQLITE, run)


@on_postgresql
def test_a_replica_is_refused_too(database: Database, refused: Check) -> None:
    """Ordinary triggers do not fire for a replica's apply worker or a restore."""

    def run(statement: str) -> None:
        with psycopg.connect(database.url.replace("+psycopg", "")) as other:
            other.execute("SET session_replication_role = replica")
            other.execute(statement)

    refused(ANYWHERE + ON_POSTGRESQL, run)


def test_the_models_own_delete_is_refused(app: Flask) -> None:
    with pytest.raises(DBAPIError, match="is append-only"), writing():
        db.session.execute(delete(ConsentEvent).where(ConsentEvent.number == NUMBER))
    assert db.session.scalar(select(func.count()).select_from(ConsentEvent)) == 2


def test_an_event_that_is_there_is_not_recorded_again(app: Flask) -> None:
    before = _contents()
    with pytest.raises(IntegrityError), writing():
        db.session.execute(text("INSERT INTO consent_event SELECT * FROM consent_event"))
    assert _contents() == before


def test_evidence_may_be_erased_and_the_event_stays(
    app: Flask, committed_school: ConsentSchool
) -> None:
    hashes = [said.hash for said in committed_school.events()]
    with writing():
        assert db.session.execute(delete(ConsentEvidence)).rowcount == 1
    assert [said.hash for said in committed_school.events()] == hashes
    assert committed_school.events()[0].evidence_digest is not None
