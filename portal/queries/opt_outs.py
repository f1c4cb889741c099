"""The opted-out numbers of a school, for the export: read as a stream, in a stated order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, collate, exists, select

from portal.enums import ConsentState, ContactRole, PhoneType, Slot
from portal.extensions import db
from portal.models import ConsentStatus, Contact, ContactRoleRow, Phone
from portal.queries.schools import SchoolRow

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class OptOutRow:
    parent_id: int | None
    """None for a number that stands on no parent's record."""
    parent_name: str
    number: str
    type: PhoneType | None
    since: datetime
    """When the number became opted out."""
    source: str
    """Of the decision that stands."""


def opt_outs(school: SchoolRow, with_unknown: bool = False) -> Iterator[OptOutRow]:
    """One row for each parent and opted-out number on their record, by name, id and number.

    Names in the order of their code points, the same on every database. `with_unknown`: first the
    numbers that stand on no parent's record. A number that stands in two slots of one parent comes
    once, as a Cell if it is one in either.
    """
    if with_unknown:
        yield from _unknown(school.id)
    name = Contact.first_name + " " + Contact.last_name
    rank = case({s.value: i for i, s in enumerate(Slot)}, value=Phone.slot)
    statement = (
        select(
            Phone.contact_id,
            name.label("name"),
            Phone.number,
            Phone.type,
            ConsentStatus.since,
            ConsentStatus.decided_by,
        )
        .select_from(ConsentStatus)
        .join(Phone, _same(Phone, ConsentStatus, "number"))
        .join(ContactRoleRow, _same(ContactRoleRow, Phone, "contact_id"))
        .join(Contact, (Contact.school_id == Phone.school_id) & (Contact.id == Phone.contact_id))
        .where(*_opted_out(school.id), ContactRoleRow.role == ContactRole.PARENT)
        .order_by(
            _by_code_point(name), Contact.id, Phone.number, Phone.type != PhoneType.CELL, rank
        )
    )
    before = None
    for row in db.session.execute(statement, execution_options={"yield_per": CHUNK}):
        if before != (row.contact_id, row.number):
            before = row.contact_id, row.number
            yield OptOutRow(
                parent_id=row.contact_id,
                parent_name=row.name,
                number=row.number,
                type=PhoneType(row.type),
                since=row.since,
                source=row.decided_by,
            )


def _unknown(school_id: int) -> Iterator[OptOutRow]:
    on_a_record = (
        exists()
        .where(
            _same(Phone, ConsentStatus, "number"),
            _same(ContactRoleRow, Phone, "contact_id"),
            ContactRoleRow.role == ContactRole.PARENT,
        )
        .correlate(ConsentStatus)
    )
    statement = (
        select(ConsentStatus.number, ConsentStatus.since, ConsentStatus.decided_by)
        .where(*_opted_out(school_id), ~on_a_record)
        .order_by(ConsentStatus.number)
    )
    for row in db.session.execute(statement, execution_options={"yield_per": CHUNK}):
        yield OptOutRow(None, "", row.number, None, row.since, row.decided_by)


def _opted_out(school_id: int) -> tuple[ColumnElement[bool], ...]:
    return ConsentStatus.school_id == school_id, ConsentStatus.state == ConsentState.OPTED_OUT


def _same(one: Any, other: Any, key: str) -> ColumnElement[bool]:
    """That two rows are of the same school and have the same key."""
    condition: ColumnElement[bool] = (one.school_id == other.school_id) & (
        getattr(one, key) == getattr(other, key)
    )
    return condition


def _by_code_point(text: ColumnElement[str]) -> ColumnElement[str]:
    """SQLite compares so by itself; on PostgreSQL the database's collation has to be set aside."""
    postgres = db.session.get_bind().dialect.name == "postgresql"
    return collate(text, "C") if postgres else text
