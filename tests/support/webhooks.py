"""The requests that Twilio posts to the portal, signed, and what came of it."""

from collections.abc import Callable
from hashlib import sha256

from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.extensions import db
from portal.models import ConsentStatus, InboundMessage, Message
from tests.support.twilio_stand_in import signature

ANA, BEN = "+14155550101", "+14155550102"
INBOUND, STATUS = "/webhooks/twilio/inbound", "/webhooks/twilio/status"
Post = Callable[..., TestResponse]


def sid_of(name: str) -> str:
    """An id as the provider makes them, the same for the same name."""
    return f"SM{sha256(name.encode()).hexdigest()[:32]}"


def signed(app: Flask, path: str, posted: dict[str, str]) -> TestResponse:
    headers = {"X-Twilio-Signature": signature(f"http://localhost{path}", posted)}
    return app.test_client().post(path, data=posted, headers=headers)


def state(number: str = ANA) -> str | None:
    return db.session.scalar(select(ConsentStatus.state).where(ConsentStatus.number == number))


def kept() -> list[InboundMessage]:
    db.session.rollback()
    return list(db.session.scalars(select(InboundMessage).order_by(InboundMessage.id)))


def confirmations() -> int:
    sent = select(func.count()).where(Message.kind == "stop_confirmation")
    return db.session.scalar(sent) or 0
