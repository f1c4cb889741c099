"""Write a search for a spreadsheet: the same columns and rows, a phone in three cells."""

from collections.abc import Iterator, Sequence

from portal import clock
from portal.labels import STATE_WORDS, english
from portal.phone import is_verified
from portal.queries.schools import SchoolRow
from portal.queries.search.fields import Kind
from portal.queries.search.parse import Search
from portal.queries.search.result_columns import Column
from portal.queries.search.results import Cell, Row, all_rows

_STATES = english(STATE_WORDS)


def header(school: SchoolRow, columns: Sequence[Column], labels: Sequence[str]) -> list[str]:
    """The headings: `labels` are the columns' own."""
    found = []
    for column, label in zip(columns, labels, strict=True):
        found.append(label)
        if column.field.kind is Kind.PHONE:
            found.append(f"{label}: Type")
            if school.texting_on:
                found.append(f"{label}: Texts")
    return found


def chunks(school: SchoolRow, search: Search) -> Iterator[list[list[str]]]:
    """All rows, some hundred at a time."""
    for rows in all_rows(school, search):
        yield [_line(school, search.columns, row) for row in rows]


def _line(school: SchoolRow, columns: Sequence[Column], row: Row) -> list[str]:
    line = []
    for column, cell in zip(columns, row.cells, strict=True):
        line.append(_text(school, cell))
        if column.field.kind is Kind.PHONE:
            line.append(_type(cell))
            if school.texting_on:
                line.append(_STATES[cell.state] if cell.state else "")
    return line


def _type(cell: Cell) -> str:
    verified = cell.number is None or is_verified(cell.number)
    return cell.type if verified else f"{cell.type}, not verified"


def _text(school: SchoolRow, cell: Cell) -> str:
    if cell.moment is not None:
        return clock.local(cell.moment, school.timezone).date().isoformat()
    # A circle beside a number says so by itself: what has no word on the screen has its own here.
    return cell.text or (_STATES[cell.state] if cell.state else "")
