"""English and Spanish: who is shown which, and what is kept of it."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db, writing
from portal.models import ConsentEvent, Contact, School, Submission, Wording
from portal.queries.schools import SchoolRow
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import BEN, PATH, PRIMARY, RUIZ, complaints, hidden, send, sent
from tests.support.families import make_parent, make_student, phone
from tests.support.people import SignIn, newest_link, newest_mail
from tests.views.parent.spanish import ANA, EMAIL, HOUSEHOLD, MEXICO, ana_signed_in, language, speak

pytestmark = [
    pytest.mark.usefixtures("school"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


@pytest.fixture
def spanish(client: AuditedClient) -> AuditedClient:
    return speak(client, MEXICO)


@pytest.fixture
def ana(app: Flask, school: SchoolRow) -> AuditedClient:
    return ana_signed_in(app, school)


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
    typed = RUIZ | {f"{PRIMARY}-number": "555 01", "child1-last_name": "1", "parent1-email": "ana@"}
    answer = send(spanish, typed)
    assert answer.status_code == 422
    said = complaints(answer)
    assert said["child1-last_name"] == "Escriba el apellido de su hijo o hija. Use letras."
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
