"""Workers that run, and work that waits for one."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, literal_column, or_, select

from portal.enums import MessageState, WorkerKind
from portal.extensions import db
from portal.models import Mail, Message, Submission, TextingNumber, WorkerBeat, same_school

ALIVE_FOR = timedelta(seconds=60)
"""Time after its last beat in which a worker is taken to run: four beats."""
TEXTS_LATE_AFTER = timedelta(minutes=2)
"""A text leaves within seconds of the time when it is due."""
LATE_AFTER = timedelta(minutes=5)
"""For forms and emails."""
_ABSENT = {
    WorkerKind.TEXTS: "no worker sends texts: start `flask texts work`",
    WorkerKind.MAIL: "no worker sends email: start `flask mail work`",
}
_QUEUED = Message.state == literal_column(f"'{MessageState.QUEUED.value}'")


def texts_waiting_since(now: datetime) -> Select[Any]:
    """Select the time since when the oldest text that could go has waited, while no text left from
    its number. NULL if none waits. Not the texts that wait because their number is held, or for the
    rate of a number that sends. By ix_message_due."""
    late = now - TEXTS_LATE_AFTER
    return (
        select(func.min(Message.due_at))
        .join(
            TextingNumber,
            same_school(TextingNumber, Message, TextingNumber.number == Message.texting_number),
        )
        .where(
            _QUEUED,
            Message.due_at <= late,
            TextingNumber.held_at.is_(None),
            or_(TextingNumber.next_at.is_(None), TextingNumber.next_at <= late),
        )
    )


def why_work_waits(now: datetime) -> str | None:
    """Return the reason why work waits: no worker runs, or it does not get its work done. None if
    all is well."""
    beats = select(WorkerBeat.kind).where(WorkerBeat.at > now - ALIVE_FOR).distinct()
    alive = set(db.session.scalars(beats))
    for kind, words in _ABSENT.items():
        if kind not in alive:
            return words
    late = now - LATE_AFTER
    for what, oldest in (
        ("texts", texts_waiting_since(now)),
        ("forms", select(func.min(Submission.received_at)).where(Submission.apply_at <= late)),
        (
            "emails",
            select(func.min(Mail.due_at)).where(
                Mail.sent_at.is_(None), Mail.failed.is_(None), Mail.due_at <= late
            ),
        ),
    ):
        since = db.session.scalar(oldest)
        if since is not None:
            return f"{what} have waited since {since:%Y-%m-%dT%H:%M:%SZ}"
    return None
