"""The send window: the hours of a day, on the school's clock, in which texts go out."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def parse(window: str) -> tuple[time, time]:
    """`08:00-20:00`: from when, and until when; over midnight where it ends before it starts.

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
    """Return the time when texts may go out next, in UTC. None: now.

    A time that the clock skips in spring is an hour later; one that comes twice in autumn counts
    twice.
    """
    if window is None:
        return None
    start, end = parse(window)
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone)
    if _is_open(start, end, today):
        return None
    begins = (
        datetime.combine(today.date() + timedelta(days=day), start, zone).replace(fold=fold)
        for day in range(3)
        for fold in range(2)
    )
    moments = (begin.astimezone(UTC) for begin in begins)
    return min(m for m in moments if m > now and _is_open(start, end, m.astimezone(zone)))


def _is_open(start: time, end: time, there: datetime) -> bool:
    clock = there.time()
    return start <= clock < end if start < end else clock >= start or clock < end
