"""Columns that are worked out of other rows, and kept right by the database itself.

The version before knows nothing of a new column, and writes rows while a migration is under way and
until its last server is stopped. So a trigger keeps the column. `repair` mends what was written
while there was none, after every migration; /readyz looks for the triggers.
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
    """Mend rows whose derived columns are wrong: the version before wrote them."""
    for statement in _REPAIRS:
        connection.execute(text(statement))
