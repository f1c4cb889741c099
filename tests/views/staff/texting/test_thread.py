"""The conversation with one number, and the box to reply."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.delivery.text_worker import send_due
from portal.enums import PhoneType
from portal.extensions import db, writing
from portal.models import Batch, InboundMessage, Message
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.schools.schools import set_school
from portal.services.texting import send as texting
from tests.support.families import make_parent, make_student, pause, phone, stop
from tests.support.incoming import ANA, BEN, take
from tests.support.people import SignIn

TEXTS = "/oakwood/staff/texts"
THREAD = f"{TEXTS}/numbers/{ANA[1:]}"
BOX = "#reply form"


@pytest.fixture
def ana(app: Flask, school: SchoolRow) -> int:
    """Ana has had a text, and has answered it twice."""
    with writing():
        school = set_school("oakwood", welcome_on=False)
    mateo = make_student(school, "Mateo Ruiz")
    ana = make_parent(school, "Ana Ruiz", mateo, phones=[phone(ANA)], typed=True)
    with writing():
        texting.send_to_number(school, texting_by(), ANA, "No school on Monday")
    send_due(app)
    take("Is the bus late?")
    take("And Tuesday?")
    return ana


def texting_by() -> Actor:
    return Actor(1, "Pat Fields")


def unread() -> list[str]:
    db.session.rollback()
    rows = select(InboundMessage.body).where(InboundMessage.read_at.is_(None))
    return list(db.session.scalars(rows))


def sent() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Message.body).order_by(Message.id)))


def test_it_shows_both_ways_in_order_and_what_the_portal_answered(
    app: Flask, staff: SignIn, ana: int
) -> None:
    take("STOP")
    send_due(app)
    page = staff("viewer").page(THREAD)
    assert [b.to_text() for b in page.query(".thread .bubble")] == [
        "Oakwood School: No school on Monday",
        "Is the bus late?",
        "And Tuesday?",
        "STOP",
        "Oakwood School: You're unsubscribed and won't get more texts from us. To get them again: "
        "[link]",
    ]
    assert "Sent by the portal (STOP confirmation)" in page.text(".thread")
    assert "Child: Mateo Ruiz" in page.text(".about")
    assert page.query(f'.about [data-consent="opted_out"][data-number="{ANA}"]')


def test_a_reply_goes_through_the_gate_once_and_marks_as_read_what_its_page_showed(
    app: Flask, staff: SignIn, ana: int
) -> None:
    editor = staff("editor")
    fields = editor.form(THREAD, BOX)
    shown = [i.attrs["value"] for i in editor.page(THREAD).query(f"{BOX} [name=id]")]
    take("One more thing")  # while the reply is written
    for _ in range(2):  # a double tap
        answer = editor.post(THREAD, data=fields | {"body": "10 minutes", "id": shown})
        assert (answer.status_code, answer.location) == (303, f"{THREAD}#newest")
    assert sent()[1:] == ["Oakwood School: 10 minutes"]
    assert unread() == ["One more thing"]
    send_due(app)
    db.session.rollback()
    state = select(Message.state).order_by(Message.id.desc()).limit(1)
    assert db.session.scalar(state) == "sent"
    assert "Pat Fields" in editor.page(THREAD).text(".thread .out:last-child")


def test_a_stop_while_the_reply_is_written_is_not_written_over(staff: SignIn, ana: int) -> None:
    editor = staff("editor")
    fields = editor.form(THREAD, BOX)
    take("STOP")
    before = sent()
    answer = editor.post(THREAD, data=fields | {"body": "10 minutes"})
    assert answer.status_code == 422
    assert "Not sent. This number can&#39;t be texted: Opted out." in answer.text
    assert 'Your reply was: <span dir="auto">10 minutes' in answer.text
    assert (sent(), len(unread())) == (before, 2)


@pytest.mark.parametrize("body", ["", "x" * 1700])
def test_a_reply_that_cannot_be_sent_comes_back(staff: SignIn, ana: int, body: str) -> None:
    editor = staff("editor")
    answer = editor.post(THREAD, data=editor.form(THREAD, BOX) | {"body": body})
    assert answer.status_code == 422
    assert body in answer.text
    assert len(sent()) == 1
    assert len(unread()) == 2


def test_a_reply_whose_session_ended_is_looked_over_first(staff: SignIn, ana: int) -> None:
    editor = staff("editor")
    fields = editor.form(THREAD, BOX) | {"body": "10 minutes", "review": "1"}
    page = editor.post(THREAD, data=fields)
    assert (page.status_code, "Not sent yet." in page.text) == (200, True)
    assert "10 minutes</textarea>" in page.text
    assert len(sent()) == 1


def test_the_box_says_why_a_number_cannot_be_texted(staff: SignIn, school: SchoolRow) -> None:
    stop(school, ANA)
    home = phone(BEN, PhoneType.HOME, slot=1)
    make_parent(school, "Ana Ruiz", phones=[phone(ANA), home])
    for number, why in ((ANA, "Opted out"), (BEN, "No cell phone on file")):
        page = staff("editor").page(f"{TEXTS}/numbers/{number[1:]}")
        assert not page.query("#reply textarea")
        assert f"This number can't be texted: {why}" in page.text("#reply")


def test_a_paused_number_has_its_mark_and_no_box(
    staff: SignIn, school: SchoolRow, ana: int
) -> None:
    pause(school, ANA)
    page = staff("editor").page(THREAD)
    assert page.query(".about [data-pause]")
    assert "This number can't be texted" in page.text("#reply")
    assert not page.query("#reply textarea")


def test_viewers_read_and_cannot_reply(staff: SignIn, ana: int) -> None:
    viewer = staff("viewer")
    page = viewer.page(THREAD)
    assert "And Tuesday?" in page.text(".thread")
    assert not page.query("#reply form")
    token = viewer.form("/oakwood/staff/", "form.account")["csrf_token"]
    assert viewer.post(THREAD, data={"csrf_token": token, "body": "Hi"}).status_code == 403


def test_a_number_of_another_school_or_of_nobody_is_not_there(
    staff: SignIn, school: SchoolRow, other_school: SchoolRow
) -> None:
    make_parent(other_school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    take("Hello", texting_number=other_school.texting_number)
    strange = db.session.scalars(select(InboundMessage.id)).one()
    editor = staff("editor")
    token = editor.form("/oakwood/staff/", "form.account")["csrf_token"]
    for path in (THREAD, f"{TEXTS}/numbers/1", f"{TEXTS}/numbers/x", f"{TEXTS}/replies/{strange}"):
        assert editor.get(path).status_code == 404
    posted = {"csrf_token": token, "body": "Hi", "form_key": "a" * 32, "id": strange}
    assert editor.post(THREAD, data=posted).status_code == 404
    make_parent(school, "Ben Ruiz", phones=[phone(BEN)], typed=True)
    own = f"{TEXTS}/numbers/{BEN[1:]}"
    assert editor.post(own, data=posted).status_code == 404, "an id of another school"
    assert db.session.query(Batch).count() == 0


def test_replies_show_the_text_before_them_and_lead_to_the_conversation(
    app: Flask, staff: SignIn, school: SchoolRow, ana: int
) -> None:
    with writing():
        texting.send_to_number(school, texting_by(), ANA, "Later news")
    send_due(app)
    editor = staff("editor")
    page = editor.page(f"{TEXTS}?show=replies")
    first = page.query(".log li.in")[0]
    assert "“Oakwood School: No school on Monday”" in first.to_text()
    links = {a.attrs["href"] for a in first.query("a")}
    assert {THREAD, f"{THREAD}#newest"} <= links
    record = editor.page(f"/oakwood/staff/contacts/{ana}")
    assert THREAD in {a.attrs["href"] for a in record.query(".phones a")}


def test_earlier_texts_are_a_page_away(staff: SignIn, ana: int) -> None:
    for n in range(35):
        take(f"Number {n}")
    client = staff("viewer")
    page = client.page(THREAD)
    bubbles = [b.to_text() for b in page.query(".bubble")]
    assert (bubbles[0], bubbles[-1], len(bubbles)) == ("Number 5", "Number 34", 30)
    [earlier] = page.query("p.pages a")
    older = client.page(THREAD + (earlier.attrs["href"] or ""))
    assert [b.to_text() for b in older.query(".bubble")][-1] == "Number 4"
