"""Replies: clear wishes to stop, their answer, and the office's phone and email"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

CAME = "'stop', 'start', 'help', 'word', 'near_miss', 'reply'"
ALL_CAME = "'stop', 'start', 'help', 'word', 'wish', 'wrong_number', 'near_miss', 'reply'"
SENT = "'batch', 'welcome', 'stop_confirmation', 'help'"
ALL_SENT = "'batch', 'welcome', 'stop_confirmation', 'pause_notice', 'help'"

CHANGED = (
    ("inbound_text", f"kind IN ({CAME})", f"kind IN ({ALL_CAME})"),
    ("message", f"kind IN ({SENT})", f"kind IN ({ALL_SENT})"),
)
"""Checks of kinds by table, as they were and as they are."""


def upgrade() -> None:
    op.execute("ALTER TABLE school ADD COLUMN office_phone VARCHAR(16)" + _collation())
    op.execute("ALTER TABLE school ADD COLUMN office_email VARCHAR(254)")
    for table, before, after in CHANGED:
        _check(table, before, after)


def downgrade() -> None:
    op.execute("UPDATE inbound_text SET kind = 'near_miss' WHERE kind IN ('wish', 'wrong_number')")
    op.execute("UPDATE message SET kind = 'help' WHERE kind = 'pause_notice'")
    for table, before, after in CHANGED:
        _check(table, after, before)
    op.execute("ALTER TABLE school DROP COLUMN office_phone")
    op.execute("ALTER TABLE school DROP COLUMN office_email")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _collation() -> str:
    return ' COLLATE "C"' if _on_postgresql() else ""


def _check(table: str, before: str, after: str) -> None:
    """Change the check of a table's kinds, in its place on SQLite, as 0023 does."""
    connection = op.get_bind()
    if _on_postgresql():
        op.drop_constraint(op.f(f"ck_{table}_kind_known"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_kind_known"), table, after)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?)"
        " WHERE type = 'table' AND name = ? AND instr(sql, ?) > 0",
        (before, after, table, before),
    ).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise RuntimeError(f"The table {table} has no check of its kinds that is known here.")
