"""Changes that an unsigned form makes to a family on file wait for staff."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.browser_families import BrowserFamilies, BrowserFamily, shown
from tests.browser.conftest import DESK, PHONE, Opener, with_and_without_script
from tests.browser.pages import (
    ContactFormPage,
    OverviewPage,
    RecordPage,
    SentPage,
)
from tests.support.live import Live, wait_until_applied

SentAgain = Callable[[str], tuple[BrowserFamily, str]]


@pytest.fixture
def sent_again(live_sqlite: Live, browser_families: BrowserFamilies, opener: Opener) -> SentAgain:
    """A family on file, and the number of another Cell that Ana gave on a form sent since."""

    def send(stem: str) -> tuple[BrowserFamily, str]:
        family, number = browser_families.family(stem), browser_families.number()
        form = ContactFormPage(opener(live_sqlite.url)).open()
        form.child("Mateo", family.surname)
        form.page.select_option("[name=child1-grade]", "4")
        form.parent("Ana", family.surname, family.email)
        form.phone("Cell", shown(number))
        form.answer("Yes")
        form.send()
        SentPage(form.page)
        wait_until_applied(live_sqlite)
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
    record.shows(family.number, "opted_in")
    expect(record.waiting().row("Primary phone")).to_contain_text(family.shown)

    record.waiting().accept("Primary phone")
    record.told("Accepted 1 change.")
    record.told(f"{shown(number)} is now opted in to texts. The form said yes.")
    record.shows(number, "opted_in")
    expect(record.circle(family.number)).to_have_count(0)
    expect(record.waiting().section.get_by_role("rowheader")).to_have_text(["Grade"])

    record.waiting().decline("Grade")
    record.told("Declined 1 change. The record wasn't changed.")
    expect(record.waiting().section).to_have_count(0)
    expect(page.locator(".about")).to_contain_text("Grade 3")


def test_what_a_form_proposes_is_accepted_all_together(
    live_sqlite: Live, desk: Opener, sent_again: SentAgain
) -> None:
    family, number = sent_again("Together")
    record = RecordPage(desk(live_sqlite)).open(family.student_id)
    record.waiting().accept_all()
    record.told("Accepted 2 changes.")
    record.shows(number, "opted_in")
    expect(record.page.locator(".about")).to_contain_text("Grade 4")
    expect(record.waiting().section).to_have_count(0)


def test_what_a_form_proposes_is_declined_and_two_decide_only_once(
    live_sqlite: Live, desk: Opener, sent_again: SentAgain
) -> None:
    family, number = sent_again("Declined")
    record = RecordPage(desk(live_sqlite, size=PHONE)).open(family.student_id)
    slower = RecordPage(desk(live_sqlite, "admin")).open(family.student_id)
    record.waiting().decline_all()
    record.told("Declined 2 changes. The record wasn't changed.")
    expect(record.circle(number)).to_have_count(0)
    record.shows(family.number, "opted_in")

    slower.waiting().accept_all()
    slower.told("Someone else just reviewed some of these")
    expect(slower.circle(number)).to_have_count(0)


def test_a_viewer_sees_what_waits_and_decides_nothing(
    live_sqlite: Live, desk: Opener, sent_again: SentAgain
) -> None:
    family, number = sent_again("Viewer")
    record = RecordPage(desk(live_sqlite, "viewer")).open(family.student_id)
    expect(record.waiting().row("Primary phone")).to_contain_text(shown(number))
    expect(record.waiting().section.get_by_role("button")).to_have_count(0)
