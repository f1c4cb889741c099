"""Chromium, at phone and desktop width, against the portal at work."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.browser_families import BrowserFamilies
from tests.browser.pages import SignInPage
from tests.support.browser import DESK, PHONE, chromium, find_chromium
from tests.support.databases import ENGINES, Databases
from tests.support.live import Live, serve

Opener = Callable[..., Page]

expect.set_options(timeout=10_000)

on_a_phone_and_at_a_plain_desk = pytest.mark.parametrize(
    ("size", "script"), [(PHONE, True), (DESK, False)], ids=["phone", "desk-plain"]
)
with_and_without_script = pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path).replace(os.sep, "/"):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; without one the test is skipped, which fails on CI."""
    if find_chromium() is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def portal(databases: Databases) -> Iterator[Callable[[str], Live]]:
    """`portal("sqlite")`: the portal at work on a database of that engine, begun when first asked
    for. Tests share it: each has families of its own."""
    with ExitStack() as stack:

        @cache
        def begin(engine: str) -> Live:
            return stack.enter_context(serve(stack.enter_context(databases.fresh(engine))))

        yield begin


@pytest.fixture(
    scope="session",
    params=[pytest.param(e, marks=getattr(pytest.mark, e)) for e in ENGINES],
)
def live(request: pytest.FixtureRequest, portal: Callable[[str], Live]) -> Live:
    """The portal at work, on either database: for the stories that go the whole way."""
    return portal(request.param)


@pytest.fixture(scope="session")
def live_sqlite(portal: Callable[[str], Live]) -> Live:
    """The portal at work on SQLite, for what does not depend on the database."""
    return portal("sqlite")


@pytest.fixture(scope="session")
def browser_families_at() -> Callable[[Live], BrowserFamilies]:
    """`on_file_at(live)`: the records of a portal at work."""
    return cache(BrowserFamilies)


@pytest.fixture(scope="session")
def browser_families(
    live_sqlite: Live, browser_families_at: Callable[[Live], BrowserFamilies]
) -> BrowserFamilies:
    return browser_families_at(live_sqlite)


@pytest.fixture
def opener(browser: Browser) -> Iterator[Opener]:
    """`opener(live.url, width=..., script=False)`: a page in a browser of its own."""
    contexts: list[BrowserContext] = []

    def open_page(url: str, size: dict[str, int] = PHONE, script: bool = True, **more: Any) -> Page:
        context = browser.new_context(
            base_url=url, viewport=size, java_script_enabled=script, **more
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def cookies(browser: Browser) -> Callable[[Live, str], Any]:
    """The browser state of someone who is signed in. Each role signs in once."""

    @cache
    def sign_in(live: Live, role: str) -> Any:
        context = browser.new_context(base_url=live.url)
        page = context.new_page()
        SignInPage(page).open().submit(live.email(role), live.password)
        page.get_by_role("button", name="Sign out").wait_for()
        state = context.storage_state()
        context.close()
        return state

    return sign_in


@pytest.fixture
def desk(opener: Opener, cookies: Callable[[Live, str], Any]) -> Opener:
    """`desk(live, role="editor", size=..., script=...)`: a page of staff who are signed in."""

    def sit_down(
        live: Live, role: str = "editor", size: dict[str, int] = DESK, **more: Any
    ) -> Page:
        return opener(live.url, size, storage_state=cookies(live, role), **more)

    return sit_down
