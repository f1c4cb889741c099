"""A parent comes back after STOP by the link that was texted to their phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser_families import BrowserFamilies, shown
from tests.browser.conftest import PHONE, Opener
from tests.browser.pages import ContactFormPage, RecordPage, StaffPage, TextedLinkPage
from tests.browser.pages_texts import HandsetPage
from tests.support.families import make_parent, make_student, phone
from tests.support.live import Live, inside, send_due

LOCALES = {"en": "en-US", "es": "es-MX"}


def stopped(page: Page, live: Live, number: str) -> HandsetPage:
    """The phone texts STOP, and has the confirmation."""
    handset = HandsetPage(page, number).open()
    handset.tap("STOP")
    send_due(live)
    return handset.open()


@pytest.mark.parametrize("language", list(LOCALES))
def test_who_sent_an_unsigned_form_and_said_stop_comes_back_with_one_tap(
    live: Live, opener: Opener, desk: Opener, browser_families_at: object, language: str
) -> None:
    browser_families: BrowserFamilies = browser_families_at(live)  # type: ignore[operator]
    number, surname = browser_families.number(), browser_families.surname("Link")
    mobile = opener(live.url, PHONE, locale=LOCALES[language])
    form = ContactFormPage(mobile).open()
    form.child("Mateo", surname)
    form.parent("Ana", surname, f"ana.{surname.lower()}@example.com")
    form.block().locator("[value=cell]").check(force=True)
    mobile.fill("[name=parent1-primary_phone-number]", shown(number))
    form.question().locator("[value=yes]").check(force=True)
    form.send()
    expect(mobile).to_have_url(re.compile("/sent$"))

    handset = stopped(mobile, live, number)
    handset.shows("opted_out")
    link = TextedLinkPage(mobile)
    handset.follow_link()
    expect(mobile.locator("html")).to_have_attribute("lang", language)
    expect(link.question()).to_contain_text("Oakwood School")
    expect(mobile.locator("main")).to_contain_text(shown(number))
    link.say("yes")
    expect(mobile).to_have_url(re.compile("/texts/answered$"))
    handset.open()
    handset.shows("opted_in")

    seat = desk(live)
    seat.goto("/oakwood/staff/")
    StaffPage(seat).look_up(shown(number)).open(f"Ana {surname}").shows(number, "opted_in")


@pytest.mark.parametrize("language", list(LOCALES))
def test_a_parent_with_no_email_on_file_comes_back_with_one_tap(
    live: Live, opener: Opener, desk: Opener, browser_families_at: object, language: str
) -> None:
    browser_families: BrowserFamilies = browser_families_at(live)  # type: ignore[operator]
    number, surname = browser_families.number(), browser_families.surname("Noemail")
    with inside(live) as school:
        child = make_student(school, f"Mateo {surname}")
        parent = make_parent(school, f"Ana {surname}", child, phones=[phone(number)], typed=True)
    mobile = opener(live.url, PHONE, locale=LOCALES[language])
    handset = stopped(mobile, live, number)
    record = RecordPage(desk(live)).open(parent)
    record.shows(number, "opted_out")

    handset.follow_link()
    TextedLinkPage(mobile).say("yes")
    expect(mobile).to_have_url(re.compile("/texts/answered$"))
    record.open(parent).shows(number, "opted_in")


def test_whoever_lost_the_link_texts_start_and_gets_another(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    family = browser_families.family("Lost")
    mobile = opener(live_sqlite.url, PHONE)
    handset = stopped(mobile, live_sqlite, family.number)
    first = handset.link()
    handset.tap("START")
    send_due(live_sqlite)
    handset.open().shows("opted_out")
    link = TextedLinkPage(mobile)
    mobile.goto(first)
    expect(link.question()).to_have_text("This link has expired")
    handset.open().follow_link()
    link.say("yes")
    handset.open().shows("opted_in")


def test_without_a_script_and_with_a_double_tap_it_is_one_yes(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    family = browser_families.family("Twice")
    mobile = opener(live_sqlite.url, PHONE, script=False)
    handset = stopped(mobile, live_sqlite, family.number)
    handset.follow_link()
    TextedLinkPage(mobile).say("yes", clicks=2)
    expect(mobile).to_have_url(re.compile("/texts/answered$"))
    handset.open().shows("opted_in")
