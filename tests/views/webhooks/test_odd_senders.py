"""Staff can look at everything the webhook keeps: a sender that is no number breaks no page."""

import re
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.extensions import db, writing
from portal.models import InboundMessage, Message
from portal.queries.schools import SchoolRow
from portal.services.actor import COMMAND
from portal.services.texting import send as texting
from tests.conftest import TEXTING_NUMBER
from tests.support.client import AuditedClient
from tests.support.families import make_parent, make_student, phone
from tests.support.long import examples
from tests.support.people import SignIn
from tests.support.webhooks import ANA, INBOUND, Post, kept, signed

PAGES = (
    "/oakwood/staff/",
    "/oakwood/staff/texts",
    "/oakwood/staff/texts?show=replies",
    "/oakwood/staff/texts?show=received",
    "/oakwood/staff/texts?show=no_record",
)
ODD = [
    "+99912345678",  # no country has this code
    "+0",
    "+",
    "+1",
    "+999",
    "+1206555014",
    "+120655501470000",
    "12345",
    "SCHOOL",
    "whatsapp:+14155550101",
    "client:anna",
    "\u200f+14155550101\u200e",
    "+١٤١٥٥٥٥٠١٠١",
    "\x00\x07",
    "+" + "9" * 500,
    "<b>1</b>",
    "-1",
    "=1+1",
    "\U0001f4f1",
]
_sids = count()
_senders = (
    st.sampled_from(ODD)
    | st.text(min_size=1, max_size=25)
    | st.from_regex(r"\+?[0-9]{1,25}", fullmatch=True)
    | st.from_regex(r"[A-Za-z0-9 ]{1,11}", fullmatch=True)
)


def _several(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def _all_open(client: AuditedClient, *more: str) -> None:
    for path in (*PAGES, *more):
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("sender", ODD, ids=lambda value: ascii(value)[:30])
def test_a_sender_that_is_no_number_is_shown_as_it_came(
    staff: SignIn, school: SchoolRow, text: Post, sender: str
) -> None:
    viewer = staff("viewer")
    for body in ("STOP", "hello", "please stop"):
        assert text(body, number=sender).status_code == 200
    _all_open(viewer)
    assert "hello" in viewer.get(PAGES[1]).text
    if re.fullmatch(r"[A-Z0-9+]{4,20}", sender):
        page = viewer.page(PAGES[1]).text("main")
        assert sender.lstrip("+") in page.replace(" ", "")


@examples(few=12, many=25)
def test_whatever_comes_in_staff_can_open_their_pages(
    app: Flask, staff: SignIn, school: SchoolRow, examples: int
) -> None:
    viewer = staff("viewer")
    ana = make_parent(school, "Ana Ruiz", make_student(school, "Mateo Ruiz"), phones=[phone(ANA)])

    @_several(examples)
    @given(
        sender=_senders,
        body=st.text(max_size=40),
        kind=st.sampled_from(["", "STOP", "START", "HELP", "STOPPED"]),
        media=st.text(max_size=3),
    )
    def one(sender: str, body: str, kind: str, media: str) -> None:
        posted: dict[str, Any] = {
            "MessageSid": f"SM{next(_sids):032x}",
            "AccountSid": "AC" + "0" * 32,
            "From": sender,
            "To": TEXTING_NUMBER,
            "Body": body,
            "OptOutType": kind,
            "NumMedia": media,
        }
        # Nothing but white space is the provider's mistake; the rest is kept.
        posted = {k: v.encode("utf-8", "replace").decode() for k, v in posted.items()}
        assert signed(app, INBOUND, posted).status_code in {200, 400}
        newest = db.session.query(InboundMessage).order_by(InboundMessage.id.desc()).first()
        number = newest.number if newest else ""
        _all_open(viewer, f"/oakwood/staff/contacts/{ana}")
        for path, name in (("/oakwood/staff/", "q"), ("/oakwood/staff/texts", "number")):
            assert viewer.get(path, query_string={name: number}).status_code == 200

    one()
    assert len(kept()) > examples * 2 / 5


def test_a_batch_to_a_number_that_no_country_has_is_shown(staff: SignIn, school: SchoolRow) -> None:
    """On file from before, or put there by hand: the pages must not fail of it either."""
    ana = make_parent(school, "Ana Ruiz", make_student(school, "Mateo Ruiz"), phones=[phone(ANA)])
    with writing():
        sent = texting.send(school, COMMAND, "key", "all", [ana], typed="Snow")
        for message in db.session.query(Message):
            message.number = "+99912345678"
    viewer = staff("viewer")
    page = viewer.page(f"/oakwood/staff/texts/batches/{sent.batch_id}?show=all")
    assert "+99912345678" in page.text("main")
    _all_open(viewer)
