"""Staff edit phones: what a Cell means, what never opts anyone out, and two who edit at once."""

import pytest
from sqlalchemy import func, select

from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, Phone, RecordEdit
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from portal.services.schools.schools import set_school
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.families import CELL, HOME, WORK, make_parent, make_student, phone, say, stop
from tests.support.people import SignIn

FORM = "main form.narrow"
CELL_A, SHOWN_A = "+12065550182", "(206) 555-0182"


@pytest.fixture
def ana(school: SchoolRow) -> int:
    """A parent with one Home phone, who was never asked."""
    student = make_student(school, "Mateo Ruiz")
    return make_parent(
        school, "Ana Ruiz", student, email="ana@example.com", phones=[phone(CELL_A, HOME)]
    )


def path(contact_id: int, page: str = "/phones") -> str:
    return f"/oakwood/staff/contacts/{contact_id}{page}"


def save(client: AuditedClient, contact_id: int, **changes: str) -> Page:
    """Save the page of phones with changes, and follow to the record."""
    fields = client.form(path(contact_id), FORM)
    answer = client.post(path(contact_id), data=fields | slots(changes))
    assert answer.status_code == 303, answer.status
    return client.page(answer.location)


def slots(changes: dict[str, str]) -> dict[str, str]:
    """`primary_type` to `primary_phone-type`."""
    return {name.replace("_", "_phone-"): value for name, value in changes.items()}


def circles(page: Page) -> dict[str, str]:
    return {e.attrs["data-number"]: e.attrs["data-consent"] for e in page.query("[data-consent]")}


def events() -> int:
    return db.session.scalar(select(func.count()).select_from(ConsentEvent)) or 0


def edits(contact_id: int) -> list[RecordEdit]:
    return list(
        db.session.scalars(
            select(RecordEdit).where(RecordEdit.contact_id == contact_id).order_by(RecordEdit.id)
        )
    )


def test_a_cell_that_staff_type_is_opted_in_at_once_and_the_page_says_so(
    ana: int, staff: SignIn
) -> None:
    page = save(staff(), ana, secondary_type="cell", secondary_number="206 555 0199")
    assert circles(page) == {"+12065550199": "opted_in"}
    assert (
        "(206) 555-0199 is now opted in to texts because you saved it as a cell phone."
        in page.text("main")
    )
    assert "typed by staff" in page.text(".phones")
    event = db.session.scalars(select(ConsentEvent)).one()
    assert (event.source, event.answer) == (Source.STAFF_ENTRY, Answer.YES)
    assert event.actor.startswith("account:")


def test_a_home_phone_changed_to_cell_is_opted_in(ana: int, staff: SignIn) -> None:
    page = save(staff(), ana, primary_type="cell")
    assert circles(page) == {CELL_A: "opted_in"}


def test_a_number_that_opted_out_stays_red_and_the_page_says_why(
    ana: int, school: SchoolRow, staff: SignIn
) -> None:
    stop(school, CELL_A)
    page = save(staff(), ana, primary_type="cell")
    assert circles(page) == {CELL_A: "opted_out"}
    said = page.text("main")
    assert f"{SHOWN_A} is still opted out (replied STOP, " in said
    assert "Only the parent can opt back in" in said
    assert events() == 1


def test_cell_to_home_takes_the_circle_away_and_back_to_cell_returns_it(
    ana: int, school: SchoolRow, staff: SignIn
) -> None:
    with writing():
        set_school("oakwood", welcome_on=False)
    client = staff()
    save(client, ana, primary_type="cell")
    stop(school, CELL_A)
    assert circles(save(client, ana, primary_type="home")) == {}
    assert circles(save(client, ana, primary_type="cell")) == {CELL_A: "opted_out"}


def test_saving_what_is_on_file_opts_nobody_in_and_is_no_edit(
    school: SchoolRow, staff: SignIn
) -> None:
    parent = make_parent(
        school, "Ben Ruiz", phones=[phone("+12065550183"), phone("+447400123456", WORK, 1, "7")]
    )
    page = save(staff(), parent)
    assert circles(page) == {"+12065550183": "not_asked"}
    assert "No changes to save" in page.text("main")
    assert (events(), edits(parent)) == (0, [])


def test_another_slot_for_the_same_cell_opts_nobody_in(school: SchoolRow, staff: SignIn) -> None:
    parent = make_parent(school, "Ben Ruiz", phones=[phone("+12065550183")])
    page = save(
        staff(),
        parent,
        primary_type="",
        primary_number="",
        other_type="cell",
        other_number="(206) 555-0183",
    )
    assert circles(page) == {"+12065550183": "not_asked"}
    assert events() == 0


def test_a_number_taken_off_its_last_record_lets_its_yes_lapse(
    ana: int, school: SchoolRow, staff: SignIn
) -> None:
    client = staff()
    save(client, ana, primary_type="cell")
    page = save(client, ana, primary_type="")
    assert SHOWN_A not in page.text("h2 ~ p")
    assert not db.session.scalars(select(Phone)).all()
    last = db.session.scalars(select(ConsentEvent).order_by(ConsentEvent.seq.desc())).first()
    assert last is not None
    assert (last.source, last.state) == (Source.NUMBER_LEFT, "not_asked")


def test_a_number_on_two_records_keeps_its_yes_when_one_lets_it_go(
    ana: int, school: SchoolRow, staff: SignIn
) -> None:
    make_parent(school, "Ben Ruiz", phones=[phone(CELL_A)], typed=True)
    save(staff(), ana, primary_type="", primary_number="")
    assert events() == 1


def test_a_students_own_cell_is_never_asked_about(school: SchoolRow, staff: SignIn) -> None:
    student = make_student(school, "Mateo Ruiz")
    page = save(staff(), student, primary_type="cell", primary_number="2065550111")
    assert circles(page) == {}
    assert events() == 0


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"type": "cell", "number": "555"}, "number", "too short"),
        ({"type": "cell", "number": "206 555 01470 12345"}, "number", "too long"),
        ({"type": "cell", "number": "206-CALL-NOW"}, "number", "only digits"),
        ({"type": "home", "number": "123 456 7890"}, "number", "working phone number"),
        (
            {"type": "cell", "number": "2065550199", "extension": "12"},
            "extension",
            "don't have extensions",
        ),
        ({"type": "work", "number": "2065550199", "extension": "abc"}, "extension", "digits"),
        ({"type": "work", "number": "2065550199 x12"}, "number", "in the Extension box"),
        ({"type": "", "number": "2065550199"}, "type", "Choose Cell, Home, or Work"),
        ({"type": "cell", "number": ""}, "number", "Enter a phone number"),
        ({"type": "pager", "number": "2065550199"}, "type", "Choose Cell, Home, or Work"),
        ({"type": "cell", "number": "20655\x000199x"}, "number", "Use only digits"),
    ],
)
def test_what_is_no_phone_comes_back_with_everything_typed(
    ana: int, staff: SignIn, typed: dict[str, str], field: str, message: str
) -> None:
    client = staff()
    fields = client.form(path(ana), FORM) | {
        f"secondary_phone-{name}": value for name, value in typed.items()
    }
    answer = client.post(path(ana), data=fields)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert page.query(f'#error-summary a[href="#secondary_phone-{field}"]')
    assert message in page.text("#error-summary")
    back = form_values(page, FORM)
    if "\x00" not in typed["number"]:
        assert back["secondary_phone-number"] == typed["number"]
    assert back["primary_phone-number"] == fields["primary_phone-number"]
    assert edits(ana) == []


@pytest.mark.parametrize(
    "field",
    [
        {"primary_phone-consent": "no"},
        {"consent": "NO"},
        {"parent1-primary_phone-consent": "no"},
        {"primary_phone-consent": "opted_out"},
        {"opt_out": "1"},
        {"opt-out": "on"},
        {"primary_phone-opted_out": "yes"},
        {"state": "opted_out"},
        {"parents-2-consent": "opt_out"},
        {"primary_phone_opt_in": "opted_out"},
        {"opt-in": "opt_out"},
        {"may_text": "no"},
        {"texts": "Opted out"},
        {"texting": "opt-out"},
        {"sms": " OPT_OUT "},
        {"consent_state": "opted_out"},
        {"primary_phone-answer": "opted_out"},
        {"consent[]": "no"},
    ],
)
def test_staff_cannot_opt_a_parent_out_by_any_request(
    ana: int, staff: SignIn, field: dict[str, str]
) -> None:
    client = staff("admin")
    save(client, ana, primary_type="cell")
    fields = client.form(path(ana), FORM)
    for page in ("/phones", "/edit", "/parents/new", "/proposals"):
        answer = client.post(path(ana, page), data=fields | field)
        assert answer.status_code == 403
        assert "Only the parent can opt out" in Page(answer.text).text("h1")
    assert circles(client.page(path(ana, ""))) == {CELL_A: "opted_in"}


def test_no_page_of_the_staffs_has_a_control_that_opts_out(ana: int, staff: SignIn) -> None:
    client = staff("admin")
    save(client, ana, primary_type="cell")
    for page in ("", "/phones", "/edit"):
        names = [
            e.attrs.get("name") or "" for e in client.page(path(ana, page)).query("input, button")
        ]
        assert not [name for name in names if "consent" in name or "opt" in name]


def test_the_second_of_two_editors_is_told_and_loses_nothing_typed(ana: int, staff: SignIn) -> None:
    first, second = staff(name="Jo Park"), staff(name="Al Kim")
    fields = second.form(path(ana), FORM)
    save(first, ana, secondary_type="work", secondary_number="2065550120")
    answer = second.post(
        path(ana), data=fields | {"other_phone-type": "home", "other_phone-number": "2065550121"}
    )
    assert answer.status_code == 409
    page = Page(answer.text)
    said = page.text(".conflict")
    assert "Jo Park" in said
    assert "Secondary phone: Work (206) 555-0120" in said
    assert [m.to_text() for m in page.query(".conflict mark")] == ["none", "Home (206) 555-0121"]
    back = form_values(page, FORM)
    assert back["other_phone-number"] == "2065550121"
    again = second.post(path(ana), data=back)
    assert again.status_code == 303
    numbers = set(db.session.scalars(select(Phone.number)))
    assert numbers == {CELL_A, "+12065550121"}


def test_a_stop_that_came_in_meanwhile_is_told_before_anything_is_saved(
    ana: int, school: SchoolRow, staff: SignIn
) -> None:
    client = staff()
    save(client, ana, primary_type="cell")
    fields = client.form(path(ana), FORM)
    stop(school, CELL_A)
    changed = fields | {"secondary_phone-type": "cell", "secondary_phone-number": "2065550199"}
    answer = client.post(path(ana), data=changed)
    assert answer.status_code == 409
    page = Page(answer.text)
    assert f"{SHOWN_A} is now Opted out replied STOP" in page.text(".conflict")
    assert len(db.session.scalars(select(Phone)).all()) == 1
    back = form_values(page, FORM)
    assert client.post(path(ana), data=back).status_code == 303
    assert circles(client.page(path(ana, ""))) == {
        CELL_A: "opted_out",
        "+12065550199": "opted_in",
    }


def test_sending_the_same_page_twice_is_no_conflict(ana: int, staff: SignIn) -> None:
    client = staff()
    fields = client.form(path(ana), FORM) | {"primary_phone-type": "work"}
    assert client.post(path(ana), data=fields).status_code == 303
    assert client.post(path(ana), data=fields).status_code == 303
    assert len(edits(ana)) == 1


def test_a_page_with_errors_keeps_the_version_it_was_made_from(ana: int, staff: SignIn) -> None:
    client = staff()
    fields = client.form(path(ana), FORM)
    with writing():
        contacts.note_edit(db.session.scalars(select(Phone.school_id)).one(), ana, "Jo Park", [])
    wrong = client.post(path(ana), data=fields | {"primary_phone-number": "1"})
    back = form_values(Page(wrong.text), FORM) | {"primary_phone-number": "2065550111"}
    assert client.post(path(ana), data=back).status_code == 409


def test_a_yes_that_came_in_meanwhile_is_told_too(
    ana: int, school: SchoolRow, staff: SignIn
) -> None:
    parent = make_parent(school, "Ben Ruiz", phones=[phone("+12065550183", CELL)])
    client = staff()
    fields = client.form(path(parent), FORM)
    say(school, "+12065550183", Source.PUBLIC_FORM, Answer.YES)
    answer = client.post(path(parent), data=fields | {"primary_phone-type": "home"})
    assert answer.status_code == 409
    assert "is now Opted in on the contact form" in Page(answer.text).text(".conflict")


def test_a_viewer_may_not_save(ana: int, staff: SignIn) -> None:
    fields = staff("editor").form(path(ana), FORM)
    viewer = staff("viewer")
    token = form_values(viewer.page(path(ana, "")), "form.account")["csrf_token"]
    changed = fields | {"primary_phone-type": "cell", "csrf_token": token}
    assert viewer.post(path(ana), data=changed).status_code == 403
    assert events() == 0


def test_what_was_typed_is_kept_when_the_session_ends(ana: int, staff: SignIn) -> None:
    client = staff()
    fields = client.form(path(ana), FORM) | {"primary_phone-type": "cell", "review": "1"}
    answer = client.post(path(ana), data=fields)
    assert answer.status_code == 200
    page = Page(answer.text)
    assert "Not saved yet" in page.text("main")
    assert form_values(page, FORM)["primary_phone-type"] == "cell"
    assert events() == 0
