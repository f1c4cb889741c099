"""Counts of unread texts, and of texts that failed lately."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from portal.enums import MessageFault
from portal.models import InboundMessage, Message, School
from portal.queries.texting.log_filter import FAILED_STATES

MOST_COUNTED = 100
"""The most that is counted: more is of no use to anybody, and the count is on every page."""


def unread_count() -> ColumnElement[Any]:
    """A column beside `school`: its unread texts, up to MOST_COUNTED. By ix_inbound_text_unread."""
    unread = (
        select(InboundMessage.id)
        .where(InboundMessage.school_id == School.id, InboundMessage.read_at.is_(None))
        .correlate(School)
        .limit(MOST_COUNTED)
        .subquery()
    )
    return select(func.count()).select_from(unread).correlate(School).scalar_subquery()


def failed_since(school_id: int, since: int) -> Select[int]:
    """Select the number of failed texts among those made since the moment of an id, without those
    that staff stopped. By ix_message_state."""
    return select(func.count()).where(
        Message.school_id == school_id,
        Message.state.in_(FAILED_STATES),
        Message.id > since,
        or_(Message.reason.is_(None), Message.reason != MessageFault.CANCELLED),
    )
