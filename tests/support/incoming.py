"""Texts that come in, and what has come of them."""

from itertools import count
from typing import Any

from sqlalchemy import select

from portal.enums import InboundVia
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentStatus, InboundMessage
from portal.services.texting import inbound
from portal.services.texting.inbound import InboundResult, Received
from tests.conftest import TEXTING_NUMBER

ANA, BEN = "+14155550101", "+14155550102"
_ids = count()


def take(body: str, number: str = ANA, via: str = "webhook", **more: Any) -> InboundResult | None:
    """A text comes in, each with an id of its own unless one is given."""
    received = Received(
        **{
            "provider_id": f"SM{next(_ids):032x}",
            "number": number,
            "texting_number": TEXTING_NUMBER,
            "body": body,
        }
        | more
    )
    with writing():
        return inbound.receive_text(received, InboundVia(via))


def newest() -> InboundMessage:
    found = db.session.scalars(
        select(InboundMessage)
        .order_by(InboundMessage.id.desc())
        .execution_options(populate_existing=True)
    ).first()
    assert found is not None
    return found


def state(number: str = ANA, school_id: int | None = None) -> str | None:
    db.session.rollback()
    found = select(ConsentStatus.state).where(ConsentStatus.number == number)
    if school_id is not None:
        found = found.where(ConsentStatus.school_id == school_id)
    return db.session.scalar(found)


def events(number: str = ANA) -> list[ConsentEvent]:
    rows = select(ConsentEvent).where(ConsentEvent.number == number).order_by(ConsentEvent.seq)
    return list(db.session.scalars(rows))
