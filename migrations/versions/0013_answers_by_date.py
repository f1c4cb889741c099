"""Indexes for searches by the date of an answer, and for exports"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATE = ["school_id", "state", "number"]


def upgrade() -> None:
    op.create_index(
        "ix_consent_status_decided",
        "consent_status",
        ["school_id", "number", "decided_at", "decided_by"],
    )
    op.drop_index("ix_consent_status_state", "consent_status")
    op.create_index("ix_consent_status_state", "consent_status", [*STATE, "since", "decided_by"])


def downgrade() -> None:
    op.drop_index("ix_consent_status_state", "consent_status")
    op.create_index("ix_consent_status_state", "consent_status", STATE)
    op.drop_index("ix_consent_status_decided", "consent_status")
