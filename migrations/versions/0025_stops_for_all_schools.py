"""A STOP for all schools of a district, and the office's address for news of replies"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

WAITS = sa.text("carry_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("school", sa.Column("reply_copy_to", sa.String(254)))
    op.add_column(
        "inbound_text",
        sa.Column("for_all", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("inbound_text", sa.Column("carry_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_inbound_text_carry",
        "inbound_text",
        ["school_id", "id"],
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    )


def downgrade() -> None:
    op.drop_index("ix_inbound_text_carry", "inbound_text")
    op.drop_column("inbound_text", "carry_at")
    op.drop_column("inbound_text", "for_all")
    op.drop_column("school", "reply_copy_to")
