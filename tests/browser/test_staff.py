"""Staff at work: they look families up, see who may be texted, and keep the records right."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE, Opener
from tests.browser.on_file import Family, OnFile, email_of, shown
from tests.browser.pages import (
    AddStudentPage,
    ContactFormPage,
    EditContactPage,
    EditPhonesPage,
    OverviewPage,
    PickUpPage,
    RecordPage,
    SentPage,
    SignInPage,
)
from tests.support.live import Live

on_a_phone_and_at_a_plain_desk = pytest.mark.parametrize(
    ("size", "script"), [(PHONE, True), (DESK, False)], ids=["phone", "desk-plain"]
)
with_and_without_script = pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
ONLY_THE_PARENT = "Only the parent can opt back in"
SentAgain = Callable[[str], tuple[Family, str]]


def send_form(page: Page, surname: str, number: str, answer: str) -> ContactFormPage:
    """Ana sends the form about Mateo, with one Cell."""
    form = ContactFormPage(page).open()
    form.child("Mateo", surname)
    form.parent("Ana", surname, email_of(surname))
    form.phone("Cell", shown(number))
    form.answer(answer)
    form.send()
    SentPage(page)
    return form


@on_a_phone_and_at_a_plain_desk
def test_staff_sign_in_find_a_family_by_part_of_a_number_and_sign_out(
    live_sqlite: Live, on_file: OnFile, opener: Opener, size: dict[str, int], script: bool
) -> None:
    family = on_file.family("Ferry")
    page = opener(live_sqlite.url, size, script)
    sign_in = SignInPage(page).open()
    sign_in.submit(live_sqlite.email("viewer"), "not the password")
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    expect(page.locator("[name=email]")).to_have_value(live_sqlite.email("viewer"))

    overview = sign_in.sign_in(live_sqlite.email("viewer"), live_sqlite.password)
    record = overview.look_up(family.shown[-6:]).open(family.student)
    expect(page.get_by_role("heading", level=1)).to_have_text(family.student)
    assert record.state(family.number) == "opted_in"

    record.sign_out()
    expect(page.get_by_role("status")).to_contain_text("signed out")
    record.open(family.student_id)
    expect(page).to_have_url(re.compile("/staff/sign-in"))


def test_signing_in_leads_to_the_page_that_was_wanted(
    live_sqlite: Live, on_file: OnFile, opener: Opener
) -> None:
    family = on_file.family("Gates")
    page = opener(live_sqlite.url)
    RecordPage(page).open(family.student_id)
    SignInPage(page).submit(live_sqlite.email("viewer"), live_sqlite.password)
    expect(page.get_by_role("heading", level=1)).to_have_text(family.student)


def test_a_slash_goes_to_the_look_up_unless_one_is_typing(
    live_sqlite: Live, on_file: OnFile, desk: Opener
) -> None:
    family = on_file.family("Slash")
    edit = EditContactPage(desk(live_sqlite)).open(family.student_id)
    edit.page.keyboard.press("/")
    expect(edit.look_up_box()).to_be_focused()
    expect(edit.look_up_box()).to_have_value("")
    edit.field("First name").focus()
    edit.page.keyboard.press("End")
    edit.page.keyboard.type("/Teo")
    expect(edit.field("First name")).to_have_value("Mateo/Teo")


def test_a_look_up_that_finds_nothing_says_what_to_try(live_sqlite: Live, desk: Opener) -> None:
    page = desk(live_sqlite, "viewer", size=PHONE)
    page.goto("/oakwood/staff/")
    OverviewPage(page).look_up("Zzyzx")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing found for Zzyzx")
    expect(page.locator("main")).to_contain_text("last four digits")


@on_a_phone_and_at_a_plain_desk
def test_a_cell_that_staff_type_is_opted_in_at_once_and_the_page_says_so(
    live_sqlite: Live, on_file: OnFile, desk: Opener, size: dict[str, int], script: bool
) -> None:
    family, number = on_file.family("Typed"), on_file.number()
    record = RecordPage(desk(live_sqlite, size=size, script=script)).open(family.student_id)
    phones = record.edit_phones(family.parent)
    phones.phone("Cell", shown(number), "Secondary phone")
    record = phones.save()
    record.told(f"{shown(number)} is opted in. You typed it as a Cell.")
    assert record.state(number) == "opted_in"
    expect(record.circle(number)).to_have_text("Opted in")
    expect(record.phone(shown(number))).to_contain_text(
        re.compile(r"typed by staff, \d+ \w+ \d{4}")
    )


def test_a_no_on_the_form_stays_red_whatever_staff_type(
    live: Live, on_file_at: Callable[[Live], OnFile], opener: Opener, desk: Opener
) -> None:
    on_file = on_file_at(live)
    surname, number = on_file.surname("Never"), on_file.number()
    send_form(opener(live.url), surname, number, "No")
    page = desk(live)
    page.goto("/oakwood/staff/")
    record = OverviewPage(page).look_up(surname).open(f"Mateo {surname}")
    assert record.state(number) == "opted_out"

    phones = record.edit_phones(f"Ana {surname}")
    expect(phones.slot("Primary phone")).to_contain_text(ONLY_THE_PARENT)
    phones.phone("None", "")
    record = phones.save()
    expect(record.circle(number)).to_have_count(0)

    phones = EditPhonesPage(page)
    page.get_by_role("link", name="Edit phones", exact=True).click()
    phones.phone("Cell", shown(number))
    record = phones.save()
    record.told(f"{shown(number)} stays opted out: on the contact form")
    record.told(ONLY_THE_PARENT)
    assert record.state(number) == "opted_out"
    expect(record.phone(shown(number))).to_contain_text("on the contact form")
    expect(
        page.locator(".notice.warn", has_text="opt back in, on the contact form")
    ).to_be_visible()


@pytest.mark.parametrize("stopped", [True, False], ids=["opted-out", "opted-in"])
def test_from_cell_to_home_the_circle_goes_and_back_to_cell_it_returns_as_it_was(
    live_sqlite: Live, on_file: OnFile, desk: Opener, stopped: bool
) -> None:
    family = on_file.family("Twice")
    if stopped:
        on_file.stop(family.number)
    before = "opted_out" if stopped else "opted_in"
    page = desk(live_sqlite)
    phones = EditPhonesPage(page).open(family.parent_id)
    assert RecordPage(page).state(family.number) == before
    phones.phone("Home")
    record = phones.save()
    expect(record.phone(family.shown)).to_contain_text("Home")
    expect(record.circle(family.number)).to_have_count(0)

    phones.open(family.parent_id).phone("Cell")
    record = phones.save()
    expect(record.phone(family.shown)).to_contain_text("Cell")
    assert record.state(family.number) == before


def test_nothing_on_a_record_opts_a_parent_out_but_it_says_what_to_do(
    live_sqlite: Live, on_file: OnFile, desk: Opener
) -> None:
    family = on_file.family("Asked")
    page = desk(live_sqlite, "admin", size=PHONE)
    RecordPage(page).open(family.student_id)
    advice = page.locator("details", has_text="asks not to be texted")
    advice.locator("summary").click()
    expect(advice).to_contain_text("texts STOP from the phone")
    expect(advice).to_contain_text(f"{live_sqlite.url}/oakwood/forms/contact")
    letter = advice.get_by_role("link", name="Email the form").get_attribute("href")
    assert (letter or "").startswith(f"mailto:{family.email}".replace("@", "%40"))
    for control in ("button", "checkbox", "radio", "switch"):
        expect(page.get_by_role(control, name=re.compile("opt|texts|consent", re.I))).to_have_count(
            0
        )
    page.goto(f"/oakwood/staff/contacts/{family.parent_id}/phones")
    expect(page.get_by_role("radio", name=re.compile("yes|no$|opt", re.I))).to_have_count(0)


def test_mistakes_come_back_with_what_was_typed_and_lead_to_their_fields(
    live_sqlite: Live, on_file: OnFile, desk: Opener
) -> None:
    family = on_file.family("Wrong")
    phones = EditPhonesPage(desk(live_sqlite)).open(family.parent_id)
    phones.phone("Cell", "415 555", "Secondary phone")
    phones.phone("Work", "(415) 555-0a99", "Other phone")
    phones.save()
    expect(phones.errors()).to_have_count(2)
    expect(phones.page).to_have_title(re.compile("^Error: "))
    phones.errors().filter(has_text="too short").click()
    number = phones.number("Secondary phone")
    expect(number).to_be_focused()
    expect(number).to_have_value("415 555")
    expect(number).to_be_in_viewport(ratio=1)
    expect(phones.number("Other phone")).to_have_value("(415) 555-0a99")


@with_and_without_script
def test_of_two_people_who_edit_one_record_the_second_sees_both_versions(
    live_sqlite: Live, on_file: OnFile, desk: Opener, script: bool
) -> None:
    family = on_file.family("Double")
    first = EditContactPage(desk(live_sqlite, "admin", script=script)).open(family.student_id)
    second = EditContactPage(desk(live_sqlite, script=script)).open(family.student_id)
    first.type("First name", "Matthew")
    first.save().told("Saved.")

    second.type("First name", "Matteo")
    second.choose("Grade", "Grade 5")
    second.save()
    expect(second.conflict()).to_contain_text("Not saved")
    expect(second.conflict()).to_contain_text("First name changed from Mateo to Matthew")
    versions = second.conflict().get_by_role("row", name="First name")
    expect(versions.get_by_role("cell")).to_have_text(["Matthew", "Matteo"])
    expect(second.field("First name")).to_have_value("Matteo")
    expect(second.field("Grade").locator("option:checked")).to_have_text("Grade 5")

    second.save().told("Saved.")
    expect(second.page.get_by_role("heading", level=1)).to_have_text(f"Matteo {family.surname}")


def test_a_stop_that_comes_in_while_staff_edit_is_told_and_nothing_is_lost(
    live: Live, on_file_at: Callable[[Live], OnFile], desk: Opener
) -> None:
    on_file = on_file_at(live)
    family, added = on_file.family("Stopped"), on_file.number()
    phones = EditPhonesPage(desk(live, size=PHONE)).open(family.parent_id)
    phones.phone("Work", shown(added), "Other phone")
    on_file.stop(family.number)
    phones.save()
    expect(phones.conflict()).to_contain_text(f"{family.shown} is now Opted out replied STOP")
    expect(phones.number("Other phone")).to_have_value(shown(added))
    expect(phones.slot("Other phone").get_by_label("Work")).to_be_checked()

    record = phones.save()
    record.told("Saved.")
    expect(record.phone(shown(added))).to_contain_text("Work")
    assert record.state(family.number) == "opted_out"


@pytest.fixture
def sent_again(live_sqlite: Live, on_file: OnFile, opener: Opener) -> SentAgain:
    """A family on file, and the number of another Cell that Ana gave on a form sent since."""

    def send(stem: str) -> tuple[Family, str]:
        family, number = on_file.family(stem), on_file.number()
        form = ContactFormPage(opener(live_sqlite.url)).open()
        form.child("Mateo", family.surname)
        form.page.select_option("[name=child1-grade]", "4")
        form.parent("Ana", family.surname, family.email)
        form.phone("Cell", shown(number))
        form.answer("Yes")
        form.send()
        SentPage(form.page)
        return family, number

    return send


@with_and_without_script
def test_what_a_form_proposes_is_accepted_one_by_one(
    live_sqlite: Live, desk: Opener, sent_again: SentAgain, script: bool
) -> None:
    family, number = sent_again("Onebyone")
    page = desk(live_sqlite, size=DESK if script else PHONE, script=script)
    page.goto("/oakwood/staff/")
    record = OverviewPage(page).open(family.student)
    assert record.state(family.number) == "opted_in", "nothing on file is changed by itself"
    expect(record.waiting().row("Primary phone")).to_contain_text(family.shown)

    record.waiting().accept("Primary phone")
    record.told("Accepted: 1.")
    record.told(f"{shown(number)} is opted in: the form said yes.")
    assert record.state(number) == "opted_in"
    expect(record.circle(family.number)).to_have_count(0)
    expect(record.waiting().section.get_by_role("rowheader")).to_have_text(["Grade"])

    record.waiting().decline("Grade")
    record.told("Declined: 1. Nothing on file was changed.")
    expect(record.waiting().section).to_have_count(0)
    expect(page.locator(".about")).to_contain_text("Grade 3")


def test_what_a_form_proposes_is_accepted_all_together(
    live_sqlite: Live, desk: Opener, sent_again: SentAgain
) -> None:
    family, number = sent_again("Together")
    record = RecordPage(desk(live_sqlite)).open(family.student_id)
    record.waiting().accept_all()
    record.told("Accepted: 2.")
    assert record.state(number) == "opted_in"
    expect(record.page.locator(".about")).to_contain_text("Grade 4")
    expect(record.waiting().section).to_have_count(0)


def test_what_a_form_proposes_is_declined_and_two_decide_only_once(
    live_sqlite: Live, desk: Opener, sent_again: SentAgain
) -> None:
    family, number = sent_again("Declined")
    record = RecordPage(desk(live_sqlite, size=PHONE)).open(family.student_id)
    slower = RecordPage(desk(live_sqlite, "admin")).open(family.student_id)
    record.waiting().decline_all()
    record.told("Declined: 2. Nothing on file was changed.")
    expect(record.circle(number)).to_have_count(0)
    assert record.state(family.number) == "opted_in"

    slower.waiting().accept_all()
    slower.told("Someone else decided on these just now")
    expect(slower.circle(number)).to_have_count(0)


@with_and_without_script
def test_a_student_and_a_parent_are_added_by_hand(
    live_sqlite: Live, on_file: OnFile, desk: Opener, script: bool
) -> None:
    surname, number = on_file.surname("Byhand"), on_file.number()
    student = AddStudentPage(desk(live_sqlite, size=PHONE, script=script)).open()
    student.name("Ines", surname)
    student.choose("Grade", "Kindergarten")
    record = student.save()
    record.told("Added. Now add a parent.")

    parent = record.add_parent()
    parent.choose("Relationship", "Father")
    parent.name("Otto", surname)
    parent.phone("Cell", shown(number))
    record = parent.save()
    record.told(f"{shown(number)} is opted in. You typed it as a Cell.")
    expect(record.page.get_by_role("heading", level=1)).to_have_text(f"Ines {surname}")
    expect(record.page.get_by_role("link", name=f"Otto {surname}").first).to_be_visible()
    assert record.state(number) == "opted_in"


def test_a_parent_of_two_children_is_one_record(
    live_sqlite: Live, on_file: OnFile, desk: Opener
) -> None:
    family = on_file.family("Sibling")
    student = AddStudentPage(desk(live_sqlite)).open()
    student.name("Lucia", family.surname)
    parent = student.save().add_parent()
    parent.look_for(family.parent)
    parent.it_is(family.email)
    expect(parent.field("First name")).to_be_hidden()
    parent.choose("Relationship", "Mother")
    record = parent.save()
    assert record.state(family.number) == "opted_in"
    record.page.get_by_role("link", name=family.parent).first.click()
    children = record.page.get_by_role("region", name="Children")
    expect(children.get_by_role("link")).to_have_text([f"Lucia {family.surname}", family.student])


def test_a_parent_is_taken_out_of_a_family(
    live_sqlite: Live, on_file: OnFile, desk: Opener
) -> None:
    family = on_file.family("Leaver")
    edit = EditContactPage(desk(live_sqlite, size=PHONE)).open(family.student_id)
    record = edit.take_out(family.parent)
    record.told("Taken out of the family.")
    expect(record.page.locator("main")).to_contain_text("No parent is on file yet.")


def test_the_history_tells_every_event_and_edit_newest_first(
    live_sqlite: Live, on_file: OnFile, desk: Opener
) -> None:
    family = on_file.family("History")
    on_file.stop(family.number)
    edit = EditContactPage(desk(live_sqlite)).open(family.student_id)
    edit.choose("Grade", "Grade 7")
    history = edit.save().history()
    lines = history.lines()
    expect(lines.nth(0)).to_contain_text("Grade changed from Grade 3 to Grade 7")
    expect(lines.nth(1)).to_contain_text(f"{family.shown}: Opted out: replied STOP")
    expect(lines.nth(2)).to_contain_text(f"{family.shown}: Opted in: typed by staff")
    expect(history.page.locator("time").first).to_contain_text(
        re.compile(r"\d+ \w+ \d{4}, \d+:\d\d [ap]m, Editor")
    )


def test_a_viewer_sees_everything_and_is_offered_no_change(
    live_sqlite: Live, desk: Opener, sent_again: SentAgain
) -> None:
    family, _ = sent_again("Viewed")
    page = desk(live_sqlite, "viewer")
    for contact_id in (family.student_id, family.parent_id):
        record = RecordPage(page).open(contact_id)
        assert record.state(family.number) == "opted_in"
        expect(page.get_by_role("link", name=re.compile("^(Edit|Add)"))).to_have_count(0)
    record.open(family.student_id)
    expect(record.waiting().row("Primary phone")).to_be_visible()
    expect(page.locator("main").get_by_role("button")).to_have_count(0)
    page.goto(f"/oakwood/staff/contacts/{family.parent_id}/phones")
    expect(page.get_by_role("heading", level=1)).to_have_text("This is not yours to do")


def test_the_opt_outs_are_downloaded_for_a_spreadsheet(
    live_sqlite: Live, on_file: OnFile, desk: Opener
) -> None:
    family, other = on_file.family("Export"), on_file.family("Kept")
    on_file.stop(family.number)
    page = desk(live_sqlite, "viewer")
    page.goto("/oakwood/staff/")
    download = OverviewPage(page).download_opt_outs()
    assert re.fullmatch(r"opt-outs-oakwood-\d{4}-\d\d-\d\d\.csv", download.suggested_filename)
    text = download.path().read_text("utf-8")
    assert f",{family.parent},{family.shown},cell," in text
    assert other.shown not in text


@with_and_without_script
def test_what_was_typed_outlives_the_session(
    live_sqlite: Live, on_file: OnFile, desk: Opener, script: bool
) -> None:
    family, number = on_file.family("Session"), on_file.number()
    phones = EditPhonesPage(desk(live_sqlite, size=PHONE, script=script)).open(family.parent_id)
    phones.phone("Home", shown(number), "Other phone")
    phones.page.context.clear_cookies()
    phones.save()
    expect(phones.page.locator("main")).to_contain_text("You are no longer signed in")
    sign_in = SignInPage(phones.page)
    sign_in.submit(live_sqlite.email("editor"), "not the password")
    expect(phones.page.get_by_role("alert")).to_be_visible()
    sign_in.submit(live_sqlite.email("editor"), live_sqlite.password)

    PickUpPage(phones.page).show()
    expect(phones.page.locator("main")).to_contain_text("Not saved yet")
    expect(phones.number("Other phone")).to_have_value(shown(number))
    expect(phones.slot("Other phone").get_by_label("Home")).to_be_checked()
    record = phones.save()
    record.told("Saved.")
    expect(record.phone(shown(number))).to_contain_text("Home")


def test_what_was_typed_is_not_left_behind_by_accident(
    live_sqlite: Live, on_file: OnFile, desk: Opener
) -> None:
    family = on_file.family("Leaving")
    edit = EditContactPage(desk(live_sqlite)).open(family.student_id)
    asked: list[str] = []
    edit.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    edit.type("First name", "Mat")
    edit.page.get_by_role("link", name="Back without saving").click(no_wait_after=True)
    expect(edit.field("First name")).to_have_value("Mat")
    assert asked == ["beforeunload"]
    edit.save().told("Saved.")
    assert asked == ["beforeunload"], "saving is not leaving"
