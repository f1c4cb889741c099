"""Time: kept in UTC, shown in the school's zone, as people say it."""

import re
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

_TYPED = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?::\d\d)?", re.ASCII)


class SkippedTimeError(ValueError):
    """The clock skips this time in spring. `instead` is the time that it shows then."""

    def __init__(self, instead: datetime) -> None:
        super().__init__(instead)
        self.instead = instead


def now() -> datetime:
    """The current time, aware, in UTC. Tests replace it here."""
    return datetime.now(UTC)


def local(moment: datetime, timezone: str) -> datetime:
    return moment.astimezone(ZoneInfo(timezone))


def from_local(typed: str, timezone: str) -> datetime:
    """Read `2027-01-15T08:00`, or with a space, on a zone's clock. Return it in UTC.

    A time that comes twice in autumn is the first of the two. Raises SkippedTimeError for one that
    never comes, and ValueError for what is no time.
    """
    match = _TYPED.fullmatch(typed.strip())
    if match is None:
        raise ValueError(typed)
    there = datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=ZoneInfo(timezone))
    try:
        moment = there.astimezone(UTC)
        shown = local(moment, timezone)
    except OverflowError as error:
        raise ValueError(typed) from error
    if shown.replace(tzinfo=None) != there.replace(tzinfo=None):
        raise SkippedTimeError(moment)
    return moment


def say_date(moment: datetime, timezone: str) -> str:
    """`Sep 3, 2026`, on the school's calendar."""
    there = local(moment, timezone)
    return f"{there:%b} {there.day}, {there.year}"


def say_day(moment: datetime, timezone: str) -> str:
    """`Sep 3`, or `Sep 3, 2025` if that was in another year, on the school's calendar."""
    words = say_date(moment, timezone)
    this_year = f", {local(now(), timezone).year}"
    return words.removesuffix(this_year)


def say_window(window: str) -> str:
    """`8:00 AM and 8:00 PM`, of a send window such as `08:00-20:00`."""
    ends = (time.fromisoformat(end) for end in window.split("-"))
    return " and ".join(map(_say_clock, ends))


def _say_clock(there: time | datetime) -> str:
    return f"{there.hour % 12 or 12}:{there:%M} {'AM' if there.hour < 12 else 'PM'}"


def say_time(moment: datetime, timezone: str) -> str:
    """`Sep 3, 2026, 8:03 PM`, on the school's clock."""
    there = local(moment, timezone)
    return f"{say_date(moment, timezone)}, {_say_clock(there)}"
