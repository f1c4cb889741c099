"""The triggers by which the database itself keeps the ledger append-only.

The migrations create them with the statements frozen there; `missing` looks at the database after
every migration and before the portal calls itself ready.
"""

from sqlalchemy import Connection, text

APPEND_ONLY = ("consent_event", "wording")
_KINDS = {"sqlite": ("update", "delete", "replace"), "postgresql": ("update", "delete", "truncate")}


def missing(connection: Connection) -> list[str]:
    """The names of the guards that are not in the database, or are switched off there."""
    dialect = connection.dialect.name
    wanted = [f"{table}_no_{kind}" for table in APPEND_ONLY for kind in _KINDS[dialect]]
    if dialect == "sqlite":
        found = connection.execute(
            text(
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%RAISE(ABORT%'"
            )
        )
    else:
        found = connection.execute(
            text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')")
        )
    present = set(found.scalars())
    return [name for name in wanted if name not in present]
