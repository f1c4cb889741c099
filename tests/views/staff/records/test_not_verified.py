"""Numbers that staff should look at: with an unknown area code, or that are no cell phones."""

import pytest

from portal.phone import is_verified
from portal.queries.schools import SchoolRow
from tests.support.audit import Page
from tests.support.client import AuditedClient
from tests.support.families import HOME, make_parent, make_student, phone, stop
from tests.support.incoming import take
from tests.support.people import SignIn

NEW, KNOWN = "+18615550123", "+12065550182"
MARK = "Not verified"


@pytest.fixture
def ana(school: SchoolRow) -> int:
    student = make_student(school, "Mateo Ruiz")
    phones = [phone(NEW), phone(KNOWN, slot=1)]
    return make_parent(school, "Ana Ruiz", student, email="ana@example.com", phones=phones)


def marks(page: Page) -> int:
    return page.text("main").count(MARK)


@pytest.mark.parametrize(
    "address",
    [
        "/oakwood/staff/contacts/{ana}",
        "/oakwood/staff/contacts/{ana}/phones",
        "/oakwood/staff/contacts/{ana}/numbers/18615550123",
        "/oakwood/staff/?q=Ana+Ruiz",
        "/oakwood/staff/?q=8615550123",
        "/oakwood/staff/search?f1=role&o1=is&v1=parent&col=contact.name&col=contact.primary_phone"
        "&col=contact.secondary_phone",
    ],
)
def test_only_a_number_that_is_not_verified_is_marked_so(
    ana: int, staff: SignIn, address: str
) -> None:
    assert not is_verified(NEW)
    assert marks(staff().page(address.format(ana=ana))) == 1


@pytest.mark.usefixtures("ana")
def test_a_download_says_of_the_type_that_the_number_is_not_verified(staff: SignIn) -> None:
    columns = "col=contact.primary_phone&col=contact.secondary_phone"
    found = staff().get(f"/oakwood/staff/search.csv?f1=role&o1=is&v1=parent&{columns}").text
    line = found.splitlines()[1]
    assert "Cell, not verified" in line
    assert line.count("not verified") == 1


def test_a_text_from_a_number_that_is_not_verified_is_marked_in_the_log(
    school: SchoolRow, ana: int, staff: SignIn
) -> None:
    take("hello", number=NEW)
    take("hello", number=KNOWN)
    take("hello", number="12345")
    assert marks(staff().page("/oakwood/staff/texts?show=received")) == 1


def test_texts_from_an_old_form_are_found_by_the_number_as_well(
    school: SchoolRow, staff: SignIn
) -> None:
    take("hello", number="+5215541637145")
    for typed in ("%2B52+55+4163+7145", "%2B52+1+55+4163+7145", "011525541637145"):
        page = staff().page(f"/oakwood/staff/texts?number={typed}")
        assert "011 52 55 4163 7145" in page.text("main")


@pytest.mark.parametrize("typed", ["900 555 0123", "(800) 555-0123", "500 555 0123"])
def test_staff_cannot_save_a_number_that_gets_no_texts_as_a_cell(
    ana: int, staff: SignIn, typed: str
) -> None:
    client: AuditedClient = staff()
    path = f"/oakwood/staff/contacts/{ana}/phones"
    fields = client.form(path, "form.narrow") | {"primary_phone-number": typed}
    answer = client.post(path, data=fields)
    assert answer.status_code == 422
    assert "Texts can't go to this number." in Page(answer.text).text("#error-summary")
    answer = client.post(path, data=fields | {"primary_phone-type": "home"})
    assert answer.status_code == 303


def test_a_number_with_an_old_prefix_that_opted_out_stays_so_as_staff_type_it(
    school: SchoolRow, ana: int, staff: SignIn
) -> None:
    stop(school, "+525541637145")
    client: AuditedClient = staff()
    path = f"/oakwood/staff/contacts/{ana}/phones"
    fields = client.form(path, "form.narrow") | {
        "primary_phone-type": "cell",
        "primary_phone-number": "+52 1 55 4163 7145",
    }
    saved = client.page(client.post(path, data=fields).location)
    assert "011 52 55 4163 7145 is still opted out" in saved.text("main")


def test_a_record_keeps_a_service_number_that_is_no_cell(school: SchoolRow, staff: SignIn) -> None:
    office = make_parent(school, "Ben Ruiz", phones=[phone("+18005550123", HOME)])
    page = staff().page(f"/oakwood/staff/contacts/{office}")
    assert "(800) 555-0123" in page.text("main")
    assert marks(page) == 0
