"""Pauses: the school's own decision not to text a number"""

import secrets
import time
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SOURCES = "'parent_form', 'handset', 'public_form', 'staff_entry', 'roster_import', 'opt_out_list', 'text_reply', 'carrier', 'number_left'"
ALL_SOURCES = f"{SOURCES}, 'staff_pause', 'staff_resume', 'reply_pause'"
LEFT = "(source = 'number_left') = (answer IS NULL)"
NO_ANSWER = (
    "(source IN ('number_left', 'staff_pause', 'staff_resume', 'reply_pause')) = (answer IS NULL)"
)
FAULTS = "'opted_out', 'not_asked', 'no_cell', 'blocked_by_carrier', 'country', 'texting_off', 'outdated', 'cancelled', 'provider', 'gave_up', 'no_waiting'"
TOLD = "'opted_out', 'on_hold', 'named', 'nobody'"
PAUSED = "'wrong_number', 'asked_to_stop', 'likely_stop', 'other'"
OPEN = sa.text("ended_seq IS NULL")
SEARCH = (
    "f1=role&o1=is&v1=parent&f2=paused&o2=is_not_empty&col=parent.name&col=parent.paused"
    "&col=parent.paused_at&col=parent.primary_phone&col=parent.secondary_phone"
    "&col=parent.other_phone"
)
"""The saved search "Paused" that comes with every school."""
SAVED = sa.table(
    "saved_search",
    sa.column("school_id", sa.Integer),
    sa.column("id", sa.BigInteger),
    sa.column("name", sa.String),
    sa.column("address", sa.Text),
    sa.column("owner_id", sa.BigInteger),
    sa.column("shared", sa.Boolean),
    sa.column("made_at", sa.DateTime(timezone=True)),
)

CHANGED = (
    ("consent_event", "source_known", f"source IN ({SOURCES})", f"source IN ({ALL_SOURCES})"),
    ("consent_event", "answer_unless_number_left", LEFT, NO_ANSWER),
    ("owner_notice", "kind_known", f"kind IN ({TOLD})", f"kind IN ({TOLD}, 'paused', 'resumed')"),
    ("message", "reason_known", f"reason IN ({FAULTS})", f"reason IN ({FAULTS}, 'paused')"),
)
"""Checks by table and name, as they were and as they are. The name stays where SQLite keeps it."""


def upgrade() -> None:
    words = _by_code_point()
    op.create_table(
        "consent_pause",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("number", words(16), nullable=False),
        sa.Column("began_seq", sa.Integer(), nullable=False),
        sa.Column("reason", words(20), nullable=False),
        sa.Column("by_reply", sa.Boolean(), nullable=False),
        sa.Column("actor", words(40), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_seq", sa.Integer(), nullable=True),
        sa.CheckConstraint(f"reason IN ({PAUSED})", name=op.f("ck_consent_pause_reason_known")),
        sa.ForeignKeyConstraint(
            ["school_id", "number", "began_seq"],
            ["consent_event.school_id", "consent_event.number", "consent_event.seq"],
            name=op.f("fk_consent_pause_school_id_number_began_seq"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_consent_pause_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "number", "began_seq", name=op.f("pk_consent_pause")),
    )
    op.create_index(
        "ix_consent_pause_open",
        "consent_pause",
        ["school_id", "reason", "recorded_at"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.execute(
        "ALTER TABLE consent_status ADD COLUMN paused VARCHAR(20)"
        + (' COLLATE "C"' if _on_postgresql() else "")
        + f" CONSTRAINT ck_consent_status_paused_known CHECK (paused IN ({PAUSED}))"
    )
    for table, name, before, after in CHANGED:
        _check(table, name, before, after)
    connection = op.get_bind()
    for school_id in connection.scalars(sa.text("SELECT id FROM school ORDER BY id")).all():
        connection.execute(
            SAVED.insert().values(
                school_id=school_id,
                id=(int(time.time() * 1000) - 1_735_689_600_000) << 20 | secrets.randbits(20),
                name="Paused",
                address=SEARCH,
                shared=True,
                made_at=datetime.now(UTC),
            )
        )


def downgrade() -> None:
    """Pauses are lost, and their numbers get texts again if they were opted in. Their events stay
    in the ledger, so this is only for a database that has none."""
    events = "SELECT count(*) FROM consent_event WHERE source IN ('staff_pause', 'staff_resume', 'reply_pause')"
    if op.get_bind().scalar(sa.text(events)):
        raise RuntimeError("The ledger has pauses, which an older version does not know.")
    came_with = (SAVED.c.owner_id.is_(None), SAVED.c.address == SEARCH)
    op.get_bind().execute(SAVED.delete().where(*came_with))
    op.execute("UPDATE message SET reason = NULL WHERE reason = 'paused'")
    for table, name, before, after in CHANGED:
        _check(table, name, after, before)
    if _on_postgresql():
        op.drop_column("consent_status", "paused")
    else:
        op.execute("ALTER TABLE consent_status DROP COLUMN paused")
    op.drop_table("consent_pause")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _by_code_point():
    collation = "C" if _on_postgresql() else None
    return lambda length: sa.String(length=length, collation=collation)


def _check(table: str, name: str, before: str, after: str) -> None:
    """Change a check. SQLite can't change one, and making the table anew would break the keys that
    lead to it, and the ledger's triggers. Nothing of what is stored changes: the table's definition is changed in
    its place, as SQLite's own page on ALTER TABLE has it for checks."""
    connection = op.get_bind()
    if _on_postgresql():
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, after)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?)"
        " WHERE type = 'table' AND name = ? AND instr(sql, ?) > 0",
        (before, after, table, before),
    ).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise RuntimeError(f"The table {table} has no check {name} that is known here.")
