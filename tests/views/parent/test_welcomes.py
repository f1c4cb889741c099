"""Typing somebody's number on a form does not make the school text them."""

import threading

import pytest
from flask import Flask
from sqlalchemy import select

from portal.consent.ledger import Decision
from portal.enums import Answer, NoticeKind, Source
from portal.extensions import db, writing
from portal.models import Message
from portal.queries.records.staff_notices import open_notices
from portal.queries.schools import SchoolRow
from portal.services.actor import COMMAND
from portal.services.texting import send as texting
from portal.services.texting import welcomes
from portal.services.texting.record_consent import record_answer
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import RUIZ, phone, sent
from tests.support.families import make_parent, make_student, stop
from tests.support.families import phone as on_file
from tests.support.intake import accept_all
from tests.support.people import newest_link, parent_signed_in

ANA = "ana.ruiz@example.com"
OF_ANA = "+14155550182"
SLOTS = ("primary_phone", "secondary_phone", "other_phone")


def welcomed() -> list[str]:
    found = select(Message.number).where(Message.kind == "welcome").order_by(Message.number)
    return [number or "" for number in db.session.scalars(found)]


def twelve(email: str = ANA) -> dict[str, str]:
    """A form with 12 numbers, and a yes for each."""
    form = RUIZ | {"parent1-email": email}
    for n in range(1, 5):
        form |= {f"parent{n}-first_name": f"Parent{n}", f"parent{n}-last_name": "Ruiz"}
        for i, slot in enumerate(SLOTS):
            form |= phone(slot, "cell", f"(415) 555-01{n}{i}", "yes", parent=n)
    return form


def tap(client: AuditedClient, email: str = ANA) -> None:
    path = newest_link(email)
    assert client.post(path, data=form_values(client.page(path))).status_code == 303


@pytest.mark.usefixtures("school")
def test_a_form_sends_no_text_until_the_link_of_its_receipt_is_tapped(
    client: AuditedClient,
) -> None:
    no = phone("secondary_phone", "cell", "(415) 555-0190", "no")
    sent(client, RUIZ | no)
    assert welcomed() == []
    path = newest_link(ANA)
    client.page(path)
    assert welcomed() == [], "looking is no tap: mail programs do it"
    tap(client)
    assert welcomed() == [OF_ANA]


def test_a_number_that_is_not_opted_in_any_more_is_not_welcomed(
    client: AuditedClient, school: SchoolRow
) -> None:
    sent(client, RUIZ)
    stop(school, OF_ANA)
    tap(client)
    assert welcomed() == []


def test_twelve_numbers_on_a_form_bring_a_few_welcomes_and_the_rest_with_the_first_text(
    client: AuditedClient, school: SchoolRow
) -> None:
    sent(client, twelve())
    tap(client)
    assert len(welcomed()) == welcomes.OF_PARENT
    [notice] = open_notices(school.id)
    assert (notice.kind, notice.about, notice.times) == (NoticeKind.WELCOME_DELAYED, "parent", 8)
    last = "+14155550142"
    assert last not in welcomed()
    with writing():
        texting.send_to_number(school, COMMAND, last, "No school today")
    assert last in welcomed()


def test_the_link_brings_no_more_than_the_parents_answers_of_the_day(
    app: Flask, client: AuditedClient, school: SchoolRow
) -> None:
    sent(client, twelve())
    tap(client)
    answers = [f"+141555502{n:02d}" for n in range(45)]
    ana = db.session.scalar(select(welcomes.LimitUse.subject).limit(1)) or ""
    for number in answers:
        says_yes(school, ana, number)
    assert len(welcomed()) == welcomes.OF_PARENT


def says_yes(school: SchoolRow, actor: str, number: str) -> None:
    decision = Decision(
        school_id=school.id,
        number=number,
        source=Source.PARENT_FORM,
        answer=Answer.YES,
        actor=actor,
        texting_number=school.texting_number,
    )
    with writing():
        record_answer(school, decision)


def test_forty_five_answers_signed_in_bring_a_few_welcomes(school: SchoolRow) -> None:
    for n in range(45):
        says_yes(school, "contact:1", f"+141555502{n:02d}")
    assert len(welcomed()) == welcomes.OF_PARENT
    says_yes(school, "contact:2", "+14155550299")
    assert "+14155550299" in welcomed()


def test_answers_at_the_same_moment_are_no_way_around_the_limit(
    app: Flask, school: SchoolRow
) -> None:
    def answer(n: int) -> None:
        with app.app_context():
            says_yes(school, "contact:1", f"+141555502{n:02d}")
            db.session.remove()

    threads = [threading.Thread(target=answer, args=[n]) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(welcomed()) <= welcomes.OF_PARENT


def test_a_school_has_a_limit_of_its_own(
    school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(welcomes, "OF_SCHOOL", 2)
    for n in range(4):
        says_yes(school, f"contact:{n}", f"+1415555020{n}")
    assert len(welcomed()) == 2
    [notice] = open_notices(school.id)
    assert (notice.about, notice.times) == ("school", 2)


def test_the_family_page_welcomes_at_once(app: Flask, school: SchoolRow) -> None:
    child = make_student(school, "Mateo Ruiz")
    make_parent(school, "Ana Ruiz", child, email=ANA, phones=[on_file(OF_ANA)])
    client = parent_signed_in(app, ANA)
    page = client.page("/oakwood/household")
    values = form_values(page, "form[action$=answer]") | {"answer": "yes"}
    client.post("/oakwood/household/answer", data=values)
    assert welcomed() == [OF_ANA]


def test_staff_who_accept_a_yes_bring_its_welcome(client: AuditedClient, school: SchoolRow) -> None:
    child = make_student(school, "Mateo Ruiz")
    make_parent(school, "Ana Ruiz", child, email=ANA, phones=[on_file(OF_ANA)])
    sent(client, RUIZ)
    assert welcomed() == []
    accept_all(school)
    assert welcomed() == [OF_ANA]
