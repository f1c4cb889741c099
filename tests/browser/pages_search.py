"""Page objects: the search, its results, and the panel that chooses columns."""

import re
from typing import Self

from playwright.sync_api import Download, Locator, Page, expect

from tests.browser.pages import StaffPage
from tests.browser.pages_texts import ComposePage


class SearchPage(StaffPage):
    def open(self, address: str = "") -> Self:
        self.page.goto(f"/oakwood/staff/search{address}")
        return self

    def download_opt_outs(self) -> Download:
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name="Opted out", exact=True).click()
        return download.value

    def criterion(self, field: str) -> Locator:
        return self.page.get_by_role("group", name=re.compile(rf"^Filter \d+: {field}$"))

    def choose(self, field: str, operator: str | None, value: str) -> None:
        """`operator` is None where the field has only one, which stands there as a word."""
        if operator is not None:
            self.criterion(field).get_by_label(f"{field}: condition").select_option(label=operator)
        self.criterion(field).get_by_label(f"{field}: value").select_option(label=value)

    def all_other_fields(self, typed: str, field: str) -> None:
        self.page.locator("summary", has_text="All other fields").click()
        self.page.get_by_label("Find a field").fill(typed)
        self.offers().filter(has_text=re.compile(f"^{field}$")).click()
        expect(self.criterion(field)).to_be_visible()

    def offers(self) -> Locator:
        """The fields that are still offered."""
        return self.page.locator("#fields button").locator("visible=true")

    def search(self) -> None:
        self.page.get_by_role("button", name="Search", exact=True).click()
        expect(self.count()).to_be_visible()

    def count(self) -> Locator:
        return self.page.locator("#results")

    def row(self, name: str) -> Locator:
        return self.page.locator(".grid tbody tr", has_text=name)

    def headings(self) -> Locator:
        """Of the columns; the one that rows are sorted by has an arrow."""
        return self.page.locator(".grid thead th a")

    def circle(self, name: str, column: str) -> Locator:
        """The circle in someone's row, under a heading."""
        cell = self.row(name).locator(f"[data-label='{column}']")
        return cell.locator("[data-consent]")

    def change_columns(self) -> "ColumnsPanel":
        self.page.get_by_role("link", name="Change Display/Columns").click()
        return ColumnsPanel(self.page)

    def tick(self, name: str) -> None:
        self.page.get_by_label(f"Select {name}").check()

    def text_the_chosen(self) -> ComposePage:
        self.page.get_by_role("button", name="Text selected people").click()
        return ComposePage(self.page)

    def download(self, kind: str) -> Download:
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name=kind, exact=True).click()
        return download.value

    def save_as(self, name: str) -> None:
        self.page.locator("summary", has_text="Save this search").click()
        self.page.locator(".save-search").get_by_label("Name").fill(name)
        self.page.locator(".save-search").get_by_role("button", name="Save").click()

    def saved(self, name: str) -> Locator:
        return self.page.locator(".saved li", has_text=name)


class ColumnsPanel:
    """As a panel over the search, or, without a script, as a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.form = page.locator("#columns-panel")
        expect(self.form).to_be_visible()

    def box(self) -> Locator:
        return self.form.get_by_label("Find a field")

    def entity(self, whose: str) -> None:
        self.form.locator("label", has_text=re.compile(f"^{whose}$")).click()

    def grouping(self, name: str) -> Locator:
        return self.form.locator("summary", has_text=name).locator("visible=true")

    def field(self, name: str) -> Locator:
        return self.form.get_by_label(name, exact=True).locator("visible=true")

    def shown(self) -> Locator:
        return self.form.locator(".chosen li > span")

    def button(self, name: str) -> Locator:
        return self.form.get_by_role("button", name=name, exact=True)

    def apply(self) -> SearchPage:
        self.button("Apply").click()
        return SearchPage(self.page)
