"""The provider's reports on texts: kept as they come, applied in their logical order.

Reports come again, out of order, and before the provider's id of a text is known here. A number
that can't be reached has not opted out: consent is touched only where the provider says that the
number is unsubscribed there, and only when what was missed from it has been received.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select

from portal import clock
from portal.consent import gate, ledger
from portal.enums import Answer, MessageFault, MessageState, Source
from portal.extensions import db, insert_new
from portal.models import Message, MessageReport, TextingNumber
from portal.models.columns import new_id
from portal.normalize import has_control, without_control
from portal.phone import is_e164
from portal.phone.numbering_plans import variants_of
from portal.provider_codes import OUR_CODES, FaultOf, fault_of
from portal.services.texting import held_texts, number_variants

UNSUBSCRIBED = 21610
"""The provider's code for a number that has opted out there."""
_FINAL = {
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
}
"""The other reports (accepted, queued, sending, sent) say that the provider has the text."""
_UNDELIVERED = (MessageState.UNDELIVERED, MessageState.FAILED)
MOST_TRIES = 3
"""The most attempts of a text that fails for a fault of ours. It may be the number's fault."""
UNTIL_QUIET = timedelta(seconds=60)
"""The time after which no worker can still be sending the text."""


@dataclass(frozen=True, slots=True)
class Report:
    provider_id: str
    texting_number: str
    number: str
    status: str
    error_code: int | None = None
    message_id: int | None = None
    """Ours, which the address that is reported to holds."""


def receive_report(report: Report) -> bool:
    """Keep a report and apply it; False if no school has, or had, the texting number."""
    school_id = _school_of(report.texting_number)
    if school_id is None:
        return False
    report = replace(
        report,
        provider_id=without_control(report.provider_id)[:64],
        number=without_control(report.number),
        status=without_control(report.status)[:20],
    )
    new = _keep(school_id, report)
    message = _message(school_id, report, new)
    if message is not None:
        _apply(message, report.provider_id, report.status, report.error_code)
    return True


def apply_kept(message: Message) -> None:
    """Apply what was reported of a text before the provider's id of it was known."""
    kept = select(MessageReport).where(
        MessageReport.school_id == message.school_id,
        MessageReport.provider_id == message.provider_id,
    )
    for report in db.session.scalars(kept.order_by(MessageReport.id)).all():
        if message.provider_id is None:
            break  # one of them queued it again
        _apply(message, report.provider_id, report.status, report.error_code)


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    """A number of which the provider reports that it is, and nothing has come of it yet."""

    school_id: int
    report_id: int
    number: str
    texting_number: str


def unsubscribed() -> list[Unsubscribed]:
    """Those that wait for `settle`, in the order that they came."""
    rows = db.session.scalars(
        select(MessageReport)
        .where(MessageReport.unsubscribed.is_not(None))
        .order_by(MessageReport.school_id, MessageReport.id)
    )
    return [
        Unsubscribed(row.school_id, row.id, row.unsubscribed, row.texting_number)
        for row in rows
        if row.unsubscribed is not None
    ]


def settle_unsubscribed(one: Unsubscribed) -> None:
    """The carrier rule: to be called when what was missed from the number has been received."""
    ledger.lock_status(one.school_id, one.number)
    row = db.session.scalars(
        select(MessageReport)
        .where(
            MessageReport.school_id == one.school_id,
            MessageReport.id == one.report_id,
            MessageReport.unsubscribed.is_not(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        return  # another worker was quicker
    row.unsubscribed = None
    message = db.session.scalars(
        select(Message)
        .where(Message.school_id == one.school_id, Message.provider_id == row.provider_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    carrier_refuses(one.school_id, one.number, one.texting_number, row.provider_id)
    if message is not None:
        message.reason = _reason(message, MessageState(message.state), UNSUBSCRIBED)
    db.session.flush()


def _school_of(texting_number: str) -> int | None:
    if has_control(texting_number):  # PostgreSQL fails at the question
        return None
    return db.session.scalar(
        select(TextingNumber.school_id).where(TextingNumber.number == texting_number)
    )


def ended_by_our_fault(school_id: int, provider_ids: list[str]) -> set[str]:
    """Return those of the provider's ids whose texts failed for a fault of ours and were queued
    again. Reports on them say nothing about the next attempt."""
    found = db.session.scalars(
        select(MessageReport.provider_id).where(
            MessageReport.school_id == school_id,
            MessageReport.provider_id.in_(provider_ids),
            MessageReport.status.in_([s for s, ends in _FINAL.items() if ends in _UNDELIVERED]),
            MessageReport.error_code.in_(OUR_CODES),
        )
    )
    return set(found)


def _keep(school_id: int, report: Report) -> bool:
    """Keep the report. False if it was kept before."""
    refused = report.error_code == UNSUBSCRIBED and is_e164(report.number)
    row = {
        "school_id": school_id,
        "id": new_id(),
        "provider_id": report.provider_id,
        "status": report.status,
        "error_code": report.error_code,
        "recorded_at": clock.now(),
        "unsubscribed": report.number if refused else None,
        "texting_number": report.texting_number,
    }
    return bool(insert_new(MessageReport, "id", row))


def _message(school_id: int, report: Report, new: bool) -> Message | None:
    """By the provider's id; by ours where that text was tried, has no other id and went there."""
    mine = (
        select(Message)
        .where(Message.school_id == school_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = db.session.scalars(mine.where(Message.provider_id == report.provider_id)).first()
    if found is not None or report.message_id is None:
        return found
    ends_it = new and report.error_code in OUR_CODES
    if not ends_it and ended_by_our_fault(school_id, [report.provider_id]):
        return None
    return db.session.scalars(
        mine.where(
            Message.id == report.message_id,
            Message.provider_id.is_(None),
            Message.number.in_(variants_of(report.number)),
            Message.attempts > 0,
        )
    ).first()


def carrier_refuses(
    school_id: int, number: str, texting_number: str, message_id: str | None = None
) -> ledger.Result:
    """Opt a number out by the carrier rule."""
    return number_variants.decide(
        ledger.Decision(
            school_id=school_id,
            number=number,
            source=Source.CARRIER,
            answer=Answer.NO,
            actor="provider",
            texting_number=texting_number,
            message_id=message_id,
        )
    )


def _apply(message: Message, provider_id: str, status: str, error_code: int | None) -> None:
    """Apply a report. The first final report decides. A text that failed here without an id of the
    provider's was in doubt, and the provider had it after all."""
    known = message.provider_id is not None
    if known and message.state in _FINAL.values():
        return
    state = _FINAL.get(status, MessageState.SENT)
    if known and message.state == state:
        return
    message.provider_id = provider_id
    message.state = state
    message.in_doubt = False
    message.reason = _reason(message, state, error_code)
    message.error_code = error_code
    message.settled_at = clock.now()
    message.sent_at = message.sent_at or message.taken_at or message.settled_at
    db.session.flush()
    if state is MessageState.DELIVERED:
        held_texts.got_through(
            message.school_id, message.texting_number, message.taken_at, delivered=True
        )
    elif state in _UNDELIVERED and error_code is not None:
        _hold(message, error_code)


def _hold(message: Message, code: int) -> None:
    """Hold texts if a carrier refused this one for a fault of ours. It never arrived, so we may
    send it again."""
    fault = fault_of(code)
    if fault is FaultOf.OURS:
        if (message.rank or message.batch_id) and message.attempts < MOST_TRIES:
            message.state = MessageState.QUEUED
            message.provider_id = message.reason = message.sent_at = message.settled_at = None
            message.due_at = clock.now() + UNTIL_QUIET
            db.session.flush()
        held_texts.hold_number(message.school_id, message.texting_number, code)
    elif fault is FaultOf.TEXT and message.batch_id is not None:
        held_texts.hold_batch(message.school_id, message.batch_id, code)


def _reason(message: Message, state: MessageState, error_code: int | None) -> MessageFault | None:
    if error_code == UNSUBSCRIBED and message.number is not None:
        fault = gate.preview(message.school_id, [message.number])[message.number]
        if fault in {MessageFault.OPTED_OUT, MessageFault.BLOCKED}:
            return fault
    return MessageFault.PROVIDER if state is MessageState.FAILED else None
