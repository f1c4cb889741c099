"""A parent's relationship to a student may be unknown.

Forms that left it out were kept as `other` before. Those rows stay as they are: nothing tells them
from the ones whose parents chose Other.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("parent_link") as batch:
        batch.alter_column("relationship", existing_type=_type(), nullable=True)


def downgrade() -> None:
    op.execute("UPDATE parent_link SET relationship = 'other' WHERE relationship IS NULL")
    with op.batch_alter_table("parent_link") as batch:
        batch.alter_column("relationship", existing_type=_type(), nullable=False)


def _type() -> sa.types.TypeEngine[str]:
    return sa.String(20).with_variant(sa.String(20, collation="C"), "postgresql")
