"""Families that nobody reached: who they are, why, and every phone of every parent."""

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import delete, func, select, update

from portal.enums import MessageKind, MessageState
from portal.extensions import db, writing
from portal.models import BatchStudent, Mail, Message
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.texting import send as texting
from tests.support.client import form_values
from tests.support.families import HOME, make_parent, make_student, phone, stop
from tests.support.people import SignIn

PAT = Actor(1, "Pat Fields")
ANA, BEN, CLEO, DORA = (f"+1415555010{n}" for n in range(1, 5))


@pytest.fixture
def batch(school: SchoolRow) -> str:
    """The page of a text to three children. Mateo's father was reached, Lucia's parents were not,
    and Omar has none."""
    mateo, lucia = make_student(school, "Mateo Ruiz"), make_student(school, "Lucia Ames", "KG")
    omar = make_student(school, "Omar Zane", None)
    make_parent(school, "Ana Ruiz", mateo, phones=[phone(ANA)], typed=True)
    make_parent(school, "Ben Ruiz", mateo, phones=[phone(BEN)], typed=True)
    cells = [phone(CLEO), phone(DORA, HOME, slot=1)]
    make_parent(school, "Cleo Ames", lucia, email="cleo@x.example", phones=cells, typed=True)
    make_parent(school, "Dan Ames", lucia)
    stop(school, ANA)
    stop(school, CLEO)
    with writing():
        sent = texting.send(school, PAT, "key", "3 students", [mateo, lucia, omar], typed="Hi")
        db.session.execute(
            update(Message)
            .where(Message.number == BEN, Message.kind == MessageKind.BATCH)
            .values(state=MessageState.SENT)
        )
    return f"/oakwood/staff/texts/batches/{sent.batch_id}"


def rows(client_page: object) -> list[str]:
    return [" ".join(row.to_text().split()) for row in client_page.query("tbody tr")]  # type: ignore[attr-defined]


def test_families_that_nobody_reached_come_with_every_phone_and_why(
    staff: SignIn, batch: str
) -> None:
    client = staff("viewer")
    assert "Not reached 2" in " ".join(client.page(batch).text("nav.tabs").split())
    page = client.page(f"{batch}/not-reached")
    lucia, omar = rows(page)
    assert lucia.startswith("Lucia Ames Kindergarten Cleo Ames Mother (415) 555-0103 Cell")
    assert "(415) 555-0103 Cell Opted out (415) 555-0104 Home" in lucia
    assert "Only cell phones get texts Dan Ames Mother No phone number on file" in lucia
    assert omar == "Omar Zane No parent on file"
    assert "Email them the form" not in client.get(f"{batch}/not-reached").text


def test_while_a_text_waits_its_family_is_not_listed(staff: SignIn, batch: str) -> None:
    with writing():
        db.session.execute(update(Message).where(Message.number == CLEO).values(state="queued"))
    page = staff("viewer").page(f"{batch}/not-reached")
    assert [row.split(" No ")[0] for row in rows(page)] == ["Omar Zane"]
    assert "1 text is still waiting" in page.text("main")


def test_a_text_that_may_have_arrived_reached_nobody_for_sure(staff: SignIn, batch: str) -> None:
    with writing():
        db.session.execute(update(Message).where(Message.number == BEN).values(state="not_known"))
    assert len(rows(staff("viewer").page(f"{batch}/not-reached"))) == 3


def test_a_batch_of_an_earlier_version_knows_the_children_by_their_parents(
    staff: SignIn, batch: str
) -> None:
    with writing():
        db.session.execute(delete(BatchStudent))
    [lucia] = rows(staff("viewer").page(f"{batch}/not-reached"))
    assert lucia.startswith("Lucia Ames")


def test_a_parent_of_no_child_is_a_family_too(staff: SignIn, school: SchoolRow) -> None:
    eve = make_parent(school, "Eve Moss", phones=[phone(DORA)])
    with writing():
        sent = texting.send(school, PAT, "key", "Eve Moss", [eve], typed="Hi")
    page = staff("viewer").page(f"/oakwood/staff/texts/batches/{sent.batch_id}/not-reached")
    assert rows(page) == ["Eve Moss Eve Moss (415) 555-0104 Cell No answer yet"]


def test_children_of_the_same_parents_are_one_row(
    staff: SignIn, school: SchoolRow, batch: str
) -> None:
    kim, lee = make_student(school, "Kim Moss", "1"), make_student(school, "Lee Moss", "2")
    make_parent(school, "Eve Moss", kim, lee, phones=[phone(DORA)])
    with writing():
        sent = texting.send(school, PAT, "two", "2 students", [kim, lee], typed="Hi")
    page = staff("viewer").page(batch.rsplit("/", 1)[0] + f"/{sent.batch_id}/not-reached")
    [row] = rows(page)
    assert row.startswith("Kim Moss Grade 1 Lee Moss Grade 2 Eve Moss Mother (415) 555-0104")
    assert "the families of 2 children" in page.text("main")


def test_the_files_have_a_row_for_each_phone(staff: SignIn, batch: str) -> None:
    client = staff("viewer")
    text = client.get(f"{batch}/not-reached.csv").text.lstrip("\ufeff")
    found = list(csv.DictReader(io.StringIO(text)))
    assert [(r["child_name"], r["phone_number"], r["why"]) for r in found] == [
        ("Lucia Ames", "(415) 555-0103", "Opted out"),
        ("Lucia Ames", "(415) 555-0104", "Only cell phones get texts"),
        ("Lucia Ames", "", "No phone number on file"),
        ("Omar Zane", "", "No parent on file"),
    ]
    workbook = client.get(f"{batch}/not-reached.xlsx")
    assert workbook.data[:2] == b"PK"


def test_their_parents_can_be_emailed_the_form(staff: SignIn, batch: str) -> None:
    client = staff("editor")
    form = form_values(client.page(f"{batch}/not-reached"), "main form")
    answer = client.post(f"{batch}/not-reached/invitations", data=form, follow_redirects=True)
    assert "emailing the form to 1 parent. 1 skipped" in answer.text
    assert db.session.scalars(select(Mail.to_address)).all() == ["cleo@x.example"]


def test_the_number_of_statements_does_not_grow_with_the_families(
    staff: SignIn,
    school: SchoolRow,
    batch: str,
    count_queries: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    client = staff("viewer")
    with count_queries() as few:
        client.get(f"{batch}/not-reached")
    children = [make_student(school, f"Kim{n} Moss") for n in range(30)]
    with writing():
        sent = texting.send(school, PAT, "more", "30 students", children, typed="Hi")
    many = batch.rsplit("/", 1)[0] + f"/{sent.batch_id}"
    with count_queries() as queries:
        assert len(rows(client.page(f"{many}/not-reached"))) == 30
    assert len(queries) <= len(few)
    assert db.session.scalar(select(func.count()).select_from(BatchStudent)) == 33
