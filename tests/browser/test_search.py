"""Staff search, choose columns, download, and save. test_search_stories.py has the two stories."""

import csv
import re
from pathlib import Path

from playwright.sync_api import Dialog, Route, expect

from tests.browser.browser_families import BrowserFamilies
from tests.browser.conftest import Opener, with_and_without_script
from tests.browser.pages import StaffPage
from tests.browser.pages_search import ColumnsPanel, SearchPage
from tests.support.live import Live

ENROLLED = "?f1=enrollment_status&o1=currently&v1=enrolled"


def test_a_slash_goes_to_the_look_up_from_every_staff_page(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("Everywhere")
    page = desk(live_sqlite)
    record = f"contacts/{family.student_id}"
    paths = ["", "?q=Everywhere", "search", f"search{ENROLLED}", "search/columns", "texts", "help"]
    paths += [f"texts/new?contact={family.student_id}", record, f"{record}/history", "invitations"]
    for path in paths:
        page.goto(f"/oakwood/staff/{path}")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("/")
        expect(StaffPage(page).look_up_box()).to_be_focused()


def test_chosen_rows_are_sent_a_text(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    one, two, other = (browser_families.family("Chosen") for _ in range(3))
    search = SearchPage(desk(live_sqlite)).open("?f1=last_name&o1=starts_with&v1=Chosen")
    for family in (one, two):
        search.tick(family.student)
    compose = search.text_the_chosen()
    expect(compose.page.locator("main")).to_contain_text("To the parents of 2 students")
    compose.write("Only two of you")
    check = compose.see_who_gets_it()
    expect(check.get_it()).to_have_text("2 numbers will get it")
    batch = check.send()
    expect(batch.row(one.parent)).to_be_visible()
    expect(batch.row(two.parent)).to_be_visible()
    expect(batch.row(other.parent)).to_have_count(0)
    batch.stop()


def test_ticked_rows_hold_nobody_back_and_a_slash_works_beside_them(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("Ticked")
    page = desk(live_sqlite)
    asked_to_stay: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked_to_stay.append(dialog.type)
        dialog.accept()

    page.on("dialog", stay)
    search = SearchPage(page).open(f"?f1=last_name&o1=is&v1={family.surname}")
    search.tick(family.student)
    expect(page.get_by_label(f"Select {family.student}")).to_be_focused()
    page.keyboard.press("/")
    expect(search.look_up_box()).to_be_focused()
    search.row(family.student).get_by_role("link", name=family.student).click()
    expect(page.locator("h1")).to_contain_text(family.student)
    assert asked_to_stay == []


def test_a_long_download_says_how_far_it_is(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    """The families here are few: their number on the page is another one, so that it is long; and
    in the file there are more by now."""
    family = browser_families.family("Long")
    page = desk(live_sqlite)
    search = SearchPage(page).open(f"?f1=last_name&o1=is&v1={family.surname}")
    told = page.locator("#download")
    expect(told).to_be_hidden()
    page.evaluate("document.getElementById('results').textContent = '12,300 students'")

    def more_by_now(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "x-rows": "12345"})

    page.route("**/search.csv*", more_by_now)
    page.evaluate(
        """window.said = []; new MutationObserver(() => said.push(download.textContent))
        .observe(document.getElementById("download"), {childList: true})"""
    )
    file = search.download("CSV")
    expect(told).to_have_text(f"{file.suggested_filename} is downloaded: 12,345 rows.")
    assert family.student in Path(file.path()).read_text(encoding="utf-8-sig")
    said = page.evaluate("said")
    assert said[0] == "Starting download…"
    assert re.fullmatch(r"Downloading 12,345 rows: about [0-9]{1,2} %", said[1])

    page.route("**/search.xlsx*", lambda route: route.abort())
    page.get_by_role("link", name="Excel", exact=True).click()
    expect(told).to_have_text("The download stopped. Check your connection and try again.")


def test_the_panel_says_what_it_has_not_and_what_is_too_much(
    live_sqlite: Live, desk: Opener
) -> None:
    page = desk(live_sqlite)
    panel = SearchPage(page).open(f"{ENROLLED}&col=student.name").change_columns()
    nothing = panel.form.get_by_text("No matching fields.")
    panel.box().fill("relat")
    expect(nothing).to_be_visible()
    panel.entity("Parent 1")
    expect(nothing).to_be_hidden()
    panel.box().fill("")
    page.evaluate(
        """const boxes = document.querySelectorAll("#columns-panel [name=col]:not(:checked)");
        for (const box of [...boxes].slice(0, 40)) box.click();"""
    )
    expect(panel.shown()).to_have_count(40)
    expect(panel.form.locator("[name=col]:checked")).to_have_count(40)
    expect(panel.form.get_by_text("You can show up to 40 columns")).to_be_visible()


def test_a_search_is_downloaded_saved_and_run_again(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener, tmp_path: Path
) -> None:
    family = browser_families.family("Again")
    search = SearchPage(desk(live_sqlite)).open("?add=last_name")
    value = search.criterion("Last name").get_by_label("Last name: value")
    value.fill(family.surname)
    value.press("Enter")
    expect(search.count()).to_have_text("1 student")
    search.download("CSV").save_as(tmp_path / "found.csv")
    with (tmp_path / "found.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 2
    assert family.student in rows[1]
    assert search.download("Excel").suggested_filename.endswith(".xlsx")

    name = f"All of {family.surname}"
    search.save_as(name)
    search.open()
    expect(search.row(family.student)).to_have_count(0)
    expect(search.saved(name)).not_to_contain_text("last run")
    search.saved(name).get_by_role("button", name=name, exact=True).click()
    expect(search.row(family.student)).to_be_visible()
    expect(search.saved(name)).to_contain_text("Yours, last run")


def test_the_panel_of_columns_is_used_by_keyboard_alone(live_sqlite: Live, desk: Opener) -> None:
    page = desk(live_sqlite)
    search = SearchPage(page).open(f"{ENROLLED}&col=student.name&col=student.grade")
    way_in = page.get_by_role("link", name="Change Display/Columns")
    way_in.focus()
    page.keyboard.press("Enter")
    panel = ColumnsPanel(page)
    expect(panel.box()).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel.form).to_be_hidden()
    expect(way_in).to_be_focused()

    page.keyboard.press("Enter")
    expect(panel.box()).to_be_focused()
    panel.grouping("Email and language").press("Enter")
    panel.field("Email").press("Space")
    expect(panel.shown()).to_have_text(["Name", "Grade", "Email"])
    panel.button("Move up Email").press("Enter")
    expect(panel.shown()).to_have_text(["Name", "Email", "Grade"])
    expect(panel.button("Move up Email")).to_be_focused()
    expect(panel.form.get_by_role("status")).to_have_text("Email: now number 2 of 3")
    panel.button("Remove Grade").press("Enter")
    expect(panel.button("Remove Email")).to_be_focused()
    panel.button("Apply").press("Enter")
    expect(search.headings()).to_have_text(["Name ↑", "Email"])


@with_and_without_script
def test_columns_are_found_chosen_moved_and_taken_out(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener, script: bool
) -> None:
    family = browser_families.family("Plain")
    search = SearchPage(desk(live_sqlite, script=script)).open(
        f"?f1=last_name&o1=is&v1={family.surname}&col=student.name&col=student.grade"
    )
    panel = search.change_columns()
    panel.box().fill("Primary Phone")
    if not script:
        panel.button("Find").click()
    panel.entity("Parent 1")
    if script:
        panel.grouping("Phones").click()
    panel.field("Primary Phone").check()
    if not script:  # what is ticked stands in the list once the page has been asked for again
        panel.button("Find").click()
    expect(panel.shown()).to_have_text(["Name", "Grade", "Parent 1: Primary Phone"])
    panel.button("Move up Parent 1: Primary Phone").click()
    panel.button("Remove Grade").click()
    expect(panel.shown()).to_have_text(["Name", "Parent 1: Primary Phone"])
    search = panel.apply()
    expect(search.headings()).to_have_text(["Name ↑", "Parent 1: Primary Phone"])
    circle = search.circle(family.student, "Parent 1: Primary Phone")
    expect(circle).to_have_attribute("data-consent", "opted_in")


def test_without_a_script_groupings_that_have_no_such_field_are_gone(
    live_sqlite: Live, desk: Opener
) -> None:
    page = desk(live_sqlite, script=False)
    for find, groupings in (("phone", 1), ("xyzzy", 0)):
        page.goto(f"/oakwood/staff/search/columns?f1=role&o1=is&v1=parent&find={find}")
        expect(page.locator("#offers details:visible")).to_have_count(groupings)
