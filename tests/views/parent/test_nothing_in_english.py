"""No page and no mail for parents stays in English."""

import html
import re

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.consent.wording import consent_wording
from portal.extensions import db, writing
from portal.models import Contact, Mail
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from portal.services.contacts.email_changes import ChangedBy
from tests.support.audit import Page
from tests.support.catalogue import catalogue, translations
from tests.support.client import AuditedClient
from tests.support.contact_form import BEN, PATH, PRIMARY, RUIZ, hidden, send, sent
from tests.support.families import make_parent, make_student, stop
from tests.support.incoming import take
from tests.support.people import newest_link, newest_mail
from tests.support.texted_links import link_to
from tests.views.parent.spanish import ANA, EMAIL, HOUSEHOLD, MEXICO, ana_signed_in, language, speak

pytestmark = [
    pytest.mark.usefixtures("school"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


@pytest.fixture
def ana(app: Flask, school: SchoolRow) -> AuditedClient:
    return ana_signed_in(app, school)


def english_left(markup: str) -> list[str]:
    """The catalogue's English that stands on a page: whole, or what of it stands between two
    things that are filled in. A single word may be the same in both languages."""
    shown = " ".join(html.unescape(markup).split())
    return [part for part in _english() if re.search(rf"\b{re.escape(part)}", shown)]


def _english() -> list[str]:
    messages = [message for message in catalogue() if message.id]
    spanish = "\n".join(one for message in messages for one in translations(message))
    ids = [i for m in messages for i in (m.id if isinstance(m.id, tuple) else (m.id,))]
    parts = {
        " ".join(part.split()).strip(" .,:")
        for text in ids
        for part in re.split(r"%\(\w+\)[sd]|</?\w+>", text)
    }
    return sorted(part for part in parts if " " in part and part not in spanish)


OFFLINE = (
    "Your device says it's offline. Your answers are still here. Stay on this page. "
    "Once you're online, tap the button again"
)


def test_the_search_for_english_finds_it(client: AuditedClient) -> None:
    found = english_left(client.get(PATH).text)
    assert {"Family contact form", "Add another phone", OFFLINE} <= {
        part.split(" to the")[0] for part in found
    }
    assert len(_english()) > 150


ASK = "/oakwood/sign-in"


class Tour:
    """Every page that parents come to see, in Spanish."""

    def __init__(self) -> None:
        self.seen: dict[str, TestResponse] = {}

    def look(self, client: AuditedClient, path: str, **typed: str) -> TestResponse:
        """Open a page, or send its form with what was typed."""
        if typed:
            return self.keep(client.post(path, data=client.form(path) | typed))
        return self.keep(client.get(path))

    def keep(self, answer: TestResponse) -> TestResponse:
        self.seen[f"{len(self.seen)} {answer.request.method} {answer.request.path}"] = answer
        return answer

    def pages(self) -> dict[str, TestResponse]:
        return {name: a for name, a in self.seen.items() if a.status_code not in {302, 303, 308}}

    def visit(self, visitor: AuditedClient) -> None:
        """Pages that nobody has to sign in for."""
        for path in ("/", "/oakwood/", "/oakwood/privacy", "/oakwood/terms", PATH, f"{PATH}/sent"):
            self.look(visitor, path)
        wrong = {
            f"{PRIMARY}-number": "1-800-FLOWERS",
            "child1-grade": "99",
            "child1-last_name": "1",
        }
        for changes in (wrong, {f"{PRIMARY}-consent": ""}, {"child1-first_name": "Ma\x00teo"}):
            self.keep(send(visitor, RUIZ | BEN | changes))
        self.keep(send(visitor, {}))
        self.keep(send(visitor, RUIZ, hidden(visitor) | {"form_token": "old"}))
        self.keep(send(visitor, RUIZ, hidden(visitor) | {"wording": "others"}))
        self.look(visitor, send(visitor, RUIZ | BEN).location)

    def go_wrong(self, visitor: AuditedClient) -> None:
        self.look(visitor, "/oakwood/nowhere")
        self.look(visitor, "/nowhere/")
        self.keep(visitor.post("/oakwood/sign-in", data={}))
        self.keep(visitor.put("/oakwood/privacy"))
        self.keep(send(visitor, RUIZ | {"x": "y" * 300_000}))
        elsewhere = {"Origin": "https://evil.example"}
        self.keep(visitor.post(PATH, data=hidden(visitor) | RUIZ, headers=elsewhere))
        for path, fields in ((PATH, hidden(visitor) | RUIZ), (ASK, visitor.form(ASK))):
            visitor.delete_cookie("portal")
            self.keep(visitor.post(path, data=fields))  # as with blocked cookies
            visitor.get(PATH)
            self.keep(visitor.post(path, data=fields))  # as in another tab

    def sign_in(self, visitor: AuditedClient, email: str) -> None:
        """With an email that two parents share."""
        self.look(visitor, "/oakwood/sign-in")
        self.look(visitor, "/oakwood/sign-in", email="ana")
        self.look(visitor, "/oakwood/sign-in", email=email)
        self.look(visitor, "/oakwood/sign-in/code")
        self.look(visitor, "/oakwood/sign-in/code", code="000000")
        link = newest_link(email)
        self.look(visitor, link)
        visitor.post(link, data=visitor.form(link))
        self.look(visitor, "/oakwood/sign-in/who")
        self.look(visitor, link)

    def answer_by_link(self, visitor: AuditedClient) -> None:
        for said, number in (("yes", "+14155550194"), ("no", "+14155550195")):
            take("STOP", number=number)
            link = link_to(number)
            self.look(visitor, link)
            self.look(visitor, link, answer="maybe")
            self.look(visitor, self.look(visitor, link, answer=said).location)
            self.look(visitor, link)

    def come_home(self, parent: AuditedClient, school: SchoolRow) -> None:
        phones, new = f"{HOUSEHOLD}/phones", "+14155550193"
        for path in (PATH, HOUSEHOLD, phones):
            self.look(parent, path)
        self.look(parent, phones, **{"primary_phone-number": "12", "other_phone-type": "cell"})
        as_it_was = parent.form(phones)
        stop(school, ANA)
        self.keep(parent.post(phones, data=as_it_was))
        stop(school, new)
        yes = {"primary_phone-number": new, "primary_phone-consent": "yes"}
        self.look(parent, self.look(parent, phones, **yes).location)
        self.look(parent, HOUSEHOLD)

    def object_to(self, visitor: AuditedClient, path: str) -> None:
        """By the link that the former sign-in address got."""
        self.look(visitor, path)
        self.keep(visitor.post(path, data=visitor.form(path)))
        self.look(visitor, path)


def change_email(school: SchoolRow, old: str | None, new: str) -> None:
    """Let a parent sign in with another address, who reads Spanish."""
    with writing():
        found = select(Contact).where(Contact.email == old, Contact.first_name.in_(["Ana", "Eve"]))
        parent = db.session.scalars(found).one()
        parent.language = "es"
        contacts.set_fields(parent, {"email": new}, ChangedBy("Pat Fields"))


def test_no_page_of_parents_stays_in_english(
    app: Flask, school: SchoolRow, other_school: SchoolRow, ana: AuditedClient
) -> None:
    make_parent(school, "Eve Ruiz", make_student(school, "Lia Ruiz"), email="ben@example.com")
    tour, visitor = Tour(), speak(app.test_client(), MEXICO)
    tour.visit(visitor)
    tour.go_wrong(visitor)
    tour.sign_in(visitor, "ben@example.com")
    tour.answer_by_link(visitor)
    tour.come_home(ana, school)
    change_email(school, EMAIL, "ana.moved@example.com")
    found = re.search(r"/oakwood/sign-in/email/\S+", newest_mail(EMAIL).body)
    assert found is not None
    tour.object_to(visitor, found[0])
    pages = tour.pages()
    assert _not_seen(app, pages) == set(), "look at these too"
    assert {name for name, a in pages.items() if language(Page(a.text)) != "es"} == set()
    assert {name: left for name, a in pages.items() if (left := english_left(a.text))} == {}
    asked = consent_wording(school.name, school.texting_number, school.country)
    assert {name for name, a in pages.items() if asked.question in a.text} == set()


def _not_seen(app: Flask, pages: dict[str, TestResponse]) -> set[str]:
    """The parents' pages that were not opened."""
    routes = app.url_map.bind("localhost")
    shown = {
        routes.match(a.request.path)[0]
        for a in pages.values()
        if a.request.method == "GET" and a.status_code != 404
    }
    parents = (r for r in app.url_map.iter_rules() if r.endpoint.startswith("parent."))
    return {rule.endpoint for rule in parents if "GET" in (rule.methods or ())} - shown


def test_no_mail_to_parents_stays_in_english(
    app: Flask, school: SchoolRow, ana: AuditedClient
) -> None:
    visitor = speak(app.test_client(), MEXICO)
    for email in (EMAIL, "nobody@example.com"):
        visitor.post("/oakwood/sign-in", data=visitor.form("/oakwood/sign-in") | {"email": email})
    sent(visitor, RUIZ | BEN)
    make_parent(school, "Eve Ruiz")
    change_email(school, None, "eve@example.com")
    change_email(school, "eve@example.com", "third@example.com")
    change_email(school, "third@example.com", "eve@example.com")
    mails = db.session.scalars(select(Mail).where(Mail.language == "es")).all()
    assert {mail.kind for mail in mails} == {"code", "no_record", "receipt", "email_changed"}
    assert len({mail.body for mail in mails if mail.kind == "email_changed"}) == 3
    for mail in mails:
        assert english_left(f"{mail.subject}\n{mail.body}") == []
