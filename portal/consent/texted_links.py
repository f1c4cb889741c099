"""Links texted to a number. A "yes" by such a link comes from the phone itself.

A link works once, and only if nothing happened to its number after the text was written that speaks
against it. Places in the number's log tell the order, and the lock on the number's row, which is
held to make or void a link. Clocks don't.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from portal import clock
from portal.enums import Answer, Source
from portal.extensions import db, in_chunks
from portal.models import ConsentEvent, TextedLink

LINK_LIFE = timedelta(days=30)


def void(school_id: int, numbers: Iterable[str]) -> None:
    """Void the links to these numbers, which the caller has locked.

    Called where a number leaves a record, where a text may mean "stop", for a newer link, and by
    whatever else speaks against texts and is no answer in the log.
    """
    for some in in_chunks(sorted(set(numbers))):
        db.session.execute(_VOID, {"school": school_id, "numbers": some, "now": clock.now()})


_VOID = (
    update(TextedLink.__table__)  # type: ignore[arg-type]  # a mapped class has a Table
    .where(
        TextedLink.school_id == bindparam("school"),
        TextedLink.number.in_(bindparam("numbers", expanding=True)),
        TextedLink.used_at.is_(None),
        TextedLink.voided_at.is_(None),
    )
    .values(voided_at=bindparam("now"))
)


def of_token(school_id: int, token_hash: str) -> TextedLink | None:
    """Return a link by its token's hash, read again."""
    return db.session.scalars(
        select(TextedLink)
        .where(TextedLink.school_id == school_id, TextedLink.token_hash == token_hash)
        .execution_options(populate_existing=True)
    ).first()


def of_message(school_id: int, message_id: int) -> TextedLink | None:
    """Return the link that a text carries, read again."""
    return db.session.scalars(
        select(TextedLink)
        .where(TextedLink.school_id == school_id, TextedLink.message_id == message_id)
        .execution_options(populate_existing=True)
    ).first()


def is_good(link: TextedLink, at: datetime | None = None) -> bool:
    """True while a yes by the link is taken, if it was given at that moment (now, if none is said).
    Only sure while the number is locked."""
    unused = link.used_at is None and link.voided_at is None
    return unused and link.expires_at > (at or clock.now()) and not said_no_since(link)


def said_no_since(link: TextedLink, *sources: Source) -> bool:
    """True if the number's log has a no after the link was made, by one of these sources if any
    are given."""
    later_no = select(ConsentEvent.seq).where(
        ConsentEvent.school_id == link.school_id,
        ConsentEvent.number == link.number,
        ConsentEvent.seq > link.seq,
        ConsentEvent.answer == Answer.NO,
    )
    if sources:
        later_no = later_no.where(ConsentEvent.source.in_(sources))
    return db.session.scalar(later_no.limit(1)) is not None
