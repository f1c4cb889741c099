"""The send window: the hours of a day, on the school's clock, in which texts go out."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def parse(window: str) -> tuple[time, time]:
    """`08:00-20:00`: from when, and until when; over midnight where it ends before it begins.

    Raises ValueError where it is malformed or empty.
    """
    match = _WINDOW.fullmatch(window)
    if match is None:
        raise ValueError(window)
    hours = [int(part) for part in match.groups()]
    start, end = time(hours[0], hours[1]), time(hours[2], hours[3])
    if start == end:
        raise ValueError(window)
    return start, end


def opening(window: str | None, timezone: str, now: datetime) -> datetime | None:
    """When texts may go out next, in UTC; None: now."""
    if window is None:
        return None
    start, end = parse(window)
    there = now.astimezone(ZoneInfo(timezone))
    clock = there.time()
    if (start <= clock < end) if start < end else (clock >= start or clock < end):
        return None
    day = there.date() if clock < start else there.date() + timedelta(days=1)
    return datetime.combine(day, start, ZoneInfo(timezone)).astimezone(UTC)
