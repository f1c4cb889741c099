"""Accounts: known devices, links that set a password, invitations, and the audit trail"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KINDS = (
    "'sign_in', 'sign_in_refused', 'sign_out', 'export', 'record_view', 'account_change',"
    " 'permission_refused'"
)


def by_code_points(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("account", sa.Column("last_sign_in_at", MOMENT, nullable=True))
    op.execute(
        "UPDATE account SET last_sign_in_at = (SELECT max(created_at) FROM staff_session"
        " WHERE staff_session.account_id = account.id)"
    )
    op.add_column("sign_in_failure", sa.Column("device_hash", sa.String(64), nullable=True))
    op.add_column(
        "sign_in_failure",
        sa.Column("made_up", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index("ix_sign_in_failure_device", "sign_in_failure", ["device_hash", "at"])
    _known_device()
    _password_reset()
    _staff_invitation()
    _audit_entry()


def _known_device() -> None:
    op.create_table(
        "known_device",
        sa.Column("device_hash", sa.String(64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_known_device_account_id")
        ),
        sa.PrimaryKeyConstraint("device_hash", "account_id", name=op.f("pk_known_device")),
    )
    op.create_index("ix_known_device_account_id", "known_device", ["account_id"])


def _password_reset() -> None:
    op.create_table(
        "password_reset",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_password_reset_account_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_password_reset")),
    )
    op.create_index("ix_password_reset_account_id", "password_reset", ["account_id"])


def _staff_invitation() -> None:
    op.create_table(
        "staff_invitation",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_key", by_code_points(254), nullable=False),
        sa.Column("role", by_code_points(20), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("invited_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("canceled_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "role IN ('viewer', 'editor', 'admin')", name=op.f("ck_staff_invitation_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["account.id"], name=op.f("fk_staff_invitation_invited_by")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_staff_invitation_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_staff_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_staff_invitation_token_hash")),
    )
    op.create_index(
        "ix_staff_invitation_email", "staff_invitation", ["school_id", "email_key", "created_at"]
    )
    op.create_index("ix_staff_invitation_newest", "staff_invitation", ["school_id", "created_at"])


def _audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", by_code_points(20), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("about_id", sa.BigInteger(), nullable=True),
        sa.Column("object_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.String(60), server_default="", nullable=False),
        sa.Column("network", sa.String(45), server_default="", nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("once", sa.String(120), nullable=True),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_audit_entry_kind_known")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_audit_entry_account_id")
        ),
        sa.ForeignKeyConstraint(["about_id"], ["account.id"], name=op.f("fk_audit_entry_about_id")),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_audit_entry_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_kind", "audit_entry", ["school_id", "kind", "id"])
    op.create_index("ix_audit_entry_account", "audit_entry", ["school_id", "account_id", "id"])
    op.create_index("ix_audit_entry_about", "audit_entry", ["school_id", "about_id", "id"])
    only = sa.text("once IS NOT NULL")
    op.create_index(
        "uq_audit_entry_once",
        "audit_entry",
        ["school_id", "once"],
        unique=True,
        sqlite_where=only,
        postgresql_where=only,
    )


def downgrade() -> None:
    for table in ("audit_entry", "staff_invitation", "password_reset", "known_device"):
        op.drop_table(table)
    op.drop_index("ix_sign_in_failure_device", table_name="sign_in_failure")
    op.drop_column("sign_in_failure", "made_up")
    op.drop_column("sign_in_failure", "device_hash")
    op.drop_column("account", "last_sign_in_at")
