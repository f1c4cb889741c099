"""An index for searches by the date of an answer"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_consent_status_decided",
        "consent_status",
        ["school_id", "number", "decided_at", "decided_by"],
    )


def downgrade() -> None:
    op.drop_index("ix_consent_status_decided", "consent_status")
