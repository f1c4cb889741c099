"""Tokens of links are unique within a school, so that schools can be spread over servers.

They are random, so no two are the same anywhere. The link names the school, except for an
invitation's, which is found by the token alone.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = ("sign_in_key", "staff_invitation", "texted_link")


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_token_hash"), type_="unique")
            batch.create_unique_constraint(
                op.f(f"uq_{table}_school_id_token_hash"), ["school_id", "token_hash"]
            )
    op.create_index("ix_staff_invitation_token_hash", "staff_invitation", ["token_hash"])


def downgrade() -> None:
    op.drop_index("ix_staff_invitation_token_hash", "staff_invitation")
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"uq_{table}_school_id_token_hash"), type_="unique")
            batch.create_unique_constraint(op.f(f"uq_{table}_token_hash"), ["token_hash"])
