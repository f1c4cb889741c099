"""The contact record answers: may I text them? And look-up and overview lead to it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest

from portal import clock
from portal.enums import Answer, Source
from portal.extensions import writing
from portal.queries.schools import SchoolRow
from portal.services.contacts.phones import set_phones
from portal.services.schools import schools
from tests.support.audit import Page
from tests.support.client import AuditedClient
from tests.support.families import HOME, WORK, make_parent, make_student, phone, say, stop
from tests.support.people import SignIn

CountQueries = Callable[[], AbstractContextManager[list[str]]]
RECORD = "/oakwood/staff/contacts/{}"


def circles(page: Page) -> list[tuple[str, str]]:
    return [(e.attrs["data-number"], e.attrs["data-consent"]) for e in page.query("[data-consent]")]


def words(page: Page) -> str:
    return page.text("main")


@pytest.fixture
def mateo(school: SchoolRow) -> int:
    mateo = make_student(school, "Mateo Ruiz")
    make_parent(
        school,
        "Ana Ruiz",
        mateo,
        email="ana@example.com",
        phones=[phone("+12065550182"), phone("+12065550120", WORK, 1, "12")],
        typed=True,
    )
    make_parent(
        school,
        "Ben Ruiz",
        mateo,
        email="ben@example.com",
        phones=[phone("+12065550183"), phone("+12065550190", slot=2)],
    )
    stop(school, "+12065550183")
    return mateo


def test_a_students_record_shows_every_parents_phones_with_a_circle_beside_each_cell(
    mateo: int, staff: SignIn
) -> None:
    page = staff("viewer").page(RECORD.format(mateo))
    assert page.text("h1") == "Mateo Ruiz"
    assert circles(page) == [
        ("+12065550182", "opted_in"),
        ("+12065550183", "opted_out"),
        ("+12065550190", "not_asked"),
    ]
    said = words(page)
    for expected in (
        "Student, Grade 3 Enrolled, 20",
        "Parent 1 Ana Ruiz",
        "Parent 2 Ben Ruiz",
        "(206) 555-0120 ext. 12",
        "Opted in typed by staff,",
        "Opted out replied STOP,",
        "Only Ben can opt back in. Ask them to text START from (206) 555-0183 to",
        "If Ana asks not to be texted",
    ):
        assert expected in said


def test_a_parents_own_record_has_one_button_that_emails_the_form(
    mateo: int, staff: SignIn
) -> None:
    client = staff("editor")
    student = client.page(RECORD.format(mateo))
    assert "Email the form to Ben" in words(student)
    own = words(client.page(student.query("h2 a")[1].attrs["href"]))
    assert "Email them the form" in own
    assert "Email the form to Ben" not in own


def test_a_circle_has_its_source_and_its_date_on_the_schools_calendar(
    mateo: int, school: SchoolRow, staff: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: datetime(2026, 10, 13, 3, tzinfo=UTC))
        stop(school, "+12065550182")
    assert "replied STOP, Oct 12, 2026" in words(staff().page(RECORD.format(mateo)))


def test_the_record_says_when_a_carrier_blocks_a_number(
    mateo: int, school: SchoolRow, staff: SignIn
) -> None:
    say(school, "+12065550190", Source.PARENT_FORM, Answer.YES)
    say(school, "+12065550190", Source.CARRIER, Answer.NO)
    page = staff().page(RECORD.format(mateo))
    assert ("+12065550190", "opted_in") in circles(page)
    assert "(206) 555-0190 is opted in, but the carrier is blocking our texts" in words(page)


def test_a_parents_record_has_their_phones_and_links_to_the_children(
    mateo: int, staff: SignIn
) -> None:
    client = staff()
    link = client.page(RECORD.format(mateo)).query("h2 a")[0].attrs["href"]
    page = client.page(link)
    assert page.text("h1") == "Ana Ruiz"
    assert circles(page) == [("+12065550182", "opted_in")]
    assert [a.attrs["href"] for a in page.query(".plain-list a")] == [RECORD.format(mateo)]


def test_the_same_number_has_the_same_circle_on_every_record(
    mateo: int, school: SchoolRow, staff: SignIn
) -> None:
    other = make_student(school, "Noor Adams")
    make_parent(school, "Sam Adams", other, phones=[phone("+12065550183")])
    assert circles(staff().page(RECORD.format(other))) == [("+12065550183", "opted_out")]


def test_home_and_work_and_a_students_own_phone_have_no_circle(
    school: SchoolRow, staff: SignIn
) -> None:
    student = make_student(school, "Noor Adams")
    make_parent(school, "Sam Adams", student, phones=[phone("+12065550111", HOME)])
    with writing():
        set_phones(school.id, student, [phone("+12065550112")])
    page = staff().page(RECORD.format(student))
    assert circles(page) == []
    assert "(206) 555-0111" in words(page)
    assert "(206) 555-0112" in words(page)


def test_with_texting_off_nothing_speaks_of_consent(mateo: int, staff: SignIn) -> None:
    with writing():
        schools.set_school("oakwood", texting_on=False)
    client = staff()
    for path in ("", "/history", "/phones"):
        page = client.page(RECORD.format(mateo) + path)
        assert circles(page) == []
        said = words(page).lower()
        for word in ("opted", "not asked", "stop", "consent", "texted"):
            assert word not in said, f"{path or 'record'}: {word}"


def test_a_viewer_is_shown_no_button_that_changes_anything(mateo: int, staff: SignIn) -> None:
    viewer = staff("viewer")
    page = viewer.page(RECORD.format(mateo))
    for action in ("/edit", "/phones", "/parents/new", "/students/new"):
        assert not [a for a in page.query("a") if (a.attrs.get("href") or "").endswith(action)]
    for path in ("/edit", "/phones", "/parents/new"):
        viewer.page(RECORD.format(mateo) + path, 403)
    viewer.page("/oakwood/staff/students/new", 403)


@pytest.mark.parametrize("contact", ["1", "999999999999", "99999999999999999999"])
def test_a_contact_that_is_not_there_is_a_404(staff: SignIn, contact: str) -> None:
    client = staff()
    for path in ("", "/edit", "/phones", "/history", "/parents/new"):
        client.page(RECORD.format(contact) + path, 404)


def test_another_schools_record_is_a_404(
    mateo: int, other_school: SchoolRow, staff: SignIn
) -> None:
    client = staff("admin", school="birchwood")
    for path in ("", "/edit", "/phones", "/history"):
        client.page(f"/birchwood/staff/contacts/{mateo}{path}", 404)


def test_names_in_any_script_and_with_markup_are_shown_as_written(
    school: SchoolRow, staff: SignIn
) -> None:
    student = make_student(school, "<b>Zoë</b> O'نور")
    page = staff().page(RECORD.format(student))
    assert page.text("h1") == "<b>Zoë</b> O'نور"


def test_a_look_up_lists_families_with_circles(mateo: int, staff: SignIn) -> None:
    client = staff()
    page = client.page("/oakwood/staff/?q=0182")
    assert "1 match" in words(page)
    assert [a.to_text() for a in page.query("h2 a")] == ["Mateo Ruiz"]
    assert ("+12065550182", "opted_in") in circles(page)
    page = client.page("/oakwood/staff/", query_string={"q": "Ana (206) 555"})
    assert [a.to_text() for a in page.query("h2 a")] == ["Mateo Ruiz"]
    assert page.query("#look-up")[0].attrs["value"] == "Ana (206) 555"


def test_a_look_up_that_finds_nothing_says_what_to_try(mateo: int, staff: SignIn) -> None:
    page = staff().page("/oakwood/staff/", query_string={"q": "<i>Nobody"})
    assert page.text("h1") == "No results for <i>Nobody"
    assert "The last four digits" in words(page)


def test_the_look_up_stands_on_every_page(mateo: int, staff: SignIn) -> None:
    client = staff()
    for path in ("/", "/?q=ana", f"/contacts/{mateo}", f"/contacts/{mateo}/edit", "/students/new"):
        assert client.page("/oakwood/staff" + path).query("input#look-up[name=q]")


def _grow(school: SchoolRow, families: int) -> None:
    for n in range(families):
        student = make_student(school, f"Kim Lee{n}", origin="form")
        for parent in range(4):
            make_parent(
                school, f"Jun{parent} Lee{n}", student, phones=[phone("+12065550100")], typed=True
            )


@pytest.mark.parametrize(
    ("path", "most"), [("/contacts/{}", 3), ("/?q=lee", 4), ("/", 13), ("/contacts/{}/history", 3)]
)
def test_a_page_takes_the_same_few_queries_however_many_families(
    school: SchoolRow, mateo: int, staff: SignIn, count_queries: CountQueries, path: str, most: int
) -> None:
    client: AuditedClient = staff()
    counts = []
    for families in (1, 5):
        _grow(school, families)
        with count_queries() as queries:
            client.page("/oakwood/staff" + path.format(mateo))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= most
