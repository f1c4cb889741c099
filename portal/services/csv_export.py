"""Exports as CSV: a line at a time, and safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator

from portal.phone import show_number
from portal.queries.opt_outs import opt_outs
from portal.queries.schools import SchoolRow
from portal.times import local

OPT_OUT_COLUMNS = (
    "parent_id",
    "parent_name",
    "phone_number",
    "phone_type",
    "opted_out_at",
    "source",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def opt_out_lines(school: SchoolRow, with_unknown: bool = False) -> Iterator[str]:
    """The opt-out export, of which CONTRACT.md says the form, in lines with their ends."""
    yield from csv_lines(
        OPT_OUT_COLUMNS,
        (
            (
                str(row.parent_id or ""),
                row.parent_name,
                show_number(row.number, school.country),
                row.type or "",
                local(row.since, school.timezone).isoformat(timespec="seconds"),
                row.source,
            )
            for row in opt_outs(school, with_unknown)
        ),
    )


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The header and the rows as CSV, one line at a time, its end included."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(list(header))
    for row in rows:
        yield _taken(buffer)
        writer.writerow([harmless(cell) for cell in row])
    yield _taken(buffer)


def harmless(cell: str) -> str:
    """The cell with an apostrophe before it, if a spreadsheet would take it for a formula."""
    return f"'{cell}" if cell.lstrip(" \u3000").startswith(_FORMULA) else cell


def _taken(buffer: io.StringIO) -> str:
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line
