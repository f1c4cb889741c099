"""Columns that are derived from other rows. The database keeps them right with triggers.

The previous version doesn't know a new column, and writes rows during a migration and until its
last server is stopped. After every migration, `repair` corrects the rows that were written before
there was a trigger. /readyz checks that the triggers are there.
"""

from sqlalchemy import Connection, text

TRIGGERS = {
    "sqlite": {
        "phone_of_parent_insert",
        "phone_of_parent_update",
        "contact_role_phones_insert_new",
        "contact_role_phones_update_new",
        "contact_role_phones_update_old",
        "contact_role_phones_delete_old",
    },
    "postgresql": {"phone_of_parent", "contact_role_phones"},
}
"""Of migration 0022: `phone.of_parent` follows `contact_role`."""
_PRESENT = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
}
_OF_NUMBER = "{e}.school_id = consent_status.school_id AND {e}.number = consent_status.number"
# A signed-in parent took back their own "no", all of the opt-out was theirs, and the number was not
# proven to be theirs when it began. Nobody who may speak for the number has said yes since.
_TAKES_BACK = f"""EXISTS (
    SELECT 1 FROM consent_event AS yes
    JOIN consent_event AS first ON first.school_id = yes.school_id AND first.number = yes.number
        AND first.seq < yes.seq AND first.source = 'public_form' AND first.answer = 'no'
        AND first.actor = yes.actor
    WHERE {_OF_NUMBER.format(e="yes")} AND yes.seq = consent_status.since_seq
    AND yes.source = 'parent_form'
    AND NOT EXISTS (
        SELECT 1 FROM consent_event AS prior WHERE {_OF_NUMBER.format(e="prior")}
        AND prior.seq = first.seq - 1 AND prior.state = 'opted_out')
    AND NOT EXISTS (
        SELECT 1 FROM consent_event AS other WHERE {_OF_NUMBER.format(e="other")}
        AND other.seq > first.seq AND other.seq < yes.seq AND (other.state <> 'opted_out'
            OR (other.answer = 'no' AND other.actor <> yes.actor)))
    AND NOT EXISTS (
        SELECT 1 FROM consent_event AS own WHERE {_OF_NUMBER.format(e="own")}
        AND own.seq > yes.seq AND own.source IN ('parent_form', 'handset')
        AND own.answer = 'yes' AND own.code IS NULL))"""  # noqa: S608 -- only what is above
_STRENGTH = f"""CASE WHEN state = 'opted_in' THEN CASE decided_by
    WHEN 'handset' THEN 'confirmed'
    WHEN 'parent_form' THEN CASE WHEN {_TAKES_BACK} THEN 'form' ELSE 'confirmed' END
    WHEN 'public_form' THEN 'form'
    WHEN 'staff_entry' THEN 'staff_typed'
    WHEN 'roster_import' THEN 'roster' END END"""
"""As `portal/consent/strength.py` has it."""
_REPAIRS = (
    """
    UPDATE phone SET of_parent = NOT of_parent WHERE of_parent <> EXISTS (
        SELECT 1 FROM contact_role AS r WHERE r.school_id = phone.school_id
        AND r.contact_id = phone.contact_id AND r.role = 'parent')
    """,
    """
    UPDATE account SET last_sign_in_at = (
        SELECT max(s.created_at) FROM staff_session AS s WHERE s.account_id = account.id)
    WHERE EXISTS (SELECT 1 FROM staff_session AS s WHERE s.account_id = account.id
        AND (account.last_sign_in_at IS NULL OR s.created_at > account.last_sign_in_at))
    """,
    f"""
    UPDATE consent_status SET strength = {_STRENGTH}
    WHERE coalesce(strength, '') <> coalesce({_STRENGTH}, '')
    """,  # noqa: S608 -- only what is above
)


def missing_triggers(connection: Connection) -> list[str]:
    """Return the names of the triggers that are not in the database, or are turned off there."""
    dialect = connection.dialect.name
    present = set(connection.scalars(text(_PRESENT[dialect])))
    return sorted(TRIGGERS[dialect] - present)


def repair(connection: Connection) -> None:
    """Correct the derived columns of rows that the previous version wrote."""
    for statement in _REPAIRS:
        connection.execute(text(statement))
