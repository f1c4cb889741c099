"""Page objects: writing texts, following them, reading replies, and the trial's handset."""

import re
from typing import Self

from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import StaffPage


class ComposePage(StaffPage):
    """A text is written."""

    def open(self, *contact_ids: int) -> Self:
        chosen = "&".join(f"contact={one}" for one in contact_ids)
        self.page.goto(f"/oakwood/staff/texts/new?{chosen}")
        return self

    def parents(self) -> Locator:
        return self.page.locator("[name=positions]").locator("..")

    def leave_out(self, parent: str) -> None:
        self.page.get_by_label(parent, exact=True).uncheck()

    def write(self, words: str) -> None:
        self.page.get_by_label("Text", exact=True).fill(words)

    def text(self) -> Locator:
        return self.page.get_by_label("Text", exact=True)

    def length(self) -> Locator:
        return self.page.locator("#length")

    def see_who_gets_it(self) -> "CheckPage":
        self.page.get_by_role("button", name="See who gets it").click()
        return CheckPage(self.page)


class CheckPage(StaffPage):
    """The text as it will arrive, with who gets it and who does not."""

    def get_it(self) -> Locator:
        return self.page.locator(".big-count")

    def will(self) -> Locator:
        return self.page.locator(".will li")

    def wont(self) -> Locator:
        return self.page.locator(".wont summary")

    def send_button(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile("^Send to "))

    def send(self) -> "BatchPage":
        self.send_button().click()
        return BatchPage(self.page)


class BatchPage(StaffPage):
    """The progress of a batch, and the result for each number."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        expect(page).to_have_url(re.compile(r"/texts/batches/\d+"))

    def progress(self) -> Locator:
        return self.page.locator("#progress")

    def said(self) -> Locator:
        """The words that a screen reader gets as it goes on."""
        return self.page.locator("#told[aria-live=polite]")

    def show(self, which: str) -> None:
        self.page.get_by_role("navigation", name="Filter texts").get_by_text(which).click()

    def row(self, words: str) -> Locator:
        return self.page.locator("[data-part=texts] tbody tr", has_text=words)

    def stop(self) -> None:
        self.page.get_by_role("button", name="Stop sending").click()


class ConversationPage(StaffPage):
    """The texts with one number, and a box to reply."""

    def open(self, number: str) -> Self:
        self.page.goto(f"/oakwood/staff/texts/numbers/{number[1:]}")
        return self

    def bubbles(self) -> Locator:
        return self.page.locator(".thread .bubble")

    def box(self) -> Locator:
        return self.page.locator("#reply")

    def reply(self, words: str) -> None:
        self.page.get_by_label("Your reply").fill(words)
        self.page.get_by_role("button", name="Send reply").click()


class RepliesPage(StaffPage):
    """Replies from parents, unread first."""

    def open(self) -> Self:
        self.page.goto("/oakwood/staff/texts?show=replies")
        return self

    def unread(self, words: str) -> Locator:
        return self.page.locator(".log .unread", has_text=words)

    def conversation(self, words: str) -> ConversationPage:
        """Go from the reply with these words to its conversation."""
        reply = self.page.locator(".log .in", has_text=words)
        reply.get_by_role("link", name="Reply to").click()
        return ConversationPage(self.page)

    def read(self, words: str) -> Locator:
        return self.page.locator(".log .in:not(.unread)", has_text=words)


class HandsetPage:
    """The parent's phone, in the trial."""

    def __init__(self, page: Page, number: str) -> None:
        self.page, self.number = page, number

    def open(self) -> Self:
        self.page.goto(f"/demo/handset/{self.number[1:]}")
        return self

    def thread(self) -> Locator:
        return self.page.locator(".thread", has_text="Oakwood School")

    def got(self, words: str) -> Locator:
        return self.thread().locator(".theirs", has_text=words)

    def sent(self, words: str) -> Locator:
        return self.thread().locator(".mine", has_text=words)

    def shows(self, state: str) -> None:
        """The circle at the top of the thread says so."""
        expect(self.thread().locator("h2 .circle")).to_have_class(f"circle {state}")

    def link(self) -> str:
        """The address in the newest text that has one."""
        return self.thread().locator(".theirs a").last.inner_text()

    def follow_link(self) -> None:
        self.thread().locator(".theirs a").last.click()

    def text(self, words: str) -> None:
        """As people do: typed, and sent with the Enter key."""
        box = self.thread().get_by_label("Text Oakwood School")
        box.fill(words)
        box.press("Enter")
        expect(self.sent(words)).not_to_have_count(0)

    def tap(self, keyword: str) -> None:
        before = self.sent(keyword).count()
        self.thread().get_by_role("button", name=keyword, exact=True).click()
        expect(self.sent(keyword)).to_have_count(before + 1)


def unread_badge(page: Page) -> int:
    """The number of replies that wait, as shown beside the way to the texts on every page."""
    badge = page.get_by_role("navigation", name="Staff").locator(".tag")
    return int(badge.inner_text().split()[0]) if badge.count() else 0
