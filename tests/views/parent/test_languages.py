"""English and Spanish: who is shown which, what is kept of it, and that nothing stays English."""

import html
import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal import clock
from portal.consent.wording import consent_wording
from portal.extensions import db, writing
from portal.models import ConsentEvent, Contact, Mail, School, Submission, Wording
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from portal.services.contacts.email_changes import ChangedBy
from tests.support.audit import Page
from tests.support.catalogue import catalogue, translations
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import BEN, PATH, PRIMARY, RUIZ, complaints, hidden, send, sent
from tests.support.families import HOME, make_parent, make_student, phone, stop
from tests.support.incoming import take
from tests.support.people import SignIn, newest_link, newest_mail, parent_signed_in
from tests.support.texted_links import link_to

pytestmark = [
    pytest.mark.usefixtures("school"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
MEXICO = "es-MX,es;q=0.9,en-US;q=0.8,en;q=0.7"
ANA, EMAIL = "+14155550182", "ana.ruiz@example.com"
HOUSEHOLD = "/oakwood/household"


def speak(client: AuditedClient, language: str) -> AuditedClient:
    """Let the browser ask for this language."""
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    return client


@pytest.fixture
def spanish(client: AuditedClient) -> AuditedClient:
    return speak(client, MEXICO)


@pytest.fixture
def ana(app: Flask, school: SchoolRow) -> AuditedClient:
    """Ana Ruiz, with two phones, signed in on a phone that speaks Spanish."""
    child = make_student(school, "Mateo Ruiz")
    phones = [phone(ANA), phone("+14155550190", HOME, 1, "12")]
    make_parent(school, "Ana Ruiz", child, email=EMAIL, phones=phones, typed=True)
    make_parent(school, "Ben Ruiz", child, email="ben@example.com")
    return speak(parent_signed_in(app, EMAIL), MEXICO)


def language(page: Page) -> str:
    return page.query("html")[0].attrs["lang"]


# Which language


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("es", "es"),
        ("es-MX", "es"),
        ("es-419,en;q=0.9", "es"),
        ("es-MX,en;q=0.9", "es"),
        (MEXICO, "es"),
        ("fr-CA,es;q=0.3", "es"),
        ("en-US,es;q=0.9", "en"),
        ("es;q=0,en", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
    ],
)
def test_the_browser_says_which_language(client: AuditedClient, asked: str, shown: str) -> None:
    answer = speak(client, asked).get("/oakwood/")
    assert language(Page(answer.text)) == shown
    assert answer.headers["Content-Language"] == shown
    assert "Accept-Language" in answer.headers["Vary"]


def test_a_choice_beats_the_browser_and_lasts(client: AuditedClient, spanish: object) -> None:
    assert language(client.page("/oakwood/")) == "es"
    link = client.page("/oakwood/terms").query("header a[hreflang]")[0]
    assert (link.to_text(), link.attrs["lang"], link.attrs["href"]) == ("English", "en", "?lang=en")
    assert language(client.page("/oakwood/terms?lang=en")) == "en"
    assert language(client.page(PATH)) == "en"
    assert client.page("/oakwood/").query("header a[hreflang]")[0].to_text() == "Español"
    assert language(client.page("/oakwood/?lang=xx")) == "en"


def test_a_school_of_one_language_offers_no_other(spanish: AuditedClient) -> None:
    with writing():
        db.session.query(School).update({"languages": "en"})
    for path in ("/oakwood/", PATH, "/oakwood/?lang=es"):
        page = spanish.page(path)
        assert language(page) == "en"
        assert not page.query("header [lang]")


def test_a_school_may_speak_spanish_first(client: AuditedClient) -> None:
    with writing():
        db.session.query(School).update({"languages": "es,en"})
    assert language(client.page("/oakwood/")) == "es"
    assert language(speak(client, "en").page("/oakwood/")) == "en"


# The form


def test_switching_on_the_form_loses_nothing(client: AuditedClient) -> None:
    page = client.page(PATH)
    [button] = page.query("header button[lang]")
    assert (button.to_text(), button.attrs["form"]) == ("Español", "contact")
    typed = RUIZ | BEN | {f"{PRIMARY}-consent": ""}
    pressed = {button.attrs["name"]: button.attrs["value"]}
    there = Page(client.post(PATH, data=form_values(page) | typed | pressed).text)
    assert language(there) == "es"
    shown = form_values(there)
    assert {name: shown.get(name, "") for name in typed} == typed
    back = {button.attrs["name"]: "lang:en"}
    again = Page(client.post(PATH, data=shown | back).text)
    assert language(again) == "en"
    assert {name: form_values(again).get(name, "") for name in typed} == typed


def test_the_enter_key_sends_the_form(client: AuditedClient) -> None:
    """It presses the form's first button, wherever on the page that stands."""
    buttons = [
        b
        for b in client.page(PATH).query("button")
        if b.attrs.get("form") == "contact" or b.attrs.get("name") == "action"
    ]
    assert "name" not in buttons[0].attrs


def test_errors_are_in_spanish_and_what_was_typed_stays(spanish: AuditedClient) -> None:
    typed = RUIZ | {f"{PRIMARY}-number": "555 01", "child1-last_name": "", "parent1-email": "ana@"}
    answer = send(spanish, typed)
    assert answer.status_code == 422
    said = complaints(answer)
    assert said["child1-last_name"] == "Escriba el apellido de su hijo o hija."
    assert "(206) 555-0147" in said[f"{PRIMARY}-number"]
    page = Page(answer.text)
    assert page.text("#error-summary h2") == "Corrija 3 datos"
    assert page.text("title").startswith("Error: Formulario")
    assert {name: form_values(page).get(name) for name in typed} == typed


def test_the_ledger_keeps_the_language_and_the_words_that_were_shown(
    spanish: AuditedClient,
) -> None:
    sent(spanish, RUIZ | BEN)
    submission = db.session.scalars(select(Submission)).one()
    assert submission.language == "es"
    events = db.session.scalars(select(ConsentEvent)).all()
    assert {event.language for event in events} == {"es"}
    kept = {e.number: db.session.get_one(Wording, (e.school_id, e.wording_id)) for e in events}
    assert {wording.language for wording in kept.values()} == {"es"}
    question = "¿Puede Oakwood School enviar mensajes de texto "
    assert kept["+14155550182"].text.startswith(f"{question}a este número?")
    assert kept["+14155550183"].text.startswith(f"{question}al número de [name]?")
    for said in ("(206) 555-0147", "Pueden aplicarse tarifas de mensajes y datos", "STOP", "HELP"):
        assert all(said in wording.text for wording in kept.values())


def test_what_was_shown_counts_though_the_language_was_changed_elsewhere(
    client: AuditedClient,
) -> None:
    sheet = hidden(client)
    client.get("/oakwood/?lang=es")
    sent(client, RUIZ, sheet)
    assert db.session.scalars(select(ConsentEvent)).one().language == "en"
    assert db.session.scalars(select(Submission)).one().language == "en"


def test_who_fills_the_form_in_gets_mail_in_its_language(spanish: AuditedClient) -> None:
    sent(spanish, RUIZ | BEN)
    known = {c.first_name: c.language for c in db.session.scalars(select(Contact))}
    assert known == {"Mateo": None, "Ana": "es", "Ben": None}
    receipt = newest_mail(EMAIL)
    assert receipt.language == "es"
    assert "(415) 555-0182, Celular. Usted dijo que sí" in receipt.body


def test_signing_in_tells_the_language_too(app: Flask, ana: AuditedClient) -> None:
    def known() -> str | None:
        return db.session.scalars(select(Contact.language).where(Contact.email == EMAIL)).one()

    assert known() == "en"
    client = speak(app.test_client(), MEXICO)
    client.post("/oakwood/sign-in", data=client.form("/oakwood/sign-in") | {"email": EMAIL})
    assert newest_mail(EMAIL).subject.endswith("es su código de acceso para Oakwood School")
    link = newest_link(EMAIL)
    client.post(link, data=client.form(link))
    assert known() == "es"


def test_an_answer_at_home_keeps_its_words(ana: AuditedClient) -> None:
    page = ana.page(HOUSEHOLD)
    fields = form_values(page, f"form[action='{HOUSEHOLD}/answer']")
    ana.post(f"{HOUSEHOLD}/answer", data=fields | {"answer": "no"})
    newest = (
        select(ConsentEvent).where(ConsentEvent.number == ANA).order_by(ConsentEvent.seq.desc())
    )
    event = db.session.scalars(newest.limit(1)).one()
    assert (event.source, event.language) == ("parent_form", "es")
    answer = ana.post(f"{HOUSEHOLD}/answer", data=fields | {"answer": "yes", "wording": "others"})
    assert answer.status_code == 303
    assert "Cambiamos el texto de esta pregunta" in ana.page(HOUSEHOLD).text("main")


def test_days_are_written_as_the_language_writes_them(
    ana: AuditedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = datetime(2026, 9, 4, 3, 0, tzinfo=UTC)  # still the third in Oakwood
    monkeypatch.setattr(clock, "now", lambda: late)
    ana.post(f"{HOUSEHOLD}/confirm", data=form_values(ana.page(HOUSEHOLD)))
    assert "el 3 de septiembre de 2026" in ana.page(HOUSEHOLD).text("main")
    assert "on September 3, 2026" in ana.page(f"{HOUSEHOLD}?lang=en").text("main")


# Nothing stays in English


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
    "You're offline. Your answers are still here. "
    "Stay on this page and tap Send when you're back online"
)


def test_the_search_for_english_finds_it(client: AuditedClient) -> None:
    found = english_left(client.get(PATH).text)
    assert {"Family contact form", "Add another phone", OFFLINE} <= {
        part.split(" to the")[0] for part in found
    }
    assert len(_english()) > 150


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
        """What nobody has to sign in for."""
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


# The staff's side


def test_staff_are_in_english_whatever_their_browser_asks_for(
    staff: SignIn, client: AuditedClient, school: SchoolRow
) -> None:
    student = make_student(school, "Mateo Ruiz")
    parent = make_parent(school, "Ana Ruiz", student, phones=[phone(ANA)], typed=True)
    clerk = speak(staff("editor"), MEXICO)
    clerk.get("/oakwood/?lang=es")
    records = "/oakwood/staff/contacts"
    for path in (
        "/oakwood/staff/",
        f"{records}/{student}",
        f"{records}/{parent}/phones",
        f"{records}/{student}/edit",
        "/oakwood/staff/students/new",
    ):
        page = clerk.page(path)
        assert language(page) == "en"
        assert not re.search(r"Celular|Aceptó|Grado|Kínder|Apellido", page.text("body")), path
    refused = clerk.post(
        f"{records}/{parent}/phones",
        data=clerk.form(f"{records}/{parent}/phones") | {"primary_phone-number": "12"},
    )
    assert "too short" in refused.text
    assert language(Page(refused.text)) == "en"
    assert language(clerk.page("/oakwood/staff/nowhere", 404)) == "en"
    assert language(speak(client, MEXICO).page("/staff/sign-in")) == "en"
