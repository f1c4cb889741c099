"""Every page in every state, light and dark, narrow and wide: nothing that axe finds, nothing that
scrolls sideways, a title that says where one is, and a focus that is seen."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import HTTPException

from portal import create_app
from tests.browser.browser_families import BrowserFamilies
from tests.browser.browser_school import BrowserSchool, make_browser_school
from tests.browser.every_page import NO_PAGES, SIGHTS, Sight
from tests.browser.pages import ContactFormPage
from tests.support.browser import DESK, NARROW, PHONE
from tests.support.databases import settings
from tests.support.live import Live

AXE = "axe.run(document, {resultTypes: ['violations'], %s})"
RULES = "rules: {'target-size': {enabled: true}, 'color-contrast-enhanced': {enabled: %s}}"
OF_COLOURS = "runOnly: ['color-contrast', 'link-in-text-block', 'color-contrast%s']"
"""In the dark nothing but the colours is another."""
SIZES = (DESK, PHONE, NARROW)
ONE_OF_EACH = list({sight.shows: sight for sight in reversed(SIGHTS)}.values())[::-1]
"""The first sight of each route. `make test` looks at these only, and in fewer ways."""
UNSEEN_FOCUS = """
() => {
  const outlined = (element) => {
    const style = element && getComputedStyle(element);
    return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  const controls = "a[href], button, summary, input:not([type=hidden]), select, textarea";
  const unseen = [];
  const all = document.querySelector("dialog:modal") || document; // the rest can have no focus
  for (const control of all.querySelectorAll(controls)) {
    if (control.tabIndex < 0 || !control.checkVisibility({ visibilityProperty: true })) continue;
    control.focus();
    if (!outlined(control) && !outlined(control.closest("label")))
      unseen.push(control.outerHTML.slice(0, 150));
  }
  scrollTo(0, 0); // what lies under the bar on top once all is tried is no fault
  return unseen;
}
"""


@pytest.fixture(scope="module")
def routes() -> Flask:
    """An app that needs no database: routes are the same everywhere."""
    return create_app(settings("sqlite:////nowhere/at/all"))


@pytest.fixture(scope="module")
def world(
    browser: Browser, live_sqlite: Live, browser_families: BrowserFamilies
) -> Iterator[BrowserSchool]:
    context = browser.new_context(base_url=live_sqlite.url)
    yield make_browser_school(live_sqlite, browser_families, ContactFormPage(context.new_page()))
    context.close()


def test_every_route_that_answers_a_get_is_seen(routes: Flask) -> None:
    found = {rule.endpoint for rule in routes.url_map.iter_rules() if "GET" in (rule.methods or ())}
    seen = {sight.shows for sight in SIGHTS if sight.shows}
    assert found - seen - NO_PAGES == set(), "put these into SIGHTS"
    assert (seen | NO_PAGES) - found == set(), "these are gone"


@pytest.fixture(scope="module")
def seats(
    browser: Browser, live_sqlite: Live, cookies: Callable[[Live, str], Any]
) -> Iterator[Callable[[str | None], Page]]:
    """`seats("editor")`: the page of a role, or of nobody, as if it were new. To open another one
    takes longer than to look at what is on it."""
    with ExitStack() as stack:

        @cache
        def take(who: str | None) -> tuple[Page, Any]:
            state = cookies(live_sqlite, who)["cookies"] if who else []
            context = browser.new_context(base_url=live_sqlite.url, reduced_motion="reduce")
            context.set_default_timeout(10_000)
            stack.callback(context.close)
            return context.new_page(), state

        def seat(who: str | None) -> Page:
            page, state = take(who)
            page.context.clear_cookies()
            page.context.add_cookies(state)
            page.emulate_media(color_scheme="light")
            page.set_viewport_size(DESK)
            return page

        yield seat


@pytest.fixture
def opened(
    sight: Sight, world: BrowserSchool, routes: Flask, seats: Callable[[str | None], Page]
) -> Page:
    """The page of a sight, which is what it should be."""
    page = seats(sight.who)
    sight.go(page, world)
    page.wait_for_load_state()
    assert _endpoint(routes, page) == sight.shows
    title = page.title()
    assert title.startswith(sight.title)
    assert title.endswith((" - Oakwood School", " - Birchwood School", " - Parent Portal"))
    return page


@pytest.mark.long
@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.name)
def test_a_page_in_every_state_is_fit_to_be_seen_in_every_way(sight: Sight, opened: Page) -> None:
    opened.evaluate(AXE_SCRIPT)
    faults = _faults(opened, SIZES, (_light(sight), _dark(sight)))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("sight", ONE_OF_EACH, ids=lambda sight: sight.name)
def test_a_page_is_fit_to_be_seen_on_a_phone(sight: Sight, opened: Page) -> None:
    opened.evaluate(AXE_SCRIPT)
    faults = _faults(opened, (PHONE, NARROW), (_light(sight),))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("sight", ONE_OF_EACH[::8], ids=lambda sight: sight.name)
def test_a_page_is_fit_to_be_seen_in_the_dark(sight: Sight, opened: Page) -> None:
    opened.evaluate(AXE_SCRIPT)
    faults = _faults(opened, (DESK,), (_dark(sight),))
    assert not faults, "\n".join(faults)


def _endpoint(routes: Flask, page: Page) -> str | None:
    """The endpoint that answers a GET at the page's address."""
    path = page.evaluate("location.pathname")
    try:
        return str(routes.url_map.bind("localhost").match(path, method="GET")[0])
    except HTTPException:
        return None


def _light(sight: Sight) -> tuple[str, str]:
    """Parents' pages aim at a contrast of 7 to 1."""
    return "light", AXE % (RULES % ("false" if sight.who else "true"))


def _dark(sight: Sight) -> tuple[str, str]:
    return "dark", AXE % (OF_COLOURS % ("" if sight.who else "-enhanced"))


def _faults(
    page: Page, sizes: Iterable[dict[str, int]], schemes: Iterable[tuple[str, str]]
) -> list[str]:
    faults = []
    for size in sizes:
        page.set_viewport_size(size)
        found = _too_wide(page)
        if size is not NARROW:
            found += _unseen_focus(page)
            found += [fault for scheme, axe in schemes for fault in _axe(page, axe, scheme)]
        faults += [f"at {size['width']} px: {fault}" for fault in found]
    return faults


def _too_wide(page: Page) -> list[str]:
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{width} px too wide"] if width > 0 else []


def _unseen_focus(page: Page) -> list[str]:
    page.keyboard.press("Tab")  # now the browser shows the focus, also where it is set by a script
    return [f"the focus is not seen: {control}" for control in page.evaluate(UNSEEN_FOCUS)]


def _axe(page: Page, axe: str, scheme: str) -> list[str]:
    page.emulate_media(color_scheme=scheme)
    return [
        f"{scheme}: {violation['help']}: {node['html'][:150]} {node['failureSummary']}"
        for violation in page.evaluate(axe)["violations"]
        for node in violation["nodes"]
    ]
