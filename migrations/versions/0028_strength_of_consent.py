"""The strength of consent, and campaigns that email the form"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

THERE = sa.text("strength IS NOT NULL")
UNFINISHED = sa.text("finished_at IS NULL")
OF_NUMBER = "{e}.school_id = consent_status.school_id AND {e}.number = consent_status.number"
# A signed-in parent took back their own "no", all of the opt-out was theirs, and the number was not
# proven to be theirs when it began. Nobody who may speak for the number has said yes since.
TAKES_BACK = f"""EXISTS (
    SELECT 1 FROM consent_event AS yes
    JOIN consent_event AS first ON first.school_id = yes.school_id AND first.number = yes.number
        AND first.seq < yes.seq AND first.source = 'public_form' AND first.answer = 'no'
        AND first.actor = yes.actor
    WHERE {OF_NUMBER.format(e="yes")} AND yes.seq = consent_status.since_seq
    AND yes.source = 'parent_form'
    AND NOT EXISTS (
        SELECT 1 FROM consent_event AS prior WHERE {OF_NUMBER.format(e="prior")}
        AND prior.seq = first.seq - 1 AND prior.state = 'opted_out')
    AND NOT EXISTS (
        SELECT 1 FROM consent_event AS other WHERE {OF_NUMBER.format(e="other")}
        AND other.seq > first.seq AND other.seq < yes.seq AND (other.state <> 'opted_out'
            OR (other.answer = 'no' AND other.actor <> yes.actor)))
    AND NOT EXISTS (
        SELECT 1 FROM consent_event AS own WHERE {OF_NUMBER.format(e="own")}
        AND own.seq > yes.seq AND own.source IN ('parent_form', 'handset')
        AND own.answer = 'yes' AND own.code IS NULL))"""
FILL = f"""UPDATE consent_status SET strength = CASE decided_by
    WHEN 'handset' THEN 'confirmed'
    WHEN 'parent_form' THEN CASE WHEN {TAKES_BACK} THEN 'form' ELSE 'confirmed' END
    WHEN 'public_form' THEN 'form'
    WHEN 'staff_entry' THEN 'staff_typed'
    WHEN 'roster_import' THEN 'roster' END
    WHERE state = 'opted_in'"""


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    op.execute(
        "ALTER TABLE consent_status ADD COLUMN strength VARCHAR(20)"
        + (' COLLATE "C"' if on_postgresql else "")
        + " CONSTRAINT ck_consent_status_strength_known"
        " CHECK (strength IN ('confirmed', 'form', 'staff_typed', 'roster'))"
    )
    op.execute(FILL)
    op.create_index(
        "ix_consent_status_strength",
        "consent_status",
        ["school_id", "strength", "number"],
        sqlite_where=THERE,
        postgresql_where=THERE,
    )
    _create_campaigns()


def _create_campaigns() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "campaign",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("form_key", sa.String(length=32), nullable=False),
        sa.Column("actor_name", sa.String(length=100), nullable=False),
        sa.Column("no_answer", sa.Boolean(), nullable=False),
        sa.Column("typed_by_staff", sa.Boolean(), nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("enrolled_only", sa.Boolean(), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("parents", sa.Integer(), nullable=False),
        sa.Column("emails", sa.Integer(), nullable=False),
        sa.Column("finished_at", moment, nullable=True),
        sa.Column("canceled_by", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_campaign_school_id")),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("school_id", "form_key", name=op.f("uq_campaign_school_id_form_key")),
    )
    op.create_index(
        "ix_campaign_unfinished",
        "campaign",
        ["school_id", "id"],
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    )


def downgrade() -> None:
    op.drop_table("campaign")
    op.drop_index("ix_consent_status_strength", "consent_status")
    op.execute("ALTER TABLE consent_status DROP COLUMN strength")
