"""Ways to the pages about texts, and the search, in each of their states."""

from playwright.sync_api import Page

from tests.browser.browser_school import BrowserSchool
from tests.browser.pages_search import SearchPage
from tests.browser.pages_texts import ComposePage, ConversationPage, HandsetPage, RepliesPage


def text_with_errors(page: Page, world: BrowserSchool) -> None:
    compose = ComposePage(page).open(world.student, world.long)
    compose.leave_out("Parent 1")
    compose.see_who_gets_it()
    compose.errors().first.wait_for()


def text_looked_over(page: Page, world: BrowserSchool) -> None:
    compose = ComposePage(page).open(world.student, world.long, world.alone)
    compose.write("No school on Monday 🎉")
    check = compose.see_who_gets_it()
    for closed in check.wont().all():
        closed.click()


def text_for_nobody(page: Page, world: BrowserSchool) -> None:
    compose = ComposePage(page).open(world.alone)
    compose.write("Hello")
    compose.see_who_gets_it()
    page.get_by_role("alert").wait_for()


def conversation(page: Page, world: BrowserSchool) -> None:
    RepliesPage(page).open().conversation("When does the bus leave?")


def empty_reply(page: Page, world: BrowserSchool) -> None:
    talk = RepliesPage(page).open().conversation("When does the bus leave?")
    talk.reply("")
    talk.errors().first.wait_for()


def conversation_after_stop(page: Page, world: BrowserSchool) -> None:
    number = world.families.family("Silent").number
    world.families.stop(number)
    ConversationPage(page).open(number)


def batch_that_waits(page: Page, world: BrowserSchool) -> None:
    compose = ComposePage(page).open(world.families.family("Waiting").student_id)
    compose.write("شكرا جزيلا")
    compose.see_who_gets_it().send()


def handset_that_said_stop(page: Page, world: BrowserSchool) -> None:
    handset = HandsetPage(page, world.families.family("Said").number).open()
    handset.tap("STOP")


def search_with_all_open(page: Page, _: BrowserSchool) -> None:
    """A search that is refused in part, and one of the reader's own among the saved."""
    search = SearchPage(page).open("?f1=role&o1=is&v1=parent")
    search.save_as("Parents, as far as it goes")
    search.told("Search saved.")
    search.open("?f1=role&o1=is&v1=parent&f2=grade&o2=is&v2=3&f3=none&col=x")
    page.locator("main details").evaluate_all("all => all.forEach((one) => (one.open = true))")


def search_without_a_name(page: Page, _: BrowserSchool) -> None:
    SearchPage(page).open("?f1=role&o1=is&v1=parent").save_as("")
    page.locator("#error-summary").wait_for()


def columns_in_a_panel(page: Page, _: BrowserSchool) -> None:
    panel = SearchPage(page).open("?f1=enrollment_status&v1=enrolled").change_columns()
    panel.entity("Parent 1")
    panel.grouping("Phones").click()
