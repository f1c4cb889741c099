"""Staff edit a contact's fields: what is checked, kept, and told to the second of two editors."""

import pytest
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import ConsentEvent, Contact, Enrollment, EnrollmentChange, ParentLink
from portal.queries.schools import SchoolRow
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.families import make_parent, make_student, phone
from tests.support.people import SignIn

FORM = "main form.narrow"


@pytest.fixture
def mateo(school: SchoolRow) -> int:
    return make_student(school, "Mateo Ruiz")


@pytest.fixture
def ana(school: SchoolRow, mateo: int) -> int:
    return make_parent(school, "Ana Ruiz", mateo, phones=[phone("+12065550182")])


def path(contact_id: int, page: str = "/edit") -> str:
    return f"/oakwood/staff/contacts/{contact_id}{page}"


def save(client: AuditedClient, contact_id: int, **changes: str) -> Page:
    fields = client.form(path(contact_id), FORM)
    answer = client.post(path(contact_id), data=fields | changes)
    assert answer.status_code == 303, answer.status
    return client.page(answer.location)


def test_names_email_and_grade_are_saved_and_found_again(mateo: int, staff: SignIn) -> None:
    client = staff(name="Jo Park")
    page = save(
        client,
        mateo,
        first_name=" Zoë ",
        last_name="O'Brien-Núñez",
        email="z@x.example",
        grade="KG",
    )
    assert page.text("h1") == "Zoë O'Brien-Núñez"
    assert "Kindergarten" in page.text(".about")
    history = page.text(".timeline")
    assert "Jo Park" in history
    assert "First name changed from Mateo to Zoë" in history
    assert "Grade changed from Grade 3 to Kindergarten" in history
    assert client.page("/oakwood/staff/?q=nunez+zoe").text("h2 a") == "Zoë O'Brien-Núñez"


def test_saving_a_name_opts_nobody_in(ana: int, staff: SignIn) -> None:
    page = save(staff(), ana, first_name="Anna")
    assert page.query("[data-consent]")[0].attrs["data-consent"] == "not_asked"
    assert db.session.scalar(select(func.count()).select_from(ConsentEvent)) == 0


def test_saving_what_is_on_file_is_no_edit(mateo: int, ana: int, staff: SignIn) -> None:
    for contact_id in (mateo, ana):
        version = db.session.scalars(select(Contact.version).filter_by(id=contact_id)).one()
        assert "No changes to save" in save(staff(), contact_id).text("main")
        assert db.session.scalars(select(Contact.version).filter_by(id=contact_id)).one() == version


def test_an_enrollment_status_is_changed_with_its_history(mateo: int, staff: SignIn) -> None:
    page = save(staff(), mateo, status="withdrawn")
    assert "Withdrawn, 20" in page.text(".tag")
    assert db.session.scalars(select(Enrollment.status)).one() == "withdrawn"
    kept = db.session.scalars(select(EnrollmentChange.status).order_by(EnrollmentChange.id)).all()
    assert kept == ["enrolled", "withdrawn"]
    assert "changed from enrolled to withdrawn" in page.text(".timeline")


def test_a_parents_relationship_is_edited_on_the_student(
    mateo: int, ana: int, staff: SignIn
) -> None:
    page = save(staff(), mateo, **{"parent1-relationship": "guardian"})
    assert "Guardian" in page.text(".card-head")
    assert db.session.scalars(select(ParentLink.relationship)).one() == "guardian"


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("first_name", "123", "Enter the first name"),
        ("last_name", "!", "Enter the last name"),
        ("last_name", "x" * 101, "100 letters or fewer"),
        ("last_name", "123", "Use letters"),
        ("first_name", "Ann\x00a", "hidden character"),
        ("email", "ana@", "full email address"),
        ("grade", "13", "Choose a grade"),
        ("status", "expelled", "Choose a status"),
        ("parent1-relationship", "boss", "Choose a relationship"),
    ],
)
def test_what_cannot_be_comes_back_with_everything_typed(
    mateo: int, ana: int, staff: SignIn, field: str, typed: str, message: str
) -> None:
    client = staff()
    fields = client.form(path(mateo), FORM) | {"first_name": "Typed", field: typed}
    answer = client.post(path(mateo), data=fields)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.query(f'#error-summary a[href="#{field}"]')
    assert message in page.text("#error-summary")
    if field != "first_name":
        assert form_values(page, FORM)["first_name"] == "Typed"
    assert db.session.scalars(select(Contact.first_name).filter_by(id=mateo)).one() == "Mateo"


def test_the_second_of_two_editors_sees_both_versions_and_can_save_again(
    mateo: int, ana: int, staff: SignIn
) -> None:
    first, second = staff(name="Jo Park"), staff()
    fields = second.form(path(mateo), FORM)
    save(first, mateo, last_name="Ruiz Soto", grade="4")
    typed = fields | {"last_name": "Ruíz", "email": "m@x.example"}
    answer = second.post(path(mateo), data=typed)
    assert answer.status_code == 409
    page = Page(answer.text)
    said = page.text(".conflict")
    for expected in ("Jo Park", "Last name changed from Ruiz to Ruiz Soto", "Ruiz Soto Ruíz"):
        assert expected in said
    back = form_values(page, FORM)
    assert (back["last_name"], back["email"], back["grade"]) == ("Ruíz", "m@x.example", "3")
    assert second.post(path(mateo), data=back).status_code == 303
    contact = db.session.scalars(select(Contact).filter_by(id=mateo)).one()
    assert (contact.last_name, contact.grade) == ("Ruíz", "3")


def test_a_parent_taken_out_of_a_family_keeps_their_own_record(
    mateo: int, ana: int, staff: SignIn
) -> None:
    client = staff()
    token = client.form(path(mateo), FORM)["csrf_token"]
    answer = client.post(path(mateo, f"/parents/{ana}/remove"), data={"csrf_token": token})
    assert answer.status_code == 303
    assert "No parents on file yet" in client.page(path(mateo, "")).text("main")
    page = client.page(path(ana, ""))
    assert "No students are linked to this parent" in page.text("main")
    assert "Child removed: Mateo Ruiz" in page.text(".timeline")
    again = client.post(path(mateo, f"/parents/{ana}/remove"), data={"csrf_token": token})
    assert again.status_code == 303
