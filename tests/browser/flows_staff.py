"""Ways to the staff's pages in each of their states."""

from playwright.sync_api import Page

from tests.browser.browser_families import shown
from tests.browser.browser_school import BrowserSchool
from tests.browser.pages import (
    AddParentPage,
    AddStudentPage,
    EditContactPage,
    EditPhonesPage,
    RecordPage,
    SignInPage,
)


def sign_in_refused(page: Page, world: BrowserSchool) -> None:
    SignInPage(page).open().submit(world.live.email("editor"), "not the password")
    page.get_by_role("alert").wait_for()


def signed_out(page: Page, world: BrowserSchool) -> None:
    overview = SignInPage(page).sign_in(world.live.email("viewer"), world.live.password)
    overview.sign_out()
    page.get_by_role("status").wait_for()


def signed_out_while_typing(page: Page, world: BrowserSchool) -> None:
    edit = EditContactPage(page).open(world.alone)
    edit.type("First name", "Olja")
    page.context.clear_cookies()
    edit.save()
    page.get_by_text("You are no longer signed in").wait_for()


def signed_in_again(page: Page, world: BrowserSchool) -> None:
    signed_out_while_typing(page, world)
    SignInPage(page).submit(world.live.email("editor"), world.live.password)
    page.get_by_role("button", name="Show what I typed").wait_for()


def typed_again(page: Page, world: BrowserSchool) -> None:
    signed_in_again(page, world)
    page.get_by_role("button", name="Show what I typed").click()
    page.get_by_text("Not saved yet").wait_for()


def record_with_all_open(page: Page, world: BrowserSchool) -> None:
    RecordPage(page).open(world.student)
    for closed in page.locator("main summary").all():
        closed.click()


def contact_with_errors(page: Page, world: BrowserSchool) -> None:
    edit = EditContactPage(page).open(world.student)
    edit.type("First name", "")
    edit.type("Email", "mateo")
    edit.save()
    edit.errors().first.wait_for()


def contact_in_conflict(page: Page, world: BrowserSchool) -> None:
    family = world.families.family("Conflict")
    edit = EditContactPage(page).open(family.student_id)
    edit.type("First name", "Matteo")
    other = EditContactPage(page.context.new_page()).open(family.student_id)
    other.type("First name", "Matthew")
    other.save().told("Saved.")
    other.page.close()
    edit.save()
    edit.conflict().wait_for()


def phones_with_errors(page: Page, world: BrowserSchool) -> None:
    phones = EditPhonesPage(page).open(world.parent)
    phones.phone("Work", "555")
    phones.slot("Primary phone").get_by_label("Extension").fill("12")
    phones.phone("Cell")
    phones.save()
    phones.errors().first.wait_for()


def phones_in_conflict(page: Page, world: BrowserSchool) -> None:
    family = world.families.family("Halted")
    phones = EditPhonesPage(page).open(family.parent_id)
    other = EditPhonesPage(page.context.new_page()).open(family.parent_id)
    other.phone("Work", shown(world.families.number()), "Other phone")
    other.save().told("Saved.")
    other.page.close()
    world.families.stop(family.number)
    phones.phone("Home", shown(world.families.number()), "Secondary phone")
    phones.save()
    phones.conflict().wait_for()


def phones_saved(page: Page, world: BrowserSchool) -> None:
    """Notices of every kind: typed and opted in, typed and still out."""
    family, out = world.families.family("Noticed"), world.families.number()
    world.families.stop(out)
    phones = EditPhonesPage(page).open(family.parent_id)
    phones.phone("Cell", shown(world.families.number()), "Secondary phone")
    phones.phone("Cell", shown(out), "Other phone")
    phones.save().told("is still opted out")


def number_told_without_note(page: Page, world: BrowserSchool) -> None:
    page.goto(f"/oakwood/staff/contacts/{world.not_proven}")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").wait_for()


def number_told(page: Page, world: BrowserSchool) -> None:
    """Ben told the office his number; that can be taken back."""
    page.goto(f"/oakwood/staff/contacts/{world.not_proven}")
    page.get_by_label("How do you know?").fill("Ben called from this number")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("status").filter(has_text="can answer for").wait_for()


def student_with_errors(page: Page, _: BrowserSchool) -> None:
    student = AddStudentPage(page).open()
    student.save()
    student.errors().first.wait_for()


def parent_with_errors(page: Page, world: BrowserSchool) -> None:
    parent = AddParentPage(page).open(world.alone)
    parent.phone("Work", "555", "Other phone")
    parent.save()
    parent.errors().first.wait_for()


def parent_found(page: Page, world: BrowserSchool) -> None:
    parent = AddParentPage(page).open(world.alone)
    parent.look_for("Ruiz")
    parent.it_is("ana.ruiz@example.com")


def tried_to_opt_out(page: Page, world: BrowserSchool) -> None:
    """As no control does: with a field that is put into the page."""
    phones = EditPhonesPage(page).open(world.parent)
    page.evaluate("document.querySelector('[name=version]').name = 'primary_phone-opted_out'")
    phones.save()
    page.get_by_role("heading", name="Only the parent can opt out").wait_for()


def page_gone_stale(page: Page, world: BrowserSchool) -> None:
    edit = EditContactPage(page).open(world.alone)
    page.evaluate("document.querySelector('main [name=csrf_token]').value = 'old'")
    edit.save()
    page.get_by_role("button", name="Show what I typed").wait_for()
