"""Addresses that email does not reach, and one Message-ID for each email"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FAULTS = "'no_mailbox', 'no_domain', 'turned_off', 'full', 'blocked', 'other', 'not_delivered'"


def text_by_code_point(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("mail", sa.Column("message_id", sa.String(400), nullable=True))
    op.create_table(
        "email_refusal",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("email_key", text_by_code_point(254), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fault", text_by_code_point(20), nullable=False),
        sa.CheckConstraint(f"fault IN ({FAULTS})", name=op.f("ck_email_refusal_fault_known")),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_email_refusal_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "email_key", name=op.f("pk_email_refusal")),
    )


def downgrade() -> None:
    op.drop_table("email_refusal")
    op.drop_column("mail", "message_id")
