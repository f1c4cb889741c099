"""Phone numbers on the contact form: taken as people write them, or refused in words."""

import pytest
from sqlalchemy import func, select

from portal.consent import gate
from portal.enums import MessageFault
from portal.extensions import db
from portal.models import ConsentEvent, Phone
from portal.queries.schools import SchoolRow
from tests.support.client import AuditedClient
from tests.support.contact_form import PRIMARY, RUIZ, complaints, send, sent
from tests.support.people import SignIn

NUMBER = f"{PRIMARY}-number"


def on_file() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Phone.number)))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+52 1 55 4163 7145", "+525541637145"),
        ("00 52 55 4163 7145", "+525541637145"),
        ("52 55 4163 7145", "+525541637145"),
        ("001 425 555 0168", "+14255550168"),
        ("+1 (0) 425 555 0168", "+14255550168"),
        ("+54 11 2345 6789", "+5491123456789"),
    ],
)
def test_a_cell_is_taken_with_any_prefix(
    school: SchoolRow, client: AuditedClient, typed: str, kept: str
) -> None:
    sent(client, RUIZ | {NUMBER: typed})
    assert on_file() == [kept]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("+52 55 4163 71455", "too long for one that starts with +52"),
        ("+52 55 4163", "too short for one that starts with +52"),
        ("07400 123456", "start with + and the country code"),
        ("011 425 555 0168", "start with + and the country code"),
        ("447400123456", "start with + and the country code"),
        ("206 555 01477", "too long"),
    ],
)
@pytest.mark.usefixtures("school")
def test_a_refusal_names_the_true_cause(client: AuditedClient, typed: str, message: str) -> None:
    answer = send(client, RUIZ | {NUMBER: typed})
    assert message in complaints(answer)[NUMBER]
    assert on_file() == []


@pytest.mark.parametrize(
    "typed",
    ["(900) 555-0123", "(800) 555-0123", "(500) 555-0123", "(700) 555-0123", "+44 70 1234 5678"],
)
def test_a_number_that_gets_no_texts_is_refused_as_a_cell_and_never_texted(
    school: SchoolRow, client: AuditedClient, typed: str
) -> None:
    answer = send(client, RUIZ | {NUMBER: typed})
    assert answer.status_code == 422
    assert "Texts can't go to this number." in complaints(answer)[NUMBER]
    assert db.session.scalar(select(func.count()).select_from(ConsentEvent)) == 0
    sent(client, RUIZ | {NUMBER: typed, f"{PRIMARY}-type": "home"})
    [number] = on_file()
    assert gate.preview(school.id, [number])[number] is not None


def test_a_cell_with_a_new_area_code_is_taken_texted_and_marked_for_staff(
    school: SchoolRow, client: AuditedClient, staff: SignIn
) -> None:
    sent(client, RUIZ | {NUMBER: "(861) 555-0123"})
    [number] = on_file()
    assert number == "+18615550123"
    assert gate.preview(school.id, [number, "+18005550123"]) == {
        number: None,
        "+18005550123": MessageFault.NOT_ASKED,
    }
    found = staff("viewer").page("/oakwood/staff/?q=861+555+0123").text("main")
    assert "(861) 555-0123 Not verified" in " ".join(found.split())


def test_the_words_are_spanish_for_those_who_read_spanish(
    school: SchoolRow, client: AuditedClient
) -> None:
    client.get("/oakwood/forms/contact?lang=es")
    answer = send(client, RUIZ | {NUMBER: "(900) 555-0123"})
    assert "elija Casa o Trabajo" in complaints(answer)[NUMBER]
    answer = send(client, RUIZ | {NUMBER: "+52 55 4163 71455"})
    assert "empieza con +52" in complaints(answer)[NUMBER]
