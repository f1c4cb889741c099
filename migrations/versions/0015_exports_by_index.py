"""Indexes that hold all that an export reads of a number's state and of a name"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_consent_status_state", "consent_status")
    op.create_index(
        "ix_consent_status_state",
        "consent_status",
        ["school_id", "state", "number", "since", "decided_by"],
    )
    op.create_index("ix_contact_called", "contact", ["school_id", "id", "first_name", "last_name"])
    op.drop_index("ix_contact_name", "contact")


def downgrade() -> None:
    op.create_index("ix_contact_name", "contact", ["school_id", "last_name", "first_name"])
    op.drop_index("ix_contact_called", "contact")
    op.drop_index("ix_consent_status_state", "consent_status")
    op.create_index("ix_consent_status_state", "consent_status", ["school_id", "state", "number"])
