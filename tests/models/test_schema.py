"""The schema that the migrations make: keys begin with the school, and it matches the models."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import Inspector, create_engine, inspect

from portal import create_app
from portal.extensions import Base, db
from tests.support.databases import ENGINES, Databases, settings

INSTALLATION = {
    "account",
    "alembic_version",
    "known_device",
    "password_reset",
    "school",
    "sign_in_failure",
    "staff_session",
    "worker_beat",
    "write_check",
}
"""The tables of the installation itself; every other one belongs to a school."""
ACROSS_SCHOOLS = {
    "ix_mail_due",  # one worker sends what is due, whatever school it is of
    "ix_membership_account_id",  # the schools of who signs in
    "ix_staff_invitation_token_hash",  # unguessable, and sent alone
    "uq_texting_number_number",  # a STOP to a number finds its school
}
_CAST = re.compile(r"::(character varying|text)(\[\])?")
_ALONE = re.compile(r"\((\w+|ARRAY\[[^]]*\])\)")
LEDGER = {"consent_event", "consent_evidence", "consent_status", "wording"}


both = pytest.fixture(
    scope="module",
    params=[pytest.param(e, marks=[getattr(pytest.mark, e)] * (e != "sqlite")) for e in ENGINES],
)


@both
def portal(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Flask]:
    """An app over one migrated database for all the tests here."""
    with databases.fresh(request.param) as database:
        app = create_app(settings(database.url))
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def migrated(portal: Flask) -> Inspector:
    with portal.app_context():
        return inspect(db.engine)


@pytest.fixture
def modelled(migrated: Inspector, databases: Databases) -> Iterator[Inspector]:
    """A database made from the models, without the migrations."""
    with databases.fresh(migrated.dialect.name, migrated=False) as empty:
        engine = create_engine(empty.url)
        Base.metadata.create_all(engine)
        yield inspect(engine)
        engine.dispose()


def _school_tables(inspector: Inspector) -> list[str]:
    return sorted(set(inspector.get_table_names()) - INSTALLATION)


def test_there_is_a_table_for_every_model_and_no_other(migrated: Inspector) -> None:
    assert set(migrated.get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_every_key_begins_with_the_school(migrated: Inspector) -> None:
    tables = _school_tables(migrated)
    assert set(tables) >= LEDGER | {"contact", "phone", "parent_link", "texting_number"}
    for table in tables:
        key = migrated.get_pk_constraint(table)["constrained_columns"]
        assert key[0] == "school_id", table
        assert len(key) > 1, table


def test_only_the_installations_own_tables_know_no_school(migrated: Inspector) -> None:
    without = {
        table
        for table in migrated.get_table_names()
        if "school_id" not in {column["name"] for column in migrated.get_columns(table)}
    }
    assert without == INSTALLATION


def test_every_index_and_unique_key_of_a_schools_table_begins_with_the_school(
    migrated: Inspector,
) -> None:
    """But for those that are looked up before the school is known, or over all of them."""
    found = set()
    for table in _school_tables(migrated):
        for index in [*migrated.get_indexes(table), *migrated.get_unique_constraints(table)]:
            if index["column_names"][0] != "school_id":
                found.add(index["name"])
    assert found == ACROSS_SCHOOLS


def test_no_foreign_key_leads_to_another_school(migrated: Inspector) -> None:
    seen = 0
    for table in _school_tables(migrated):
        for key in migrated.get_foreign_keys(table):
            if key["referred_table"] in INSTALLATION:
                continue
            seen += 1
            assert key["constrained_columns"][0] == "school_id", key
            assert key["referred_columns"][0] == "school_id", key
    assert seen > 10


def test_every_table_of_a_school_refers_to_the_school(migrated: Inspector) -> None:
    for table in _school_tables(migrated):
        keys = migrated.get_foreign_keys(table)
        assert ("school", ["school_id"]) in [
            (key["referred_table"], key["constrained_columns"]) for key in keys
        ], table


def test_the_ledger_refers_to_nobody_so_that_contacts_and_forms_may_be_erased(
    migrated: Inspector,
) -> None:
    referred = {
        table: {key["referred_table"] for key in migrated.get_foreign_keys(table)}
        for table in LEDGER
    }
    assert referred == {
        "consent_event": {"school", "wording"},
        "consent_evidence": {"school", "consent_event"},
        "consent_status": {"school"},
        "wording": {"school"},
    }


def test_nothing_is_deleted_or_changed_along_with_something_else(migrated: Inspector) -> None:
    for table in migrated.get_table_names():
        for key in migrated.get_foreign_keys(table):
            assert not set(key["options"]) & {"ondelete", "onupdate"}, key


def _described(inspector: Inspector, table: str) -> dict[str, Any]:
    """All that the database says of a table; alembic's own check leaves out the constraints."""
    columns = {
        column["name"]: (str(column["type"]), column["nullable"])
        for column in inspector.get_columns(table)
    }
    return {
        "columns": columns,
        "key": inspector.get_pk_constraint(table),
        "foreign keys": _sorted(inspector.get_foreign_keys(table)),
        "checks": _sorted(inspector.get_check_constraints(table)),
        "indexes": _sorted(i for i in inspector.get_indexes(table) if not _of_tails(i)),
        "unique": _sorted(inspector.get_unique_constraints(table)),
    }


def _of_tails(index: Any) -> bool:
    """Over an expression, which only PostgreSQL tells of: they stand in the migration alone, and
    the look-up's tests see that they are used."""
    return str(index["name"]).startswith("ix_phone_tail_")


def _sorted(found: Iterable[Any]) -> list[str]:
    return sorted(str(_plain(one)) for one in found)


def _plain(value: Any) -> Any:
    """With SQL as text, so that it can be compared; without the casts that PostgreSQL puts at other
    places of a condition when a column's collation was changed after it."""
    if isinstance(value, dict):
        return {name: _plain(value[name]) for name in sorted(value)}
    return _ALONE.sub(r"\1", _CAST.sub("", str(value)))


def test_the_migrations_make_exactly_what_the_models_say(
    migrated: Inspector, modelled: Inspector
) -> None:
    for table in Base.metadata.tables:
        assert _described(migrated, table) == _described(modelled, table), table


def test_the_models_need_no_new_migration(portal: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with portal.app_context():
        flask_migrate.check()
    assert "ERROR" not in {record.levelname for record in caplog.records}
