"""Forms that are kept first and applied to records a moment later"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

PENDING = sa.text("apply_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("submission", sa.Column("apply_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("submission", sa.Column("pending", sa.JSON(none_as_null=True), nullable=True))
    op.create_index(
        "ix_submission_pending",
        "submission",
        ["school_id", "apply_at"],
        sqlite_where=PENDING,
        postgresql_where=PENDING,
    )


def downgrade() -> None:
    """Forms that are not applied yet would be lost to the records: they must be applied first."""
    waiting = op.get_bind().scalar(
        sa.text("SELECT count(*) FROM submission WHERE apply_at IS NOT NULL")
    )
    if waiting:
        forms = "1 form is" if waiting == 1 else f"{waiting} forms are"
        raise RuntimeError(
            f"{forms} not applied to records yet. Run `flask mail work --once`, then try again."
        )
    op.drop_index("ix_submission_pending", "submission")
    op.drop_column("submission", "pending")
    op.drop_column("submission", "apply_at")
