"""Whose a number is: places in its log, and proof"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

WORDS = {
    "proven_by": (20, "'handset', 'staff_typed', 'staff_told'"),
    "said": (3, "'yes', 'no'"),
}
"""Columns of words that the portal itself chose."""
HOLDING = {
    "began_seq": "INTEGER DEFAULT 0 NOT NULL",
    "ended_seq": "INTEGER",
    "proven_by": "",
    "proven_seq": "INTEGER",
    "proven_at": "{moment}",
    "proven_actor": "VARCHAR(100)",
    "proof_note": "VARCHAR(300)",
    "lost_seq": "INTEGER",
    "handset_seq": "INTEGER",
    "handset_at": "{moment}",
    "handset_email_key": "VARCHAR(254){code_points}",
    "said": "",
    "said_at": "{moment}",
}
STATUS = {
    "since_seq": "INTEGER DEFAULT 0 NOT NULL",
    "handset_only": "BOOLEAN DEFAULT false NOT NULL",
}


def upgrade() -> None:
    # As plain SQL: SQLite adds a column with its check so, and need not copy the whole table.
    sqlite = op.get_bind().dialect.name == "sqlite"
    types = {
        "moment": "DATETIME" if sqlite else "TIMESTAMP WITH TIME ZONE",
        "code_points": "" if sqlite else ' COLLATE "C"',
    }
    for name, kind in HOLDING.items():
        if name in WORDS:
            length, words = WORDS[name]
            collation = types["code_points"] if name == "proven_by" else ""
            check = f"CONSTRAINT ck_holding_{name}_known CHECK ({name} IN ({words}))"
            op.execute(
                f"ALTER TABLE holding ADD COLUMN {name} VARCHAR({length}){collation} {check}"
            )
        else:
            op.execute(f"ALTER TABLE holding ADD COLUMN {name} {kind.format(**types)}")
    for name, kind in STATUS.items():
        op.execute(f"ALTER TABLE consent_status ADD COLUMN {name} {kind}")
    for statement in (*PLACES, *PROOF):
        op.execute(statement.replace("{soon}", SOON[op.get_bind().dialect.name]))
    _report()


def downgrade() -> None:
    for name in STATUS:
        op.drop_column("consent_status", name)
    for name in HOLDING:
        op.drop_column("holding", name)


# The places, as well as the clocks of that time tell them.
PLACES = (
    """
    UPDATE holding SET
        began_seq = (SELECT count(*) FROM consent_event AS e
            WHERE e.school_id = holding.school_id AND e.number = holding.number
            AND e.recorded_at < holding.since),
        ended_seq = CASE WHEN until IS NULL THEN NULL ELSE (SELECT count(*) FROM consent_event AS e
            WHERE e.school_id = holding.school_id AND e.number = holding.number
            AND e.recorded_at < holding.until) END
    """,
    """
    UPDATE consent_status SET since_seq = 1 + coalesce((SELECT max(e.seq) FROM consent_event AS e
        WHERE e.school_id = consent_status.school_id AND e.number = consent_status.number
        AND e.state <> consent_status.state), 0)
    WHERE last_seq > 0 AND state <> 'not_asked'
    """,
    """
    UPDATE consent_status SET handset_only = true
    WHERE state = 'opted_out' AND EXISTS (SELECT 1 FROM consent_event AS e
        WHERE e.school_id = consent_status.school_id AND e.number = consent_status.number
        AND e.seq >= consent_status.since_seq AND e.source IN ('text_reply', 'carrier', 'opt_out_list'))
    """,
)
SOON = {
    "sqlite": "julianday(holding.since) - julianday(contact.created_at) < 10.0 / 86400",
    "postgresql": "holding.since < contact.created_at + interval '10 seconds'",
}
"""That the number was typed as the person was added."""
# The newest word from the phone itself for this person, while they had the number; else that staff
# or the demo made the person with this number.
_CONFIRMED = """
    SELECT max(e.seq) FROM consent_event AS e
    WHERE e.school_id = holding.school_id AND e.number = holding.number AND e.source = 'handset'
    AND e.seq > holding.began_seq AND (holding.ended_seq IS NULL OR e.seq <= holding.ended_seq)
    AND e.actor = 'contact:' || CAST(holding.contact_id AS VARCHAR)
"""
_CONFIRMED_AT = """
    SELECT e.recorded_at FROM consent_event AS e
    WHERE e.school_id = holding.school_id AND e.number = holding.number AND e.seq = holding.handset_seq
"""
_OWN_WORDS = """
    FROM consent_event AS e
    WHERE e.school_id = holding.school_id AND e.number = holding.number AND e.answer IS NOT NULL
    AND e.seq > holding.began_seq AND (e.actor = 'contact:' || CAST(holding.contact_id AS VARCHAR)
        OR EXISTS (SELECT 1 FROM submission_contact AS s WHERE s.school_id = e.school_id
            AND s.submission_id = e.submission_id AND s.contact_id = holding.contact_id AND s.made))
    ORDER BY e.seq DESC LIMIT 1
"""
PROOF = (
    f"UPDATE holding SET handset_seq = ({_CONFIRMED})",
    f"""
    UPDATE holding SET proven_by = 'handset', proven_seq = handset_seq,
        proven_actor = 'contact:' || CAST(contact_id AS VARCHAR),
        proven_at = ({_CONFIRMED_AT}), handset_at = ({_CONFIRMED_AT}),
        handset_email_key = (SELECT contact.email_key FROM contact
            WHERE contact.school_id = holding.school_id AND contact.id = holding.contact_id)
    WHERE handset_seq IS NOT NULL
    """,
    """
    UPDATE holding SET proven_by = 'staff_typed', proven_seq = began_seq, proven_at = since
    WHERE proven_by IS NULL AND EXISTS (SELECT 1 FROM contact
        WHERE contact.school_id = holding.school_id AND contact.id = holding.contact_id
        AND contact.origin IN ('staff', 'demo')
        AND {soon})
    """,
    f"UPDATE holding SET said = (SELECT e.answer {_OWN_WORDS}), said_at = (SELECT e.happened_at {_OWN_WORDS}) WHERE until IS NULL",
)


def _report() -> None:
    proven, not_proven = _count("proven_by IS NOT NULL"), _count("proven_by IS NULL")
    if proven or not_proven:
        print(f"Numbers on records: {proven} proven, {not_proven} not proven yet.")


def _count(condition: str) -> int:
    query = f"SELECT count(*) FROM holding WHERE until IS NULL AND {condition}"
    return op.get_bind().execute(sa.text(query)).scalar_one()
