"""Prints the statements that spread the portal's tables over a Citus cluster, by school.

    python -m tests.scaling.citus | psql ...

A school's rows lie together on one server. Tables of the installation are copied to all of them.
Not run by anything here: see docs/scaling.md.
"""

from collections.abc import Iterator

from sqlalchemy import ForeignKeyConstraint, Table, UniqueConstraint
from sqlalchemy.schema import PrimaryKeyConstraint

import portal.models  # noqa: F401 -- the tables
from portal.extensions import Base

KEY = "school_id"
COPIED = {"texting_number"}
"""A table of schools that has a key without the school: it is small, and read by number."""


def is_copied(table: Table) -> bool:
    return KEY not in table.columns or table.name in COPIED


def statements() -> Iterator[str]:
    tables = Base.metadata.sorted_tables
    for table in tables:
        if is_copied(table):
            yield f"SELECT create_reference_table('{table.name}');"
    # The triggers look at rows of one school only.
    yield "SET citus.enable_unsafe_triggers = on;"
    first = "none"
    for table in tables:
        if not is_copied(table):
            yield (
                f"SELECT create_distributed_table('{table.name}', '{KEY}',"
                f" colocate_with => '{first}');"
            )
            first = table.name if first == "none" else first


def obstacles() -> list[str]:
    """Find keys that Citus would refuse: a unique key of a spread table, without the school; a
    foreign key to what may be another school's rows, or from a copied table to a spread one."""
    return [
        f"{table.name}: {constraint.name}"
        for table in Base.metadata.sorted_tables
        for constraint in table.constraints
        if _is_refused(table, constraint)
    ] + [
        f"{table.name}: {index.name}"
        for table in Base.metadata.sorted_tables
        for index in table.indexes
        if index.unique and not is_copied(table) and KEY not in index.columns
    ]


def _is_refused(table: Table, constraint: object) -> bool:
    if isinstance(constraint, ForeignKeyConstraint):
        if is_copied(constraint.referred_table):
            return False
        pairs = {(e.parent.name, e.column.name) for e in constraint.elements}
        return is_copied(table) or (KEY, KEY) not in pairs
    unique = isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint)
    return unique and not is_copied(table) and KEY not in constraint.columns  # type: ignore[attr-defined]


if __name__ == "__main__":
    print(*statements(), sep="\n")
