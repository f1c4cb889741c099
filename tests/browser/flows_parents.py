"""Ways to the parents' pages in each of their states."""

from playwright.sync_api import Page

from tests.browser.browser_families import BrowserFamily, shown
from tests.browser.browser_school import LONG_EMAIL, LONG_NAME, OF_TWO_PARENTS, BrowserSchool
from tests.browser.pages import (
    ContactFormPage,
    ParentSignInPage,
    PhoneBlocks,
    SentPage,
    TextedLinkPage,
)


def form_with_a_cell(page: Page, _: BrowserSchool) -> None:
    form = ContactFormPage(page).open()
    form.block().get_by_label("Cell").check()


def form_with_errors(page: Page, _: BrowserSchool) -> None:
    form = ContactFormPage(page).open()
    form.child("Mateo", "")
    form.parent("Ana", "Ruiz", "ana@")
    form.phone("Cell", "555 01")
    form.ask_for("Add another phone")
    form.phone("Work", "555-0100", "secondary_phone")
    page.fill("[name=parent1-secondary_phone-extension]", "twelve")
    form.send()
    page.locator("#error-summary").wait_for()


def form_with_everything_open(page: Page, _: BrowserSchool) -> None:
    ContactFormPage(page).open()
    while (closed := page.locator("details:not([open]) > summary")).count():
        closed.locator("visible=true").first.click()
    for cell in page.get_by_label("Cell", exact=True).all():
        cell.check()


def form_filled(page: Page, world: BrowserSchool) -> ContactFormPage:
    form = ContactFormPage(page).open()
    surname = world.families.surname(LONG_NAME)
    form.child("Mateo", surname)
    form.parent("Ana", surname, f"{surname[-40:]}@example.com")
    form.phone("Cell", shown(world.families.number()))
    form.answer("Yes")
    return form


def form_sent(page: Page, world: BrowserSchool) -> None:
    form_filled(page, world).send()
    SentPage(page)


def form_sent_again(page: Page, world: BrowserSchool) -> None:
    form_sent(page, world)
    page.reload()
    page.get_by_role("button", name="Show my answers").wait_for()


def form_to_be_changed(page: Page, world: BrowserSchool) -> None:
    form_sent(page, world)
    page.get_by_role("link", name="Change my answers").click()
    page.locator("#send").wait_for()


def form_gone_stale(page: Page, world: BrowserSchool) -> None:
    form = form_filled(page, world)
    page.context.clear_cookies()
    form.send()
    page.locator("#error-summary").wait_for()


def form_of_another_tab(page: Page, world: BrowserSchool) -> None:
    form = form_filled(page, world)
    page.context.clear_cookies()
    page.request.get("/oakwood/forms/contact")
    form.send()
    page.locator("#error-summary").wait_for()


def form_too_large(page: Page, _: BrowserSchool) -> None:
    form = ContactFormPage(page).open()
    page.evaluate("document.querySelector('[name=child1-first_name]').value = 'M'.repeat(300000)")
    form.send()
    page.get_by_role("heading", name="too long").wait_for()


def form_in_spanish_with_errors(page: Page, _: BrowserSchool) -> None:
    page.goto("/oakwood/?lang=es")
    form = ContactFormPage(page).open()
    form.block().get_by_text("Celular", exact=True).click()
    form.send()
    page.locator("#error-summary").wait_for()


def form_in_spanish_sent(page: Page, world: BrowserSchool) -> None:
    page.goto("/oakwood/?lang=es")
    form = ContactFormPage(page).open()
    surname = world.families.surname("Gracias")
    form.child("Mateo", surname)
    form.parent("Ana", surname, f"{surname}@example.com")
    form.phone("Celular", shown(world.families.number()))
    form.question().locator("label").last.click()
    form.send()
    page.locator(".said").first.wait_for()


# Parents who sign in


def sign_in_without_email(page: Page, _: BrowserSchool) -> None:
    ParentSignInPage(page).open().ask_for_code("")
    page.locator("#error-summary").wait_for()


def sign_in_without_cookie(page: Page, _: BrowserSchool) -> None:
    sign_in = ParentSignInPage(page).open()
    page.context.clear_cookies()
    sign_in.ask_for_code("ana@example.com")
    page.get_by_role("heading", name="didn't send our cookie").wait_for()


def code_asked_for(page: Page, world: BrowserSchool) -> None:
    sign_in = ParentSignInPage(page).open()
    sign_in.ask_for_code(f"{world.families.surname('who')}@example.com")
    page.locator("[name=code]").wait_for()


def code_wrong(page: Page, world: BrowserSchool) -> None:
    code_asked_for(page, world)
    ParentSignInPage(page).enter_code("000000")
    page.locator("#error-summary").wait_for()


def link_followed(page: Page, world: BrowserSchool) -> None:
    page.goto(world.link("ana.ruiz@example.com"))


def change_to_object_to(page: Page, world: BrowserSchool) -> None:
    page.goto(world.objection())


def change_objected_to(page: Page, world: BrowserSchool) -> None:
    page.goto(world.objection())
    page.get_by_role("button", name="Put my email address back").click()
    page.get_by_role("heading", name="Your email address is back").wait_for()


def texted_link(page: Page, world: BrowserSchool) -> BrowserFamily:
    """Ana said STOP on her phone, and follows the link in the text that confirmed it."""
    family = world.families.family(LONG_NAME)
    page.goto(world.families.texted_link(family.number))
    return family


def texted_link_in_spanish(page: Page, world: BrowserSchool) -> None:
    page.goto("/oakwood/?lang=es")
    texted_link(page, world)


def texted_link_with_other_words(page: Page, world: BrowserSchool) -> None:
    """The question has changed since the page was shown."""
    texted_link(page, world)
    page.evaluate("document.querySelector('[name=wording]').value = 'of another day'")
    TextedLinkPage(page).say("yes")
    page.get_by_role("alert").wait_for()


def texted_link_signed_in(page: Page, world: BrowserSchool) -> None:
    family = world.families.family("Linked")
    ParentSignInPage(page).follow(world.link(family.email))
    page.goto(world.families.texted_link(family.number))


def texted_link_said_yes(page: Page, world: BrowserSchool) -> None:
    texted_link(page, world)
    TextedLinkPage(page).say("yes")
    page.get_by_role("heading", name="Thank you").wait_for()


def texted_link_said_no(page: Page, world: BrowserSchool) -> None:
    texted_link_signed_in(page, world)
    TextedLinkPage(page).say("no")
    page.get_by_role("heading", name="Thank you").wait_for()


def one_of_two(page: Page, world: BrowserSchool) -> None:
    ParentSignInPage(page).follow(world.link(OF_TWO_PARENTS))


def household(page: Page, world: BrowserSchool) -> None:
    ParentSignInPage(page).follow(world.link("ana.ruiz@example.com"))
    for closed in page.locator("main summary").all():
        closed.click()


def household_in_spanish(page: Page, world: BrowserSchool) -> None:
    page.goto("/oakwood/?lang=es")
    page.goto(world.link("ana.ruiz@example.com"))
    page.locator("main form button").click()
    page.locator("#phones").wait_for()


def household_of_long_names(page: Page, world: BrowserSchool) -> None:
    ParentSignInPage(page).follow(world.link(LONG_EMAIL))


def own_phones(page: Page, world: BrowserSchool) -> None:
    household(page, world)
    page.goto("/oakwood/household/phones")


def own_phones_with_errors(page: Page, world: BrowserSchool) -> None:
    own_phones(page, world)
    phones = PhoneBlocks(page)
    phones.phone("Cell", "555", "secondary_phone")
    phones.save()
    page.locator("#error-summary").wait_for()


def own_phones_in_conflict(page: Page, world: BrowserSchool) -> None:
    family = world.families.family("Meanwhile")
    ParentSignInPage(page).follow(world.link(family.email))
    page.goto("/oakwood/household/phones")
    phones = PhoneBlocks(page)
    phones.phone("Home", shown(world.families.number()), "other_phone")
    world.families.stop(family.number)
    phones.save()
    page.get_by_role("alert").wait_for()


def word_to_text(page: Page, world: BrowserSchool) -> str:
    """Ana says yes to a number that opted out before it was hers. Gives the number."""
    family, out = world.families.family("Handset"), world.families.number()
    world.families.stop(out)
    ParentSignInPage(page).follow(world.link(family.email))
    page.goto("/oakwood/household/phones")
    phones = PhoneBlocks(page)
    phones.phone("Cell", shown(out), "secondary_phone")
    phones.answer("Yes", "secondary_phone")
    phones.save()
    page.locator(".word-to-text").wait_for()
    return out


def word_has_come(page: Page, world: BrowserSchool) -> None:
    """The page notices by itself."""
    page.clock.install()
    number = word_to_text(page, world)
    world.families.handset_confirms(number)
    page.clock.fast_forward(5_000)
    page.get_by_role("heading", name="It worked").wait_for()
