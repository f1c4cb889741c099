"""An id of another school in a form's body is a 404, as if nobody had it, and changes nothing."""

import secrets

import pytest
from flask import Flask
from sqlalchemy import select

from portal.enums import InboundVia
from portal.extensions import db, writing
from portal.models import InboundMessage, Mail, Message, ParentLink, Proposal
from portal.queries.schools import SchoolRow
from portal.services.texting import inbound
from portal.services.texting.inbound import Received
from tests.support.client import AuditedClient
from tests.support.contact_form import RUIZ
from tests.support.families import make_parent, make_student, phone
from tests.support.people import SignIn, parent_signed_in

EMAIL = "ana.ruiz@example.com"
MISSING = 4_711


def _family(school: SchoolRow, email: str = EMAIL) -> tuple[int, int]:
    student = make_student(school, "Mateo Ruiz")
    parent = make_parent(school, "Ana Ruiz", student, email=email, phones=[phone("+14155550101")])
    return student, parent


def _text(school: SchoolRow) -> int:
    with writing():
        received = Received(
            secrets.token_hex(8), "+14155550101", school.texting_number, "Thank you"
        )
        inbound.receive_text(received, InboundVia.WEBHOOK)
    rows = select(InboundMessage.id).where(InboundMessage.school_id == school.id)
    found = db.session.scalar(rows)
    assert found is not None
    return found


def _proposal(client: AuditedClient, school: SchoolRow) -> int:
    """Something that waits on the Ruiz family's record at a school."""
    path = f"/{school.slug}/forms/contact"
    page = client.page(path)
    hidden = {
        i.attrs["name"]: i.attrs.get("value") or "" for i in page.query("main input[type=hidden]")
    }
    new = {"parent1-primary_phone-number": "(415) 555-0199"}
    assert client.post(path, data=hidden | RUIZ | new).status_code == 303
    found = db.session.scalar(select(Proposal.id).where(Proposal.school_id == school.id))
    assert found is not None
    return found


def _token(client: AuditedClient) -> dict[str, str]:
    return {"csrf_token": client.form("/oakwood/staff/", "form.account")["csrf_token"]}


@pytest.mark.parametrize("mixed", [False, True], ids=["alone", "among others"])
@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/oakwood/staff/texts/new", "ids"),
        ("/oakwood/staff/invitations/chosen", "ids"),
    ],
)
def test_contacts(
    staff: SignIn,
    school: SchoolRow,
    other_school: SchoolRow,
    path: str,
    field: str,
    mixed: bool,
) -> None:
    mine, other = _family(school)[1], _family(other_school)[1]
    editor = staff("editor")
    token = _token(editor)
    for strange in (other, MISSING):
        ids = f"{mine},{strange}" if mixed else str(strange)
        answer = editor.post(path, data=token | {field: ids, "search": "role=parent"})
        assert answer.status_code == 404
    assert db.session.query(Mail).count() == db.session.query(Message).count() == 0
    assert editor.post(path, data=token | {field: str(mine)}).status_code in {200, 303}


def test_a_parent_of_another_school_is_not_added(
    staff: SignIn, school: SchoolRow, other_school: SchoolRow
) -> None:
    child = make_student(school, "Iris Lee")
    other = _family(other_school)[1]
    editor = staff("editor")
    path = f"/oakwood/staff/contacts/{child}/parents/new"
    typed = editor.form(path, "main form[method=post]") | {
        "relationship": "mother",
        "position": "1",
    }
    for strange in (other, MISSING):
        answer = editor.post(path, data=typed | {"existing": str(strange)})
        assert answer.status_code == 404
    assert db.session.query(ParentLink).filter_by(student_id=child).count() == 0


def test_texts(staff: SignIn, school: SchoolRow, other_school: SchoolRow) -> None:
    mine, other = _text(school), _text(other_school)
    editor = staff("editor")
    for ids in ([other], [mine, other], [MISSING]):
        answer = editor.post("/oakwood/staff/texts/read", data=_token(editor) | {"id": ids})
        assert answer.status_code == 404
    assert {row.read_at for row in db.session.query(InboundMessage)} == {None}
    answer = editor.post("/oakwood/staff/texts/read", data=_token(editor) | {"id": [mine]})
    assert answer.status_code == 303


@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_proposals_for_staff(
    client: AuditedClient, staff: SignIn, school: SchoolRow, other_school: SchoolRow, verb: str
) -> None:
    parent = _family(school)[1]
    _family(other_school)
    mine, other = _proposal(client, school), _proposal(client, other_school)
    editor = staff("editor")
    path = f"/oakwood/staff/contacts/{parent}/proposals"
    for posted in (
        {verb: other},
        {verb: "all", "shown": [mine, other]},
        {verb: mine, "shown": [mine, other]},
        {verb: MISSING},
    ):
        assert editor.post(path, data=_token(editor) | posted).status_code == 404
    assert {row.state for row in db.session.query(Proposal)} == {"waiting"}
    answer = editor.post(path, data=_token(editor) | {verb: mine})
    assert answer.status_code == 303


@pytest.mark.parametrize("button", ["mine", "not_mine"])
def test_proposals_for_parents(
    app: Flask, client: AuditedClient, school: SchoolRow, other_school: SchoolRow, button: str
) -> None:
    _family(school)
    _family(other_school)
    mine, other = _proposal(client, school), _proposal(client, other_school)
    ana = parent_signed_in(app, EMAIL)
    token = {"csrf_token": ana.form("/oakwood/household", "main form")["csrf_token"]}
    for ids in ([other], [mine, other], [MISSING], ["x"]):
        posted = token | {"shown": ids, button: "1"}
        assert ana.post("/oakwood/household/waiting", data=posted).status_code == 404
    assert {row.state for row in db.session.query(Proposal)} == {"waiting"}


def test_who_is_signing_in(
    app: Flask, client: AuditedClient, school: SchoolRow, other_school: SchoolRow
) -> None:
    """One email, two people: nobody else can be chosen."""
    from tests.support.client import form_values
    from tests.support.people import newest_code

    _family(school)
    make_parent(school, "Ben Ruiz", make_student(school, "Luz Ruiz"), email=EMAIL)
    other = _family(other_school, "someone@example.com")[1]
    client.post("/oakwood/sign-in", data=client.form("/oakwood/sign-in") | {"email": EMAIL})
    code = form_values(client.page("/oakwood/sign-in/code")) | {"code": newest_code(EMAIL)}
    assert client.post("/oakwood/sign-in/code", data=code).location.endswith("/who")
    token = {"csrf_token": client.form("/oakwood/sign-in/who")["csrf_token"]}
    for strange in (other, MISSING):
        answer = client.post("/oakwood/sign-in/who", data=token | {"contact": str(strange)})
        assert answer.status_code == 404
    assert client.get("/oakwood/household").status_code == 303
    answer = client.post("/oakwood/sign-in/who", data=token)
    assert answer.location.endswith("/who")
