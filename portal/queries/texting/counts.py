"""Counts of unread texts, and of texts that failed lately."""

from sqlalchemy import func, or_, select

from portal.enums import MessageFault
from portal.extensions import db
from portal.models import InboundMessage, Message
from portal.queries.texting.log_filter import FAILED_STATES

MOST_COUNTED = 100
"""The most that is counted: more is of no use to anybody, and the count is on every page."""


def unread_count(school_id: int) -> int:
    """Count the unread texts, up to MOST_COUNTED. By ix_inbound_text_unread."""
    unread = (
        select(InboundMessage.id)
        .where(InboundMessage.school_id == school_id, InboundMessage.read_at.is_(None))
        .limit(MOST_COUNTED)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(unread)) or 0


def failed_since(school_id: int, since: int) -> int:
    """Count the failed texts among those made since the moment of an id; those that staff stopped
    don't count. By ix_message_state."""
    failed = select(func.count()).where(
        Message.school_id == school_id,
        Message.state.in_(FAILED_STATES),
        Message.id > since,
        or_(Message.reason.is_(None), Message.reason != MessageFault.CANCELLED),
    )
    return db.session.scalar(failed) or 0
