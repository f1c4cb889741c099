"""An index of contacts with names to fold again

Names are folded differently now, and also stored as one word. Folding a million of them here would
block all writes. Instead `db upgrade` does it afterwards, some at a time (migrations/env.py), and
each server does it for rows that the previous version still writes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UNFOLDED = sa.text("search_name = rtrim(search_name)")


def upgrade() -> None:
    op.create_index(
        "ix_contact_refold",
        "contact",
        ["school_id", "id"],
        sqlite_where=UNFOLDED,
        postgresql_where=UNFOLDED,
    )


def downgrade() -> None:
    op.drop_index("ix_contact_refold", "contact")
    op.execute("UPDATE contact SET search_name = rtrim(search_name)")
