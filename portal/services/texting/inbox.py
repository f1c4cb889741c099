"""Staff read what parents text back. Callers commit."""

from collections.abc import Iterable

from sqlalchemy import update

from portal import clock
from portal.extensions import db
from portal.models import InboundMessage


def mark_read(school_id: int, ids: Iterable[int], who: str) -> int:
    """Mark these texts as read, and return the number that were unread until now."""
    marked = db.session.execute(
        update(InboundMessage)
        .where(
            InboundMessage.school_id == school_id,
            InboundMessage.id.in_(list(ids)),
            InboundMessage.read_at.is_(None),
        )
        .values(read_at=clock.now(), read_by=who)
        .returning(InboundMessage.id)
    ).all()
    return len(marked)
