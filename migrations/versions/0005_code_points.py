"""Numbers and words compared by code point; an index of the Cells"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TAILS = range(3, 12)
LENGTHS = {
    "account": {"email_key": 254},
    "school": {"stop_confirmation": 20},
    "consent_status": {"number": 16, "state": 20, "decided_by": 20},
    "contact": {"email_key": 254, "origin": 20},
    "inbound_text": {"number": 20, "texting_number": 16, "kind": 20, "via": 20},
    "mail": {"kind": 20},
    "membership": {"role": 20},
    "message_report": {"status": 20, "unsubscribed": 16, "texting_number": 16},
    "sign_in_key": {"purpose": 20, "email_key": 254},
    "texting_number": {"number": 16},
    "consent_event": {"number": 16, "source": 20, "state": 20, "texting_number": 16},
    "contact_role": {"role": 20},
    "enrollment": {"status": 20},
    "enrollment_change": {"status": 20},
    "handset_word": {"number": 16},
    "holding": {"number": 16},
    "message": {"kind": 20, "number": 16, "texting_number": 16, "state": 20, "reason": 20},
    "parent_link": {"relationship": 20},
    "phone": {"slot": 20, "type": 20, "number": 16},
    "consent_evidence": {"number": 16},
    "proposal": {"kind": 20, "state": 20},
}
"""Columns of numbers (E.164) and of words that the portal itself chose, with their lengths."""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return  # SQLite compares by code point in any case.
    _compare_by('"C"')
    op.create_index(
        "ix_phone_cell",
        "phone",
        ["school_id", "number", "contact_id", "slot"],
        postgresql_where=sa.text("type = 'cell'"),
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.drop_index("ix_phone_cell", table_name="phone")
    _compare_by('"default"')
    # They took the collation of the numbers, which is no more the one that look-ups ask by.
    for n in TAILS:
        op.execute(f"DROP INDEX ix_phone_tail_{n}")
        end = f'right(number, {n}) COLLATE "C"'
        op.execute(f"CREATE INDEX ix_phone_tail_{n} ON phone (school_id, ({end}))")


def _compare_by(collation: str) -> None:
    """The tables stay as they are; the indexes of these columns are made anew."""
    for table, lengths in LENGTHS.items():
        changes = ", ".join(
            f"ALTER {column} TYPE varchar({length}) COLLATE {collation}"
            for column, length in lengths.items()
        )
        op.execute(f"ALTER TABLE {table} {changes}")
