"""Every page in every state, light and dark, narrow and wide: nothing that axe finds, nothing that
scrolls sideways, a title that says where one is, and a focus that is seen."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import HTTPException

from portal import create_app
from tests.browser.browser_families import BrowserFamilies
from tests.browser.browser_school import BrowserSchool, make_browser_school
from tests.browser.conftest import DESK, PHONE, Opener
from tests.browser.every_page import NO_PAGES, SIGHTS, Sight
from tests.browser.pages import ContactFormPage
from tests.support.browser import NARROW
from tests.support.databases import settings
from tests.support.live import Live

AXE = "axe.run(document, {resultTypes: ['violations'], %s})"
RULES = "rules: {'target-size': {enabled: true}, 'color-contrast-enhanced': {enabled: %s}}"
OF_COLOURS = "runOnly: ['color-contrast', 'link-in-text-block', 'color-contrast%s']"
"""In the dark nothing but the colours is another."""
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


@pytest.mark.parametrize("sight", SIGHTS, ids=lambda sight: sight.name)
def test_a_page_is_fit_to_be_seen(
    sight: Sight, world: BrowserSchool, routes: Flask, opener: Opener, desk: Opener
) -> None:
    options: dict[str, Any] = {"size": DESK, "reduced_motion": "reduce"}
    live = world.live
    page = desk(live, sight.who, **options) if sight.who else opener(live.url, **options)
    sight.go(page, world)
    page.wait_for_load_state()
    assert _endpoint(routes, page) == sight.shows
    title = page.title()
    assert title.startswith(sight.title)
    assert title.endswith((" - Oakwood School", " - Birchwood School", " - Parent Portal"))
    faults = _faults(page, for_parents=sight.who is None)
    assert not faults, "\n".join(faults)


def _endpoint(routes: Flask, page: Page) -> str | None:
    """What answers a GET at the page's address."""
    path = page.evaluate("location.pathname")
    try:
        return str(routes.url_map.bind("localhost").match(path, method="GET")[0])
    except HTTPException:
        return None


def _faults(page: Page, for_parents: bool) -> list[str]:
    """Parents' pages aim at a contrast of 7 to 1."""
    page.evaluate(AXE_SCRIPT)
    light = AXE % (RULES % ("true" if for_parents else "false"))
    dark = AXE % (OF_COLOURS % ("-enhanced" if for_parents else ""))
    faults = []
    for size in (DESK, PHONE, NARROW):
        page.set_viewport_size(size)
        found = _too_wide(page)
        if size is not NARROW:
            found += _unseen_focus(page) + _axe(page, light, "light") + _axe(page, dark, "dark")
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
