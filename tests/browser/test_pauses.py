"""The caller's story: "stop texting me" on the phone, and what the next text does."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser_families import BrowserFamilies
from tests.browser.conftest import DESK, PHONE, Opener
from tests.browser.pages import EditPhonesPage, RecordPage
from tests.browser.pages_texts import ComposePage
from tests.browser.test_texts import send_to
from tests.support.live import Live, send_due


def pause(page: Page, button: str, note: str) -> None:
    """Two taps and a note."""
    page.get_by_role("link", name=button).click()
    page.get_by_label("Note").fill(note)
    page.get_by_role("button", name="Pause texts").click()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_caller_asks_to_stop_and_the_next_text_does_not_go_to_them(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener, size: dict[str, int]
) -> None:
    family = browser_families.family("Caller")
    page = desk(live_sqlite, size=size)
    record = RecordPage(page).open(family.parent_id)
    record.shows(family.number, "opted_in")
    text = send_to(page, family.parent_id, "School is open today.").page.url  # it waits

    RecordPage(page).open(family.parent_id)
    pause(page, "They asked us to stop", "Called at 8")
    main = page.locator("main")
    expect(main).to_contain_text("The school doesn't text this number now")
    expect(main).to_contain_text("Tell the caller: “We won't text this number anymore.")
    page.get_by_role("link", name="Back to the record").click()
    mark = main.locator("[data-pause=asked_to_stop]").first
    expect(mark).to_have_text("Paused: asked to stop")
    record.shows(family.number, "opted_in")

    send_due(live_sqlite)
    page.goto(text)
    expect(page.locator("[data-part=texts] tbody")).to_contain_text("Paused by the school")

    EditPhonesPage(page).open(family.parent_id).save()  # typed again
    expect(mark).to_be_visible()
    compose = ComposePage(page).open(family.parent_id)
    compose.write("No school tomorrow.")
    check = compose.see_who_gets_it()
    expect(check.wont()).to_have_text("1 won't: Paused by the school")
    expect(check.send_button()).to_have_count(0)

    RecordPage(page).open(family.parent_id)
    page.get_by_role("link", name="See the pause").click()
    page.get_by_role("button", name="Undo: I clicked this by mistake").click()
    expect(main).to_contain_text("has ended")
