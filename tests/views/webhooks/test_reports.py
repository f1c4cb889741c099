"""The provider's reports on texts that went out."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db, writing
from portal.models import Message
from portal.queries.schools import SchoolRow
from portal.services.actor import COMMAND
from portal.services.schools import schools
from portal.services.texting import outcomes
from portal.services.texting import queue as text_queue
from portal.services.texting.send import send_to_number
from tests.conftest import TEXTING_NUMBER
from tests.support.families import make_parent, phone
from tests.support.twilio_stand_in import ACCOUNT, signature
from tests.support.webhooks import ANA, BEN, STATUS, sid_of, signed, state

OUT = sid_of("out")


@pytest.fixture
def sent(app: Flask) -> Message:
    """A text that the provider has as OUT."""
    with writing():
        school = schools.create_school(
            "oakwood", "Oakwood School", TEXTING_NUMBER, send_window="always"
        )
        schools.set_school("oakwood", welcome_on=False)
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        send_to_number(schools.set_school("oakwood", welcome_on=False), COMMAND, ANA, "Hello")
    return _hand_over(OUT)


def _hand_over(sid: str | None) -> Message:
    with writing():
        taken = text_queue.claim_next()
        assert isinstance(taken, text_queue.ClaimedMessage)
        if sid:
            outcomes.mark_sent(taken, sid)
    return db.session.scalars(select(Message).where(Message.id == taken.id)).one()


def report(
    app: Flask, status: str, sid: str = OUT, code: str = "", query: str = "", to: str = ANA
) -> int:
    posted = {
        "MessageSid": sid,
        "MessageStatus": status,
        "AccountSid": ACCOUNT,
        "From": TEXTING_NUMBER,
        "To": to,
    } | ({"ErrorCode": code} if code else {})
    return int(signed(app, STATUS + query, posted).status_code)


def now_is(message: Message) -> tuple[str, int | None]:
    db.session.rollback()
    return message.state, message.error_code


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        (["queued", "sent", "delivered"], "delivered"),
        (["delivered", "sent", "queued", "delivered"], "delivered"),
        (["undelivered", "sent"], "undelivered"),
        (["failed", "failed"], "failed"),
        (["undelivered", "delivered"], "undelivered"),
        (["sending"], "sent"),
    ],
)
def test_reports_count_in_the_order_that_they_mean(
    app: Flask, sent: Message, reports: list[str], state: str
) -> None:
    for one in reports:
        assert report(app, one) == 200
    assert now_is(sent)[0] == state


def test_a_number_that_cannot_be_reached_has_not_opted_out(app: Flask, sent: Message) -> None:
    report(app, "undelivered", code="30003")
    assert now_is(sent) == ("undelivered", 30003)
    assert state() == "opted_in"


def test_a_report_that_comes_before_the_providers_answer_counts(
    app: Flask, school: SchoolRow
) -> None:
    with writing():
        school = schools.set_school("oakwood", welcome_on=False)
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    for n, query in enumerate(["", "?message={}"]):
        with writing():
            send_to_number(school, COMMAND, ANA, "Hello")
        with writing():
            taken = text_queue.claim_next()
        assert isinstance(taken, text_queue.ClaimedMessage)
        report(app, "delivered", sid_of(str(n)), query=query.format(taken.id))
        with writing():
            outcomes.mark_sent(taken, sid_of(str(n)))
        message = db.session.scalars(select(Message).where(Message.id == taken.id)).one()
        assert now_is(message)[0] == "delivered"


def test_a_report_tells_of_a_text_that_is_not_known_if_it_is_that_one(
    app: Flask, sent: Message
) -> None:
    with writing():
        send_to_number(schools.set_school("oakwood", welcome_on=False), COMMAND, ANA, "Again")
    lost = _hand_over(None)
    query = f"?message={lost.id}"
    assert report(app, "delivered", sid_of("else"), query=query, to=BEN) == 200
    assert now_is(lost)[0] == "sending"
    report(app, "delivered", sid_of("lost"), query=query)
    assert (now_is(lost)[0], lost.provider_id) == ("delivered", sid_of("lost"))


def test_a_forged_report_is_refused_and_one_that_is_turned_to_another_text(
    app: Flask, sent: Message
) -> None:
    posted = {
        "MessageSid": OUT,
        "MessageStatus": "delivered",
        "From": TEXTING_NUMBER,
        "To": ANA,
    }
    for address, of in ((STATUS, "x"), (f"{STATUS}?message=2", f"{STATUS}?message=1")):
        headers = {"X-Twilio-Signature": signature(f"http://localhost{of}", posted)}
        assert app.test_client().post(address, data=posted, headers=headers).status_code == 403
    assert now_is(sent)[0] == "sent"
