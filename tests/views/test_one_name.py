"""People with one name: on the form, on staff pages, in look-up, texts, and exports."""

import csv
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models import Contact, ContactRoleAssignment
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import PRIMARY, RUIZ, complaints, send, sent
from tests.support.people import SignIn, newest_link

pytestmark = pytest.mark.usefixtures("school")
DESK = "/oakwood/staff"
FORM = "main form.narrow"


def one_named(first: bool, name: str = "Sukarno", parent: str = "Fatmawati") -> dict[str, str]:
    """A form by a parent with one name for a child with one, in either box."""
    used, empty = ("first_name", "last_name") if first else ("last_name", "first_name")
    return RUIZ | {
        f"child1-{used}": name,
        f"child1-{empty}": "",
        f"parent1-{used}": parent,
        f"parent1-{empty}": "",
    }


def student() -> int:
    role = ContactRoleAssignment
    return db.session.scalars(select(role.contact_id).where(role.role == "student")).one()


def parent() -> int:
    role = ContactRoleAssignment
    return db.session.scalars(select(role.contact_id).where(role.role == "parent")).one()


@pytest.mark.parametrize("first", [True, False], ids=["first box", "last box"])
@pytest.mark.parametrize(
    "name",
    ["Sukarno", "Suharto", "Aung", "Mahsa", "Björk", "王", "Nandhini", "Ölmez", "아름", "ณัฐ"],
)
def test_one_of_the_two_names_is_enough(client: AuditedClient, name: str, first: bool) -> None:
    sent(client, one_named(first, name))
    names = {contact.full_name for contact in db.session.scalars(select(Contact))}
    assert names == {name, "Fatmawati"}


@pytest.mark.parametrize("typed", ["", "   ", "\u3000"])
def test_with_neither_name_the_form_says_so(client: AuditedClient, typed: str) -> None:
    answer = send(client, RUIZ | {"child1-first_name": typed, "child1-last_name": typed})
    assert answer.status_code == 422
    assert set(complaints(answer)) == {"child1-first_name", "child1-last_name"}


def test_the_form_says_once_that_one_name_is_enough(client: AuditedClient) -> None:
    words, page = "If there is only one name", client.page("/oakwood/forms/contact")
    assert page.text("#child1 .hint") == f"{words}, leave the other box empty."
    assert client.get("/oakwood/forms/contact").text.count(words) == 1


@pytest.mark.parametrize("first", [True, False], ids=["first box", "last box"])
def test_pages_show_one_name_without_a_space_that_is_left_over(
    app: Flask, client: AuditedClient, staff: SignIn, first: bool
) -> None:
    sent(client, one_named(first))
    thanks = client.get("/oakwood/forms/contact/sent").text
    desk = staff()
    record = desk.get(f"{DESK}/contacts/{student()}").text
    found = desk.get(f"{DESK}/?q=sukarno").text
    overview = desk.get(f"{DESK}/").text
    mine = desk.get(f"{DESK}/contacts/{parent()}").text
    ana = app.test_client()
    assert isinstance(ana, AuditedClient)
    link = newest_link(RUIZ["parent1-email"])
    ana.post(link, data=form_values(ana.page(link)))
    household = ana.get("/oakwood/household").text
    form = ana.get("/oakwood/forms/contact").text
    for html in (thanks, record, found, overview, mine, household):
        assert "<bdi>Sukarno</bdi>" in html
    for html in (thanks, record, found, mine, household, form):
        assert "<bdi>Fatmawati</bdi>" in html
    assert "Email the form to <bdi></bdi>" not in mine


@pytest.mark.parametrize("first", [True, False], ids=["first box", "last box"])
def test_lists_and_exports_have_one_name_without_a_space(
    client: AuditedClient, staff: SignIn, first: bool
) -> None:
    sent(client, one_named(first) | {f"{PRIMARY}-consent": "no"})
    desk = staff()
    outs = list(csv.DictReader(StringIO(desk.get(f"{DESK}/opt-outs.csv").text.lstrip("\ufeff"))))
    assert [row["parent_name"] for row in outs] == ["Fatmawati"]
    asked = "f1=role&v1=student&col=student.name&col=parent1.name"
    lines = list(csv.reader(StringIO(desk.get(f"{DESK}/search.csv?{asked}").text.lstrip("\ufeff"))))
    assert lines[1][:2] == ["Sukarno", "Fatmawati"]
    book = ZipFile(BytesIO(desk.get(f"{DESK}/search.xlsx?{asked}").data))
    cells = " ".join(book.read(n).decode() for n in book.namelist() if n.endswith(".xml"))
    assert ">Sukarno<" in cells
    assert ">Fatmawati<" in cells


def test_a_parent_with_one_name_can_be_texted(client: AuditedClient, staff: SignIn) -> None:
    sent(client, one_named(first=False))
    desk = staff()
    page = desk.page(f"{DESK}/texts/new?contact={parent()}")
    assert "Fatmawati" in page.text("main")


def test_staff_add_and_edit_people_with_one_name(staff: SignIn) -> None:
    desk = staff()
    add = f"{DESK}/students/new"
    assert desk.post(add, data=desk.form(add, FORM) | {"last_name": "Sukarno"}).status_code == 303
    child = student()
    new = f"{DESK}/contacts/{child}/parents/new"
    fields = desk.form(new, "main form[method=post]") | {
        "first_name": "Fatmawati",
        "relationship": "mother",
        "position": "1",
    }
    assert desk.post(new, data=fields).status_code == 303
    edit = f"{DESK}/contacts/{child}/edit"
    moved = desk.form(edit, FORM) | {"first_name": "Soekarno", "last_name": ""}
    assert desk.post(edit, data=moved).status_code == 303
    names = {contact.full_name for contact in db.session.scalars(select(Contact))}
    assert names == {"Soekarno", "Fatmawati"}
    answer = desk.post(edit, data=moved | {"first_name": " "})
    assert answer.status_code == 422
    assert "Enter the first name." in Page(answer.text).text("#error-summary")


def test_the_same_one_name_in_the_other_box_is_the_same_person(client: AuditedClient) -> None:
    sent(client, one_named(first=True))
    sent(client, one_named(first=False))
    assert len(db.session.scalars(select(Contact)).all()) == 2
