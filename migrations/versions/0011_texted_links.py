"""Links to the form, texted to a number"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MESSAGE = sa.table(
    "message",
    *(sa.column(name) for name in ("state", "reason", "body")),
    sa.column("settled_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    number = sa.String(length=16).with_variant(sa.String(length=16, collation="C"), "postgresql")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "texted_link",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", number, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("used_at", moment, nullable=True),
        sa.Column("used_for", sa.String(length=3), nullable=True),
        sa.Column("used_session", sa.String(length=64), nullable=True),
        sa.Column("voided_at", moment, nullable=True),
        sa.CheckConstraint("used_for IN ('yes', 'no')", name=op.f("ck_texted_link_used_for_known")),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_texted_link_school_id")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "message_id"],
            ["message.school_id", "message.id"],
            name=op.f("fk_texted_link_school_id_message_id"),
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_texted_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_texted_link_token_hash")),
    )
    op.create_index(
        "uq_texted_link_message", "texted_link", ["school_id", "message_id"], unique=True
    )
    still_open = sa.text("used_at IS NULL AND voided_at IS NULL")
    op.create_index(
        "uq_texted_link_open",
        "texted_link",
        ["school_id", "number"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def downgrade() -> None:
    """Texts that wait with a link in them fail: the portal before puts none there, and would send
    the word that stands for it."""
    waits = MESSAGE.c.state.in_(["queued", "sending"]) & MESSAGE.c.body.endswith("[link]")
    op.execute(
        sa.update(MESSAGE)
        .where(waits)
        .values(state="failed", reason="cancelled", settled_at=datetime.now(UTC))
    )
    op.drop_table("texted_link")
