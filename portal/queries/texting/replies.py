"""The sender of a text that came in, and the text that it may answer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.models import InboundMessage, Message, same_school


@dataclass(frozen=True, slots=True)
class TextBefore:
    """The last text that had gone to a number when a reply came."""

    body: str
    at: datetime


def texts_before(school_id: int, ids: list[int]) -> dict[int, TextBefore]:
    """Return the last text that had gone to the number of each of these texts when it came."""
    if not ids:
        return {}
    newest = (
        select(Message.id)
        .where(
            same_school(Message, InboundMessage, Message.number == InboundMessage.number),
            Message.sent_at <= InboundMessage.happened_at,
        )
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .limit(1)
        .correlate(InboundMessage)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(InboundMessage.id, Message.body, Message.sent_at)
        .join(Message, same_school(Message, InboundMessage, Message.id == newest))
        .where(InboundMessage.school_id == school_id, InboundMessage.id.in_(ids))
    )
    return {row.id: TextBefore(row.body, row.sent_at) for row in rows}


def number_of_text(school_id: int, text_id: int) -> str | None:
    """Return the sender of a text that came in. None if the school has no such text."""
    mine = InboundMessage.school_id == school_id, InboundMessage.id == text_id
    return db.session.scalar(select(InboundMessage.number).where(*mine))
