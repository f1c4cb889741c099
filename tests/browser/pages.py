"""Page objects: what people do on a page, in their words."""

import re
from typing import Self

from playwright.sync_api import Locator, Page, expect


class ContactFormPage:
    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self) -> "ContactFormPage":
        self.page.goto("/oakwood/forms/contact")
        return self

    def child(self, first: str, last: str, n: int = 1) -> None:
        self.page.fill(f"[name=child{n}-first_name]", first)
        self.page.fill(f"[name=child{n}-last_name]", last)

    def parent(self, first: str, last: str, email: str, n: int = 1) -> None:
        self.page.fill(f"[name=parent{n}-first_name]", first)
        self.page.fill(f"[name=parent{n}-last_name]", last)
        self.page.fill(f"[name=parent{n}-email]", email)

    def block(self, slot: str = "primary_phone", n: int = 1) -> Locator:
        return self.page.locator(f"[id='parent{n}-{slot}']")

    def phone(self, kind: str, number: str, slot: str = "primary_phone", n: int = 1) -> None:
        self.block(slot, n).get_by_text(kind, exact=True).click()
        self.page.fill(f"[name=parent{n}-{slot}-number]", number)

    def question(self, slot: str = "primary_phone", n: int = 1) -> Locator:
        return self.block(slot, n).locator(".consent")

    def answer(self, words: str, slot: str = "primary_phone", n: int = 1) -> None:
        self.question(slot, n).locator("label", has_text=f"{words}, ").click()

    def ask_for(self, words: str) -> None:
        """Open what is there on request: another child, phone or parent."""
        closed = self.page.locator("details:not([open]) > summary", has_text=words)
        closed.locator("visible=true").first.click()

    def send(self) -> None:
        self.page.locator("#send").click()

    def errors(self) -> Locator:
        return self.page.locator("#error-summary a")


class SentPage:
    def __init__(self, page: Page) -> None:
        self.page = page
        expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")

    def says(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words, use_inner_text=True)


class ParentSignInPage:
    """The parents' sign-in: an email address, then the code or the link from the email."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self) -> Self:
        self.page.goto("/oakwood/sign-in")
        return self

    def ask_for_code(self, email: str) -> None:
        self.page.fill("[name=email]", email)
        self.page.get_by_role("button", name="Email me a code").click()

    def enter_code(self, code: str) -> None:
        self.page.fill("[name=code]", code)
        self.page.get_by_role("button", name="Sign in").click()

    def follow(self, link: str) -> None:
        self.page.goto(link)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page).not_to_have_url(re.compile("/sign-in/link/"))
        self.page.wait_for_load_state()


class TextedLinkPage:
    """The question that a texted link opens."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def question(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    def say(self, answer: str, clicks: int = 1) -> None:
        """`yes` or `no`."""
        self.page.locator(f"main button[name=answer][value={answer}]").click(click_count=clicks)


class PhoneBlocks:
    """A signed-in parent's own phones, by slot."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def phone(self, kind: str, number: str, slot: str = "primary_phone") -> None:
        self.page.locator(f"#{slot}").get_by_text(kind, exact=True).click()
        self.page.fill(f"[name={slot}-number]", number)

    def answer(self, words: str, slot: str = "primary_phone") -> None:
        self.page.locator(f"#{slot} .consent label", has_text=f"{words}, ").click()

    def save(self) -> None:
        self.page.get_by_role("button", name="Save").click()


class SignInPage:
    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self) -> Self:
        self.page.goto("/staff/sign-in")
        return self

    def submit(self, email: str, password: str) -> None:
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password]", password)
        self.page.get_by_role("button", name="Sign in").click()

    def sign_in(self, email: str, password: str) -> "OverviewPage":
        self.open().submit(email, password)
        return OverviewPage(self.page)


class StaffPage:
    """The parts that every staff page has."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def look_up(self, words: str) -> "OverviewPage":
        box = self.look_up_box()
        box.fill(words)
        box.press("Enter")
        return OverviewPage(self.page)

    def look_up_box(self) -> Locator:
        return self.page.locator("[name=q]")

    def told(self, words: str) -> None:
        """A notice of what was just done says this."""
        expect(self.page.locator("main [role=status]", has_text=words)).to_be_visible()

    def errors(self) -> Locator:
        return self.page.locator("#error-summary a")

    def sign_out(self) -> None:
        self.page.get_by_role("button", name="Sign out").click()


class OverviewPage(StaffPage):
    def __init__(self, page: Page) -> None:
        super().__init__(page)
        expect(self.look_up_box()).to_be_visible()

    def open(self, name: str) -> "RecordPage":
        self.page.locator("main").get_by_role("link", name=name).first.click()
        return RecordPage(self.page)


class RecordPage(StaffPage):
    def open(self, contact_id: int) -> Self:
        self.page.goto(f"/oakwood/staff/contacts/{contact_id}")
        return self

    def circle(self, number: str) -> Locator:
        """The first circle of a number (E.164)."""
        return self.page.locator(f"main [data-number='{number}']").first

    def shows(self, number: str, state: str) -> None:
        """The number's first circle says so."""
        expect(self.circle(number)).to_have_attribute("data-consent", state)

    def phone(self, number: str) -> Locator:
        """The row of a phone: slot, type, number, circle, source and date."""
        return self.page.locator(".phones tbody tr", has_text=number)

    def edit(self) -> "EditContactPage":
        self.page.get_by_role("link", name="Edit", exact=True).click()
        return EditContactPage(self.page)

    def edit_phones(self, of: str) -> "EditPhonesPage":
        self.page.get_by_role("link", name=f"Edit phones of {of}").click()
        return EditPhonesPage(self.page)

    def add_parent(self) -> "AddParentPage":
        self.page.get_by_role("link", name="Add a parent").first.click()
        return AddParentPage(self.page)

    def history(self) -> "HistoryPage":
        self.page.get_by_role("link", name="See full history").click()
        return HistoryPage(self.page)

    def waiting(self) -> "Waiting":
        return Waiting(self.page)


class Waiting:
    """The changes that an unsigned form would make, on a record."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.section = page.locator(".waiting")

    def row(self, what: str) -> Locator:
        head = self.page.get_by_role("rowheader", name=what)
        return self.section.get_by_role("row").filter(has=head)

    def accept(self, what: str) -> None:
        self.row(what).get_by_role("button", name="Accept").click()

    def decline(self, what: str) -> None:
        self.row(what).get_by_role("button", name="Decline").click()

    def accept_all(self) -> None:
        self.section.get_by_role("button", name="Accept all").click()

    def decline_all(self) -> None:
        self.section.get_by_role("button", name="Decline all").click()


class EditPage(StaffPage):
    """A page with a form of staff: what is typed is saved, or comes back with what to do."""

    def type(self, label: str, words: str) -> None:
        self.field(label).fill(words)

    def choose(self, label: str, option: str) -> None:
        self.field(label).select_option(label=option)

    def field(self, label: str) -> Locator:
        return self.page.locator("main").get_by_label(label)

    def conflict(self) -> Locator:
        return self.page.locator(".conflict")

    def save(self) -> RecordPage:
        self.page.get_by_role("button", name="Save", exact=True).click()
        return RecordPage(self.page)


class EditContactPage(EditPage):
    def open(self, contact_id: int) -> Self:
        self.page.goto(f"/oakwood/staff/contacts/{contact_id}/edit")
        return self

    def take_out(self, parent: str) -> RecordPage:
        self.page.locator("summary", has_text=f"Remove {parent}").click()
        self.page.get_by_role("button", name=f"Remove {parent} from").click()
        return RecordPage(self.page)


class PhoneFields(EditPage):
    """The three phones as staff type them. A slot: Primary phone, Secondary phone, Other phone."""

    def phone(self, kind: str, number: str | None = None, slot: str = "Primary phone") -> None:
        self.slot(slot).get_by_label(kind, exact=True).check()
        if number is not None:
            self.number(slot).fill(number)

    def slot(self, slot: str) -> Locator:
        return self.page.get_by_role("group", name=slot)

    def number(self, slot: str = "Primary phone") -> Locator:
        return self.slot(slot).get_by_label("Number")


class EditPhonesPage(PhoneFields):
    def open(self, contact_id: int) -> Self:
        self.page.goto(f"/oakwood/staff/contacts/{contact_id}/phones")
        return self


class AddStudentPage(EditPage):
    def open(self) -> Self:
        self.page.goto("/oakwood/staff/students/new")
        return self

    def name(self, first: str, last: str) -> None:
        self.type("First name", first)
        self.type("Last name", last)

    def save(self) -> RecordPage:
        self.page.get_by_role("button", name="Add student").click()
        return RecordPage(self.page)


class AddParentPage(PhoneFields):
    def open(self, student_id: int) -> Self:
        self.page.goto(f"/oakwood/staff/contacts/{student_id}/parents/new")
        return self

    def name(self, first: str, last: str) -> None:
        self.type("First name", first)
        self.type("Last name", last)

    def look_for(self, words: str) -> None:
        self.page.get_by_label("Is this parent already on file").fill(words)
        self.page.get_by_role("button", name="Find parent").click()

    def it_is(self, words: str) -> None:
        self.page.locator("label", has_text=words).get_by_role("radio").check()

    def save(self) -> RecordPage:
        self.page.get_by_role("button", name="Add parent").click()
        return RecordPage(self.page)


class HistoryPage(StaffPage):
    def lines(self) -> Locator:
        return self.page.locator(".timeline p")


class PickUpPage:
    """After signing in again: one button brings back what was typed."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def show(self) -> None:
        self.page.get_by_role("button", name="Show what I typed").click()
