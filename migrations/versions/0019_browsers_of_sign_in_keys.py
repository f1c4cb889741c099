"""The browser that asked for a code or used a link, where the same key works again"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_in_key", sa.Column("browser", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("sign_in_key", "browser")
