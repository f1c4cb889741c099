"""Pages that are lost, pressed twice, or come back to: what is kept, and what is not."""

import re
import time

from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.extensions import db
from portal.models import SignInKey
from tests.browser.browser_families import BrowserFamilies
from tests.browser.conftest import DESK, Opener, with_and_without_script
from tests.browser.pages import (
    ContactFormPage,
    OverviewPage,
    ParentSignInPage,
    SentPage,
    SignInPage,
)
from tests.support.live import Live, inside
from tests.support.people import newest_code

FORM = "/oakwood/forms/contact"
HOUSEHOLD = re.compile("/oakwood/household$")
LINK = re.compile("/sign-in/link/")
RESTORE = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
"""The event of a page that comes back as it was left. Playwright's Chromium keeps none itself."""


def wait_until_used(live: Live, email: str) -> None:
    """Wait until the server has taken the key in, whose answer is still on its way."""
    late = time.monotonic() + 10
    used = select(SignInKey.id).where(SignInKey.email_key == email, SignInKey.used_at.is_not(None))
    while time.monotonic() < late:
        with inside(live):
            if db.session.scalars(used).first() is not None:
                return
        time.sleep(0.05)  # between two questions to another process
    raise AssertionError("the key is not used")


def on_a_slow_line(page: Page) -> None:
    """Answers take 3 seconds from now on."""
    phone = page.context.new_cdp_session(page)
    phone.send("Network.enable")
    slow = {"offline": False, "latency": 3000, "downloadThroughput": -1, "uploadThroughput": -1}
    phone.send("Network.emulateNetworkConditions", slow)


# Keys


@with_and_without_script
def test_sign_in_pressed_twice_on_a_slow_line_signs_in(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies, script: bool
) -> None:
    for way in ("code", "link"):
        family = browser_families.family("Twice")
        page = opener(live_sqlite.url, script=script)
        if way == "link":
            page.goto(browser_families.sign_in_link(family))
        else:
            ParentSignInPage(page).open().ask_for_code(family.email)
            expect(page.locator("[name=code]")).to_be_visible()
            with inside(live_sqlite):
                code = newest_code(family.email)
            page.fill("[name=code]", code)
        on_a_slow_line(page)
        at = page.locator("main form button").bounding_box()
        assert at is not None
        page.mouse.click(at["x"] + 9, at["y"] + 9)  # unlike a button's click it waits for no page
        wait_until_used(live_sqlite, family.email)
        page.mouse.click(at["x"] + 9, at["y"] + 9)
        expect(page).to_have_url(HOUSEHOLD)
        expect(page.locator("main")).to_contain_text(family.student)


def test_a_link_tapped_again_while_signed_in_by_it_leads_to_the_family(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    family = browser_families.family("Again")
    page, link = opener(live_sqlite.url), browser_families.sign_in_link(family)
    ParentSignInPage(page).follow(link)
    page.goto(link)
    expect(page).to_have_url(HOUSEHOLD)
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "This link has expired or was already used"
    )


def test_the_first_code_is_good_when_a_second_one_was_asked_for(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    family = browser_families.family("First")
    page = opener(live_sqlite.url)
    codes = []
    for _ in range(2):
        ParentSignInPage(page).open().ask_for_code(family.email)
        expect(page.locator("[name=code]")).to_be_visible()
        with inside(live_sqlite):
            codes.append(newest_code(family.email))
    ParentSignInPage(page).enter_code(codes[0])
    expect(page).to_have_url(HOUSEHOLD)


# Pages that come back


def test_a_family_page_that_comes_back_after_sign_out_shows_no_family(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    family = browser_families.family("Shown")
    page = opener(live_sqlite.url)
    for path in ("/oakwood/household", "/oakwood/household/phones", FORM):
        ParentSignInPage(page).follow(browser_families.sign_in_link(family))
        page.goto(path)
        page.context.clear_cookies()
        page.evaluate(RESTORE)
        expect(page.locator("body")).not_to_contain_text(family.surname)
        fields = page.locator("input:not([type=hidden])").evaluate_all(
            "fields => fields.map(field => field.value).join(' ')"
        )
        assert family.surname not in fields


def test_a_family_page_that_is_left_is_hidden_in_what_the_browser_keeps(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    family = browser_families.family("Left")
    page = opener(live_sqlite.url)
    ParentSignInPage(page).follow(browser_families.sign_in_link(family))
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
    expect(page.get_by_text(family.student)).to_be_hidden()


def test_a_record_that_comes_back_after_sign_out_is_not_shown(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    family = browser_families.family("Record")
    page = opener(live_sqlite.url, DESK)
    SignInPage(page).sign_in(live_sqlite.email("viewer"), live_sqlite.password)
    OverviewPage(page).look_up(family.surname).open(family.student)
    page.context.clear_cookies()
    page.evaluate(RESTORE)
    expect(page).to_have_url(re.compile("/staff/sign-in"))
    expect(page.locator("body")).not_to_contain_text(family.surname)


def test_a_form_of_nobody_in_particular_stays_as_it_was_when_it_comes_back(
    live_sqlite: Live, opener: Opener
) -> None:
    form = ContactFormPage(opener(live_sqlite.url)).open()
    form.child("Mateo", "Stays")
    form.page.evaluate(RESTORE)
    expect(form.page.locator("[name=child1-last_name]")).to_have_value("Stays")


# A browser that thinks that it is offline


def test_a_browser_that_wrongly_says_it_is_offline_warns_once_and_then_sends(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    page = opener(live_sqlite.url)
    page.add_init_script("Object.defineProperty(navigator, 'onLine', { get: () => false })")
    form = filled(page, browser_families.surname("Vpn"))
    form.phone("Home", "(415) 555-0177")
    form.send()
    expect(page.get_by_role("alert")).to_contain_text("Your device says it's offline")
    expect(page.locator("[name=child1-first_name]")).to_have_value("Mateo")
    form.send()
    SentPage(page)


# The draft


def filled(page: Page, surname: str) -> ContactFormPage:
    form = ContactFormPage(page).open()
    form.child("Mateo", surname)
    form.parent("Ana", surname, f"ana.{surname.lower()}@example.com")
    return form


def draft(page: Page) -> str:
    return str(page.evaluate("JSON.stringify(sessionStorage)"))


def test_a_form_that_is_half_typed_is_there_again_after_a_reload(
    live_sqlite: Live, opener: Opener
) -> None:
    page = opener(live_sqlite.url)
    form = filled(page, "Half")
    page.select_option("[name=child1-grade]", "3")
    form.ask_for("Add another child")
    form.child("Lucia", "Half", n=2)
    form.phone("Cell", "(415) 555-0178")
    form.answer("Yes")
    for load in (page.reload, form.open):
        load()
        for name, value in (
            ("child1-first_name", "Mateo"),
            ("child1-grade", "3"),
            ("child2-first_name", "Lucia"),
            ("parent1-email", "ana.half@example.com"),
            ("parent1-primary_phone-number", "(415) 555-0178"),
        ):
            expect(page.locator(f"[name={name}]")).to_have_value(value)
        expect(page.locator("[name=child2-first_name]")).to_be_visible()
        expect(form.block().get_by_label("Cell", exact=True)).to_be_checked()
        expect(form.question()).to_be_visible()


def test_a_draft_holds_no_answer_about_texts(live_sqlite: Live, opener: Opener) -> None:
    page = opener(live_sqlite.url)
    form = filled(page, "Asked")
    form.phone("Cell", "(415) 555-0179")
    form.answer("Yes")
    assert "consent" not in draft(page)
    assert "yes" not in draft(page)
    form.open()
    expect(form.question().locator("input:checked")).to_have_count(0)


def test_a_draft_is_gone_after_sending(live_sqlite: Live, opener: Opener) -> None:
    page = opener(live_sqlite.url)
    form = filled(page, "Gone")
    form.phone("Home", "(415) 555-0180")
    form.send()
    SentPage(page)
    assert "Gone" not in draft(page)
    form.open()
    expect(page.locator("[name=child1-last_name]")).to_have_value("")


def test_a_draft_stays_while_the_form_has_errors_or_was_lost_on_its_way(
    live_sqlite: Live, opener: Opener
) -> None:
    page = opener(live_sqlite.url)
    form = filled(page, "Errors")
    form.send()
    expect(form.errors()).not_to_have_count(0)
    page.fill("[name=child1-first_name]", "Mateus")
    form.open()
    expect(page.locator("[name=child1-first_name]")).to_have_value("Mateus")
    expect(page.locator("[name=child1-last_name]")).to_have_value("Errors")
    page.route("**/forms/contact", lambda route: route.abort())
    form.send()
    page.wait_for_url("chrome-error://**")
    page.unroute("**/forms/contact")
    page.goto("/oakwood/")
    form.open()
    expect(page.locator("[name=child1-last_name]")).to_have_value("Errors")


def test_a_child_that_was_removed_does_not_come_back_from_the_draft(
    live_sqlite: Live, opener: Opener
) -> None:
    page = opener(live_sqlite.url)
    form = filled(page, "Removed")
    form.ask_for("Add another child")
    form.child("Lucia", "Removed", n=2)
    page.get_by_role("button", name="Remove this child").first.click()
    page.wait_for_load_state()
    form.open()
    expect(page.locator("[name=child1-first_name]")).to_have_value("Mateo")
    expect(page.locator("[name=child2-first_name]")).to_have_value("")


def test_a_draft_is_gone_after_sign_out_and_is_not_put_on_a_record(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    family = browser_families.family("Drafted")
    page = opener(live_sqlite.url)
    filled(page, "Nobody")
    ParentSignInPage(page).follow(browser_families.sign_in_link(family))
    page.goto(FORM)
    expect(page.locator("[name=child1-last_name]")).to_have_value(family.surname)
    page.fill("[name=parent1-email]", "typed@example.com")
    page.reload()
    expect(page.locator("[name=parent1-email]")).to_have_value("typed@example.com")
    page.goto("/oakwood/household")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(re.compile("/oakwood/$"))
    assert draft(page) == "{}"
    page.goto(FORM)
    expect(page.locator("[name=parent1-email]")).to_have_value("")


def test_a_draft_is_gone_in_another_tab_after_sign_out_there(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    page = opener(live_sqlite.url)
    ParentSignInPage(page).follow(browser_families.sign_in_link(browser_families.family("Tabs")))
    page.goto(FORM)
    page.fill("[name=parent1-email]", "typed@example.com")
    other = page.context.new_page()
    other.goto("/oakwood/household")
    other.get_by_role("button", name="Sign out", exact=True).click()
    expect(other).to_have_url(re.compile("/oakwood/$"))
    page.goto(FORM)
    expect(page.locator("[name=parent1-email]")).to_have_value("")
    assert "typed@example.com" not in draft(page)


def test_a_draft_is_gone_after_30_minutes(live_sqlite: Live, opener: Opener) -> None:
    page = opener(live_sqlite.url)
    page.clock.install()
    form = filled(page, "Old")
    page.clock.fast_forward("29:00")
    form.open()
    expect(page.locator("[name=child1-last_name]")).to_have_value("Old")
    page.clock.fast_forward("31:00")
    assert draft(page) == "{}"
    form.open()
    expect(page.locator("[name=child1-last_name]")).to_have_value("")


def test_the_form_works_where_the_browser_lets_nobody_keep_anything(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    page = opener(live_sqlite.url)
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('blocked') } })"
    )
    form = filled(page, browser_families.surname("Blocked"))
    form.phone("Home", "(415) 555-0181")
    form.send()
    SentPage(page)
