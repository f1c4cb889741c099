"""Exports as CSV: some hundred lines at a time, and safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from portal.phone import show_number
from portal.queries.consent_lists import NumberRow, never_asked, opt_ins, opt_outs
from portal.queries.schools import SchoolRow

BOM = "\ufeff"
"""The start of files that staff download. Without it, spreadsheets assume another encoding."""
COLUMNS = ("parent_id", "parent_name", "phone_number", "phone_type", "{since}", "source")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_SPLITS = re.compile(r"([;\t\r\n])(?=[\s\"]*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Places where a formula follows a semicolon, tab, or line break. Some spreadsheets start a new
cell there, even inside quotes."""
AT_ONCE = 500
"""Lines in one piece of a file: fewer and larger writes."""


def opt_out_lines(
    school: SchoolRow, with_unknown: bool = False, with_paused: bool = False
) -> Iterator[str]:
    """The opt-out export, in the form of docs/interface.md, in pieces of many lines."""
    yield from _lines(school, "opted_out_at", opt_outs(school, with_unknown, with_paused))


def opt_in_lines(school: SchoolRow) -> Iterator[str]:
    """Its sibling: who may be texted."""
    yield from _lines(school, "opted_in_at", opt_ins(school))


def never_asked_lines(school: SchoolRow) -> Iterator[str]:
    """Its sibling: whom to follow up."""
    yield from _lines(school, "no_answer_since", never_asked(school))


def _lines(school: SchoolRow, since: str, rows: Iterable[NumberRow]) -> Iterator[str]:
    """Written by hand: the only cells with a quote in them, or of a formula, are names and numbers.
    The csv module, and a look at every cell, took as long as the rest of the line."""
    country, zone = school.country, school.timezone
    header = [name.format(since=since) for name in COLUMNS]
    lines = (
        f'"{parent_id or ""}","{_quoted(name)}","{_quoted(show_number(number, country))}",'
        f'"{type_ or ""}",'
        f'"{iso_time(moment, zone) if moment else ""}",'
        f'"{source or ""}"\r\n'
        for parent_id, name, number, type_, moment, source in rows
    )
    yield from csv_lines(header, ())
    while piece := "".join(islice(lines, AT_ONCE)):
        yield piece


QUARTER = 15 * 60
"""Seconds. Clocks everywhere differ from UTC by quarters of an hour, and change between two."""
_SECONDS = [f"{n // 60:02}:{n % 60:02}" for n in range(60 * 60)]
"""Minutes and seconds, for each second of an hour."""


def iso_time(moment: datetime, zone: str) -> str:
    """`2026-09-03T20:03:41-07:00`. The library takes four times as long, so only the first moment
    of each quarter of an hour is given to it."""
    quarter, second = divmod(int(moment.timestamp()), QUARTER)
    hour, first, offset = _quarter(quarter, zone)
    return f"{hour}{_SECONDS[first + second]}{offset}"


@lru_cache(maxsize=8192)
def _quarter(quarter: int, zone: str) -> tuple[str, int, str]:
    """All before the minutes of its times, the second of the hour at its start, and the offset."""
    start = datetime.fromtimestamp(quarter * QUARTER, UTC).astimezone(ZoneInfo(zone))
    text = start.isoformat(timespec="seconds")
    return text[:14], start.minute * 60, text[19:]


def _quoted(cell: str) -> str:
    """The inside of a quoted cell."""
    if not cell.startswith("("):
        cell = escape_formula(cell)
    return cell.replace('"', '""') if '"' in cell else cell


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The header as CSV, then the rows in pieces of many lines, with their ends.

    Every cell is quoted, so no spreadsheet takes what is in one for the start of another.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow([escape_formula(cell) for cell in header])
    escaped = ([escape_formula(cell) for cell in row] for row in rows)
    while piece := _taken(buffer):
        yield piece
        writer.writerows(islice(escaped, AT_ONCE))


def escape_formula(cell: str) -> str:
    """Put an apostrophe before a cell, or a part of it, that a spreadsheet would run as a
    formula."""
    if ";" in cell or "\t" in cell or "\n" in cell or "\r" in cell:
        cell = _SPLITS.sub(r"\1'", cell)
    if cell[:1].isalnum():
        return cell
    return f"'{cell}" if cell.lstrip(" \u3000").startswith(_FORMULA) else cell


def _taken(buffer: io.StringIO) -> str:
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line
