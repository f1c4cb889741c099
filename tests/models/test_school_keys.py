"""Every key of a school's own table starts with the school, so that schools can be spread over
servers: a row, and all that it refers to, lie where its school lies."""

from collections.abc import Iterator

from sqlalchemy import Constraint, ForeignKeyConstraint, Table, UniqueConstraint
from sqlalchemy.schema import PrimaryKeyConstraint

from portal.extensions import Base

OF_THE_INSTALLATION = {
    "account",
    "known_device",
    "password_reset",
    "school",
    "sign_in_failure",
    "staff_session",
    "worker_beat",
    "write_check",
}
"""Tables of people who work at several schools, and of the schools themselves."""
EXCEPTIONS = {
    # A text comes in to a number, and only then is it known whose school it is.
    "texting_number: number",
    # Staff have one account, whichever schools they work at.
    "audit_entry: account_id",
    "audit_entry: about_id",
    "membership: account_id",
    "staff_invitation: invited_by",
}


def test_the_school_leads_every_key_but_those_named_here() -> None:
    tables = [t for t in Base.metadata.sorted_tables if t.name not in OF_THE_INSTALLATION]
    assert all("school_id" in table.columns for table in tables)
    found = {f"{t.name}: {columns[0]}" for t in tables for columns in _keys(t)}
    assert {key for key in found if not key.endswith(": school_id")} == EXCEPTIONS


def test_a_table_of_the_installation_is_of_no_school() -> None:
    for name in OF_THE_INSTALLATION:
        assert "school_id" not in Base.metadata.tables[name].columns


def _keys(table: Table) -> Iterator[list[str]]:
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint | ForeignKeyConstraint):
            yield _columns(constraint)
    for index in table.indexes:
        if index.unique:
            yield [str(getattr(column, "name", column)) for column in index.expressions]


def _columns(constraint: Constraint) -> list[str]:
    return [column.name for column in constraint.columns]  # type: ignore[attr-defined]
