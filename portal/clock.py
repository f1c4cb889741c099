"""Time: kept in UTC, shown in the school's zone, as people say it."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The current time, aware, in UTC. Tests replace it here."""
    return datetime.now(UTC)


def local(moment: datetime, timezone: str) -> datetime:
    return moment.astimezone(ZoneInfo(timezone))


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
