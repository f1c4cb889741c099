"""Students and parents are added by hand."""

import pytest
from sqlalchemy import func, select

from portal.enums import Source
from portal.extensions import db
from portal.models import ConsentEvent, Contact, Enrollment, ParentLink
from portal.queries.schools import SchoolRow
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.families import make_parent, make_student, phone, stop
from tests.support.people import SignIn

FORM = "main form.narrow[method=post]"
STUDENT = "/oakwood/staff/students/new"
ANA = {"first_name": "Ana", "last_name": "Ruiz", "relationship": "mother"}


@pytest.fixture
def mateo(school: SchoolRow) -> int:
    return make_student(school, "Mateo Ruiz")


def path(student: int) -> str:
    return f"/oakwood/staff/contacts/{student}/parents/new"


def add(client: AuditedClient, student: int, **typed: str) -> Page:
    """Add a parent and follow to the student's record."""
    fields = client.form(path(student), FORM) | ANA | typed
    answer = client.post(path(student), data=fields)
    assert answer.status_code == 303, answer.status
    return client.page(answer.location)


def contacts_on_file() -> int:
    return db.session.scalar(select(func.count()).select_from(Contact)) or 0


def test_a_student_is_added_with_grade_and_enrollment(school: SchoolRow, staff: SignIn) -> None:
    client = staff()
    fields = client.form(STUDENT, FORM)
    typed = {"first_name": "Noor", "last_name": "Adams", "grade": "5", "status": "admitted"}
    answer = client.post(STUDENT, data=fields | typed)
    assert answer.status_code == 303
    page = client.page(answer.location)
    assert page.text("h1") == "Noor Adams"
    assert "Student, Grade 5 Admitted, 20" in page.text(".about")
    assert "added by staff" in page.text(".timeline")
    assert db.session.scalars(select(Enrollment.status)).one() == "admitted"


def test_a_student_without_a_name_is_not_added(school: SchoolRow, staff: SignIn) -> None:
    client = staff()
    answer = client.post(STUDENT, data=client.form(STUDENT, FORM) | {"grade": "5"})
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.query('#error-summary a[href="#first_name"]')
    assert form_values(page, FORM)["grade"] == "5"
    assert contacts_on_file() == 0


def test_a_parent_is_added_at_the_position_chosen_and_a_cell_opted_in(
    mateo: int, staff: SignIn
) -> None:
    page = add(
        staff(),
        mateo,
        position="3",
        email="ana@x.example",
        **{"primary_phone-type": "cell", "primary_phone-number": "206 555 0182"},
    )
    said = page.text("main")
    assert "Parent 3 Ana Ruiz" in said
    assert "(206) 555-0182 is now opted in to texts because you saved it as a cell phone." in said
    assert page.query("[data-consent=opted_in]")
    event = db.session.scalars(select(ConsentEvent)).one()
    assert event.source == Source.STAFF_ENTRY


def test_a_cell_that_opted_out_stays_so_on_a_new_parent(
    mateo: int, school: SchoolRow, staff: SignIn
) -> None:
    stop(school, "+12065550182")
    phones = {"other_phone-type": "cell", "other_phone-number": "206 555 0182"}
    page = add(staff(), mateo, **phones)
    assert page.query("[data-consent=opted_out]")
    assert "is still opted out (replied STOP" in page.text("main")


def test_only_free_positions_are_offered_and_one_taken_meanwhile_is_an_error(
    mateo: int, school: SchoolRow, staff: SignIn
) -> None:
    client = staff()
    fields = client.form(path(mateo), FORM) | ANA
    assert fields["position"] == "1"
    make_parent(school, "Ben Ruiz", mateo)
    answer = client.post(path(mateo), data=fields)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "Someone was just added as that parent" in page.text("#error-summary")
    options = [o.attrs["value"] for o in page.query("#position option")]
    assert options == ["2", "3", "4"]
    assert form_values(page, FORM)["first_name"] == "Ana"
    assert contacts_on_file() == 2


def test_a_fifth_parent_is_not_offered(mateo: int, school: SchoolRow, staff: SignIn) -> None:
    for name in ("A A", "B B", "C C", "D D"):
        make_parent(school, name, mateo)
    client = staff()
    page = client.page(path(mateo))
    assert "already has four parents on file" in page.text("main")
    record = client.page(f"/oakwood/staff/contacts/{mateo}")
    assert not record.query(f'a[href="{path(mateo)}"]')


def test_a_parent_on_file_is_found_by_name_and_linked(
    mateo: int, school: SchoolRow, staff: SignIn
) -> None:
    sister = make_student(school, "Lucía Ruiz")
    ana = make_parent(
        school, "Ana Ruiz", sister, email="ana@x.example", phones=[phone("+12065550182")]
    )
    client = staff()
    page = client.page(path(mateo) + "?find=ruiz+ana")
    assert "Ana Ruiz, ana@x.example, parent of Lucía Ruiz" in page.text(FORM)
    fields = form_values(page, FORM)
    typed = {"existing": str(ana), "relationship": "mother"}
    answer = client.post(path(mateo), data=fields | typed)
    assert answer.status_code == 303
    assert "Parent 1 Ana Ruiz" in client.page(answer.location).text("main")
    assert contacts_on_file() == 3
    assert db.session.scalar(select(func.count()).select_from(ConsentEvent)) == 0


@pytest.mark.parametrize(
    "typed", [{}, {"first_name": "Anna", "email": "ANA@x.example"}, {"last_name": "RUÍZ"}]
)
def test_a_parent_who_seems_to_be_on_file_is_offered_before_a_second_record_is_made(
    mateo: int, school: SchoolRow, staff: SignIn, typed: dict[str, str]
) -> None:
    make_parent(school, "Ana Ruiz", email="ana@x.example")
    client = staff()
    fields = client.form(path(mateo), FORM) | ANA | typed
    answer = client.post(path(mateo), data=fields)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.query('#error-summary a[href="#existing"]')
    assert "Ana Ruiz, ana@x.example, no student yet" in page.text(FORM)
    assert contacts_on_file() == 2
    anew = form_values(page, FORM) | {"existing": "new"}
    assert client.post(path(mateo), data=anew).status_code == 303
    assert contacts_on_file() == 3


def test_nobody_is_linked_twice_or_as_their_own_kind(
    mateo: int, school: SchoolRow, staff: SignIn
) -> None:
    ana = make_parent(school, "Ana Ruiz", mateo)
    other = make_student(school, "Noor Adams")
    client = staff()
    fields = client.form(path(mateo), FORM) | {"relationship": "mother"}
    assert client.post(path(mateo), data=fields | {"existing": "12345"}).status_code == 404
    for wrong in (ana, other, mateo):
        answer = client.post(path(mateo), data=fields | {"existing": str(wrong)})
        assert answer.status_code == 422
        assert Page(answer.text).query('#error-summary a[href="#existing"]')
    assert db.session.scalars(select(ParentLink.parent_id)).all() == [ana]


def test_a_parent_of_another_school_is_neither_offered_nor_linked(
    mateo: int, other_school: SchoolRow, staff: SignIn
) -> None:
    theirs = make_parent(other_school, "Ana Ruiz", email="ana@x.example")
    client = staff()
    page = client.page(path(mateo) + "?find=ana")
    assert "No parent on file matches" in page.text("main")
    fields = form_values(page, FORM) | {"relationship": "mother", "existing": str(theirs)}
    assert client.post(path(mateo), data=fields).status_code == 404


def test_what_is_wrong_comes_back_all_at_once(mateo: int, staff: SignIn) -> None:
    client = staff()
    fields = client.form(path(mateo), FORM) | {
        "email": "no",
        "primary_phone-type": "cell",
        "primary_phone-number": "12",
        "position": "7",
    }
    answer = client.post(path(mateo), data=fields)
    assert answer.status_code == 422
    links = [a.attrs["href"] for a in Page(answer.text).query("#error-summary a")]
    assert set(links) == {
        "#first_name",
        "#last_name",
        "#email",
        "#relationship",
        "#position",
        "#primary_phone-number",
    }


def test_a_parent_is_added_to_students_only(mateo: int, school: SchoolRow, staff: SignIn) -> None:
    ana = make_parent(school, "Ana Ruiz", mateo)
    staff().page(path(ana), 404)
