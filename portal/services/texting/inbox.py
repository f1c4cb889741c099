"""Staff read what parents text back. Callers commit."""

from collections.abc import Iterable

from sqlalchemy import update

from portal import clock
from portal.extensions import db
from portal.models import InboundText


def mark_read(school_id: int, ids: Iterable[int], who: str) -> int:
    """How many of these were unread until now."""
    marked = db.session.execute(
        update(InboundText)
        .where(
            InboundText.school_id == school_id,
            InboundText.id.in_(list(ids)),
            InboundText.read_at.is_(None),
        )
        .values(read_at=clock.now(), read_by=who)
        .returning(InboundText.id)
    ).all()
    return len(marked)
