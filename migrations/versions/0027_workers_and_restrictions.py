"""A heartbeat for each worker, and children whom a parent gets no texts about or may not see"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "worker_beat",
        sa.Column("worker", sa.String(length=32), nullable=False),
        sa.Column(
            "kind",
            sa.String(length=20).with_variant(sa.String(length=20, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('mail', 'texts')", name=op.f("ck_worker_beat_kind_known")),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_worker_beat")),
    )
    op.create_table(
        "parent_restriction",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("student_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gets_texts", sa.Boolean(), nullable=False),
        sa.Column("may_see", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "parent_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_parent_restriction_school_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "student_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_parent_restriction_school_id_student_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_parent_restriction_school_id")
        ),
        sa.PrimaryKeyConstraint(
            "school_id", "parent_id", "student_id", name=op.f("pk_parent_restriction")
        ),
    )
    op.create_index(
        "ix_parent_restriction_student", "parent_restriction", ["school_id", "student_id"]
    )


def downgrade() -> None:
    op.drop_table("parent_restriction")
    op.drop_table("worker_beat")
