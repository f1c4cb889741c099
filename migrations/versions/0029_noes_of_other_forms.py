"""Opt-outs under one form of a number, added to the log of its other forms on file

The ledger does this itself from this version on. Until now a "no" about the +52 ... of today left a
record with the old +52 1 ... green, and only the gate knew. Migration 0017 has the rules.
"""

from alembic import op

revision = "0029"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    script = op.get_context().script
    script.get_revision("0017").module.upgrade()


def downgrade() -> None:
    """Nothing to do: the ledger only grows."""
