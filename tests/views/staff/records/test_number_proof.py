"""Staff see which numbers only a form gave, and can say that the parent told them."""

import pytest
from sqlalchemy import select

from portal.consent import holdings
from portal.enums import ProofKind
from portal.extensions import db, writing
from portal.models import ConsentStatus, Holding, RecordEdit
from portal.queries.schools import SchoolRow
from portal.services.contacts.phones import set_phones
from tests.support.audit import Page
from tests.support.client import form_values
from tests.support.families import HOME, make_parent, make_student, phone
from tests.support.people import SignIn

NUMBER, OTHER = "+12065550182", "+12065550183"


@pytest.fixture
def ben(school: SchoolRow) -> int:
    """Ben's numbers came by a form."""
    child = make_student(school, "Mateo Ruiz")
    return make_parent(
        school, "Ben Ruiz", child, phones=[phone(NUMBER), phone(OTHER, HOME, 1)], proof=None
    )


def path(contact: int, number: str = NUMBER) -> str:
    return f"/oakwood/staff/contacts/{contact}/numbers/{number[1:]}"


def record(contact: int) -> str:
    return f"/oakwood/staff/contacts/{contact}"


def proven(school: SchoolRow, contact: int) -> bool:
    return holdings.is_proven(school.id, contact, NUMBER)


def edits(contact: int) -> list[object]:
    rows = db.session.scalars(
        select(RecordEdit.changes).where(RecordEdit.contact_id == contact).order_by(RecordEdit.id)
    )
    return [change for changes in rows for change in changes]


def test_a_cell_that_only_a_form_gave_is_not_proven_yet(ben: int, staff: SignIn) -> None:
    for role, links in (("viewer", 0), ("editor", 1)):
        page = staff(role).page(record(ben))
        assert page.text("main").count("Not proven yet") == 1, "of Cells alone"
        assert len(page.query(f"a[href='{path(ben)}']")) == links


def test_saying_that_the_parent_told_the_number_proves_it_and_opts_nobody_in(
    ben: int, school: SchoolRow, staff: SignIn
) -> None:
    client = staff(name="Pat Fields")
    fields = client.form(path(ben), "main form")
    answer = client.post(
        path(ben), data=fields | {"note": "Ben called from it"}, follow_redirects=True
    )
    page = Page(answer.text)
    assert "Ben can answer for (206) 555-0182 now." in page.text("main")
    assert "Not proven yet" not in page.text("main")
    assert proven(school, ben)
    held = db.session.scalars(select(Holding).where(Holding.number == NUMBER)).one()
    assert (held.proven_by, held.proof_note) == (ProofKind.STAFF_TOLD, "Ben called from it")
    assert (held.proven_actor or "").startswith("account:")
    assert db.session.scalar(select(ConsentStatus.state)) == "not_asked"
    assert "Ben called from it" in str(edits(ben))
    again = client.post(path(ben), data=fields | {"note": "Ben called from it"})
    assert again.status_code == 303
    assert len(edits(ben)) == 1, "a double click says it once"
    assert "The parent told us this number" in client.page(path(ben)).text("main")


def test_it_can_be_taken_back(ben: int, school: SchoolRow, staff: SignIn) -> None:
    client = staff()
    client.post(path(ben), data=client.form(path(ben), "main form") | {"note": "By mistake"})
    undo = form_values(client.page(path(ben)), "main form")
    answer = client.post(f"{path(ben)}/undo", data=undo, follow_redirects=True)
    assert "(206) 555-0182 is not proven anymore." in Page(answer.text).text("main")
    assert not proven(school, ben)


@pytest.mark.parametrize("proof", [ProofKind.HANDSET, ProofKind.STAFF_TYPED])
def test_what_the_phone_or_staff_confirmed_otherwise_can_not(
    school: SchoolRow, staff: SignIn, proof: ProofKind
) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(NUMBER)], proof=proof)
    client = staff()
    page = client.page(path(ana))
    assert page.query(f"main form[action='{path(ana)}/undo']") == []
    token = form_values(client.page(record(ana)), "form.account")
    client.post(f"{path(ana)}/undo", data=token)
    assert proven(school, ana)


@pytest.mark.parametrize("note", ["", "   ", "x" * 301, "\x00"])
def test_a_note_is_needed(ben: int, school: SchoolRow, staff: SignIn, note: str) -> None:
    client = staff()
    answer = client.post(path(ben), data=client.form(path(ben), "main form") | {"note": note})
    assert answer.status_code == 422
    assert Page(answer.text).query("#error-summary a[href='#note']")
    assert not proven(school, ben)


def test_a_number_that_is_not_on_the_record_or_no_parents_is_not_found(
    ben: int, school: SchoolRow, staff: SignIn
) -> None:
    student = make_student(school, "Lia Moss")
    with writing():
        set_phones(school.id, student, [phone("+12065550199")])
    client = staff()
    for address in (
        path(ben, "+12065550177"),
        path(student, "+12065550199"),
        f"{record(ben)}/numbers/x",
        path(1),
    ):
        assert client.get(address).status_code == 404


def test_a_number_that_staff_type_is_proven_and_one_that_was_there_before_is_not(
    ben: int, school: SchoolRow, staff: SignIn
) -> None:
    client = staff()
    form = client.form(f"{record(ben)}/phones", "main form")
    typed = {"other_phone-type": "cell", "other_phone-number": "206 555 0190"}
    assert client.post(f"{record(ben)}/phones", data=form | typed).status_code == 303
    assert holdings.is_proven(school.id, ben, "+12065550190")
    assert not proven(school, ben)
