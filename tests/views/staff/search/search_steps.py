"""Values that tests read off the search page."""

from tests.support.audit import Page

SEARCH = "/oakwood/staff/search"
PARENTS = "f1=role&o1=is&v1=parent"


def texts(page: Page, selector: str) -> list[str]:
    return [" ".join(e.to_text().split()) for e in page.query(selector)]


def total(page: Page) -> int:
    return int(texts(page, "#results")[0].split()[0].replace(",", ""))


def told(page: Page) -> str:
    """The page's words about the search, beside its fields and above them."""
    return " ".join(texts(page, ".notice, .criterion .error"))


def found_by(page: Page) -> dict[str, str]:
    return {
        button.attrs["value"]: button.to_text() for button in page.query("#fields button[name=add]")
    }
