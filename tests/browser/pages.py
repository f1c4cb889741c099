"""Page objects: what people do on a page, in their words."""

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

    def errors(self) -> list[str]:
        return self.page.locator("#error-summary a").all_inner_texts()


class SentPage:
    def __init__(self, page: Page) -> None:
        self.page = page
        expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")

    def text(self) -> str:
        return " ".join(self.page.locator("main").inner_text().split())


class SignInPage:
    def __init__(self, page: Page) -> None:
        self.page = page

    def sign_in(self, email: str, password: str) -> "OverviewPage":
        self.page.goto("/staff/sign-in")
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password]", password)
        self.page.get_by_role("button", name="Sign in").click()
        return OverviewPage(self.page)


class OverviewPage:
    def __init__(self, page: Page) -> None:
        self.page = page
        expect(page.locator("[name=q]").first).to_be_visible()

    def look_up(self, words: str) -> "OverviewPage":
        box = self.page.locator("[name=q]").locator("visible=true").first
        box.fill(words)
        box.press("Enter")
        return self

    def open(self, name: str) -> "RecordPage":
        self.page.locator("main").get_by_role("link", name=name).first.click()
        return RecordPage(self.page)


class RecordPage:
    def __init__(self, page: Page) -> None:
        self.page = page

    def circle(self, number: str) -> Locator:
        """The first circle of a number (E.164)."""
        return self.page.locator(f"main [data-number='{number}']").first

    def state(self, number: str) -> str | None:
        return self.circle(number).get_attribute("data-consent")
