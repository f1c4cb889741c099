"""Fields that a signed-in parent leaves empty stay, and changes of a link are in the history."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.enums import PhoneType, Relationship, Slot
from portal.extensions import db, writing
from portal.form_answers import ChildAnswer, ContactAnswers, ParentAnswer, PhoneAnswer
from portal.models import Contact, Enrollment, ParentLink, Phone, Proposal, RecordEdit
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sessions
from portal.services.accounts.tokens import token_hash
from portal.services.intake import receive
from portal.services.intake.receive import FormContext
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import PATH, PRIMARY, RUIZ, hidden, sent
from tests.support.families import WORK, make_parent, make_student, phone
from tests.support.people import SignIn, parent_signed_in

ANA, SECOND, THIRD = "+14155550182", "+14155550183", "+14155550184"
EMAIL = "ana.ruiz@example.com"
PHONES = "/oakwood/household/phones"


@pytest.fixture
def family(school: SchoolRow) -> tuple[int, int]:
    child = make_student(school, "Mateo Ruiz", grade="3")
    phones = [phone(ANA), phone(SECOND, WORK, 1, "12")]
    return child, make_parent(school, "Ana Ruiz", child, email=EMAIL, phones=phones)


@pytest.fixture
def ana(app: Flask, family: tuple[int, int]) -> AuditedClient:
    return parent_signed_in(app, EMAIL)


def filled(client: AuditedClient) -> dict[str, str]:
    """The signed-in form, as the browser would send it with nothing changed."""
    return form_values(client.page(PATH), "#contact") | {f"{PRIMARY}-consent": "yes"}


def relationships() -> list[str | None]:
    return list(db.session.scalars(select(ParentLink.relationship).order_by(ParentLink.student_id)))


def changes(contact_id: int) -> list[tuple[Any, ...]]:
    rows = db.session.scalars(
        select(RecordEdit.changes)
        .where(RecordEdit.contact_id == contact_id)
        .order_by(RecordEdit.id)
    )
    return [(c["what"], c["old"], c["new"]) for row in rows for c in row]


def numbers() -> dict[str, tuple[str, str, str | None]]:
    rows = db.session.execute(select(Phone.slot, Phone.type, Phone.number, Phone.extension))
    return {slot: (kind, number, extension) for slot, kind, number, extension in rows}


def test_the_signed_in_form_brings_every_field_filled_in(ana: AuditedClient) -> None:
    fields = filled(ana)
    assert fields["parent1-relationship"] == "mother"
    assert (fields["child1-first_name"], fields["child1-last_name"]) == ("Mateo", "Ruiz")
    assert fields["child1-grade"] == "3"
    assert fields["parent1-email"] == EMAIL
    assert fields["parent1-secondary_phone-extension"] == "12"


def test_sent_with_nothing_changed_it_changes_nothing(
    family: tuple[int, int], ana: AuditedClient
) -> None:
    before = numbers()
    sent(ana, filled(ana))
    assert numbers() == before
    assert relationships() == ["mother"]
    assert changes(family[0]) == changes(family[1]) == []


def test_a_signed_in_form_confirms_the_numbers_that_it_has(ana: AuditedClient) -> None:
    """A waiting form from before is older than they are."""
    sent(ana, filled(ana))
    confirmed = db.session.scalars(select(Phone.confirmed_at)).all()
    assert len(confirmed) == 2
    assert all(confirmed)


def test_a_relationship_left_empty_keeps_the_one_on_file(
    family: tuple[int, int], ana: AuditedClient
) -> None:
    sent(ana, filled(ana) | {"parent1-relationship": ""})
    assert relationships() == ["mother"]
    assert changes(family[0]) == []


def test_a_changed_relationship_is_in_the_history(
    family: tuple[int, int], ana: AuditedClient, staff: SignIn
) -> None:
    sent(ana, filled(ana) | {"parent1-relationship": "guardian"})
    assert relationships() == ["guardian"]
    assert changes(family[0]) == [("Parent Ana Ruiz", "mother", "guardian")]
    page = staff().page(f"/oakwood/staff/contacts/{family[0]}")
    assert "Parent Ana Ruiz changed from mother to guardian" in page.text(".timeline")


def test_relationships_that_differ_are_not_brought_and_not_made_one(
    school: SchoolRow, family: tuple[int, int], ana: AuditedClient
) -> None:
    other = make_student(school, "Lia Moss")
    with writing():
        db.session.add(
            ParentLink(
                school_id=school.id,
                student_id=other,
                parent_id=family[1],
                position=1,
                relationship=Relationship.GUARDIAN,
            )
        )
    fields = filled(ana)
    assert fields["parent1-relationship"] == ""
    sent(ana, fields)
    assert sorted(str(r) for r in relationships()) == ["guardian", "mother"]


def test_an_unknown_relationship_shows_as_nothing(client: AuditedClient, staff: SignIn) -> None:
    sent(client, RUIZ | {"parent1-relationship": ""})
    assert relationships() == [None]
    student = db.session.scalar(select(ParentLink.student_id))
    desk = staff()
    record = desk.page(f"/oakwood/staff/contacts/{student}")
    assert "Other" not in record.text(".card-head")
    found = desk.page("/oakwood/staff/?q=Ruiz")
    assert "Other" not in found.text("main .results")
    edit = form_values(desk.page(f"/oakwood/staff/contacts/{student}/edit"), "main form")
    assert edit["parent1-relationship"] == ""
    search = desk.get("/oakwood/staff/search.csv?f1=role&v1=student&col=parent1.relationship")
    assert "Other" not in search.text


def test_a_grade_left_empty_keeps_the_one_on_file(
    family: tuple[int, int], ana: AuditedClient
) -> None:
    sent(ana, filled(ana) | {"child1-grade": ""})
    assert db.session.get_one(Contact, (1, family[0])).grade == "3"


@pytest.mark.parametrize(
    "typed", [{"parent1-last_name": ""}, {"parent1-first_name": ""}, {"child1-last_name": ""}]
)
def test_a_name_left_empty_keeps_the_one_on_file(
    family: tuple[int, int], ana: AuditedClient, typed: dict[str, str]
) -> None:
    sent(ana, filled(ana) | typed)
    names = {contact.full_name for contact in db.session.scalars(select(Contact))}
    assert names == {"Mateo Ruiz", "Ana Ruiz"}


def test_one_name_in_the_other_box_changes_nothing(
    school: SchoolRow, app: Flask, family: tuple[int, int]
) -> None:
    with writing():
        db.session.execute(
            update(Contact)
            .where(Contact.id == family[1])
            .values(first_name="Sukarno", last_name="")
        )
    ana = parent_signed_in(app, EMAIL)
    sent(ana, filled(ana) | {"parent1-first_name": "", "parent1-last_name": "Sukarno"})
    assert db.session.get_one(Contact, (school.id, family[1])).full_name == "Sukarno"


def test_a_phone_that_the_page_did_not_show_stays(ana: AuditedClient) -> None:
    """The form was opened before the parent signed in, in another tab."""
    before = {k: v for k, v in hidden(ana).items() if k != "shown-phones"}
    sent(ana, RUIZ, before)
    assert numbers()["secondary_phone"] == ("work", SECOND, "12")


def test_an_extension_that_the_page_did_not_show_stays(ana: AuditedClient) -> None:
    sheet = hidden(ana) | {"shown-phones": ""}
    typed = {"parent1-secondary_phone-type": "work", "parent1-secondary_phone-number": SECOND}
    sent(ana, RUIZ | typed, sheet)
    assert numbers()["secondary_phone"] == ("work", SECOND, "12")


def test_a_phone_that_the_parent_removes_is_removed_and_noted(
    family: tuple[int, int], ana: AuditedClient
) -> None:
    fields = filled(ana)
    gone = {k: v for k, v in fields.items() if not k.startswith("parent1-secondary_phone")}
    sent(ana, gone, {})
    assert set(numbers()) == {"primary_phone"}
    assert [what for what, _, _ in changes(family[1])] == ["Secondary phone"]


def test_a_phone_that_staff_add_while_the_phones_page_is_open_stays(
    school: SchoolRow, family: tuple[int, int], ana: AuditedClient
) -> None:
    fields = form_values(ana.page(PHONES))
    with writing():
        db.session.add(
            Phone(
                school_id=school.id,
                contact_id=family[1],
                slot="other_phone",
                type=PhoneType.HOME,
                number=THIRD,
                of_parent=True,
            )
        )
    assert ana.post(PHONES, data=fields).status_code == 303
    assert numbers()["other_phone"] == ("home", THIRD, None)
    assert numbers()["secondary_phone"] == ("work", SECOND, "12")


def test_the_phones_page_removes_what_it_showed_and_the_parent_took_away(
    ana: AuditedClient,
) -> None:
    fields = form_values(ana.page(PHONES))
    kept = {k: v for k, v in fields.items() if not k.startswith("secondary_phone")}
    assert ana.post(PHONES, data=kept).status_code == 303
    assert set(numbers()) == {"primary_phone"}


def test_a_childs_name_that_a_signed_in_parent_corrects_makes_no_second_student(
    family: tuple[int, int], ana: AuditedClient
) -> None:
    sent(ana, filled(ana) | {"child1-first_name": "Matteo"})
    assert db.session.get_one(Contact, (1, family[0])).first_name == "Matteo"
    assert len(db.session.scalars(select(Contact)).all()) == 2
    assert changes(family[0]) == [("First name", "Mateo", "Matteo")]


def test_a_sibling_on_the_signed_in_form_is_a_student_of_their_own(
    family: tuple[int, int], ana: AuditedClient
) -> None:
    sent(ana, filled(ana) | {"child1-first_name": "Lucia"})
    assert db.session.get_one(Contact, (1, family[0])).first_name == "Mateo"
    assert len(db.session.scalars(select(Contact)).all()) == 3


def test_a_fifth_parent_is_proposed_and_not_dropped(
    school: SchoolRow, app: Flask, family: tuple[int, int]
) -> None:
    """Another record of Ana's, with her email, is not among the four on file."""
    for n in range(3):
        make_parent(school, f"Adult{n} Moss", family[0])
    again = make_parent(school, "Ana Moss", email=EMAIL)
    with writing():
        token = parent_sessions.open_session(school.id, again, EMAIL, "en")
    assert token is not None
    context = FormContext(
        form_key="f" * 32,
        session_digest="signed",
        language="en",
        evidence={"ip": "", "browser": "", "name": "Ana Moss"},
        wording=None,
        parent_id=again,
        parent_session=token_hash(token),
    )
    mine = PhoneAnswer(Slot.PRIMARY, PhoneType.HOME, THIRD, None, None)
    answers = ContactAnswers(
        {1: ChildAnswer("Mateo", "Ruiz", None)},
        {1: ParentAnswer("Ana", "Moss", Relationship.MOTHER, EMAIL, (mine,))},
    )
    with writing():
        receive.receive_form(school, answers, context)
    [waits] = db.session.scalars(select(Proposal))
    assert (waits.kind, waits.contact_id, waits.subject) == ("link", family[0], str(again))


def test_staff_pages_keep_what_they_did_not_ask(
    school: SchoolRow, family: tuple[int, int], staff: SignIn
) -> None:
    desk = staff()
    child, ana = family
    edit = f"/oakwood/staff/contacts/{child}/edit"
    fields = desk.form(edit, "main form.narrow")
    for left_out in ("email", "grade", "status", "parent1-relationship"):
        posted = {k: v for k, v in fields.items() if k != left_out} | {"first_name": "Mateo"}
        assert desk.post(edit, data=posted).status_code == 303
    student = db.session.get_one(Contact, (school.id, child))
    assert student.grade == "3"
    assert relationships() == ["mother"]
    assert db.session.scalars(select(Enrollment.status)).all() == ["enrolled"]
    edit = f"/oakwood/staff/contacts/{ana}/edit"
    fields = desk.form(edit, "main form.narrow")
    posted = {k: v for k, v in fields.items() if k != "email"} | {"last_name": "Ruiz Moss"}
    assert desk.post(edit, data=posted).status_code == 303
    parent = db.session.get_one(Contact, (school.id, ana))
    assert (parent.last_name, parent.email) == ("Ruiz Moss", EMAIL)


def test_staff_may_say_that_a_relationship_is_not_known(
    family: tuple[int, int], staff: SignIn
) -> None:
    desk = staff()
    edit = f"/oakwood/staff/contacts/{family[0]}/edit"
    fields = desk.form(edit, "main form.narrow") | {"parent1-relationship": ""}
    assert desk.post(edit, data=fields).status_code == 303
    assert relationships() == [None]
    assert changes(family[0]) == [("Ana Ruiz's relationship", "mother", None)]


def test_staff_who_edit_phones_lose_none_that_they_did_not_touch(
    family: tuple[int, int], staff: SignIn
) -> None:
    desk = staff()
    edit = f"/oakwood/staff/contacts/{family[1]}/phones"
    fields = desk.form(edit, "main form.narrow") | {"other_phone-type": "home"}
    posted = fields | {"other_phone-number": "(415) 555-0184"}
    assert desk.post(edit, data=posted).status_code == 303
    assert set(numbers()) == {"primary_phone", "secondary_phone", "other_phone"}
    assert numbers()["secondary_phone"] == ("work", SECOND, "12")


def test_an_unsigned_form_that_leaves_fields_empty_proposes_nothing(
    client: AuditedClient, family: tuple[int, int], staff: SignIn
) -> None:
    typed = RUIZ | {
        "child1-grade": "",
        "parent1-relationship": "",
        "parent1-last_name": "Ruiz",
        "parent1-secondary_phone-type": "work",
        "parent1-secondary_phone-number": "(415) 555-0183",
    }
    sent(client, typed)
    page = staff().page(f"/oakwood/staff/contacts/{family[0]}")
    rows = [" ".join(row.to_text().split()) for row in page.query(".waiting tbody th")]
    assert not [row for row in rows if not row.startswith("Texts to")]
    assert relationships() == ["mother"]


def test_a_new_type_for_a_number_on_file_costs_no_other_number(
    client: AuditedClient, family: tuple[int, int], staff: SignIn
) -> None:
    """The form has the second number first, as a home phone."""
    typed = RUIZ | {f"{PRIMARY}-type": "home", f"{PRIMARY}-number": "(415) 555-0183"}
    sent(client, typed)
    desk = staff()
    fields = desk.form(f"/oakwood/staff/contacts/{family[1]}", ".waiting form")
    [shown] = desk.page(f"/oakwood/staff/contacts/{family[1]}").query(".waiting [name=shown]")
    chosen = fields | {"accept": shown.attrs["value"]}
    desk.post(f"/oakwood/staff/contacts/{family[1]}/proposals", data=chosen)
    assert numbers() == {
        "primary_phone": ("cell", ANA, None),
        "secondary_phone": ("home", SECOND, "12"),
    }


def test_an_accepted_number_moves_the_one_that_the_form_has_elsewhere(
    client: AuditedClient, family: tuple[int, int], staff: SignIn
) -> None:
    typed = RUIZ | {
        f"{PRIMARY}-type": "home",
        f"{PRIMARY}-number": "(415) 555-0184",
        "parent1-other_phone-type": "cell",
        "parent1-other_phone-number": "(415) 555-0182",
        "parent1-other_phone-consent": "yes",
    }
    sent(client, typed)
    desk = staff()
    path = f"/oakwood/staff/contacts/{family[1]}"
    page = desk.page(path)
    assert "The number on file moves to Other phone." in page.text(".waiting")
    [accept] = [b for b in page.query(".waiting button[name=accept]") if "Primary" in b.to_text()]
    chosen = desk.form(path, ".waiting form") | {"accept": accept.attrs["value"]}
    desk.post(f"{path}/proposals", data=chosen)
    assert numbers()["primary_phone"] == ("home", THIRD, None)
    assert numbers()["other_phone"] == ("cell", ANA, None)
    assert numbers()["secondary_phone"] == ("work", SECOND, "12")
