"""Staff email the form to one parent, or to selected people. `test_campaigns.py` has groups."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.delivery import mail_worker
from portal.extensions import db
from portal.models import Mail
from portal.queries.schools import SchoolRow
from tests.support.client import AuditedClient, form_values
from tests.support.families import make_parent, make_student, phone
from tests.support.people import SignIn, newest_link
from tests.support.post import mail_server

ANA, NUMBER = "ana@example.com", "+14155550182"
LIST = "/oakwood/staff/invitations"


@pytest.fixture
def desk(staff: SignIn) -> AuditedClient:
    return staff("editor")


def sent() -> list[str]:
    return list(db.session.scalars(select(Mail.to_address).order_by(Mail.to_address)))


def ana(school: SchoolRow) -> int:
    child = make_student(school, "Mateo Ruiz")
    return make_parent(school, "Ana Ruiz", child, email=ANA, phones=[phone(NUMBER)])


def email_form(desk: AuditedClient, contact_id: int) -> str:
    """Press the button on a record; the page that follows."""
    path = f"/oakwood/staff/contacts/{contact_id}"
    answer = desk.post(f"{path}/invitation", data=form_values(desk.page(path), "#invite"))
    assert answer.status_code == 303
    return desk.get(answer.location).text


def test_the_mails_link_signs_the_parent_in(
    desk: AuditedClient, client: AuditedClient, school: SchoolRow
) -> None:
    page = email_form(desk, ana(school))
    assert "We&#39;re emailing the form to ana@example.com" in page
    assert "Asked to email the form to: ana@example.com" in page, "the history tells of it"
    path = newest_link(ANA)
    answer = client.post(path, data=form_values(client.page(path)))
    assert answer.location == "/oakwood/household"


def test_the_history_says_emailed_once_a_server_took_it(
    app: Flask, desk: AuditedClient, school: SchoolRow
) -> None:
    contact_id = ana(school)
    assert "Form emailed to" not in email_form(desk, contact_id)
    assert mail_worker.deliver(app) == 1
    assert "Form emailed to: ana@example.com" in desk.get(record(contact_id)).text


def test_the_history_does_not_say_emailed_if_the_server_refused_it(
    app: Flask, desk: AuditedClient, school: SchoolRow
) -> None:
    contact_id = ana(school)
    with mail_server() as post:
        app.config["PORTAL"] = replace(app.config["PORTAL"], mail=post.url)
        post.answers.append("550 5.1.1 No such user here")
        email_form(desk, contact_id)
        assert mail_worker.deliver(app) == 0
    page = desk.get(record(contact_id)).text
    assert "Form emailed to" not in page
    assert "Email refused: ana@example.com (no such mailbox)" in page


def record(contact_id: int) -> str:
    return f"/oakwood/staff/contacts/{contact_id}"


def after(monkeypatch: pytest.MonkeyPatch, **ahead: float) -> None:
    moment = clock.now() + timedelta(**ahead)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_it_may_be_sent_again_after_two_minutes(
    desk: AuditedClient, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = ana(school)
    email_form(desk, contact_id)
    after(monkeypatch, seconds=119)
    assert "Not sent again" in email_form(desk, contact_id)
    assert sent() == [ANA]
    after(monkeypatch, seconds=2)
    assert "Not sent" not in email_form(desk, contact_id)
    assert sent() == [ANA, ANA]


def test_the_two_minutes_are_each_parents_own(desk: AuditedClient, school: SchoolRow) -> None:
    ben = make_parent(school, "Ben Ruiz", email=ANA, phones=[phone("+14155550183")])
    email_form(desk, ana(school))
    assert "Not sent" not in email_form(desk, ben)
    assert sent() == [ANA, ANA]


def test_an_address_gets_three_in_an_hour(
    desk: AuditedClient, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact_id = ana(school)
    for _ in range(3):
        email_form(desk, contact_id)
        after(monkeypatch, minutes=3)
    assert "had 3 of these emails in the last hour" in email_form(desk, contact_id)
    assert len(sent()) == 3
    after(monkeypatch, minutes=52)
    assert "Not sent" not in email_form(desk, contact_id)


def test_who_has_no_email_is_not_offered_it(desk: AuditedClient, school: SchoolRow) -> None:
    child = make_student(school, "Mateo Ruiz")
    for contact_id in (child, make_parent(school, "Ben Ruiz", child)):
        path = f"/oakwood/staff/contacts/{contact_id}"
        assert "Email them the form" not in desk.get(path).text
        token = form_values(desk.page(path), "form.account")
        assert desk.post(f"{path}/invitation", data=token).status_code == 404


def families(school: SchoolRow) -> None:
    """Four parents with an email address."""
    ana(school)
    for name, number in (("Ben", "+14155550183"), ("Cy", "+14155550184"), ("Di", "+14155550185")):
        make_parent(school, f"{name} Ruiz", email=f"{name}@example.com", phones=[phone(number)])


@pytest.mark.parametrize("search", ["f1=grade&v1=3", "f1=grade&v1=3\r\nX: y", ""])
def test_nothing_chosen_is_told(desk: AuditedClient, school: SchoolRow, search: str) -> None:
    ana(school)
    values = form_values(desk.page("/oakwood/staff/search?f1=role&v1=student"), "#chosen")
    answer = desk.post(f"{LIST}/chosen", data=values | {"search": search})
    assert answer.status_code == 303
    assert "Select at least one person first." in desk.get(answer.location).text
    assert sent() == []


def test_all_rows_of_a_search_that_lost_a_criterion_are_nobody(
    desk: AuditedClient, school: SchoolRow
) -> None:
    families(school)
    values = form_values(desk.page("/oakwood/staff/search?f1=role&v1=parent"), "#chosen")
    asked = "f1=role&v1=parent&f2=last_name&o2=is&v2="
    for search, mailed in ((asked, 0), (f"{asked}Ruiz", 4)):
        desk.post(f"{LIST}/chosen", data=values | {"search": search, "whole": "yes"})
        assert len(sent()) == mailed
