"""Record the outcome of a text that is being sent, and find those not known. Callers commit."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from portal import clock
from portal.enums import MessageFault, MessageState, Refusal
from portal.extensions import db
from portal.models import Message
from portal.provider_codes import FaultOf, fault_of
from portal.services.texting import held_texts
from portal.services.texting.delivery_reports import (
    UNSUBSCRIBED,
    apply_kept,
    carrier_refuses,
    ended_by_our_fault,
)
from portal.services.texting.link_texts import filled
from portal.services.texting.queue import ClaimedMessage, Outgoing

MOST_ATTEMPTS = 8
_FIRST_REST, _EVER_LONGER, _LONGEST_REST = 5.0, 3.0, 600.0
"""Seconds: with as many attempts, half an hour in all."""
_LONGEST_ASKED = 86_400.0


def mark_sent(claimed: Outgoing, provider_id: str) -> None:
    """The provider has it; what it reported before its id was known counts from now on."""
    message = _locked_message(claimed)
    if message is None:
        return
    message.state = MessageState.SENT
    message.provider_id = provider_id
    message.in_doubt = False
    message.error_code = None
    message.sent_at = message.settled_at = clock.now()
    db.session.flush()
    if isinstance(claimed, ClaimedMessage) and claimed.probe:
        taken_at = claimed.taken_at
        held_texts.got_through(claimed.school_id, claimed.texting_number, taken_at, delivered=False)
    apply_kept(message)


def mark_refused(claimed: ClaimedMessage, code: int | None) -> None:
    """Record that the provider refused the text. If the fault is our own, the text waits with the
    others of its number or batch, which would fail too. Otherwise it failed for good."""
    fault = fault_of(code)
    if code is None or fault not in {FaultOf.OURS, FaultOf.TEXT}:
        _fail(claimed, MessageFault.PROVIDER, code)
        return
    message = _locked_message(claimed)
    if message is None:
        return
    if fault is FaultOf.OURS:
        _put_back(message, claimed, code)
        held_texts.hold_number(claimed.school_id, claimed.texting_number, code)
    elif message.batch_id is not None:
        _put_back(message, claimed, code)
        held_texts.hold_batch(claimed.school_id, message.batch_id, code)
    else:
        _fail(claimed, MessageFault.PROVIDER, code)


def mark_opted_out(claimed: ClaimedMessage) -> None:
    """By the carrier rule: to be called when what was missed from the number has been received."""
    _locked_message(claimed)  # locked before the number, as everywhere
    result = carrier_refuses(claimed.school_id, claimed.number, claimed.texting_number)
    blocked = result.code is Refusal.BLOCKED_BY_CARRIER
    _fail(claimed, MessageFault.BLOCKED if blocked else MessageFault.OPTED_OUT, UNSUBSCRIBED)


def reschedule(claimed: ClaimedMessage, in_doubt: bool, rest: float | None = None) -> None:
    """Try again later, ever less often, or give up. `rest` is what the provider asks for, in
    seconds; `in_doubt`: it may have the text from this attempt."""
    message = _locked_message(claimed)
    if message is None or message.state != MessageState.SENDING:
        return
    message.in_doubt = claimed.in_doubt or in_doubt  # once in doubt, it is asked for every time
    if message.attempts >= MOST_ATTEMPTS:
        _give_up(message, in_doubt)
        return
    seconds = min(_FIRST_REST * _EVER_LONGER ** (message.attempts - 1), _LONGEST_REST)
    seconds = max(seconds, min(rest or 0.0, _LONGEST_ASKED))
    message.state = MessageState.QUEUED
    message.due_at = clock.now() + timedelta(seconds=seconds)
    db.session.flush()


def release(claimed: ClaimedMessage) -> None:
    """It was not tried after all, nor has the provider got it: the gate is asked again."""
    message = _locked_message(claimed)
    if message is not None and message.state == MessageState.SENDING:
        message.in_doubt = False
        _put_back(message, claimed, message.error_code)


def unknown_outcomes(school_id: int, texting_number: str, since: datetime) -> list[Outgoing]:
    """Return the texts whose outcome is not known, and has not been for longer."""
    rows = db.session.scalars(
        select(Message)
        .where(
            Message.school_id == school_id,
            Message.state == MessageState.NOT_KNOWN,
            Message.texting_number == texting_number,
            Message.settled_at > since,
        )
        .order_by(Message.id)
    ).all()
    words = filled(rows)
    return [
        Outgoing(r.school_id, r.id, r.number, r.texting_number, words[r.id], r.made_at)
        for r in rows
        if r.number is not None
    ]


def known_provider_ids(school_id: int, provider_ids: Iterable[str]) -> set[str]:
    """Return those of the provider's ids that we know, also from before a text was queued again."""
    ids = list(provider_ids)
    mine = select(Message.provider_id).where(
        Message.school_id == school_id, Message.provider_id.in_(ids)
    )
    known = {found for found in db.session.scalars(mine) if found}
    return known | ended_by_our_fault(school_id, ids)


def _put_back(message: Message, claimed: ClaimedMessage, code: int | None) -> None:
    """Queue the text as it was before the attempt. The code says why it waits."""
    message.state = MessageState.QUEUED
    message.attempts -= 1
    message.taken_at = claimed.tried_at
    message.settled_at = None
    message.error_code = code
    db.session.flush()


def _give_up(message: Message, in_doubt: bool) -> None:
    message.settled_at = clock.now()
    if in_doubt:
        message.state = MessageState.NOT_KNOWN
    else:
        message.state, message.reason = MessageState.FAILED, MessageFault.GAVE_UP
    db.session.flush()


def _fail(claimed: ClaimedMessage, fault: MessageFault, code: int | None) -> None:
    message = _locked_message(claimed)
    if message is None:
        return
    message.state, message.reason, message.error_code = MessageState.FAILED, fault, code
    message.settled_at = clock.now()
    db.session.flush()


def _locked_message(claimed: Outgoing) -> Message | None:
    """The row, if nothing has been said of it since it was taken but that nobody knows."""
    return db.session.scalars(
        select(Message)
        .where(
            Message.school_id == claimed.school_id,
            Message.id == claimed.id,
            Message.provider_id.is_(None),
            Message.state.in_([MessageState.SENDING, MessageState.NOT_KNOWN]),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
