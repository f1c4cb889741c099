"""Texts"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("form_key", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("actor_name", sa.String(length=100), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_batch_school_id")),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_batch")),
        sa.UniqueConstraint("school_id", "form_key", name=op.f("uq_batch_school_id_form_key")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index("ix_batch_made", ["school_id", "made_at"], unique=False)

    op.create_table(
        "inbound_text",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("texting_number", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("media", sa.Integer(), nullable=False),
        sa.Column("opt_out_type", sa.String(length=10), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("via", sa.String(length=20), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("read_by", sa.String(length=100), nullable=True),
        sa.CheckConstraint(
            "kind IN ('stop', 'start', 'help', 'word', 'near_miss', 'reply')",
            name=op.f("ck_inbound_text_kind_known"),
        ),
        sa.CheckConstraint(
            "via IN ('webhook', 'reconcile', 'handset')", name=op.f("ck_inbound_text_via_known")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_inbound_text_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_inbound_text")),
        sa.UniqueConstraint(
            "school_id", "provider_id", name=op.f("uq_inbound_text_school_id_provider_id")
        ),
    )
    with op.batch_alter_table("inbound_text", schema=None) as batch_op:
        batch_op.create_index("ix_inbound_text_number", ["school_id", "number", "id"], unique=False)
        batch_op.create_index(
            "ix_inbound_text_unread",
            ["school_id", "id"],
            unique=False,
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )
        batch_op.create_index(
            "ix_inbound_text_stop",
            ["school_id", "id"],
            unique=False,
            sqlite_where=sa.text("kind = 'stop'"),
            postgresql_where=sa.text("kind = 'stop'"),
        )

    op.create_table(
        "message_report",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unsubscribed", sa.String(length=16), nullable=True),
        sa.Column("texting_number", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_message_report_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_message_report")),
        sa.UniqueConstraint(
            "school_id",
            "provider_id",
            "status",
            name=op.f("uq_message_report_school_id_provider_id_status"),
        ),
    )
    with op.batch_alter_table("message_report", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_report_unsubscribed",
            ["school_id", "id"],
            unique=False,
            sqlite_where=sa.text("unsubscribed IS NOT NULL"),
            postgresql_where=sa.text("unsubscribed IS NOT NULL"),
        )

    op.create_table(
        "message",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=True),
        sa.Column("texting_number", sa.String(length=16), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("event_seq", sa.Integer(), nullable=True),
        sa.Column("reply_to", sa.String(length=64), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("in_doubt", sa.Boolean(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.String(length=64), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('batch', 'welcome', 'stop_confirmation', 'help')",
            name=op.f("ck_message_kind_known"),
        ),
        sa.CheckConstraint(
            "number IS NOT NULL OR state = 'failed'",
            name=op.f("ck_message_number_unless_it_failed"),
        ),
        sa.CheckConstraint(
            "reason IN ('opted_out', 'not_asked', 'no_cell', 'blocked_by_carrier', 'country', 'texting_off', 'outdated', 'cancelled', 'provider', 'gave_up')",
            name=op.f("ck_message_reason_known"),
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'not_known')",
            name=op.f("ck_message_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "batch_id"],
            ["batch.school_id", "batch.id"],
            name=op.f("fk_message_school_id_batch_id"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_message_school_id")),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_message")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_batch", ["school_id", "batch_id", "state"], unique=False)
        batch_op.create_index(
            "ix_message_due",
            ["school_id", "texting_number", "rank", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.create_index("ix_message_number", ["school_id", "number", "id"], unique=False)
        batch_op.create_index(
            "ix_message_sending",
            ["school_id", "number", "taken_at"],
            unique=False,
            sqlite_where=sa.text("state = 'sending'"),
            postgresql_where=sa.text("state = 'sending'"),
        )
        batch_op.create_index("ix_message_state", ["school_id", "state", "id"], unique=False)
        batch_op.create_index(
            "ix_message_reason",
            ["school_id", "reason", "id"],
            unique=False,
            sqlite_where=sa.text("reason IS NOT NULL"),
            postgresql_where=sa.text("reason IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_message_batch_number", ["school_id", "batch_id", "number"], unique=True
        )
        batch_op.create_index("uq_message_provider_id", ["school_id", "provider_id"], unique=True)
        batch_op.create_index("uq_message_reply_to", ["school_id", "reply_to"], unique=True)
        batch_op.create_index(
            "uq_message_welcome",
            ["school_id", "number"],
            unique=True,
            sqlite_where=sa.text("kind = 'welcome'"),
            postgresql_where=sa.text("kind = 'welcome'"),
        )

    op.create_table(
        "message_contact",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "contact_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_message_contact_school_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "message_id"],
            ["message.school_id", "message.id"],
            name=op.f("fk_message_contact_school_id_message_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_message_contact_school_id")
        ),
        sa.PrimaryKeyConstraint(
            "school_id", "message_id", "contact_id", name=op.f("pk_message_contact")
        ),
    )
    with op.batch_alter_table("message_contact", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_contact_contact", ["school_id", "contact_id", "message_id"], unique=False
        )

    with op.batch_alter_table("school", schema=None) as batch_op:
        batch_op.add_column(sa.Column("send_window", sa.String(length=11), nullable=True))
        batch_op.add_column(
            sa.Column(
                "stop_confirmation", sa.String(length=20), server_default="portal", nullable=False
            )
        )
        batch_op.add_column(
            sa.Column("welcome_on", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
        batch_op.add_column(sa.Column("text_countries", sa.String(length=200), nullable=True))

    with op.batch_alter_table("texting_number", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("per_second", sa.Double(), server_default="10", nullable=False)
        )
        batch_op.add_column(sa.Column("next_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("reconciled_to", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("texting_number", schema=None) as batch_op:
        batch_op.drop_column("reconciled_to")
        batch_op.drop_column("next_at")
        batch_op.drop_column("per_second")

    with op.batch_alter_table("school", schema=None) as batch_op:
        batch_op.drop_column("text_countries")
        batch_op.drop_column("welcome_on")
        batch_op.drop_column("stop_confirmation")
        batch_op.drop_column("send_window")

    with op.batch_alter_table("message_contact", schema=None) as batch_op:
        batch_op.drop_index("ix_message_contact_contact")

    op.drop_table("message_contact")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_message_welcome",
            sqlite_where=sa.text("kind = 'welcome'"),
            postgresql_where=sa.text("kind = 'welcome'"),
        )
        batch_op.drop_index("uq_message_reply_to")
        batch_op.drop_index("uq_message_provider_id")
        batch_op.drop_index("uq_message_batch_number")
        batch_op.drop_index(
            "ix_message_reason",
            sqlite_where=sa.text("reason IS NOT NULL"),
            postgresql_where=sa.text("reason IS NOT NULL"),
        )
        batch_op.drop_index("ix_message_state")
        batch_op.drop_index(
            "ix_message_sending",
            sqlite_where=sa.text("state = 'sending'"),
            postgresql_where=sa.text("state = 'sending'"),
        )
        batch_op.drop_index("ix_message_number")
        batch_op.drop_index(
            "ix_message_due",
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )
        batch_op.drop_index("ix_message_batch")

    op.drop_table("message")
    with op.batch_alter_table("message_report", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_message_report_unsubscribed",
            sqlite_where=sa.text("unsubscribed IS NOT NULL"),
            postgresql_where=sa.text("unsubscribed IS NOT NULL"),
        )

    op.drop_table("message_report")
    with op.batch_alter_table("inbound_text", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_inbound_text_stop",
            sqlite_where=sa.text("kind = 'stop'"),
            postgresql_where=sa.text("kind = 'stop'"),
        )
        batch_op.drop_index(
            "ix_inbound_text_unread",
            sqlite_where=sa.text("read_at IS NULL"),
            postgresql_where=sa.text("read_at IS NULL"),
        )
        batch_op.drop_index("ix_inbound_text_number")

    op.drop_table("inbound_text")
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_index("ix_batch_made")

    op.drop_table("batch")
