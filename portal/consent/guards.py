"""The triggers by which the database itself keeps the ledger append-only.

The migrations create them with the statements frozen there; `missing` looks at the database after
every migration and before the portal calls itself ready.
"""

from sqlalchemy import Connection, text

APPEND_ONLY = ("consent_event", "wording")
_KINDS = {"sqlite": ("update", "delete", "replace"), "postgresql": ("update", "delete", "truncate")}
_PRESENT = {
    "sqlite": """
        SELECT tbl_name, name FROM sqlite_master
        WHERE type = 'trigger' AND sql LIKE '%RAISE(ABORT%'
    """,
    # 'A': fires always, for a replica's apply worker and in a restore too.
    "postgresql": """
        SELECT relname, tgname FROM pg_trigger
        JOIN pg_class ON pg_class.oid = tgrelid
        JOIN pg_proc ON pg_proc.oid = tgfoid
        WHERE NOT tgisinternal AND tgenabled = 'A' AND prosrc LIKE '%RAISE EXCEPTION%'
    """,
}


def missing_guards(connection: Connection) -> list[str]:
    """The names of the guards that are not in the database, or that refuse nothing there."""
    dialect = connection.dialect.name
    wanted = [(table, f"{table}_no_{kind}") for table in APPEND_ONLY for kind in _KINDS[dialect]]
    present = {tuple(row) for row in connection.execute(text(_PRESENT[dialect]))}
    return [name for table, name in wanted if (table, name) not in present]
