"""Exports as CSV: a line at a time, and safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator

from portal.clock import local
from portal.phone import show_number
from portal.queries.consent_lists import NumberRow, never_asked, opt_ins, opt_outs
from portal.queries.schools import SchoolRow

_COLUMNS = ("parent_id", "parent_name", "phone_number", "phone_type", "{since}", "source")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def opt_out_lines(school: SchoolRow, with_unknown: bool = False) -> Iterator[str]:
    """The opt-out export, in the form of docs/interface.md, in lines with their ends."""
    yield from _lines(school, "opted_out_at", opt_outs(school, with_unknown))


def opt_in_lines(school: SchoolRow) -> Iterator[str]:
    """Its sibling: who may be texted."""
    yield from _lines(school, "opted_in_at", opt_ins(school))


def never_asked_lines(school: SchoolRow) -> Iterator[str]:
    """Its sibling: whom to follow up."""
    yield from _lines(school, "no_answer_since", never_asked(school))


def _lines(school: SchoolRow, since: str, rows: Iterable[NumberRow]) -> Iterator[str]:
    yield from csv_lines(
        [name.format(since=since) for name in _COLUMNS],
        (
            (
                str(row.parent_id or ""),
                row.parent_name,
                show_number(row.number, school.country),
                row.type or "",
                local(row.since, school.timezone).isoformat(timespec="seconds")
                if row.since
                else "",
                row.source or "",
            )
            for row in rows
        ),
    )


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The header and the rows as CSV, one line at a time, its end included.

    Every cell is quoted, so no spreadsheet takes what is in one for the start of another.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow([escape_formula(cell) for cell in header])
    for row in rows:
        yield _taken(buffer)
        writer.writerow([escape_formula(cell) for cell in row])
    yield _taken(buffer)


def escape_formula(cell: str) -> str:
    """The cell with an apostrophe before it, if a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.lstrip(" \u3000").startswith(_FORMULA) else cell


def _taken(buffer: io.StringIO) -> str:
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line
