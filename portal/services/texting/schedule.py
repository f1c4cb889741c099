"""The time of a batch: when it may first go out, and the time after which it must not.

A batch goes out at the time that staff chose, or now, as soon as the send window is open. An
emergency text goes out at once. After `not_after` its texts fail (`late_texts.py`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from portal import clock
from portal.clock import SkippedTimeError
from portal.extensions import db
from portal.models import School
from portal.queries.schools import SchoolRow
from portal.services.texting.send_window import opening

DEADLINE = timedelta(hours=4)
"""The time in which a text goes out or fails, unless staff chose another end."""
FARTHEST = timedelta(days=366)
MINUTE = timedelta(minutes=1)
"""Staff choose a whole minute: the current one has not passed."""
SEND_AT, NOT_AFTER, PURPOSE = "send_at", "not_after", "purpose"


class ScheduleError(ValueError):
    """A text can't go out at this time. Has the name of the field, and words for staff."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, slots=True)
class Schedule:
    first: datetime
    """The first moment when the texts may go out."""
    not_after: datetime
    send_at: datetime | None = None
    """The time that staff chose."""
    purpose: str | None = None
    """The emergency, in a few words. None: it is none."""

    @property
    def is_emergency(self) -> bool:
        return self.purpose is not None


def plan(school: SchoolRow, send_at: str = "", not_after: str = "") -> Schedule:
    """Read the times that were typed, on the school's clock. Raises ScheduleError."""
    now = clock.now()
    chosen = _send_at(school, send_at, now)
    start = chosen or now
    window = db.session.get_one(School, school.id).send_window  # as the worker finds it
    first = opening(window, school.timezone, start) or start
    return Schedule(first, _not_after(school, not_after, first), chosen)


def plan_emergency(
    school: SchoolRow, purpose: str, send_at: str = "", not_after: str = ""
) -> Schedule:
    """Plan a text that goes out right away, at any hour. Raises ScheduleError."""
    if not purpose:
        raise ScheduleError(PURPOSE, "Say what the emergency is, like “Lockdown.”")
    if len(purpose) > 100:
        raise ScheduleError(PURPOSE, "Use at most 100 characters to say what the emergency is.")
    if send_at.strip():
        raise ScheduleError(
            SEND_AT, "An emergency text goes out right away. Clear this time, or uncheck the box."
        )
    now = clock.now()
    return Schedule(now, _not_after(school, not_after, now), purpose=purpose)


def _send_at(school: SchoolRow, typed: str, now: datetime) -> datetime | None:
    """Return the time that was typed. None if none was, or if it is the current minute."""
    if not typed.strip():
        return None
    chosen = _read(school, SEND_AT, typed)
    if chosen <= now - MINUTE:
        raise ScheduleError(
            SEND_AT,
            f"{clock.say_time(chosen, school.timezone)} has passed. Choose a later time, or clear "
            "it to send the text now.",
        )
    if chosen > now + FARTHEST:
        raise ScheduleError(SEND_AT, "Choose a time in the next 12 months.")
    return chosen if chosen > now else None


def _not_after(school: SchoolRow, typed: str, first: datetime) -> datetime:
    if not typed.strip():
        return first + DEADLINE
    end = _read(school, NOT_AFTER, typed)
    if end <= first:
        raise ScheduleError(
            NOT_AFTER,
            f"This text can't go out before {clock.say_time(first, school.timezone)}. Choose a "
            "later time, or clear it.",
        )
    return end


def _read(school: SchoolRow, field: str, typed: str) -> datetime:
    try:
        return clock.from_local(typed, school.timezone)
    except SkippedTimeError as error:
        raise ScheduleError(
            field,
            "Clocks skip that time when daylight saving starts. Choose another one, like "
            f"{clock.say_time(error.instead, school.timezone)}.",
        ) from error
    except ValueError as error:
        raise ScheduleError(field, "Enter a date and a time, like 2027-01-15 08:00.") from error
