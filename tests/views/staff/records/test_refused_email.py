"""An email that did not arrive: on the record, the overview, in the search, and in the history."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from portal import clock
from portal.delivery import mail_worker
from portal.extensions import writing
from portal.queries.schools import SchoolRow
from portal.services.mail import queue as mail_queue
from tests.support.client import form_values
from tests.support.families import make_parent, make_student
from tests.support.people import SignIn
from tests.support.post import Post, mail_server

ANA = "ana@example.com"
SAID = "Email refused, Nov 29: no such mailbox"


@pytest.fixture
def post(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    moment = datetime(2026, 11, 29, 20, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: moment)
    with mail_server() as post:
        app.config["PORTAL"] = replace(app.config["PORTAL"], mail=post.url)
        yield post


@pytest.fixture
def family(school: SchoolRow) -> tuple[int, int]:
    child = make_student(school, "Mateo Ruiz")
    return child, make_parent(school, "Ana Ruiz", child, email=ANA)


def write(app: Flask, school: SchoolRow, kind: str = "receipt") -> int:
    with writing():
        mail_queue.enqueue(school.id, kind, ANA, "en", "A subject", "Hello")
    return mail_worker.deliver(app)


def record(contact_id: int) -> str:
    return f"/oakwood/staff/contacts/{contact_id}"


@pytest.mark.parametrize("where", ["answers", "data_answers"])
def test_a_refusal_shows_wherever_staff_look(
    app: Flask, school: SchoolRow, family: tuple[int, int], post: Post, staff: SignIn, where: str
) -> None:
    desk = staff("editor")
    assert "did not arrive" not in desk.get("/oakwood/staff/").text
    getattr(post, where).append("550 5.1.1 No such user here")
    assert write(app, school) == 0
    for contact_id in family:
        page = desk.get(record(contact_id)).text
        assert SAID in page
        assert "Email refused: ana@example.com (no such mailbox)" in page, "in the history"
    overview = desk.page("/oakwood/staff/")
    assert overview.text("#emails-refused") == "Emails that did not arrive: 1 parent"
    [link] = overview.query("[aria-labelledby=emails-refused] a")
    found = desk.page(link.attrs["href"] or "")
    assert "Ana Ruiz" in found.text("main")
    assert "No such mailbox" in found.text("main")


def test_it_ends_when_the_next_email_is_taken(
    app: Flask, school: SchoolRow, family: tuple[int, int], post: Post, staff: SignIn
) -> None:
    desk = staff("viewer")
    post.answers.append("550 5.2.2 Mailbox full")
    write(app, school)
    assert "Email refused, Nov 29: mailbox full" in desk.get(record(family[1])).text
    assert write(app, school) == 1
    assert "Email refused, Nov 29" not in desk.get(record(family[1])).text
    assert "did not arrive" not in desk.get("/oakwood/staff/").text


def test_it_ends_when_staff_correct_the_address(
    app: Flask, school: SchoolRow, family: tuple[int, int], post: Post, staff: SignIn
) -> None:
    desk = staff("editor")
    post.answers.append("550 5.1.1 No such user here")
    write(app, school)
    edit = f"{record(family[1])}/edit"
    values = form_values(desk.page(edit)) | {"email": "ana@example.org"}
    assert desk.post(edit, data=values).status_code == 303
    assert SAID not in desk.get(record(family[1])).text
    assert "did not arrive" not in desk.get("/oakwood/staff/").text


def test_an_email_given_up_after_hours_shows_as_not_delivered(
    app: Flask,
    school: SchoolRow,
    family: tuple[int, int],
    post: Post,
    staff: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post.answers.extend(["451 Busy"] * mail_queue.MOST_ATTEMPTS)
    write(app, school)
    desk = staff("viewer")
    for hours in range(1, mail_queue.MOST_ATTEMPTS):
        assert "Email not delivered" not in desk.get(record(family[1])).text
        moment = datetime(2026, 11, 29, 8 + hours, tzinfo=UTC) + timedelta(hours=12)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        mail_worker.deliver(app)
    page = desk.get(record(family[1])).text
    assert "Email not delivered, Nov 29: the email server didn&#39;t take it for hours" in page


def test_a_code_that_expired_says_nothing_about_the_address(
    app: Flask, school: SchoolRow, family: tuple[int, int], post: Post, staff: SignIn
) -> None:
    post.answers.extend(["451 Busy"] * 9)
    write(app, school, "code")
    assert "Email not delivered" not in staff("viewer").get(record(family[1])).text


def test_an_address_of_another_school_is_not_marked(
    app: Flask,
    school: SchoolRow,
    other_school: SchoolRow,
    family: tuple[int, int],
    post: Post,
    staff: SignIn,
) -> None:
    post.answers.append("550 5.1.1 No such user here")
    write(app, other_school)
    assert SAID not in staff("viewer").get(record(family[1])).text


def test_the_year_is_said_where_it_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 11, 29, 20, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 1, 2, tzinfo=UTC))
    assert clock.say_day(moment, "America/Los_Angeles") == "Nov 29, 2026"
