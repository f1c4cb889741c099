"""Chromium, at phone and desktop width, against the portal at work."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.databases import ENGINES, Databases
from tests.support.live import Live, serve

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
Opener = Callable[..., Page]


def chromium() -> str:
    """Where the browser is; without one the test is skipped, which fails on CI."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no Chromium here: apt-get install chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path).replace(os.sep, "/"):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(
    scope="session",
    params=[pytest.param(e, marks=[getattr(pytest.mark, e)] * (e != "sqlite")) for e in ENGINES],
)
def live(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Live]:
    """The portal at work, on either database. Tests share it: each has families of its own."""
    with databases.fresh(request.param) as database, serve(database) as live:
        yield live


@pytest.fixture(scope="session")
def live_sqlite(databases: Databases) -> Iterator[Live]:
    """The portal at work on SQLite, for what does not depend on the database."""
    with databases.fresh("sqlite") as database, serve(database) as live:
        yield live


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
