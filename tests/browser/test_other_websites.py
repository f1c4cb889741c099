"""Another website that posts to the portal, and browsers that keep cookies or names back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.browser.browser_families import BrowserFamilies
from tests.browser.conftest import Opener, with_and_without_script
from tests.browser.pages import (
    ContactFormPage,
    OverviewPage,
    ParentSignInPage,
    SentPage,
    SignInPage,
)
from tests.support.browser import FLAGS, find_chromium
from tests.support.live import Live

FORM = "/oakwood/forms/contact"
COOKIE = "Your browser didn't send our cookie"


def post_from_elsewhere(page: Page, live: Live, path: str, fields: dict[str, str]) -> Request:
    """Open a page of another website, which sends a form to the portal; gives the request."""
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    body = f'<form method="post" action="{live.url}{path}">{inputs}<button>Win</button></form>'
    page.route(
        "http://evil.example/", lambda route: route.fulfill(body=body, content_type="text/html")
    )
    page.goto("http://evil.example/")
    with page.expect_request(f"{live.url}{path}") as sent:
        page.get_by_role("button").click()
    return sent.value


def test_same_site_keeps_cookies_from_a_form_of_another_website_and_nothing_changes(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    family = browser_families.family("Crossed")
    page = opener(live_sqlite.url)
    ParentSignInPage(page).follow(browser_families.sign_in_link(family))
    token = page.locator("[name=csrf_token]").first.input_value()
    stolen = {"csrf_token": token, "everywhere": "1"}
    request = post_from_elsewhere(page, live_sqlite, "/oakwood/sign-out", stolen)
    assert request.all_headers()["origin"] == "http://evil.example"
    assert "cookie" not in request.all_headers()
    expect(page.get_by_role("heading", level=1)).to_have_text("Another website sent this form")
    with page.expect_request("**/household") as own:
        page.goto("/oakwood/household")
    assert "portal=" in own.value.all_headers()["cookie"]
    expect(page.locator("main")).to_contain_text(family.student)


def without_referrer(page: Page) -> None:
    """Have every page tell the browser to name itself to nobody, as filters do."""

    def strict(route: Route) -> None:
        answer = route.fetch(max_redirects=0)
        route.fulfill(response=answer, headers={**answer.headers, "referrer-policy": "no-referrer"})

    page.route("**/*", strict)


def test_a_browser_that_names_no_page_signs_in_and_sends_the_form(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies
) -> None:
    page = opener(live_sqlite.url)
    without_referrer(page)
    SignInPage(page).open()
    with page.expect_request(lambda request: request.method == "POST") as sent:
        SignInPage(page).submit(live_sqlite.email("viewer"), live_sqlite.password)
    assert sent.value.all_headers()["origin"] == "null"
    assert "referer" not in sent.value.all_headers()
    OverviewPage(page)
    form = ContactFormPage(page).open()
    form.child("Mateo", browser_families.surname("Filtered"))
    form.parent("Ana", "Filtered", "ana.filtered@example.com")
    form.phone("Home", "(415) 555-0182")
    form.send()
    SentPage(page)


@pytest.fixture(params=[True, False], ids=["script", "plain"])
def blocking(
    request: pytest.FixtureRequest, browser: Browser, live_sqlite: Live, tmp_path: Path
) -> Iterator[Page]:
    """A page in a browser that blocks all cookies, by its own setting."""
    settings = tmp_path / "Default" / "Preferences"
    settings.parent.mkdir()
    settings.write_text('{"profile": {"default_content_setting_values": {"cookies": 2}}}')
    context = browser.browser_type.launch_persistent_context(
        tmp_path,
        executable_path=find_chromium(),
        args=list(FLAGS),
        base_url=live_sqlite.url,
        java_script_enabled=request.param,
    )
    yield context.new_page()
    context.close()


def test_with_cookies_blocked_the_form_says_so_and_keeps_what_was_typed(blocking: Page) -> None:
    form = ContactFormPage(blocking).open()
    form.child("Mateo", "Blocked")
    form.parent("Ana", "Blocked", "ana.blocked@example.com")
    form.phone("Home", "(415) 555-0183")
    for _ in range(2):
        form.send()
        expect(form.errors()).to_contain_text(COOKIE)
        expect(form.errors()).to_contain_text("allow cookies for this website")
        expect(blocking.locator("[name=child1-last_name]")).to_have_value("Blocked")


def test_with_cookies_blocked_the_sign_ins_say_so(blocking: Page) -> None:
    ParentSignInPage(blocking).open().ask_for_code("ana@example.com")
    expect(blocking.get_by_role("heading", level=1)).to_have_text(COOKIE)
    SignInPage(blocking).open().submit("ana@example.com", "a password of hers")
    expect(blocking.locator("#error-summary")).to_contain_text(COOKIE)


@with_and_without_script
def test_of_two_tabs_the_one_that_was_overtaken_says_so_and_sends_the_second_time(
    live_sqlite: Live, opener: Opener, browser_families: BrowserFamilies, script: bool
) -> None:
    page = opener(live_sqlite.url, script=script)
    form = ContactFormPage(page).open()
    form.child("Mateo", browser_families.surname("Tabs"))
    form.parent("Ana", "Tabs", "ana.tabs@example.com")
    form.phone("Home", "(415) 555-0184")
    page.context.clear_cookies()  # as if both had been opened at once, before there was a cookie
    other = page.context.new_page()
    other.goto(FORM)
    form.send()
    expect(form.errors()).to_contain_text("You opened another tab, or signed in or out there.")
    form.send()
    SentPage(page)
