"""Links as they arrive on a phone."""

from sqlalchemy import select

from portal.extensions import db
from portal.models import Message, TextedLink
from portal.services.texting.link_texts import filled


def newest_text(number: str, kind: str | None = None) -> Message:
    """The text that was written last to a number, sent or not; as it is by now."""
    db.session.rollback()
    query = select(Message).where(Message.number == number).order_by(Message.id.desc())
    found = db.session.scalars(query if kind is None else query.where(Message.kind == kind)).first()
    assert found is not None, f"no text to {number}"
    return found


def words_of(number: str, kind: str | None = None) -> str:
    """The newest text to a number as it goes out."""
    text = newest_text(number, kind)
    return filled([text])[text.id]


def link_to(number: str, kind: str | None = None) -> str:
    """The path of the link in the newest text to a number."""
    address = words_of(number, kind).split()[-1]
    assert address.startswith("http"), f"no link in {words_of(number, kind)!r}"
    return "/" + address.split("/", 3)[3]


def token_to(number: str, kind: str | None = None) -> str:
    return link_to(number, kind).rsplit("/", 1)[1]


def links(number: str) -> list[TextedLink]:
    """All links to a number, oldest first."""
    db.session.rollback()
    rows = select(TextedLink).where(TextedLink.number == number).order_by(TextedLink.id)
    return list(db.session.scalars(rows))
