"""Staff at work: they look families up, see who may be texted, and add who is not on file."""

import re

from playwright.sync_api import expect

from tests.browser.browser_families import BrowserFamilies, shown
from tests.browser.conftest import (
    PHONE,
    Opener,
    on_a_phone_and_at_a_plain_desk,
    with_and_without_script,
)
from tests.browser.pages import (
    AddStudentPage,
    EditContactPage,
    OverviewPage,
    RecordPage,
    SignInPage,
)
from tests.browser.pages_search import SearchPage
from tests.support.live import Live


@on_a_phone_and_at_a_plain_desk
def test_staff_sign_in_find_a_family_by_part_of_a_number_and_sign_out(
    live_sqlite: Live,
    browser_families: BrowserFamilies,
    opener: Opener,
    size: dict[str, int],
    script: bool,
) -> None:
    family = browser_families.family("Ferry")
    page = opener(live_sqlite.url, size, script)
    sign_in = SignInPage(page).open()
    sign_in.submit(live_sqlite.email("viewer"), "not the password")
    expect(page.get_by_role("alert")).to_contain_text("don't match")
    expect(page.locator("[name=email]")).to_have_value(live_sqlite.email("viewer"))

    overview = sign_in.sign_in(live_sqlite.email("viewer"), live_sqlite.password)
    record = overview.look_up(family.shown[-6:]).open(family.student)
    expect(page.get_by_role("heading", level=1)).to_have_text(family.student)
    record.shows(family.number, "opted_in")

    record.sign_out()
    expect(page.get_by_role("status")).to_contain_text("signed out")
    record.open(family.student_id)
    expect(page).to_have_url(re.compile("/staff/sign-in"))


def test_signing_in_leads_to_the_page_that_was_wanted(
    live_sqlite: Live, browser_families: BrowserFamilies, opener: Opener
) -> None:
    family = browser_families.family("Gates")
    page = opener(live_sqlite.url)
    RecordPage(page).open(family.student_id)
    SignInPage(page).submit(live_sqlite.email("viewer"), live_sqlite.password)
    expect(page.get_by_role("heading", level=1)).to_have_text(family.student)


def test_a_slash_goes_to_the_look_up_unless_one_is_typing(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("Slash")
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
    expect(page.get_by_role("heading", level=1)).to_have_text("No results for Zzyzx")
    expect(page.locator("main")).to_contain_text("last four digits")


def test_nothing_on_a_record_opts_a_parent_out_but_it_says_what_to_do(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("Asked")
    page = desk(live_sqlite, "admin", size=PHONE)
    RecordPage(page).open(family.student_id)
    expect(page.get_by_role("link", name="They asked us to stop")).to_be_visible()
    expect(page.get_by_role("link", name="Wrong number")).to_be_visible()
    for control in ("button", "checkbox", "radio", "switch"):
        expect(page.get_by_role(control, name=re.compile("opt|texts|consent", re.I))).to_have_count(
            0
        )
    page.goto(f"/oakwood/staff/contacts/{family.parent_id}/phones")
    expect(page.get_by_role("radio", name=re.compile("yes|no$|opt", re.I))).to_have_count(0)


@with_and_without_script
def test_a_student_and_a_parent_are_added_by_hand(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener, script: bool
) -> None:
    surname, number = browser_families.surname("Byhand"), browser_families.number()
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
    record.told(f"{shown(number)} is now opted in to texts because you saved it as a cell phone.")
    expect(record.page.get_by_role("heading", level=1)).to_have_text(f"Ines {surname}")
    expect(record.page.get_by_role("link", name=f"Otto {surname}").first).to_be_visible()
    record.shows(number, "opted_in")


def test_a_parent_of_two_children_is_one_record(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("Sibling")
    student = AddStudentPage(desk(live_sqlite)).open()
    student.name("Lucia", family.surname)
    parent = student.save().add_parent()
    parent.look_for(family.parent)
    parent.it_is(family.email)
    expect(parent.field("First name")).to_be_hidden()
    parent.choose("Relationship", "Mother")
    record = parent.save()
    record.shows(family.number, "opted_in")
    record.page.get_by_role("link", name=family.parent).first.click()
    children = record.page.get_by_role("region", name="Children")
    expect(children.get_by_role("link")).to_have_text([f"Lucia {family.surname}", family.student])


def test_a_parent_is_taken_out_of_a_family(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("Leaver")
    edit = EditContactPage(desk(live_sqlite, size=PHONE)).open(family.student_id)
    record = edit.take_out(family.parent)
    record.told("Parent removed from this student's record.")
    expect(record.page.locator("main")).to_contain_text("No parents on file yet.")


def test_the_history_tells_every_event_and_edit_newest_first(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("History")
    browser_families.stop(family.number)
    edit = EditContactPage(desk(live_sqlite)).open(family.student_id)
    edit.choose("Grade", "Grade 7")
    history = edit.save().history()
    lines = history.lines()
    expect(lines.nth(0)).to_contain_text("Grade changed from Grade 3 to Grade 7")
    expect(lines.nth(1)).to_contain_text(f"{family.shown}: Opted out (replied STOP)")
    expect(lines.nth(2)).to_contain_text(f"{family.shown}: Opted in (typed by staff)")
    expect(history.page.locator("time").first).to_contain_text(
        re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4}, \d+:\d\d [AP]M, Editor")
    )


def test_a_viewer_sees_everything_and_is_offered_no_change(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("Viewed")
    page = desk(live_sqlite, "viewer")
    for contact_id in (family.student_id, family.parent_id):
        record = RecordPage(page).open(contact_id)
        record.shows(family.number, "opted_in")
        expect(page.get_by_role("link", name=re.compile("^(Edit|Add)"))).to_have_count(0)
        expect(page.locator("main").get_by_role("button")).to_have_count(0)
    page.goto(f"/oakwood/staff/contacts/{family.parent_id}/phones")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "You don't have permission to do this"
    )


def test_the_opt_outs_are_downloaded_for_a_spreadsheet(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family, other = browser_families.family("Export"), browser_families.family("Kept")
    browser_families.stop(family.number)
    page = desk(live_sqlite, "viewer")
    download = SearchPage(page).open().download_opt_outs()
    assert re.fullmatch(r"opt-outs-oakwood-\d{4}-\d\d-\d\d\.csv", download.suggested_filename)
    text = download.path().read_text("utf-8-sig")
    assert f',"{family.parent}","{family.shown}","cell",' in text
    assert other.shown not in text
