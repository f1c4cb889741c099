"""What the provider reports of texts: kept as it comes, applied in the order that it means.

Reports come again, out of order, and before the provider's id of a text is known here. Consent is
not touched: a number that can't be reached has not opted out.
"""

from dataclasses import dataclass

from sqlalchemy import select

from portal import times
from portal.enums import MessageState
from portal.extensions import db, insert_for
from portal.models import Message, MessageReport, TextingNumber
from portal.models.columns import new_id

_STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.UNDELIVERED,
}
"""What else is reported (accepted, queued, sending) says that the provider has it."""
_ORDER = (
    MessageState.QUEUED,
    MessageState.SENDING,
    MessageState.NOT_KNOWN,
    MessageState.FAILED,
    MessageState.SENT,
    MessageState.UNDELIVERED,
    MessageState.DELIVERED,
)
"""A report moves a text on in this order, never back: it was delivered if anything ever said so."""


@dataclass(frozen=True, slots=True)
class Report:
    provider_id: str
    texting_number: str
    number: str
    status: str
    error_code: int | None = None
    message_id: int | None = None
    """Ours, which the address that is reported to holds."""


def take_in(report: Report) -> bool:
    """Keep a report and apply it; False if no school has, or had, the texting number."""
    school_id = db.session.scalar(
        select(TextingNumber.school_id).where(TextingNumber.number == report.texting_number)
    )
    if school_id is None:
        return False
    db.session.execute(
        insert_for(MessageReport)
        .values(
            school_id=school_id,
            id=new_id(),
            provider_id=report.provider_id[:64],
            status=report.status[:20],
            error_code=report.error_code,
            recorded_at=times.now(),
        )
        .on_conflict_do_nothing()
    )
    message = _message(school_id, report)
    if message is not None:
        if message.provider_id is None:
            message.provider_id = report.provider_id
            message.sent_at = message.sent_at or times.now()
        _apply(message, report.status, report.error_code)
    return True


def apply_kept(message: Message) -> None:
    """Apply what was reported of a text before the provider's id of it was known."""
    kept = select(MessageReport).where(
        MessageReport.school_id == message.school_id,
        MessageReport.provider_id == message.provider_id,
    )
    for report in db.session.scalars(kept.order_by(MessageReport.id)).all():
        _apply(message, report.status, report.error_code)


def _message(school_id: int, report: Report) -> Message | None:
    """By the provider's id; by ours where that text has no other id and went to that number."""
    mine = select(Message).where(Message.school_id == school_id).with_for_update()
    fresh = {"populate_existing": True}
    found = db.session.scalars(
        mine.where(Message.provider_id == report.provider_id), execution_options=fresh
    ).first()
    if found is not None or report.message_id is None:
        return found
    return db.session.scalars(
        mine.where(
            Message.id == report.message_id,
            Message.provider_id.is_(None),
            Message.number == report.number,
            Message.state.in_([MessageState.SENDING, MessageState.NOT_KNOWN, MessageState.QUEUED]),
            Message.attempts > 0,
        ),
        execution_options=fresh,
    ).first()


def _apply(message: Message, status: str, error_code: int | None) -> None:
    state = _STATES.get(status, MessageState.SENT)
    if _ORDER.index(state) <= _ORDER.index(MessageState(message.state)):
        return
    message.state = state
    message.reason = None
    message.error_code = error_code if state is MessageState.UNDELIVERED else None
    message.settled_at = times.now()
    db.session.flush()
