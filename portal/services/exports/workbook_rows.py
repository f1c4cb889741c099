"""The exports of numbers for a workbook: the columns and cells of the CSV files, as text."""

from collections.abc import Iterable, Iterator
from itertools import islice

from portal.phone import show_number
from portal.queries.consent_lists import NumberRow
from portal.queries.schools import SchoolRow
from portal.services.exports.csv import AT_ONCE, COLUMNS, iso_time


def header(since: str) -> list[str]:
    """Return the headings. `since` is the name of the time's column."""
    return [name.format(since=since) for name in COLUMNS]


def chunks(school: SchoolRow, rows: Iterable[NumberRow]) -> Iterator[list[list[str]]]:
    """Return all rows, some hundred at a time."""
    country, zone = school.country, school.timezone
    lines = (
        [
            str(parent_id or ""),
            name,
            show_number(number, country),
            type_ or "",
            iso_time(moment, zone) if moment else "",
            source or "",
        ]
        for parent_id, name, number, type_, moment, source in rows
    )
    while some := list(islice(lines, AT_ONCE)):
        yield some
