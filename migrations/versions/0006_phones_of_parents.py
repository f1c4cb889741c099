"""Which phones are a parent's"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NUMBER = ["school_id", "number", "type", "slot", "contact_id"]
CELL = ["school_id", "number", "contact_id", "slot"]


def upgrade() -> None:
    op.add_column(
        "phone", sa.Column("of_parent", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.execute(
        "UPDATE phone SET of_parent = true WHERE EXISTS (SELECT 1 FROM contact_role"
        " WHERE contact_role.school_id = phone.school_id"
        " AND contact_role.contact_id = phone.contact_id AND contact_role.role = 'parent')"
    )
    _indexes([*NUMBER, "of_parent"], "type = 'cell' AND of_parent")


def downgrade() -> None:
    _indexes(NUMBER, "type = 'cell'")
    op.drop_column("phone", "of_parent")


def _indexes(number: list[str], which: str) -> None:
    op.drop_index("ix_phone_number", table_name="phone")
    op.create_index("ix_phone_number", "phone", number)
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_phone_cell", table_name="phone")
        op.create_index("ix_phone_cell", "phone", CELL, postgresql_where=sa.text(which))
