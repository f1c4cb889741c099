"""The state of a school, and of a family within it, as digests of every table's rows."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table, event, or_, select

from portal.extensions import Base, db
from tests.attack.planted import Family

_OF_A_CONTACT = ("contact_id", "student_id", "parent_id")
LOGS = ("audit", "staff_action", "access_log", "sign_in_failure")
"""Tables of which the name begins so grow by what is refused, on purpose."""
OPEN = {
    "proposal",
    "submission_contact",
}
"""Tables to which anybody adds rows about a family, by the contact form: they wait for staff."""

Digest = dict[str, str]


def of_school(school_id: int) -> Digest:
    """Each table's digest, of the rows of one school."""
    return {
        table.name: _digest(select(table).where(table.c.school_id == school_id), table)
        for table in Base.metadata.sorted_tables
        if "school_id" in table.c and not table.name.startswith(LOGS)
    }


def of_family(school_id: int, family: Family) -> Digest:
    """Of all that is on file of one family; what anybody may put before staff is left out."""
    found = {}
    for table in Base.metadata.sorted_tables:
        whose = [table.c[name] for name in _OF_A_CONTACT if name in table.c]
        if table.name == "contact":
            whose = [table.c.id]
        if whose and table.name not in OPEN and "school_id" in table.c:
            rows = select(table).where(
                table.c.school_id == school_id,
                or_(*(column.in_(family.contacts) for column in whose)),
            )
            found[table.name] = _digest(rows, table)
    return found


def changed(before: Digest, after: Digest) -> list[str]:
    return sorted(name for name in after if before.get(name) != after[name])


def _digest(rows: Any, table: Table) -> str:
    ordered = rows.order_by(*table.primary_key.columns)
    found = hashlib.sha256()
    for row in db.session.execute(ordered):
        found.update(repr(tuple(row)).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


class Writes:
    """True if anything was written since it was last asked."""

    def __init__(self) -> None:
        self.seen = False

    def taken(self) -> bool:
        seen, self.seen = self.seen, False
        return seen


@contextmanager
def noticing_writes() -> Iterator[Writes]:
    """Notice INSERT, UPDATE and DELETE, so that digests are made only where there is a reason."""
    writes = Writes()

    def look(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip()[:6].upper() in {"INSERT", "UPDATE", "DELETE"}:
            writes.seen = True

    engine = db.engine
    event.listen(engine, "before_cursor_execute", look)
    try:
        yield writes
    finally:
        event.remove(engine, "before_cursor_execute", look)
