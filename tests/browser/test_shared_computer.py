"""A browser that somebody else sits down at: Back shows no family, and answers can be cleared."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PHONE, Opener, with_and_without_script
from tests.browser.pages import ContactFormPage, OverviewPage, SentPage, SignInPage
from tests.support.browser import FLAGS, find_chromium
from tests.support.families import make_parent, make_student, phone
from tests.support.live import Live, inside
from tests.support.people import newest_code


def send_form(page: Page, surname: str, number: str) -> ContactFormPage:
    form = ContactFormPage(page).open()
    form.child("Mateo", surname)
    form.parent("Ana", surname, f"ana.{surname.lower()}@example.com")
    form.phone("Cell", number)
    form.answer("Yes")
    form.send()
    SentPage(page)
    return form


def nothing_of(page: Page, *words: str) -> None:
    """Neither in the text of the page nor in what a form holds."""
    page.wait_for_load_state()
    shown = page.evaluate(
        "() => document.body.innerText + [...document.querySelectorAll('input, textarea')]"
        ".map(field => field.value).join(' ')"
    )
    for word in words:
        assert word not in shown, f"{page.url} shows {word}"


def go_back_looking(page: Page, steps: int, *words: str) -> None:
    for _ in range(steps):
        page.go_back()
        nothing_of(page, *words)


@with_and_without_script
def test_back_after_a_parent_signed_out_shows_no_family(
    live_sqlite: Live, opener: Opener, script: bool
) -> None:
    name = f"Signout{'script' if script else 'plain'}"  # nobody else's: they share a server
    email = f"ana.{name.lower()}@example.com"
    with inside(live_sqlite) as school:
        child = make_student(school, f"Mateo {name}")
        number = "+14155550411" if script else "+14155550412"
        make_parent(school, f"Ana {name}", child, email=email, phones=[phone(number)], typed=True)
    page = opener(live_sqlite.url, script=script)
    page.goto("/oakwood/sign-in")
    page.fill("[name=email]", email)
    page.locator("main form button").click()
    with inside(live_sqlite):
        code = newest_code(email)
    page.fill("[name=code]", code)
    page.locator("main form button").first.click()
    expect(page.locator("main")).to_contain_text(f"Mateo {name}")
    page.goto("/oakwood/forms/contact")
    expect(page.locator("[name=child1-last_name]")).to_have_value(name)
    page.fill("[name=parent1-email]", f"new.{name}@example.com")
    page.goto("/oakwood/household/phones")
    expect(page.locator("[name=primary_phone-number]")).to_have_value(re.compile("555-041"))
    page.goto("/oakwood/household")

    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(re.compile("/oakwood/$"))
    go_back_looking(page, 5, name, "555-041", email)


@with_and_without_script
def test_back_after_staff_signed_out_shows_no_record(
    live_sqlite: Live, opener: Opener, script: bool
) -> None:
    name = f"Desk{'script' if script else 'plain'}"
    with inside(live_sqlite) as school:
        make_parent(school, f"Zenobia {name}", make_student(school, f"Xenia {name}"))
    page = opener(live_sqlite.url, DESK, script)
    SignInPage(page).sign_in(live_sqlite.email("editor"), live_sqlite.password)
    OverviewPage(page).look_up(name).open(f"Xenia {name}")
    expect(page.locator("main")).to_contain_text("Zenobia")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("main")).to_contain_text("You are signed out.")
    go_back_looking(page, 2, "Xenia", "Zenobia")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@with_and_without_script
def test_answers_are_shown_once_then_when_asked_for_and_can_be_cleared(
    live_sqlite: Live, opener: Opener, script: bool, size: dict[str, int]
) -> None:
    name = f"Shared{'script' if script else 'plain'}{'wide' if size is DESK else 'narrow'}"
    number = f"(415) 555-042{2 * script + (size is DESK)}"
    page = opener(live_sqlite.url, size, script)
    send_form(page, name, number)
    expect(page.locator("main")).to_contain_text(f"Mateo {name}")

    page.reload()
    nothing_of(page, name, number)
    page.get_by_role("button", name="Show my answers").click()
    expect(page.locator("main")).to_contain_text(f"Mateo {name}")
    page.reload()
    nothing_of(page, name, number)
    page.get_by_role("link", name="Change my answers").click()
    expect(page.locator("[name=child1-last_name]")).to_have_value(name)
    page.goto("/oakwood/forms/contact/sent")

    page.get_by_role("button", name="Clear my answers").click()
    expect(page.locator("main")).to_contain_text("We cleared your answers from this computer.")
    go_back_looking(page, 6, name, number)
    page.goto("/oakwood/forms/contact/sent")
    expect(page.get_by_role("button", name="Show my answers")).to_have_count(0)
    page.goto("/oakwood/forms/contact?correct=1")
    nothing_of(page, name, number)


@with_and_without_script
def test_what_a_parent_typed_is_there_when_they_come_back(
    live_sqlite: Live, opener: Opener, script: bool
) -> None:
    page = opener(live_sqlite.url, script=script)
    form = ContactFormPage(page).open()
    form.child("Mateo", "Typed")
    page.get_by_role("link", name="Privacy").click()
    expect(page).to_have_url(re.compile("/privacy$"))
    page.go_back()
    expect(page.locator("[name=child1-last_name]")).to_have_value("Typed")


def test_a_page_that_the_browser_kept_whole_shows_no_family_after_sign_out(
    live_sqlite: Live, browser: Browser
) -> None:
    """With its cache for Back, which the test tool turns off, Chromium even keeps pages with
    `no-store`. It shows them without asking the server."""
    name, email = "Kept", "ana.kept@example.com"
    with inside(live_sqlite) as school:
        make_parent(school, f"Ana {name}", make_student(school, f"Mateo {name}"), email=email)
    browser_with_cache = browser.browser_type.launch(
        executable_path=find_chromium(),
        args=list(FLAGS),
        ignore_default_args=["--disable-back-forward-cache"],
    )
    page = browser_with_cache.new_page(base_url=live_sqlite.url)
    page.goto("/oakwood/sign-in")
    page.fill("[name=email]", email)
    page.locator("main form button").click()
    page.wait_for_url("**/sign-in/code")
    with inside(live_sqlite):
        code = newest_code(email)
    page.fill("[name=code]", code)
    page.locator("main form button").first.click()
    expect(page.locator("main")).to_contain_text(f"Mateo {name}")
    page.get_by_role("link", name="Privacy").click()
    page.evaluate("history.back()")
    expect(page.locator("main")).to_contain_text(f"Mateo {name}")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(re.compile("/oakwood/$"))
    for _ in range(3):
        page.evaluate("history.back()")
        page.wait_for_timeout(1000)
        nothing_of(page, f"Ana {name}", f"Mateo {name}")
    browser_with_cache.close()
