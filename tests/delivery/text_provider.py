"""Steps and looks of the tests of sending."""

from datetime import timedelta

from sqlalchemy import select, update

from portal import clock
from portal.extensions import db, writing
from portal.models import ConsentEvent, Message
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.texting.send import send_to_number

ANA, BEN = "+14155550101", "+14155550102"
PAT = Actor(1, "Pat Fields")


def queue(school: SchoolRow, number: str = ANA, body: str = "No school today.") -> None:
    with writing():
        assert send_to_number(school, PAT, number, body) is None


def newest() -> Message:
    db.session.rollback()
    return db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()


def later(seconds: float = 3600) -> None:
    """As if so much time had passed for what waits."""
    with writing():
        back = clock.now() - timedelta(seconds=seconds)
        db.session.execute(update(Message).values(due_at=back))
        db.session.execute(
            update(Message).where(Message.taken_at.is_not(None)).values(taken_at=back)
        )


def events() -> list[ConsentEvent]:
    db.session.rollback()
    return list(db.session.scalars(select(ConsentEvent).order_by(ConsentEvent.seq)))
