"""Back, correct, Send: the browser may load the page again. It is a correction all the same."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.enums import Grade
from portal.extensions import db
from portal.form_answers import ChildAnswer, ContactAnswers, ParentAnswer
from portal.models import Contact, ContactRoleAssignment, Submission
from portal.services.families.similarity import alike, alike_children, is_correction
from tests.support.client import AuditedClient
from tests.support.contact_form import BEN, PRIMARY, RUIZ, hidden, sent
from tests.support.people import SignIn

BACK = {"came-back": "1"}

pytestmark = pytest.mark.usefixtures("school")


def students() -> list[str]:
    rows = db.session.scalars(
        select(Contact)
        .join(ContactRoleAssignment, ContactRoleAssignment.contact_id == Contact.id)
        .where(
            Contact.school_id == ContactRoleAssignment.school_id,
            ContactRoleAssignment.role == "student",
        )
        .order_by(Contact.id)
    )
    return [student.full_name for student in rows]


def people() -> int:
    return len(db.session.scalars(select(Contact.id)).all())


@pytest.mark.parametrize("back", [BACK, {}], ids=["script", "plain"])
@pytest.mark.parametrize(
    "corrected",
    [
        {"child1-first_name": "Matteo"},
        {"child1-last_name": "Ruiz Soto"},
        {"child1-last_name": ""},
        {"parent1-email": "ana.ruiz@example.org"},
        {f"{PRIMARY}-number": "(415) 555-0189"},
        {"parent1-email": "ana@example.org", f"{PRIMARY}-number": "(415) 555-0189"},
        {"parent1-first_name": "Anna", "child1-first_name": "Matteo"},
        {"child1-grade": "4"},
        {"parent1-relationship": "guardian"},
        {},
    ],
    ids=lambda typed: ",".join(typed) or "nothing",
)
def test_a_corrected_form_from_a_page_that_was_loaded_again_is_a_correction(
    client: AuditedClient, corrected: dict[str, str], back: dict[str, str]
) -> None:
    sent(client, RUIZ)
    sent(client, RUIZ | corrected | back)
    assert len(students()) == 1
    assert people() == 2
    forms = set(db.session.scalars(select(Submission.form_key)))
    assert len(forms) == 1


def test_back_with_another_name_entirely_is_a_correction_if_the_browser_says_so(
    client: AuditedClient,
) -> None:
    sent(client, RUIZ)
    sent(client, RUIZ | {"child1-first_name": "Bob"} | BACK)
    assert students() == ["Bob Ruiz"]
    page = client.page("/oakwood/forms/contact/sent")
    assert "These answers replace the form you sent before." in page.text("main")


OTHER_PARENT = RUIZ | {
    "parent1-first_name": "Ben",
    "parent1-email": "ben@example.com",
}

ALIKE = {"parent1-first_name": "Dana", "parent1-email": "dana@example.com"}
"""As Mario and Maria are, with the phone at home that both have."""


@pytest.mark.parametrize(
    "second",
    [
        RUIZ | {"child1-first_name": "Lucia", "child1-grade": "1"},
        RUIZ | {"child1-first_name": "Lucia"},
        OTHER_PARENT,
        OTHER_PARENT | BACK,
        RUIZ | ALIKE,
        RUIZ | ALIKE | BACK,
        {
            **RUIZ,
            "child1-first_name": "Noor",
            "child1-last_name": "Adams",
            "parent1-first_name": "Sam",
            "parent1-last_name": "Adams",
            "parent1-email": "sam@example.com",
            f"{PRIMARY}-number": "(415) 555-0111",
            **BACK,
        },
    ],
    ids=[
        "sibling",
        "twin",
        "other parent",
        "other parent, back",
        "other parent, alike",
        "other parent, alike, back",
        "next family, back",
    ],
)
def test_a_second_form_on_the_same_computer_replaces_nobody(
    client: AuditedClient, second: dict[str, str]
) -> None:
    sent(client, RUIZ)
    sent(client, second)
    assert "Mateo Ruiz" in students()
    assert len(set(db.session.scalars(select(Submission.form_key)))) == 2
    names = {contact.full_name for contact in db.session.scalars(select(Contact))}
    assert "Ana Ruiz" in names


def test_another_browser_corrects_nothing(app: Flask, client: AuditedClient) -> None:
    sent(client, RUIZ)
    stranger = app.test_client()
    assert isinstance(stranger, AuditedClient)
    sent(stranger, RUIZ | {"child1-first_name": "Matteo"} | BACK)
    assert "Mateo Ruiz" in students()
    assert len(set(db.session.scalars(select(Submission.form_key)))) == 2


def test_nothing_is_corrected_after_the_answers_were_cleared(client: AuditedClient) -> None:
    sent(client, RUIZ)
    path = "/oakwood/forms/contact/sent"
    client.post(f"{path}/clear", data=client.form(path, f"form[action='{path}/clear']"))
    sent(client, RUIZ | {"child1-first_name": "Matteo"} | BACK)
    assert len(set(db.session.scalars(select(Submission.form_key)))) == 2


def test_children_in_another_order_stay_who_they_are(client: AuditedClient) -> None:
    lia = {"child2-first_name": "Lia", "child2-last_name": "Ruiz", "child2-grade": "1"}
    sheet = hidden(client)
    sent(client, RUIZ | lia, sheet)
    before = {c.id: c.full_name for c in db.session.scalars(select(Contact))}
    swapped = RUIZ | {"child1-first_name": "Lia", "child1-grade": "1"}
    mateo = {"child2-first_name": "Mateo", "child2-last_name": "Ruiz", "child2-grade": "3"}
    sent(client, swapped | mateo, sheet)
    assert {c.id: c.full_name for c in db.session.scalars(select(Contact))} == before


def test_a_correction_of_a_record_that_staff_changed_is_proposed(
    client: AuditedClient, staff: SignIn
) -> None:
    sent(client, RUIZ)
    [mateo] = [c for c in db.session.scalars(select(Contact)) if c.first_name == "Mateo"]
    mateo_id, desk = mateo.id, staff()
    db.session.rollback()
    edit = f"/oakwood/staff/contacts/{mateo_id}/edit"
    fields = desk.form(edit, "main form.narrow") | {"grade": "5"}
    assert desk.post(edit, data=fields).status_code == 303
    sent(client, RUIZ | {"child1-first_name": "Matteo"} | BACK)
    assert students() == ["Mateo Ruiz"]
    assert "Matteo" in desk.page(f"/oakwood/staff/contacts/{mateo_id}").text(".waiting")


def test_a_parent_who_is_dropped_by_a_correction_is_in_the_students_history(
    client: AuditedClient, staff: SignIn
) -> None:
    sent(client, RUIZ | BEN)
    sent(client, RUIZ | BACK)
    [mateo] = [c for c in db.session.scalars(select(Contact)) if c.first_name == "Mateo"]
    page = staff().page(f"/oakwood/staff/contacts/{mateo.id}")
    assert "Parent removed: Ben Ruiz, father" in page.text(".timeline")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Mateo", "Matteo", True),
        ("Jon", "John", True),
        ("Katherine", "Catherine", True),
        ("José", "Jose", True),
        ("Ana", "Ana María", True),
        ("O'Brien", "OBrien", True),
        ("Nguyễn", "Nguyen", True),
        ("Ruiz", "", True),
        ("Ana", "Ava", False),
        ("Mateo", "Lucia", False),
        ("Bob", "Robert", False),
    ],
)
def test_names_are_alike_but_for_a_slip(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is same


def test_siblings_with_names_that_are_alike_are_two() -> None:
    mia, mila = ChildAnswer("Mia", "Ruiz", None), ChildAnswer("Mila", "Ruiz", None)
    assert alike_children(mia, mila)
    assert not alike_children(
        ChildAnswer("Mia", "Ruiz", Grade.G1), ChildAnswer("Mila", "Ruiz", Grade.G3)
    )


def test_a_form_with_nothing_in_common_is_no_correction() -> None:
    def form(child: str, email: str) -> ContactAnswers:
        return ContactAnswers(
            {1: ChildAnswer(child, "Ruiz", None)},
            {1: ParentAnswer("Ana", "Ruiz", None, email, ())},
        )

    before = form("Mateo", "a@example.com")
    assert is_correction(before, form("Mateo", "b@example.com"), came_back=False)
    assert not is_correction(before, form("Lia", "b@example.com"), came_back=True)


def test_a_sibling_entered_on_the_page_gone_back_to_is_a_second_student(
    client: AuditedClient,
) -> None:
    sent(client, RUIZ)
    sent(client, RUIZ | BACK | {"child1-first_name": "Lucía", "child1-grade": "7"})
    assert len(students()) == 2
