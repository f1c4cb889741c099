"""A heartbeat for each worker, and children whom a parent gets no texts about or may not see"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

OFF = "switched_off"


def upgrade() -> None:
    op.create_table(
        "worker_beat",
        sa.Column("worker", sa.String(length=32), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=20).with_variant(sa.String(length=20, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('mail', 'texts')", name=op.f("ck_worker_beat_kind_known")),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_worker_beat")),
    )
    op.create_table(
        "parent_restriction",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("student_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gets_texts", sa.Boolean(), nullable=False),
        sa.Column("may_see", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "parent_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_parent_restriction_school_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "student_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_parent_restriction_school_id_student_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_parent_restriction_school_id")
        ),
        sa.PrimaryKeyConstraint(
            "school_id", "parent_id", "student_id", name=op.f("pk_parent_restriction")
        ),
    )
    op.create_index(
        "ix_parent_restriction_student", "parent_restriction", ["school_id", "student_id"]
    )
    _reasons(lambda known: [*known, OFF])


def downgrade() -> None:
    op.execute(f"UPDATE message SET reason = NULL WHERE reason = '{OFF}'")
    _reasons(lambda known: [word for word in known if word != OFF])
    op.drop_table("parent_restriction")
    op.drop_table("worker_beat")


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
