"""The queue of texts: taken in hand one by one, and put down with what came of it. Callers commit.

A text in hand is in the provider's hands as far as anybody else can tell. Who took it says what
came of it; if nobody does, it is not known, and never sent again by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, literal_column, or_, select, update
from sqlalchemy.orm import aliased

from portal import times
from portal.consent import gate
from portal.consent.gate import Pass
from portal.enums import MessageKind, MessageState, TextFault
from portal.extensions import db
from portal.models import Message, School, TextingNumber
from portal.services.text_window import opening

SEND_SECONDS = 10
"""The longest that a provider is waited for; after it a text in hand is not being sent any more."""
GIVEN_UP = timedelta(seconds=60)
"""After so long nobody is going to say what came of a text in hand."""
BURST = timedelta(seconds=1)
"""A rate may be caught up with for so long."""
_AT_A_TIME = 50

QUEUED = Message.state == literal_column(f"'{MessageState.QUEUED.value}'")
SENDING = Message.state == literal_column(f"'{MessageState.SENDING.value}'")
"""Written out: a partial index serves a condition that the database can read, not a bound value."""


@dataclass(frozen=True, slots=True)
class InHand:
    """A text that has passed the gate and is about to be sent."""

    school_id: int
    id: int
    passed: Pass
    number: str
    texting_number: str
    body: str
    attempts: int
    in_doubt: bool
    """The provider may have it from an earlier attempt, at `tried_at` or after."""
    tried_at: datetime | None
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """Something is due, and may go in so many seconds."""

    seconds: float


def take() -> InHand | Wait | None:
    """The next text that is due and passes the gate, in hand; None if nothing is due.

    Those on the way that don't pass the gate any more have failed, with the reason.
    """
    for _ in range(_AT_A_TIME):
        now = times.now()
        message = _next(now)
        if message is None:
            return _next_by_rate(now)
        if message.rank and (opens := _opens(message.school_id, now)):
            _wait_until(message.school_id, now, opens)
            continue
        if (wait := _take_turn(message.texting_number, now)) is not None:
            return wait
        passed = gate.ask(message.school_id, message.number or "", MessageKind(message.kind))
        if isinstance(passed, Pass):
            return _in_hand(message, passed, now)
        _fail(message, passed)
    return Wait(0)


def in_hands(school_id: int, number: str) -> bool:
    """Whether a text to the number may be on its way to the provider just now."""
    since = times.now() - timedelta(seconds=SEND_SECONDS)
    found = select(Message.id).where(
        SENDING,
        Message.school_id == school_id,
        Message.number == number,
        Message.taken_at > since,
    )
    return db.session.scalar(found.limit(1)) is not None


def settle_stale() -> int:
    """Say of texts in the hands of who is gone that it is not known what came of them."""
    rows = db.session.execute(
        update(Message)
        .where(SENDING, Message.taken_at < times.now() - GIVEN_UP)
        .values(state=MessageState.NOT_KNOWN, settled_at=times.now())
        .returning(Message.id)
    ).all()
    return len(rows)


def look_at_the_clock_again(school_id: int) -> None:
    """The send window is another one: what waits for it is due when it was made."""
    db.session.execute(
        update(Message)
        .where(QUEUED, Message.school_id == school_id, Message.attempts == 0)
        .values(due_at=Message.made_at)
    )


def not_known(school_id: int, since: datetime) -> Iterator[InHand]:
    """The texts of which it is not known what came of them."""
    rows = db.session.scalars(
        select(Message)
        .where(
            Message.school_id == school_id,
            Message.state == MessageState.NOT_KNOWN,
            Message.taken_at > since,
        )
        .order_by(Message.id)
    ).all()
    for row in rows:
        yield _held(row, Pass(row.school_id, row.number or "", row.event_seq or 0), times.now())


def ids_of(school_id: int, provider_ids: list[str]) -> set[str]:
    """Those of the provider's ids that texts of ours have."""
    mine = select(Message.provider_id).where(
        Message.school_id == school_id, Message.provider_id.in_(provider_ids)
    )
    return {found for found in db.session.scalars(mine) if found}


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    welcome = aliased(Message)
    first = exists().where(
        welcome.school_id == Message.school_id,
        welcome.number == Message.number,
        welcome.kind == literal_column(f"'{MessageKind.WELCOME.value}'"),
        welcome.state.in_([MessageState.QUEUED, MessageState.SENDING]),
    )
    return (
        QUEUED,
        Message.due_at <= now,
        or_(Message.kind != MessageKind.BATCH, ~first),
    )


def _next(now: datetime) -> Message | None:
    return db.session.scalars(
        select(Message)
        .join(TextingNumber, TextingNumber.number == Message.texting_number)
        .where(*_due(now), or_(TextingNumber.next_at.is_(None), TextingNumber.next_at <= now))
        .order_by(Message.rank, Message.due_at, Message.id)
        .limit(1)
        .with_for_update(of=Message, skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()


def _next_by_rate(now: datetime) -> Wait | None:
    """What is due only waits for its texting number's turn, or for its welcome."""
    next_at = db.session.scalar(
        select(TextingNumber.next_at)
        .join(Message, TextingNumber.number == Message.texting_number)
        .where(*_due(now), TextingNumber.next_at > now)
        .order_by(TextingNumber.next_at)
        .limit(1)
    )
    return Wait((next_at - now).total_seconds()) if next_at else None


def _opens(school_id: int, now: datetime) -> datetime | None:
    school = db.session.get_one(School, school_id, populate_existing=True)
    return opening(school.send_window, school.timezone, now)


def _wait_until(school_id: int, now: datetime, opens: datetime) -> None:
    db.session.execute(
        update(Message)
        .where(QUEUED, Message.school_id == school_id, Message.rank > 0, Message.due_at <= now)
        .values(due_at=opens)
        .execution_options(synchronize_session=False)
    )


def _take_turn(texting_number: str, now: datetime) -> Wait | None:
    """Count the text by its texting number's rate, or say how long to wait."""
    row = db.session.execute(
        select(TextingNumber)
        .where(TextingNumber.number == texting_number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    if row.next_at is not None and row.next_at > now:
        return Wait((row.next_at - now).total_seconds())
    caught_up = now - BURST
    begin = max(row.next_at or caught_up, caught_up)
    row.next_at = begin + timedelta(seconds=1 / row.per_second)
    return None


def _in_hand(message: Message, passed: Pass, now: datetime) -> InHand:
    held = _held(message, passed, now)
    message.state = MessageState.SENDING
    message.event_seq = passed.event_seq
    message.taken_at = now
    message.attempts += 1
    db.session.flush()
    return held


def _held(message: Message, passed: Pass, now: datetime) -> InHand:
    return InHand(
        school_id=message.school_id,
        id=message.id,
        passed=passed,
        number=passed.number,
        texting_number=message.texting_number,
        body=message.body,
        attempts=message.attempts + 1,
        in_doubt=message.in_doubt,
        tried_at=message.taken_at,
        taken_at=now,
    )


def _fail(message: Message, fault: TextFault) -> None:
    message.state = MessageState.FAILED
    message.reason = fault
    message.settled_at = times.now()
    db.session.flush()
