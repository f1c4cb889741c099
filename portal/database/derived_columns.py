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
