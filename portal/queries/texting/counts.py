"""How many texts wait to be read, and how many failed of late."""

from sqlalchemy import func, or_, select

from portal.enums import MessageFault
from portal.extensions import db
from portal.models import InboundMessage, Message
from portal.queries.texting.log_filter import FAILED_STATES

MOST_COUNTED = 100
"""Whether it is more than that is of no use to anybody; counting is on every page."""


def unread_count(school_id: int) -> int:
    """How many texts nobody has read, up to MOST_COUNTED. By ix_inbound_text_unread."""
    unread = (
        select(InboundMessage.id)
        .where(InboundMessage.school_id == school_id, InboundMessage.read_at.is_(None))
        .limit(MOST_COUNTED)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(unread)) or 0


def failed_since(school_id: int, since: int) -> int:
    """How many texts failed of those made since the moment of an id; those that staff stopped
    don't count. By ix_message_state."""
    failed = select(func.count()).where(
        Message.school_id == school_id,
        Message.state.in_(FAILED_STATES),
        Message.id > since,
        or_(Message.reason.is_(None), Message.reason != MessageFault.CANCELLED),
    )
    return db.session.scalar(failed) or 0
