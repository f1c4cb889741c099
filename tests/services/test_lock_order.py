"""Transactions that run at the same time lock in one order, so none waits for another in a circle.

What is not ruled out is tried once more. These are stories that ended in a deadlock before.
"""

import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text

from portal.consent import ledger
from portal.enums import InboundVia, MessageKind
from portal.extensions import db, writing
from portal.models import FormOptOut, InboundMessage, Message, MessageContact
from portal.queries.schools import SchoolRow
from portal.services.contacts.contacts import lock_contact
from portal.services.intake import form_opt_outs, receive
from portal.services.locks import advisory_lock
from portal.services.mail import invitations
from portal.services.texting import inbound
from portal.services.texting.inbound import Received
from tests.consent.test_concurrency import WAIT, until_somebody_waits
from tests.support.databases import Database
from tests.support.families import make_parent, phone
from tests.support.intake import ANA, BEN_S, NO, cell, parent, ruiz, sheet, state
from tests.support.twilio_stand_in import ACCOUNT, TOKEN
from tests.support.webhooks import INBOUND, sid_of, signed

pytestmark = pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture
def set_otherwise() -> dict[str, Any]:
    return {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN}


class Other(threading.Thread):
    """Another request, with a transaction of its own; its error is raised where it is joined."""

    def __init__(self, app: Flask, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._app, self._work, self._error = app, work, None
        self.start()

    def run(self) -> None:
        with self._app.app_context():
            try:
                self._work()
            except BaseException as error:
                self._error = error
            finally:
                db.session.remove()

    def end(self) -> None:
        self.join(WAIT)
        assert not self.is_alive()
        if self._error is not None:
            raise self._error


def incoming(body: str, number: str, school: SchoolRow) -> Received:
    return Received(sid_of(body + number), number, school.texting_number, body)


@pytest.mark.parametrize("body", ["STOP", "HELP"])
def test_a_text_that_comes_in_waits_for_no_email_to_the_same_parent(
    app: Flask, school: SchoolRow, database: Database, body: str
) -> None:
    """Three in a circle: the text has the number and waits for Ana's record (`message_contact`),
    the email has her record and waits for Ben's, a form has his record and waits for the number."""
    ana = make_parent(school, "Ana Ruiz", email="ana@example.com", phones=[phone(ANA)], typed=True)
    ben = make_parent(school, "Ben Ruiz", email="ben@example.com")
    has_ben, wait = threading.Event(), threading.Event()

    def form() -> None:
        with writing():
            lock_contact(school.id, ben)
            has_ben.set()
            assert wait.wait(WAIT)
            ledger.lock_status(school.id, ANA)

    def email() -> None:
        with writing():
            invitations.invite(school, [ana, ben], "Pat Fields", lambda token: f"http://x/{token}")

    others = [Other(app, form)]
    assert has_ben.wait(WAIT)
    others.append(Other(app, email))
    until_somebody_waits(database)
    with writing():
        db.session.execute(text("SET LOCAL deadlock_timeout = '200ms'"))
        ledger.lock_status(school.id, ANA)
        wait.set()
        until_somebody_waits(database, 2)
        inbound.receive_text(incoming(body, ANA, school), InboundVia.WEBHOOK)
    for other in others:
        other.end()
    kinds = {"STOP": MessageKind.STOP_CONFIRMATION, "HELP": MessageKind.HELP}
    answers = select(MessageContact.contact_id).join(
        Message, Message.id == MessageContact.message_id
    )
    found = db.session.scalars(
        answers.where(Message.school_id == MessageContact.school_id, Message.kind == kinds[body])
    )
    assert found.all() == [ana]


def test_a_form_that_takes_a_no_back_locks_its_number_before_the_school_is_counted(
    app: Flask, school: SchoolRow, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_opt_outs, "is_unusual", lambda *_: True)
    make_parent(
        school,
        "Eve Moss",
        phones=[
            phone(ANA),
        ],
    )
    with writing():
        receive.accept_form(school, ruiz(parent("Ana", None, cell(ANA, NO))), sheet(school, "a"))
    has_row, counting = threading.Event(), threading.Event()

    def another_answer() -> None:
        with writing():
            ledger.lock_status(school.id, ANA)
            row = select(FormOptOut).where(FormOptOut.number == ANA).with_for_update()
            assert db.session.scalars(row).all()
            has_row.set()
            assert counting.wait(WAIT)
            advisory_lock("form_opt_out", school.id)

    other = Other(app, another_answer)
    assert has_row.wait(WAIT)

    def let_go() -> None:
        until_somebody_waits(database)
        counting.set()

    watcher = threading.Thread(target=copy_context().run, args=[let_go])
    watcher.start()
    with writing():
        db.session.execute(text("SET LOCAL deadlock_timeout = '200ms'"))
        corrected = ruiz(parent("Ana", None, cell(BEN_S, NO)))
        receive.accept_form(school, corrected, sheet(school, "a"))
    watcher.join()
    other.end()


def test_a_text_that_is_ended_by_a_deadlock_is_received_once_more(
    app: Flask, school: SchoolRow, database: Database
) -> None:
    """Somebody holds what the STOP needs next, and waits for the number that it holds."""
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    has_record, done = threading.Event(), []

    def against_the_order() -> None:
        with psycopg.connect(database.url.replace("+psycopg", "")) as connection:
            connection.execute(
                "SET LOCAL deadlock_timeout = '60s'"
            )  # the STOP is the one that ends
            connection.execute(f"SELECT 1 FROM contact WHERE id = {ana} FOR UPDATE")
            has_record.set()
            until_somebody_waits(database)
            connection.execute(f"SELECT 1 FROM consent_status WHERE number = '{ANA}' FOR UPDATE")
            done.append(True)

    other = Other(app, against_the_order)
    assert has_record.wait(WAIT)
    posted = {"MessageSid": sid_of("a"), "AccountSid": ACCOUNT, "Body": "STOP"}
    answer = signed(app, INBOUND, posted | {"From": ANA, "To": school.texting_number})
    other.end()
    assert (answer.status_code, done) == (200, [True])
    assert state(ANA) == "opted_out"
    assert len(db.session.scalars(select(InboundMessage)).all()) == 1
    assert len(db.session.scalars(select(Message)).all()) == 1
