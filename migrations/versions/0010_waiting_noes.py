"""Noes on forms that wait for staff, and who was told of a no"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

REASONS = "'opted_out', 'not_asked', 'no_cell', 'blocked_by_carrier', 'country', 'texting_off', 'outdated', 'cancelled', 'provider', 'gave_up'"
MORE = f"{REASONS}, 'no_waiting'"
WAITS, UNKNOWN = sa.text("state = 'waiting'"), sa.text("unknown")


def upgrade() -> None:
    words = _by_code_point()
    op.create_table(
        "form_opt_out",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", words(16), nullable=False),
        sa.Column("state", words(20), nullable=False),
        sa.Column("actor", words(40), nullable=False),
        sa.Column("network", words(45), nullable=False),
        sa.Column("session_digest", words(64), nullable=False),
        sa.Column("unknown", sa.Boolean(), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("wording_id", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("texting_number", words(16), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.CheckConstraint(
            "state IN ('taken', 'waiting', 'confirmed', 'discarded', 'ended')",
            name=op.f("ck_form_opt_out_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "wording_id"],
            ["wording.school_id", "wording.id"],
            name=op.f("fk_form_opt_out_school_id_wording_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_form_opt_out_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_form_opt_out")),
    )
    for name, columns, which in (
        ("waiting", ["number"], WAITS),
        ("review", ["network", "id"], WAITS),
        ("unknown", ["said_at"], UNKNOWN),
        ("said", ["said_at"], None),
        ("network", ["network", "said_at"], None),
        ("actor", ["actor", "said_at"], None),
    ):
        op.create_index(
            f"ix_form_opt_out_{name}",
            "form_opt_out",
            ["school_id", *columns],
            sqlite_where=which,
            postgresql_where=which,
        )
    op.create_table(
        "owner_notice",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", words(16), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("email_key", words(254), nullable=False),
        sa.Column("kind", words(20), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('opted_out', 'on_hold', 'named', 'nobody')",
            name=op.f("ck_owner_notice_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_owner_notice_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_owner_notice")),
    )
    op.create_index(
        "ix_owner_notice_number", "owner_notice", ["school_id", "number", "email_key", "at"]
    )
    op.create_index("ix_owner_notice_kind", "owner_notice", ["school_id", "kind", "at"])
    _reasons(REASONS, MORE)


def downgrade() -> None:
    """What waits is lost, and its numbers get texts again if they were opted in: confirm or discard
    it first. Texts that failed for it keep no reason."""
    op.execute("UPDATE message SET reason = NULL WHERE reason = 'no_waiting'")
    _reasons(MORE, REASONS)
    op.drop_table("owner_notice")
    op.drop_table("form_opt_out")


def _by_code_point():
    collation = "C" if op.get_bind().dialect.name == "postgresql" else None
    return lambda length: sa.String(length=length, collation=collation)


def _reasons(old: str, new: str) -> None:
    """Change which reasons a failed text may have.

    SQLite can't change a constraint, and making the table anew would break the keys that lead to
    it. Nothing of what is stored changes: the table's definition is changed in its place, as
    SQLite's own page on ALTER TABLE has it for checks.
    """
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_message_reason_known"), "message", type_="check")
        op.create_check_constraint(op.f("ck_message_reason_known"), "message", f"reason IN ({new})")
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?)"
        " WHERE type = 'table' AND name = 'message' AND instr(sql, ?) > 0",
        (f"reason IN ({old})", f"reason IN ({new})", f"reason IN ({old})"),
    ).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise RuntimeError("The table message has no check of its reasons that is known here.")
