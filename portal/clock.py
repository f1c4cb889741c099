"""Time: kept in UTC, shown in the school's zone, as people say it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The current time, aware, in UTC. Tests replace it here."""
    return datetime.now(UTC)


def local(moment: datetime, timezone: str) -> datetime:
    return moment.astimezone(ZoneInfo(timezone))


def say_date(moment: datetime, timezone: str) -> str:
    """`3 Sep 2026`, on the school's calendar."""
    there = local(moment, timezone)
    return f"{there.day} {there:%b %Y}"


def say_time(moment: datetime, timezone: str) -> str:
    """`3 Sep 2026, 8:03 pm`, on the school's clock."""
    there = local(moment, timezone)
    hour = there.hour % 12 or 12
    return f"{say_date(moment, timezone)}, {hour}:{there:%M} {'am' if there.hour < 12 else 'pm'}"
