"""Times of a batch, emergencies, and the students that a batch was about"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

LATE = "too_late"


def upgrade() -> None:
    for name, kind in (
        ("send_at", sa.DateTime(timezone=True)),
        ("not_after", sa.DateTime(timezone=True)),
        ("purpose", sa.String(length=100)),
        ("approved_at", sa.DateTime(timezone=True)),
        ("approved_by", sa.String(length=100)),
    ):
        op.add_column("batch", sa.Column(name, kind))
    op.create_table(
        "batch_student",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("student_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "batch_id"],
            ["batch.school_id", "batch.id"],
            name=op.f("fk_batch_student_school_id_batch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "student_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_batch_student_school_id_student_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_batch_student_school_id")
        ),
        sa.PrimaryKeyConstraint(
            "school_id", "batch_id", "student_id", name=op.f("pk_batch_student")
        ),
    )
    _reasons(lambda known: [*known, LATE])


def downgrade() -> None:
    """Texts that wait for their time, or for an admin, must not go out right away instead."""
    op.execute(
        "UPDATE message SET state = 'failed', reason = 'cancelled', settled_at = CURRENT_TIMESTAMP"
        " WHERE state = 'queued' AND batch_id IN"
        " (SELECT id FROM batch WHERE send_at > CURRENT_TIMESTAMP"
        "  OR (purpose IS NOT NULL AND approved_at IS NULL))"
    )
    op.execute(f"UPDATE message SET reason = NULL WHERE reason = '{LATE}'")
    _reasons(lambda known: [word for word in known if word != LATE])
    op.drop_table("batch_student")
    for name in ("approved_by", "approved_at", "purpose", "not_after", "send_at"):
        op.drop_column("batch", name)


def _reasons(change) -> None:
    """Change which reasons a failed text may have, as 0010 does. The check keeps the reasons that
    other migrations added."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        name = op.f("ck_message_reason_known")
        check = connection.exec_driver_sql(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            f" WHERE conname = '{name}' AND conrelid = 'message'::regclass"
        ).scalar_one()
        op.drop_constraint(name, "message", type_="check")
        op.create_check_constraint(name, "message", f"reason IN ({_listed(change(_words(check)))})")
        return
    [table] = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'message'"
    ).scalars()
    [check] = re.findall(r"\breason IN \([^)]*\)", table)
    changed = table.replace(check, f"reason IN ({_listed(change(_words(check)))})")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = 'message'", (changed,)
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def _words(check: str) -> list[str]:
    return re.findall(r"'([a-z_]+)'", check)


def _listed(words: list[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
