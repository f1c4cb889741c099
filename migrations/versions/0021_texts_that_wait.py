"""Texts that wait because of our own fault, and reactions that looked like a wish to stop"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# As portal/consent/reactions.py had it then, without what is rare.
REACTION = re.compile(
    "[\\s\u200a-\u200f]*(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|"
    "removed an? [a-z ]{3,20} from|reacted .{1,16} to|(?:no )?[lm]e gust[a\u00f3]|"
    "[lm]e encant[a\u00f3]|reaccion\u00f3 con .{1,16} a|"
    "[\u203c\u2049\u2190-\u2bff\U0001f000-\U0001fbff][^\\w\\s]{0,15}[\\s\u200a-\u200f]*(?:to|a))"
    '[\\s\u200a-\u200f]*[\u201c\u201d"\u00ab].*[\u201d"\u201c\u00bb][\\s\u200a-\u200f]*',
    re.IGNORECASE | re.DOTALL,
)


def upgrade() -> None:
    op.add_column("texting_number", sa.Column("held_at", sa.DateTime(timezone=True)))
    op.add_column("texting_number", sa.Column("held_code", sa.Integer()))
    text = sa.table(
        "inbound_text",
        sa.column("school_id", sa.BigInteger),
        sa.column("id", sa.BigInteger),
        sa.column("kind", sa.String),
        sa.column("body", sa.Text),
        sa.column("read_at", sa.DateTime),
    )
    connection = op.get_bind()
    # Staff have read the others.
    unread = sa.select(text).where(text.c.kind == "near_miss", text.c.read_at.is_(None))
    for row in connection.execute(unread).all():
        if REACTION.fullmatch(row.body):
            mine = (text.c.school_id == row.school_id) & (text.c.id == row.id)
            connection.execute(sa.update(text).where(mine).values(kind="reply"))


def downgrade() -> None:
    # A batch that was held would wait forever.
    op.execute(
        "UPDATE message SET due_at = made_at "
        "WHERE state = 'queued' AND due_at > '9000-01-01 00:00:00'"
    )
    with op.batch_alter_table("texting_number") as batch:
        batch.drop_column("held_code")
        batch.drop_column("held_at")
