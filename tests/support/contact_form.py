"""The contact form as parents fill it in, for tests: what they type, and sending it."""

import re
import time

import httpx
from werkzeug.test import TestResponse

from tests.support.client import AuditedClient

PATH = "/oakwood/forms/contact"
PRIMARY = "parent1-primary_phone"

RUIZ = {
    "child1-first_name": "Mateo",
    "child1-last_name": "Ruiz",
    "child1-grade": "3",
    "parent1-first_name": "Ana",
    "parent1-last_name": "Ruiz",
    "parent1-relationship": "mother",
    "parent1-email": "ana.ruiz@example.com",
    f"{PRIMARY}-type": "cell",
    f"{PRIMARY}-number": "(415) 555-0182",
    f"{PRIMARY}-consent": "yes",
}
"""A form with nothing wrong in it."""

BEN = {
    "parent2-first_name": "Ben",
    "parent2-last_name": "Ruiz",
    "parent2-relationship": "father",
    "parent2-email": "ben@example.com",
    "parent2-primary_phone-type": "cell",
    "parent2-primary_phone-number": "(415) 555-0183",
    "parent2-primary_phone-consent": "no",
}


def phone(slot: str, kind: str, number: str, consent: str = "", parent: int = 1) -> dict[str, str]:
    """The fields of one phone."""
    name = f"parent{parent}-{slot}"
    return {f"{name}-type": kind, f"{name}-number": number, f"{name}-consent": consent}


def hidden(client: AuditedClient, path: str = PATH) -> dict[str, str]:
    """The hidden fields of a form that was just fetched."""
    page = client.page(path)
    return {
        i.attrs["name"]: i.attrs.get("value") or "" for i in page.query("main input[type=hidden]")
    }


def send(
    client: AuditedClient, answers: dict[str, str], sheet: dict[str, str] | None = None
) -> TestResponse:
    """Fetch the form, unless the page is given that it was fetched on, and send the answers."""
    return client.post(PATH, data=(sheet or hidden(client)) | answers)


def sent(
    client: AuditedClient, answers: dict[str, str], sheet: dict[str, str] | None = None
) -> None:
    """Send answers that must be accepted."""
    response = send(client, answers, sheet)
    assert response.status_code == 303, response.text


def complaints(response: TestResponse) -> dict[str, str]:
    """The errors of a form that was not accepted: message by field name."""
    from tests.support.audit import Page

    links = Page(response.text).query("#error-summary a")
    return {(a.attrs["href"] or "").lstrip("#"): a.to_text() for a in links}


HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Sender:
    """A browser that nobody knows, on a connection that it keeps."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, timeout=60)

    def send(self, answers: dict[str, str]) -> tuple[float, float]:
        """Send a form from a page of its own; the seconds that it took, and the next page."""
        self.client.cookies.clear()
        data = dict(HIDDEN.findall(self.client.get(PATH).text)) | answers
        started = time.perf_counter()
        assert self.client.post(PATH, data=data).status_code == 303
        answered = time.perf_counter()
        assert self.client.get(PATH).status_code == 200
        return answered - started, time.perf_counter() - answered
