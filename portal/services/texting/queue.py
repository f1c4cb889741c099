"""The queue of texts. Workers claim them one by one and record the outcome. Callers commit.

The provider may already have a claimed text. The worker that claimed it records the outcome. If it
doesn't, the outcome is not known, and the text is never sent again by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, exists, func, literal_column, or_, select, update
from sqlalchemy.orm import aliased

from portal import clock
from portal.consent import gate
from portal.consent.gate import SendPermit
from portal.consent.ledger import lock_status
from portal.enums import MessageFault, MessageKind, MessageState
from portal.extensions import db
from portal.models import Batch, InboundMessage, Message, School, TextingNumber, same_school
from portal.phone.numbering_plans import variants_of
from portal.services.texting import held_texts, late_texts
from portal.services.texting.link_texts import filled
from portal.services.texting.message_rows import EMERGENCY_RANK
from portal.services.texting.send_window import opening

SEND_SECONDS = 10
"""The longest that a provider is waited for; after it a text in hand is not being sent anymore."""
GIVEN_UP = timedelta(seconds=60)
"""Time after which nobody is going to report the outcome of a claimed text."""
ANSWER_WITHIN = timedelta(minutes=5)
"""An answer to a text goes out so soon after it, or not at all."""
BURST = timedelta(seconds=0.2)
"""The longest time for which a late sender may catch up with its rate."""

QUEUED = Message.state == literal_column(f"'{MessageState.QUEUED.value}'")
SENDING = Message.state == literal_column(f"'{MessageState.SENDING.value}'")
"""Written out: a partial index serves a condition that the database can read, not a bound value."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A text as the provider gets it."""

    school_id: int
    id: int
    number: str
    texting_number: str
    body: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedMessage(Outgoing):
    """A text that has passed the gate and is about to be sent."""

    permit: SendPermit
    in_doubt: bool
    """The provider may have it from an earlier attempt."""
    tried_at: datetime | None
    """Time of that try."""
    taken_at: datetime
    probe: bool = False
    """True if its texting number is held. This text shows if the problem is fixed."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Something is due, and may go in this many seconds."""

    seconds: float


AGAIN = Wait(0)
"""Ask again right away, in a new transaction: the text that was due failed, or has to wait."""


def claim_next() -> ClaimedMessage | Wait | None:
    """The next text that is due and passes the gate, in hand; None if nothing is due.

    One that doesn't pass the gate anymore has failed, with the reason. It is one at a time, so
    that nobody holds one number's lock and waits for another's.
    """
    db.session.connection()  # the clock is read when it has come to be this process's turn
    now = clock.now()
    texting_number = _free_number(now)
    message = texting_number and _next(texting_number, now)
    if not message:
        return _next_by_rate(now)
    if message.batch_id and late_texts.fail_if_late(message.school_id, message.batch_id, now):
        return AGAIN
    if message.rank and (opens := _opens(message.school_id, now)):
        _wait_until(message.school_id, now, opens)
        return AGAIN
    if message.reply_to is not None and _is_late_answer(message, now):
        _fail(message, MessageFault.OUTDATED)
        return AGAIN
    kind = MessageKind(message.kind)
    permit = gate.authorize(message.school_id, message.number or "", kind, message.id)
    if not isinstance(permit, SendPermit):
        _fail(message, permit)
        return AGAIN
    rate = _use_rate(message.texting_number, now)
    return rate if isinstance(rate, Wait) else _claim(message, permit, probe=rate)


def _is_late_answer(message: Message, now: datetime) -> bool:
    came_at = select(InboundMessage.happened_at).where(
        InboundMessage.school_id == message.school_id,
        InboundMessage.provider_id == message.reply_to,
    )
    answered_at = db.session.scalar(came_at) or message.made_at
    return now - answered_at > ANSWER_WITHIN


def is_due() -> bool:
    """True if `claim_next` is worth a transaction that writes."""
    now = clock.now()
    held = exists().where(
        same_school(TextingNumber, Message, TextingNumber.number == Message.texting_number),
        TextingNumber.held_at.is_not(None),
        TextingNumber.next_at > now,
    )
    due = exists().where(QUEUED, Message.due_at <= now, ~held)
    return bool(db.session.scalar(select(due)))


def is_being_sent(school_id: int, number: str) -> bool:
    """True if a text to the number, in any form of it, may be on its way to the provider right now,
    but the one that confirms its STOP: in a worker's hands, or given up there while the provider
    may still take it."""
    since = clock.now() - timedelta(seconds=SEND_SECONDS)
    named = {"school": school_id, "numbers": variants_of(number), "since": since}
    return db.session.scalar(_ON_ITS_WAY, named) is not None


_ON_ITS_WAY = (
    select(Message.id)
    .where(
        or_(SENDING, Message.in_doubt),
        Message.school_id == bindparam("school"),
        Message.number.in_(bindparam("numbers", expanding=True)),
        Message.taken_at > bindparam("since"),
        Message.kind != MessageKind.STOP_CONFIRMATION,
    )
    .limit(1)
)


def mark_stale_unknown() -> int:
    """Mark texts of workers that are gone as not known."""
    now = clock.now()
    rows = db.session.execute(
        update(Message)
        .where(SENDING, Message.taken_at < now - GIVEN_UP)
        .values(state=MessageState.NOT_KNOWN, settled_at=now)
        .returning(Message.id)
    ).all()
    return len(rows)


def reset_due_times(school_id: int) -> None:
    """Apply a new send window: texts that waited for the old one are due again, or at the time that
    staff chose. Not those of a held batch, nor emergencies, which wait for no window."""
    chosen = (
        select(Batch.send_at)
        .where(same_school(Batch, Message, Batch.id == Message.batch_id))
        .scalar_subquery()
    )
    db.session.execute(
        update(Message)
        .where(
            QUEUED,
            Message.school_id == school_id,
            Message.attempts == 0,
            Message.rank > 0,
            Message.due_at < held_texts.UNTIL_RELEASED,
        )
        .values(due_at=func.coalesce(chosen, Message.made_at))
        .execution_options(synchronize_session=False)
    )


def switch_sending_number(school_id: int, texting_number: str) -> None:
    """The school texts from another number: what waits goes out from there. But not an answer to a
    text, nor what the provider may have already."""
    db.session.execute(
        update(Message)
        .where(
            QUEUED,
            Message.school_id == school_id,
            Message.reply_to.is_(None),
            Message.in_doubt.is_(False),
        )
        .values(texting_number=texting_number)
    )


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Leave out the texts that wait for the welcome to their number. An emergency doesn't wait."""
    welcome = aliased(Message)
    waits = exists().where(
        same_school(welcome, Message, welcome.number == Message.number),
        welcome.kind == literal_column(f"'{MessageKind.WELCOME.value}'"),
        welcome.state.in_([MessageState.QUEUED, MessageState.SENDING]),
    )
    waits_for_none = or_(Message.kind != MessageKind.BATCH, Message.rank == EMERGENCY_RANK)
    return QUEUED, Message.due_at <= now, or_(waits_for_none, ~waits)


def _has_due(now: datetime) -> ColumnElement[bool]:
    return exists().where(
        same_school(Message, TextingNumber, Message.texting_number == TextingNumber.number),
        *_due(now),
    )


def _free_number(now: datetime) -> TextingNumber | None:
    """Of the texting numbers that may send now and have something to, the one that has not sent
    for longest: a school with many texts does not hold the others up."""
    return db.session.scalars(
        select(TextingNumber)
        .where(or_(TextingNumber.next_at.is_(None), TextingNumber.next_at <= now), _has_due(now))
        .order_by(TextingNumber.next_at.nulls_first(), TextingNumber.number)
        .limit(1)
    ).first()


def _next(texting_number: TextingNumber, now: datetime) -> Message | None:
    return db.session.scalars(
        select(Message)
        .where(
            Message.school_id == texting_number.school_id,
            Message.texting_number == texting_number.number,
            *_due(now),
        )
        .order_by(Message.rank, Message.due_at, Message.id)
        .limit(1)
        .with_for_update(of=Message, skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()


def _next_by_rate(now: datetime) -> Wait | None:
    """Return the wait if every due text waits for its texting number's turn, or for its welcome.
    Leave out held numbers: other numbers may have texts due before their next attempt."""
    next_at = db.session.scalar(
        select(TextingNumber.next_at)
        .where(TextingNumber.next_at > now, TextingNumber.held_at.is_(None), _has_due(now))
        .order_by(TextingNumber.next_at)
        .limit(1)
    )
    return Wait((next_at - now).total_seconds()) if next_at else None


def _opens(school_id: int, now: datetime) -> datetime | None:
    school = db.session.get_one(School, school_id, populate_existing=True)
    return opening(school.send_window, school.timezone, now)


def _wait_until(school_id: int, now: datetime, opens: datetime) -> None:
    """Put off all texts that the window holds up, except one that another worker has locked."""
    held = (
        select(Message.id)
        .where(QUEUED, Message.school_id == school_id, Message.rank > 0, Message.due_at <= now)
        .with_for_update(skip_locked=True)
    )
    db.session.execute(
        update(Message)
        .where(Message.school_id == school_id, Message.id.in_(held))
        .values(due_at=opens)
        .execution_options(synchronize_session=False)
    )


def _use_rate(texting_number: str, now: datetime) -> Wait | bool:
    """Add the text to its texting number's rate, or return the time to wait. True if the number is
    held, and this text is the next attempt."""
    row = db.session.execute(
        select(TextingNumber)
        .where(TextingNumber.number == texting_number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    if row.next_at is not None and row.next_at > now:
        if row.held_at is not None:
            return AGAIN  # it was held a moment ago, and other numbers don't wait for it
        return Wait((row.next_at - now).total_seconds())
    if row.held_at is not None:
        row.next_at = now + held_texts.PROBE
        return True
    caught_up = now - BURST
    begin = max(row.next_at or caught_up, caught_up)
    row.next_at = begin + timedelta(seconds=1 / row.per_second)
    return False


def _claim(message: Message, permit: SendPermit, probe: bool) -> ClaimedMessage:
    now = clock.now()
    claimed = ClaimedMessage(
        school_id=message.school_id,
        id=message.id,
        number=permit.number,
        texting_number=message.texting_number,
        body=filled([message])[message.id],
        made_at=message.made_at,
        permit=permit,
        in_doubt=message.in_doubt,
        tried_at=message.taken_at,
        taken_at=now,
        probe=probe,
    )
    message.state = MessageState.SENDING
    message.event_seq = permit.event_seq
    message.taken_at = now
    message.attempts += 1
    db.session.flush()
    return claimed


def _fail(message: Message, fault: MessageFault) -> None:
    """Fail the text. If it may have gone out before, its outcome is not known."""
    if message.in_doubt:
        message.state = MessageState.NOT_KNOWN
    else:
        message.state, message.reason = MessageState.FAILED, fault
        message.event_seq = lock_status(message.school_id, message.number or "").last_seq or None
    message.settled_at = clock.now()
    db.session.flush()
