"""Inputs from public bug reports, one by one, through the doors that people and servers use.

`real-cases.csv` says for each where it is typed, what is typed (with `\\u` escapes), and what must
come of it. A row whose place or outcome no check here can read fails.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal import create_app
from portal.delivery import form_worker
from portal.delivery.text_worker import send_due
from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.models import InboundMessage, Mail, Message, Phone
from portal.queries.schools import SchoolRow
from portal.services.schools.schools import set_school
from tests.conftest import TEXTING_NUMBER
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import PRIMARY, RUIZ, complaints, send, sent
from tests.support.databases import Database, settings
from tests.support.families import make_parent, make_student, phone, say
from tests.support.people import PASSWORD, SignIn, make_account, newest_code
from tests.support.twilio_stand_in import ACCOUNT, TOKEN, StandIn, stand_in
from tests.support.webhooks import INBOUND, signed, state

ANA, BEN = "+14155550101", "+14155550102"
PARENT = r"finds the parent with (\(\d{3}\) \d{3}-\d{4})"
_sids = count()


@dataclass(frozen=True)
class Row:
    """A row of the file."""

    kind: str
    where: str
    typed: str
    must: str


def _unescaped(written: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})", _letter, written)


def _letter(escape: re.Match[str]) -> str:
    return chr(int(escape[1] or escape[2], 16))


def _rows() -> list[Row]:
    with Path(__file__).with_name("real-cases.csv").open(encoding="utf-8", newline="") as file:
        return [
            Row(row["kind"], row["where"], _unescaped(row["input"]), _unescaped(row["must"]))
            for row in csv.DictReader(file)
        ]


@dataclass(frozen=True)
class Portal:
    """The portal and everybody outside of it."""

    app: Flask
    database: Database
    school: SchoolRow
    staff: SignIn
    client: AuditedClient
    provider: StandIn

    def send_form(self, changed: dict[str, str]) -> TestResponse:
        """Send the Ruiz family's form with some other answers, and apply what was accepted."""
        answer = send(self.client, RUIZ | changed)
        assert answer.status_code in {303, 422}, answer.text
        form_worker.apply_pending(self.app)
        db.session.rollback()
        return answer

    def receive_text(self, body: str, number: str = ANA) -> None:
        posted = {
            "MessageSid": f"SM{next(_sids):032}",
            "AccountSid": ACCOUNT,
            "From": number,
            "To": TEXTING_NUMBER,
            "Body": body,
        }
        assert signed(self.app, INBOUND, posted).status_code == 200

    def ask_for_code(self, typed: str) -> AuditedClient:
        """Ask for a code as a browser of its own, which must be told that an email is coming."""
        client = self.app.test_client()
        assert isinstance(client, AuditedClient)
        fields = client.form("/oakwood/sign-in")
        answer = client.post("/oakwood/sign-in", data=fields | {"email": typed})
        assert answer.location == "/oakwood/sign-in/code", complaints(answer)
        return client

    def sign_in(self, typed: str, address: str, digits: str = "0123456789") -> None:
        """Sign in as a parent, with the code that goes to this address, typed in these digits."""
        client = self.ask_for_code(typed)
        code = newest_code(address).translate(str.maketrans("0123456789", digits))
        fields = client.form("/oakwood/sign-in/code")
        answer = client.post("/oakwood/sign-in/code", data=fields | {"code": code})
        assert answer.location == "/oakwood/household", complaints(answer)


def sign_in_email(portal: Portal, row: Row) -> None:
    on_file = re.fullmatch(r"the code goes to (\S+), which is on file", row.must)
    assert on_file, row.must
    address = on_file[1]
    make_parent(portal.school, "Ana Ruiz", make_student(portal.school, "Mateo Ruiz"), email=address)
    portal.sign_in(row.typed, address)
    assert set(db.session.scalars(select(Mail.to_address))) == {address}


def form_email(portal: Portal, row: Row) -> None:
    meant = re.fullmatch(r"refused with a word, or the parent can sign in as (\S+)", row.must)
    assert meant, row.must
    answer = portal.send_form({"parent1-email": row.typed})
    if answer.status_code == 422:
        assert complaints(answer)["parent1-email"]
        return
    assert set(db.session.scalars(select(Mail.to_address))) == {meant[1]}  # the receipt
    portal.sign_in(meant[1], meant[1])


def inbound_text(portal: Portal, row: Row) -> None:
    make_parent(portal.school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    assert state() == "opted_in"
    portal.receive_text(row.typed)
    (kept,) = db.session.scalars(select(InboundMessage.body))
    assert kept == row.typed  # evidence is not tidied up
    overview = portal.staff("viewer").get("/oakwood/staff/").text
    wish = "May want to opt out" in overview or "They want us to stop texting" in overview
    if row.must == "opts out":
        assert state() == "opted_out"
    elif row.must == "opts out or is put before staff as a likely wish to stop":
        assert state() == "opted_out" or wish
    else:
        assert row.must == "shown as a reaction, no wish to stop"
        assert (state(), wish) == ("opted_in", False)
        log = portal.staff("viewer").page("/oakwood/staff/texts?show=received")
        assert "reaction" in log.text("main").casefold()


def inbound_stop_from(portal: Portal, row: Row) -> None:
    on_file = re.fullmatch(r"the record's (\+\d+) is opted out", row.must)
    assert on_file, row.must
    make_parent(portal.school, "Ana Ruiz", phones=[phone(on_file[1])], typed=True)
    assert state(on_file[1]) == "opted_in"
    portal.receive_text("STOP", number=row.typed)
    assert state(on_file[1]) == "opted_out"


def form_number(portal: Portal, row: Row) -> None:
    answer = portal.send_form({f"{PRIMARY}-number": row.typed})
    if answer.status_code == 422:
        word = complaints(answer)[f"{PRIMARY}-number"]
        if row.must.endswith(", or the word names + and the country code"):
            assert "+" in word
            assert "country code" in word
        else:
            assert row.must.endswith(", or the word names the prefix"), word
            assert "00" in word or "(0)" in word
        return
    (taken,) = db.session.scalars(select(Phone.number))
    if row.must == "taken, marked not verified":
        assert taken == "+1" + re.sub(r"\D", "", row.typed)
        assert "not verified" in _record(portal).casefold()
    else:
        assert row.must.startswith("taken as ")
        assert taken == row.must.removeprefix("taken as ").partition(",")[0]
    assert state(taken) == "opted_in"


def _record(portal: Portal) -> str:
    """The record of the family that sent the form, as staff find and see it."""
    viewer = portal.staff("viewer")
    (link,) = viewer.page("/oakwood/staff/?q=Mateo+Ruiz").query("h2 a")
    return viewer.page(link.attrs["href"]).text("main")


def form_cell(portal: Portal, row: Row) -> None:
    assert row.must == "refused as a Cell, and never texted"
    answer = portal.send_form({f"{PRIMARY}-number": row.typed, f"{PRIMARY}-consent": "yes"})
    assert answer.status_code == 422
    assert complaints(answer)[f"{PRIMARY}-number"]
    # On file from the time before the form refused it, with a yes.
    number = "+1" + re.sub(r"\D", "", row.typed)
    ana = make_parent(portal.school, "Ana Ruiz", phones=[phone(number)])
    say(portal.school, number, Source.PARENT_FORM, Answer.YES, ana)
    _send_text(portal, ana, "No school today.")
    send_due(portal.app)
    assert portal.provider.texts == []


def sign_in_code(portal: Portal, row: Row) -> None:
    assert row.must == "taken (the digits of the right code, in another script)"
    digits, _, meant = row.typed.partition(" for ")
    zero = ord(digits[0]) - int(meant[0])
    assert digits == "".join(chr(zero + int(digit)) for digit in meant)
    make_parent(portal.school, "Ana Ruiz", email="ana@example.com")
    script = "".join(chr(zero + digit) for digit in range(10))
    portal.sign_in("ana@example.com", "ana@example.com", script)


def form_names(portal: Portal, row: Row) -> None:
    assert row.must == "refused: enter the name"
    for who, asked in (("parent1", "your"), ("child1", "the child's")):
        names = {f"{who}-{name}_name": row.typed for name in ("first", "last")}
        answer = portal.send_form(names)
        assert answer.status_code == 422
        words = complaints(answer)
        assert words.keys() == names.keys()
        assert all(word.startswith(f"Enter {asked}") for word in words.values())


def form_name(portal: Portal, row: Row) -> None:
    said = re.fullmatch("first name (.+), last name empty", row.typed)
    assert said, row.typed
    assert row.must == "taken"
    for who in ("parent1", "child1"):
        sent(portal.client, RUIZ | {f"{who}-first_name": said[1], f"{who}-last_name": ""})
        form_worker.apply_pending(portal.app)
        viewer = portal.staff("viewer")
        assert said[1] in viewer.page(f"/oakwood/staff/?q={said[1]}").text("ul.results")


def compose_text(portal: Portal, row: Row) -> None:
    assert row.must == "1 segment for 130 letters and this"
    ana = make_parent(portal.school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    letters = "abcdefghi " * 13
    for body in (letters + row.typed, row.typed + letters, letters[:60] + row.typed + letters[60:]):
        page = Page(_preview(portal.staff("editor"), ana, body).text)
        assert "Counts as 1 text per number" in page.text("main")
        assert page.text("p.bubble") == f"Oakwood School: {letters.strip()}"
    _send_text(portal, ana, letters + row.typed)
    send_due(portal.app)
    assert portal.provider.texts[-1].body == f"Oakwood School: {letters.strip()}"


def _preview(editor: AuditedClient, contact_id: int, body: str) -> TestResponse:
    path = "/oakwood/staff/texts/new"
    fields = editor.form(f"{path}?contact={contact_id}")
    return editor.post(path, data=fields | {"body": body, "action": "preview"})


def _send_text(portal: Portal, contact_id: int, body: str) -> None:
    """Write a text, look it over, and send it, if the page that asks lets it go at all."""
    editor = portal.staff("editor")
    fields = form_values(Page(_preview(editor, contact_id, body).text))
    editor.post("/oakwood/staff/texts/new", data=fields | {"action": "send"})
    db.session.rollback()


def staff_look_up(portal: Portal, row: Row) -> None:
    number = None
    if found := re.fullmatch("finds first name (.+), last name (.+)", row.must):
        name = f"{found[1]} {found[2]}"
    elif found := re.fullmatch(PARENT, row.must):
        number, name = "+1" + re.sub(r"\D", "", found[1]), "John Smith"
    else:
        found = re.fullmatch("finds (.+)", row.must)
        assert found, row.must
        name = found[1] if " " in found[1] else f"{found[1]} Park"
    if number:
        make_parent(portal.school, name, phones=[phone(number)])
    else:
        make_student(portal.school, name)
    make_parent(portal.school, "Somebody Else", make_student(portal.school, "Other Person"))
    page = portal.staff("editor").page("/oakwood/staff/", query_string={"q": row.typed})
    assert [link.to_text() for link in page.query("ul.results h2 a")] == [name]


def staff_sign_in(portal: Portal, row: Row) -> None:
    assert row.must == "signs in with the right password"
    make_account("pat@oakwood.example", "oakwood", "editor")
    site, headers = "https://portal.example.org", {}
    if row.typed != "no Referer header":
        port = re.fullmatch(r"Referer with port (\d+) where PORTAL_PUBLIC_URL has it", row.typed)
        assert port, row.typed
        # The proxy tells the host without its port, as nginx does with $host.
        headers = {"Referer": f"{site}:{port[1]}/staff/sign-in", "Origin": f"{site}:{port[1]}"}
        public_url = f"{site}:{port[1]}"
    else:
        public_url = site
    app = create_app(settings(portal.database.url, public_url=public_url))
    client = app.test_client()
    page = client.get("/staff/sign-in", base_url=site)
    answer = client.post(
        "/staff/sign-in",
        data=form_values(Page(page.text)) | {"email": "pat@oakwood.example", "password": PASSWORD},
        base_url=site,
        headers=headers,
    )
    assert answer.status_code == 303, answer.text
    assert client.get("/oakwood/staff/", base_url=site).status_code == 200
    with app.app_context():
        db.engine.dispose()


def provider_answer(portal: Portal, row: Row) -> None:
    assert row.must == "our own fault in words, told to admins; the batch waits"
    make_account("admin@oakwood.example", "oakwood", "admin", "Mary Boss")
    ids = [
        make_parent(portal.school, name, phones=[phone(number)], typed=True)
        for name, number in (("Ana Ruiz", ANA), ("Ben Ruiz", BEN))
    ]
    portal.provider.plan.extend([row.typed] * 2)
    for contact_id in ids:
        _send_text(portal, contact_id, "No school today.")
    send_due(portal.app)
    db.session.rollback()
    assert set(db.session.scalars(select(Message.state))) == {"queued"}
    log = portal.staff("viewer").page("/oakwood/staff/texts").text("main")
    assert "Check the number" not in log
    told = select(Mail.body).where(Mail.to_address == "admin@oakwood.example")
    (words,) = db.session.scalars(told)
    assert "text" in words


CHECKS: dict[str, Callable[[Portal, Row], None]] = {
    "sign-in email": sign_in_email,
    "form email": form_email,
    "inbound text": inbound_text,
    "inbound STOP from": inbound_stop_from,
    "form number": form_number,
    "form Cell with yes": form_cell,
    "sign-in code": sign_in_code,
    "form first and last name": form_names,
    "form name": form_name,
    "compose text": compose_text,
    "staff look-up": staff_look_up,
    "POST /staff/sign-in over https": staff_sign_in,
    "provider's answer": provider_answer,
}


@pytest.fixture(scope="module")
def provider() -> Iterator[StandIn]:
    with stand_in() as there:
        yield there


@pytest.fixture
def set_otherwise(provider: StandIn) -> dict[str, Any]:
    provider.texts.clear()
    provider.plan.clear()
    account = {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN}
    return {"sms": "twilio", "twilio_api_url": provider.url, **account}


@pytest.fixture
def portal(
    app: Flask,
    database: Database,
    school: SchoolRow,
    staff: SignIn,
    client: AuditedClient,
    provider: StandIn,
) -> Portal:
    with writing():
        school = set_school("oakwood", welcome_on=False, per_second=1000)
    return Portal(app, database, school, staff, client, provider)


@pytest.mark.parametrize("row", _rows(), ids=lambda row: f"{row.kind}:{row.typed!a}")
def test_what_people_type_and_servers_do_is_taken_for_what_it_is(portal: Portal, row: Row) -> None:
    CHECKS[row.where](portal, row)
