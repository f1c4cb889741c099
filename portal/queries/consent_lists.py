"""The numbers of a school by what their owners said, for exports: read as a stream, in a stated
order."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Executable, Select, and_, case, exists, func, or_, select

from portal.consent.gate import has_waiting_opt_out
from portal.consent.ledger import ASKED_SCHOOL
from portal.enums import ConsentState, PhoneType, Slot
from portal.extensions import db
from portal.models import ConsentPause, ConsentStatus, Contact, Phone, same_school
from portal.queries.compare import by_code_point
from portal.queries.schools import SchoolRow

CHUNK = 1000


class NumberRow(NamedTuple):
    parent_id: int | None
    """None for a number that stands on no parent's record."""
    parent_name: str
    number: str
    type: str | None
    since: datetime | None
    """Start of the number's state. None if it has no answer yet."""
    source: str | None
    """Of the decision that stands."""


def opt_outs(
    school: SchoolRow, with_unknown: bool = False, with_paused: bool = False
) -> Iterator[NumberRow]:
    """One row for each parent and opted-out number on their record, by name, id and number.

    Names in the order of their code points, the same on every database. `with_unknown`: first the
    numbers that stand on no parent's record. A number that stands in two slots of one parent comes
    once, as a cell phone if it is one in either. `with_paused`: with those that the school paused.
    """
    if with_unknown:
        yield from _unknown(school.id, with_paused)
    if with_paused:
        yield from _rows(_with_status(school.id, *_OUT_OR_PAUSED).where(_not_to_text(school.id)))
    else:
        yield from _rows(_answered(school.id, ConsentState.OPTED_OUT))


def do_not_text(school: SchoolRow) -> Iterator[NumberRow]:
    """Everyone the school must not text: numbers that opted out or are paused, on any record or
    none."""
    yield from opt_outs(school, with_unknown=True, with_paused=True)


def opt_ins(school: SchoolRow) -> Iterator[NumberRow]:
    """One row for each parent and Cell of theirs that may be texted, in the same order."""
    cells = _answered(school.id, ConsentState.OPTED_IN).where(
        Phone.type == PhoneType.CELL,
        ConsentStatus.paused.is_(None),
        ~has_waiting_opt_out(ConsentStatus),
    )
    yield from _rows(cells)


def never_asked(school: SchoolRow) -> Iterator[NumberRow]:
    """One row for each parent and Cell of theirs that nobody answered for: whom to follow up."""
    yield from _rows(
        _on_records(ConsentStatus.since, ConsentStatus.decided_by)
        .select_from(Phone)
        .join(Contact, same_school(Contact, Phone, Contact.id == Phone.contact_id))
        .outerjoin(
            ConsentStatus, same_school(ConsentStatus, Phone, ConsentStatus.number == Phone.number)
        )
        .where(
            Phone.school_id == school.id,
            Phone.type == PhoneType.CELL,
            Phone.of_parent,
            or_(ConsentStatus.state.is_(None), ConsentStatus.state == ConsentState.NOT_ASKED),
        )
    )


def _answered(school_id: int, state: ConsentState) -> Select[Any]:
    """Numbers in a state, on parents' records."""
    return _with_status(school_id, ConsentStatus.since, ConsentStatus.decided_by).where(
        *_in_state(school_id, state)
    )


def _with_status(school_id: int, since: Any, source: Any) -> Select[Any]:
    """Numbers on parents' records that something was ever said or decided about."""
    return (
        _on_records(since, source)
        .select_from(ConsentStatus)
        .join(Phone, same_school(Phone, ConsentStatus, Phone.number == ConsentStatus.number))
        .join(Contact, same_school(Contact, Phone, Contact.id == Phone.contact_id))
        .where(ConsentStatus.school_id == school_id, Phone.of_parent)
    )


def _not_to_text(school_id: int) -> ColumnElement[bool]:
    out, paused = ConsentStatus.state == ConsentState.OPTED_OUT, ConsentStatus.paused.is_not(None)
    return and_(ConsentStatus.school_id == school_id, or_(out, paused))


_OUT_OR_PAUSED = (
    case(
        (ConsentStatus.state == ConsentState.OPTED_OUT, ConsentStatus.since),
        else_=select(func.min(ConsentPause.recorded_at))
        .where(
            same_school(ConsentPause, ConsentStatus, ConsentPause.number == ConsentStatus.number),
            ConsentPause.ended_seq.is_(None),
        )
        .correlate(ConsentStatus)
        .scalar_subquery(),
    ),
    case(
        (ConsentStatus.state == ConsentState.OPTED_OUT, ConsentStatus.decided_by),
        else_=ASKED_SCHOOL,
    ),
)
"""Since when a number that opted out or is paused gets no texts, and by whose word."""


def _on_records(*more: Any) -> Select[Any]:
    """The columns of a number on a parent's record, in the order of the exports."""
    rank = case({s.value: i for i, s in enumerate(Slot)}, value=Phone.slot)
    return select(
        Phone.contact_id,
        Contact.full_name.label("name"),
        Phone.number,
        Phone.type,
        more[0].label("since"),
        more[1].label("decided_by"),
    ).order_by(
        by_code_point(Contact.full_name),
        Contact.id,
        Phone.number,
        Phone.type != PhoneType.CELL,
        rank,
    )


def _rows(statement: Select[Any]) -> Iterator[NumberRow]:
    last: tuple[Any, Any] = None, None
    for row in _stream(statement):
        this = row[0], row[2]
        if this != last:
            last = this
            yield NumberRow._make(row)


def _unknown(school_id: int, with_paused: bool) -> Iterator[NumberRow]:
    on_a_record = (
        exists()
        .where(
            same_school(Phone, ConsentStatus, Phone.number == ConsentStatus.number),
            Phone.of_parent,
        )
        .correlate(ConsentStatus)
    )
    said: tuple[Any, Any] = (ConsentStatus.since, ConsentStatus.decided_by)
    wanted = and_(*_in_state(school_id, ConsentState.OPTED_OUT))
    if with_paused:
        said, wanted = _OUT_OR_PAUSED, _not_to_text(school_id)
    statement = (
        select(ConsentStatus.number, *said)
        .where(wanted, ~on_a_record)
        .order_by(ConsentStatus.number)
    )
    for number, since, decided_by in _stream(statement):
        yield NumberRow(None, "", number, None, since, decided_by)


def _stream(statement: Executable) -> Iterator[Any]:
    """The rows of the connection: the session would look at each for objects to keep."""
    found = db.session.connection().execute(statement, execution_options={"yield_per": CHUNK})
    for rows in found.partitions():
        yield from rows


def _in_state(school_id: int, state: ConsentState) -> tuple[ColumnElement[bool], ...]:
    return ConsentStatus.school_id == school_id, ConsentStatus.state == state
