"""Staff keep the records right: what they type counts, is never lost, and lifts no opt-out."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser_families import BrowserFamilies, email_of, shown
from tests.browser.conftest import (
    PHONE,
    Opener,
    on_a_phone_and_at_a_plain_desk,
    with_and_without_script,
)
from tests.browser.pages import (
    ContactFormPage,
    EditContactPage,
    EditPhonesPage,
    OverviewPage,
    PickUpPage,
    RecordPage,
    SentPage,
    SignInPage,
)
from tests.support.live import Live, wait_until_applied

ONLY_THE_PARENT = "Only the parent can opt back in"


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
def test_a_cell_that_staff_type_is_opted_in_at_once_and_the_page_says_so(
    live_sqlite: Live,
    browser_families: BrowserFamilies,
    desk: Opener,
    size: dict[str, int],
    script: bool,
) -> None:
    family, number = browser_families.family("Typed"), browser_families.number()
    record = RecordPage(desk(live_sqlite, size=size, script=script)).open(family.student_id)
    phones = record.edit_phones(family.parent)
    phones.phone("Cell", shown(number), "Secondary phone")
    record = phones.save()
    record.told(f"{shown(number)} is now opted in to texts because you saved it as a cell phone.")
    record.shows(number, "opted_in")
    expect(record.circle(number)).to_have_text("Opted in")
    expect(record.phone(shown(number))).to_contain_text(
        re.compile(
            r"typed by staff, not yet answered by the parent \([A-Z][a-z]{2} \d{1,2}, \d{4}\)"
        )
    )


def test_a_no_on_the_form_stays_red_whatever_staff_type(
    live: Live, browser_families_at: Callable[[Live], BrowserFamilies], opener: Opener, desk: Opener
) -> None:
    browser_families = browser_families_at(live)
    surname, number = browser_families.surname("Never"), browser_families.number()
    send_form(opener(live.url), surname, number, "No")
    wait_until_applied(live)
    page = desk(live)
    page.goto("/oakwood/staff/")
    record = OverviewPage(page).look_up(surname).open(f"Mateo {surname}")
    record.shows(number, "opted_out")

    phones = record.edit_phones(f"Ana {surname}")
    expect(phones.slot("Primary phone")).to_contain_text(ONLY_THE_PARENT)
    phones.phone("None")
    record = phones.save()
    expect(record.circle(number)).to_have_count(0)

    phones = EditPhonesPage(page)
    page.get_by_role("link", name="Edit phones", exact=True).click()
    phones.phone("Cell", shown(number))
    record = phones.save()
    record.told(f"{shown(number)} is still opted out (on the contact form")
    record.told(ONLY_THE_PARENT)
    record.shows(number, "opted_out")
    expect(record.phone(shown(number))).to_contain_text("on the contact form")
    expect(
        page.locator("p", has_text="Only Ana can opt back in. Ask them to text START")
    ).to_be_visible()


@pytest.mark.parametrize("stopped", [True, False], ids=["opted-out", "opted-in"])
def test_from_cell_to_home_the_circle_goes_and_back_to_cell_it_returns_as_it_was(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener, stopped: bool
) -> None:
    family = browser_families.family("Twice")
    if stopped:
        browser_families.stop(family.number)
    before = "opted_out" if stopped else "opted_in"
    page = desk(live_sqlite)
    phones = EditPhonesPage(page).open(family.parent_id)
    RecordPage(page).shows(family.number, before)
    phones.phone("Home")
    record = phones.save()
    expect(record.phone(family.shown)).to_contain_text("Home")
    expect(record.circle(family.number)).to_have_count(0)

    phones.open(family.parent_id).phone("Cell")
    record = phones.save()
    expect(record.phone(family.shown)).to_contain_text("Cell")
    record.shows(family.number, before)


def test_mistakes_come_back_with_what_was_typed_and_lead_to_their_fields(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("Wrong")
    phones = EditPhonesPage(desk(live_sqlite)).open(family.parent_id)
    expect(phones.number("Secondary phone")).to_be_hidden()  # until there is a phone to type
    phones.phone("Cell", "415 555", "Secondary phone")
    expect(phones.slot("Secondary phone").get_by_label("Extension")).to_be_hidden()
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
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener, script: bool
) -> None:
    family = browser_families.family("Double")
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
    live: Live, browser_families_at: Callable[[Live], BrowserFamilies], desk: Opener
) -> None:
    browser_families = browser_families_at(live)
    family, added = browser_families.family("Stopped"), browser_families.number()
    phones = EditPhonesPage(desk(live, size=PHONE)).open(family.parent_id)
    phones.phone("Work", shown(added), "Other phone")
    browser_families.stop(family.number)
    phones.save()
    expect(phones.conflict()).to_contain_text(f"{family.shown} is now Opted out replied STOP")
    expect(phones.number("Other phone")).to_have_value(shown(added))
    expect(phones.slot("Other phone").get_by_label("Work")).to_be_checked()

    record = phones.save()
    record.told("Saved.")
    expect(record.phone(shown(added))).to_contain_text("Work")
    record.shows(family.number, "opted_out")


@with_and_without_script
def test_what_was_typed_outlives_the_session(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener, script: bool
) -> None:
    family, number = browser_families.family("Session"), browser_families.number()
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
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("Leaving")
    edit = EditContactPage(desk(live_sqlite)).open(family.student_id)
    asked: list[str] = []
    edit.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    edit.type("First name", "Mat")
    edit.page.get_by_role("link", name="Cancel").click(no_wait_after=True)
    expect(edit.field("First name")).to_have_value("Mat")
    assert asked == ["beforeunload"]
    edit.save().told("Saved.")
    assert asked == ["beforeunload"], "saving is not leaving"
