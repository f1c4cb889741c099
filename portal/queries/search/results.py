"""Running a search: a page of rows, or all of them as a stream; each row as its cells."""

import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from portal.enums import ConsentState
from portal.extensions import db, fetch
from portal.labels import TYPE_WORDS, english
from portal.phone import show_number
from portal.queries.schools import SchoolRow
from portal.queries.search import statement
from portal.queries.search.fields import Kind
from portal.queries.search.parse import Search
from portal.queries.search.result_columns import Column
from portal.queries.search.statement import Edge, Key

_TYPES = english(TYPE_WORDS)
_STATES = {state.value: state for state in ConsentState}
PAGE = 50
MANY = 12_000
"""Rows from which on a search is one with many: a page is found by looking at each in its turn, and
does not say how many there are."""
COUNTED_AGAIN = 2000
"""Fewer rows are counted again each time."""
CHUNK = 500
COUNT_SECONDS, MORE_SECONDS = 20.0, 600.0
"""Times for which a count is remembered, and for which it is remembered that there are more than
were counted: that takes the longest to find out, and stays true for minutes."""
MOST_COUNTS = 500
remembered_counts: dict[tuple[Any, ...], tuple[int, float]] = {}


class Cell(NamedTuple):
    """A row's value in a column: `text` in words, and for a phone its type and circle."""

    text: str
    number: str | None = None
    """E.164."""
    type: str = ""
    state: ConsentState | None = None
    moment: datetime | None = None
    paused: str | None = None
    """The reason why the school itself does not text the number."""


class Row(NamedTuple):
    id: int
    cells: list[Cell]


_NO_PHONE = Cell("")


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    first: Key | None
    """The keys of the first and last row, for the pages before and after."""
    last: Key | None
    before: bool
    """True if there are rows before these, and after."""
    after: bool


def page(
    school: SchoolRow,
    search: Search,
    edge: Edge | None = None,
    size: int = PAGE,
    total: int | None = None,
) -> Page:
    """A page of a search: two queries. `total` is how many rows there are, if that is known:
    that there are none is not found out twice."""
    if total == 0:
        return Page([], None, None, before=False, after=False)
    rows = statement.ordered(school, search, edge, many=(total or 0) > MANY)
    found = fetch(rows.limit(size + 1)).all()
    more = len(found) > size
    keys = [tuple(row)[1:] for row in found[:size]]
    ids = [row.id for row in found[:size]]
    if edge is not None and edge.backwards:
        keys.reverse()
        ids.reverse()
    before = edge is not None and (more if edge.backwards else True)
    after = (edge is not None and edge.backwards) or more
    return Page(
        rows=_rows(school, search.columns, ids),
        first=keys[0] if keys else None,
        last=keys[-1] if keys else None,
        before=before,
        after=after,
    )


def count(school: SchoolRow, search: Search, most: int | None = None) -> int:
    """Count the rows, or up to one more than `most`. A large count may be some seconds old: it is
    made once while someone turns the pages."""
    asked = tuple((criterion.key, criterion.raw) for criterion in search.criteria)
    key = (str(db.engine.url), school, search.role, asked, most)
    counted, at = remembered_counts.get(key, (0, 0.0))
    kept_for = MORE_SECONDS if most is not None and counted > most else COUNT_SECONDS
    if at and time.monotonic() - at < kept_for:
        return counted
    counted = int(fetch(statement.counted(school, search, most)).scalar_one())
    if counted > COUNTED_AGAIN:
        if len(remembered_counts) >= MOST_COUNTS:
            remembered_counts.clear()
        remembered_counts[key] = counted, time.monotonic()
    return counted


def all_rows(school: SchoolRow, search: Search) -> Iterator[list[Row]]:
    """All rows in their order, in chunks. Their ids are read once, at the start, and take eight
    bytes each until their turn."""
    ids = array("q", db.session.scalars(statement.ids(school, search)))
    for start in range(0, len(ids), CHUNK):
        if rows := _rows(school, search.columns, list(ids[start : start + CHUNK])):
            yield rows
        db.session.expunge_all()


def all_ids(school: SchoolRow, search: Search, most: int) -> list[int]:
    """The ids of the first rows, in their order."""
    return list(db.session.scalars(statement.ids(school, search).limit(most)))


def _rows(school: SchoolRow, columns: Sequence[Column], ids: list[int]) -> list[Row]:
    if not ids:
        return []
    wanted = statement.shown(school, tuple(column.key for column in columns))
    found = fetch(wanted, {"ids": ids})
    place = {name: n for n, name in enumerate(found.keys())}
    readers = [_reader(school, column, n, place) for n, column in enumerate(columns)]
    by_id = {row[place["id"]]: row for row in found}
    return [Row(i, [read(by_id[i]) for read in readers]) for i in ids if i in by_id]


def _reader(
    school: SchoolRow, column: Column, n: int, place: Mapping[str, int]
) -> Callable[[Sequence[Any]], Cell]:
    """Return a function that makes the cell of the nth column from a row of the statement."""
    at, choices = place[f"c{n}"], column.field.choices
    if column.field.kind is Kind.PHONE:
        return _phone_reader(school, n, place)
    if column.field.kind is Kind.TEXTS:
        number, state = place.get(f"c{n}_number"), place.get(f"c{n}_state")
        state = state if school.texting_on else None
        paused = place.get(f"c{n}_paused") if school.texting_on else None
        return lambda row: Cell(
            choices.get(row[at], row[at] or ""),
            number=None if number is None else row[number],
            state=None if state is None else _STATES.get(row[state]),
            paused=None if paused is None else row[paused],
        )
    if choices:
        return lambda row: Cell(choices.get(row[at], row[at] or ""))
    return lambda row: _plain_cell(row[at])


def _plain_cell(value: Any) -> Cell:
    if isinstance(value, datetime):
        return Cell("", moment=value)
    return Cell(str(value) if value is not None else "")


def _phone_reader(
    school: SchoolRow, n: int, place: Mapping[str, int]
) -> Callable[[Sequence[Any]], Cell]:
    names = (f"c{n}", f"c{n}_extension", f"c{n}_type", f"c{n}_state", f"c{n}_paused")
    parts = itemgetter(*(place[name] for name in names))

    def read(row: Sequence[Any]) -> Cell:
        number, extension, type_, state, paused = parts(row)
        if number is None:
            return _NO_PHONE
        shown = show_number(number, school.country, extension)
        circle = _STATES.get(state) if school.texting_on else None
        return Cell(shown, number, _TYPES[type_], circle, paused=paused if circle else None)

    return read
