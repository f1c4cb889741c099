"""The triggers that keep the ledger append-only: looked for after every migration."""

import shutil
from pathlib import Path

import flask_migrate
import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import inspect, text

from portal import create_app
from portal.config import ROOT
from portal.consent import guards
from portal.extensions import db, writing
from tests.support.databases import Database, Databases, settings

NAMES = {
    "sqlite": [f"{t}_no_{k}" for t in guards.APPEND_ONLY for k in ("update", "delete", "replace")],
    "postgresql": [
        f"{t}_no_{k}" for t in guards.APPEND_ONLY for k in ("update", "delete", "truncate")
    ],
}
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


def _missing() -> list[str]:
    with db.engine.connect() as connection:
        return guards.missing_guards(connection)


def _run(*statements: str) -> None:
    with writing():
        for statement in statements:
            db.session.execute(text(statement))


def _table(name: str) -> str:
    return name.rsplit("_no_", 1)[0]


def test_both_tables_of_the_ledger_are_guarded() -> None:
    assert guards.APPEND_ONLY == ("consent_event", "wording")


def test_a_guard_that_was_dropped_is_missed(app: Flask, database: Database) -> None:
    assert _missing() == []
    gone = []
    for name in NAMES[database.engine]:
        on = f" ON {_table(name)}" if database.engine == "postgresql" else ""
        _run(f"DROP TRIGGER {name}{on}")
        gone.append(name)
        assert _missing() == gone


@on_postgresql
@pytest.mark.parametrize("switch", ["DISABLE", "ENABLE REPLICA", "ENABLE"])
def test_a_guard_that_is_switched_off_is_missed(app: Flask, switch: str) -> None:
    for name in NAMES["postgresql"]:
        table = _table(name)
        _run(f"ALTER TABLE {table} {switch} TRIGGER {name}")
        assert _missing() == [name]
        _run(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")
        assert _missing() == []


@on_sqlite
def test_a_guard_that_refuses_nothing_is_missed(app: Flask) -> None:
    name = "consent_event_no_update"
    _run(
        f"DROP TRIGGER {name}",
        f"CREATE TRIGGER {name} BEFORE UPDATE ON consent_event BEGIN SELECT 1; END",
    )
    assert _missing() == [name]


@on_postgresql
def test_guards_that_refuse_nothing_any_more_are_missed(app: Flask) -> None:
    _run(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NEW; END $$"
    )
    assert _missing() == NAMES["postgresql"]


def test_a_guard_of_that_name_on_another_table_does_not_count(
    app: Flask, database: Database
) -> None:
    name = "consent_event_no_delete"
    if database.engine == "sqlite":
        _run(
            f"DROP TRIGGER {name}",
            f"CREATE TRIGGER {name} BEFORE DELETE ON phone BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
    else:
        _run(
            f"DROP TRIGGER {name} ON consent_event",
            f"CREATE TRIGGER {name} BEFORE DELETE ON phone"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()",
            f"ALTER TABLE phone ENABLE ALWAYS TRIGGER {name}",
        )
    assert _missing() == [name]


def _revisions() -> list[str]:
    walk = ScriptDirectory(str(ROOT / "migrations")).walk_revisions()
    return [script.revision for script in walk][::-1]


@pytest.mark.parametrize(
    "engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def test_the_ledger_is_guarded_after_every_single_migration(
    databases: Databases, engine: str
) -> None:
    assert _revisions()[0] == "0001"
    with databases.fresh(engine, migrated=False) as empty:
        app = create_app(settings(empty.url))
        with app.app_context():
            for revision in _revisions():
                flask_migrate.upgrade(revision=revision)
                assert _missing() == [], f"after {revision}"
            db.engine.dispose()


CARELESS = """
from alembic import op

revision = "careless"
down_revision = "{head}"


def upgrade():
    op.execute("CREATE TABLE left_over (id INTEGER)")
    op.execute("DROP TRIGGER consent_event_no_delete{on}")


def downgrade():
    pass
"""


def test_a_migration_that_loses_a_guard_is_taken_back(
    app: Flask, database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    head = _revisions()[-1]
    on = " ON consent_event" if database.engine == "postgresql" else ""
    (folder / "versions" / "careless.py").write_text(CARELESS.format(head=head, on=on))
    with pytest.raises(SystemExit):
        flask_migrate.upgrade(directory=str(folder))
    assert "remove protection from the consent ledger: consent_event_no_delete" in caplog.text
    assert _missing() == []
    assert "left_over" not in inspect(db.engine).get_table_names()
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == head


def test_the_first_migration_is_never_taken_back(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SystemExit):
        flask_migrate.downgrade(revision="base")
    assert "The first migration creates the consent ledger" in caplog.text
    assert _missing() == []
    assert "consent_event" in inspect(db.engine).get_table_names()
