"""Runs the migrations over the app's own engine. Then checks the ledger's guards, and updates the
planner's statistics. At the newest version, repairs the rows that the previous version wrote
meanwhile, and the search words of names."""

from pathlib import Path
from typing import Any

from alembic import context
from alembic.migration import MigrationContext
from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal.consent import guards
from portal.database import derived_columns
from portal.delivery import form_worker
from portal.extensions import db, write_mode
from portal.log_redaction import describe_error


class NoDatabaseError(RuntimeError):
    """There is nothing to migrate. Flask-Migrate shows a RuntimeError as one line."""

    holds_no_value = True


def look_for_database() -> None:
    """Say in one line why the database can't be migrated."""
    file = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
    try:
        with write_mode(), db.engine.begin():
            return
    except OperationalError as error:
        reason = describe_error(error)
    if file and not Path(file).parent.is_dir():
        reason = f"there is no folder {Path(file).parent}. Create it, and try again"
    raise NoDatabaseError(f"PORTAL_DATABASE_URL: can't use the database: {reason}")


def run() -> None:
    look_for_database()
    configured = current_app.extensions["migrate"].configure_args
    with write_mode(), db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            include_object=is_compared,
            transactional_ddl=True,  # on SQLite too: portal.extensions begins, not the driver
            **configured,
        )
        with context.begin_transaction():
            before = context.get_context().get_current_heads()
            context.run_migrations()
            look_at_guards(context.get_context())
            reached = context.get_context().get_current_heads()
            newest = reached == (context.get_head_revision(),)
            if newest:
                derived_columns.repair(connection)
            if reached != before:
                connection.execute(text("ANALYZE"))
    if newest:
        form_worker.refold_names()


def is_compared(thing: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Indexes over expressions stand in the migrations only: SQLite can't tell what they are.
    One that the models have for PostgreSQL alone (`info`) is not missed elsewhere."""
    if kind != "index":
        return True
    only = thing.info.get("only_on", db.engine.dialect.name)
    return only == db.engine.dialect.name and not (name or "").startswith("ix_phone_tail_")


class UnguardedLedgerError(RuntimeError):
    holds_no_value = True  # its words may stand in a log


def look_at_guards(migration: MigrationContext) -> None:
    """Refuse a migration that leaves the ledger open to change."""
    connection = migration.connection
    if connection is None or not migration.get_current_heads():
        return
    missing = guards.missing_guards(connection)
    if missing:
        raise UnguardedLedgerError(
            f"This migration would remove protection from the consent ledger: {', '.join(missing)}"
        )


run()
