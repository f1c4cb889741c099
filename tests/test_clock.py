"""Time, as people at a school say it."""

from datetime import UTC, datetime, timedelta

import pytest

from portal import clock

PACIFIC = "America/Los_Angeles"


@pytest.mark.parametrize(
    ("moment", "zone", "date", "time"),
    [
        (datetime(2026, 9, 4, 3, 3, tzinfo=UTC), PACIFIC, "Sep 3, 2026", "8:03 PM"),
        (datetime(2026, 9, 4, 3, 3, tzinfo=UTC), "UTC", "Sep 4, 2026", "3:03 AM"),
        (datetime(2026, 9, 4, 3, 3, tzinfo=UTC), "Asia/Kathmandu", "Sep 4, 2026", "8:48 AM"),
        (datetime(2026, 1, 1, 7, 59, tzinfo=UTC), PACIFIC, "Dec 31, 2025", "11:59 PM"),
        (datetime(2026, 1, 1, 8, 0, tzinfo=UTC), PACIFIC, "Jan 1, 2026", "12:00 AM"),
        (datetime(2026, 1, 1, 20, 0, tzinfo=UTC), PACIFIC, "Jan 1, 2026", "12:00 PM"),
        # The clocks go back at 2 am on 1 November: half past one comes twice.
        (datetime(2026, 11, 1, 8, 30, tzinfo=UTC), PACIFIC, "Nov 1, 2026", "1:30 AM"),
        (datetime(2026, 11, 1, 9, 30, tzinfo=UTC), PACIFIC, "Nov 1, 2026", "1:30 AM"),
        (datetime(2026, 3, 8, 10, 0, tzinfo=UTC), PACIFIC, "Mar 8, 2026", "3:00 AM"),
    ],
)
def test_a_moment_is_said_in_the_schools_zone(
    moment: datetime, zone: str, date: str, time: str
) -> None:
    assert clock.say_date(moment, zone) == date
    assert clock.say_time(moment, zone) == f"{date}, {time}"


def test_now_knows_that_it_is_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_same_moment_is_said_the_same_whatever_zone_it_comes_in() -> None:
    moment = datetime(2026, 9, 4, 3, 3, tzinfo=UTC)
    assert clock.say_time(clock.local(moment, "Asia/Tokyo"), PACIFIC) == "Sep 3, 2026, 8:03 PM"
