"""What came of a text in hand. Callers commit."""

from datetime import timedelta

from sqlalchemy import select

from portal import times
from portal.consent import ledger
from portal.enums import Answer, MessageState, Refusal, Source, TextFault
from portal.extensions import db
from portal.models import Message
from portal.services import text_reports
from portal.services.text_queue import InHand

MOST_ATTEMPTS = 8
OPTED_OUT_CODE = 21610
"""The provider's for a number that is unsubscribed there."""
_FIRST_REST = 4.0
_LONGEST_REST = 600.0


def sent(hand: InHand, provider_id: str) -> None:
    """The provider has it; what it reported before its id was known counts from now on."""
    message = _held(hand)
    if message is None or message.provider_id is not None:
        return
    message.state = MessageState.SENT
    message.provider_id = provider_id
    message.in_doubt = False
    message.sent_at = message.settled_at = times.now()
    db.session.flush()
    text_reports.apply_kept(message)


def refused(hand: InHand, code: int | None) -> None:
    """For good, whatever is tried again."""
    _fail(hand, TextFault.PROVIDER, code)


def refused_as_opted_out(hand: InHand) -> None:
    """By the carrier rule: to be called when what was missed from the number has been taken in."""
    result = ledger.decide(
        ledger.Decision(
            school_id=hand.school_id,
            number=hand.number,
            source=Source.CARRIER,
            answer=Answer.NO,
            actor="provider",
            texting_number=hand.texting_number,
        )
    )
    blocked = result.code is Refusal.BLOCKED_BY_CARRIER
    _fail(hand, TextFault.BLOCKED if blocked else TextFault.OPTED_OUT, OPTED_OUT_CODE)


def put_back(hand: InHand, in_doubt: bool, rest: float | None = None) -> None:
    """Try again later, ever less often, or give up. `rest` is what the provider asks for, in
    seconds; `in_doubt`: it may have the text."""
    message = _held(hand)
    if message is None or message.state != MessageState.SENDING:
        return
    message.in_doubt = in_doubt
    if message.attempts >= MOST_ATTEMPTS:
        _give_up(message)
        return
    message.state = MessageState.QUEUED
    seconds = max(rest or 0.0, _FIRST_REST * 2 ** (message.attempts - 1))
    message.due_at = times.now() + timedelta(seconds=min(seconds, _LONGEST_REST))
    db.session.flush()


def give_back(hand: InHand) -> None:
    """It was not tried after all, nor has the provider got it: the gate is asked anew."""
    message = _held(hand)
    if message is not None and message.state == MessageState.SENDING:
        message.state = MessageState.QUEUED
        message.attempts -= 1
        message.in_doubt = False
        message.taken_at = hand.tried_at
        db.session.flush()


def _give_up(message: Message) -> None:
    message.settled_at = times.now()
    if message.in_doubt:
        message.state = MessageState.NOT_KNOWN
    else:
        message.state, message.reason = MessageState.FAILED, TextFault.GAVE_UP
    db.session.flush()


def _fail(hand: InHand, fault: TextFault, code: int | None) -> None:
    message = _held(hand)
    if message is None or message.provider_id is not None:
        return
    message.state, message.reason, message.error_code = MessageState.FAILED, fault, code
    message.settled_at = times.now()
    db.session.flush()


def _held(hand: InHand) -> Message | None:
    """The row, if nothing has been said of it since it was taken but that nobody knows."""
    return db.session.scalars(
        select(Message)
        .where(
            Message.school_id == hand.school_id,
            Message.id == hand.id,
            Message.state.in_([MessageState.SENDING, MessageState.NOT_KNOWN]),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
