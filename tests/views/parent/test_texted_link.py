"""The page of a link that was texted to a number."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.enums import Answer, ConsentState, MessageKind, ProposalState, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentStatus, Proposal, TextedLink
from portal.queries.schools import SchoolRow
from portal.services.schools.schools import set_school
from portal.services.texting import link_texts
from portal.services.texting.link_texts import link_url
from portal.services.texting.message_rows import insert_once, own
from portal.services.texting.welcomes import queue_welcomes
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import PRIMARY, RUIZ, sent
from tests.support.families import make_parent, make_student, phone, say, stop
from tests.support.incoming import take
from tests.support.people import SignIn, parent_signed_in
from tests.support.texted_links import link_to, token_to

ANA, BEN = "+14155550182", "+14155550183"
THANKS = "/oakwood/texts/answered"


@pytest.fixture
def link(school: SchoolRow) -> str:
    """Ana Ruiz, who has no email on file, texted STOP: the path of the link that she got."""
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    take("STOP", number=ANA)
    return link_to(ANA)


def state(number: str = ANA) -> str | None:
    return db.session.scalar(select(ConsentStatus.state).where(ConsentStatus.number == number))


def tap(client: AuditedClient, link: str, said: str) -> str:
    """Open a link and answer; gives where that led."""
    fields = form_values(client.page(link))
    answer = client.post(link, data=fields | {"answer": said})
    assert answer.status_code == 303, answer.text
    return answer.location


def test_one_tap_says_yes(client: AuditedClient, link: str) -> None:
    page = client.page(link)
    assert page.query("h1")[0].to_text() == "May Oakwood School text this number?"
    assert "(415) 555-0182" in page.query("main")[0].to_text()
    assert tap(client, link, "yes") == THANKS
    thanks = client.page(THANKS).query("main")[0].to_text()
    assert "You said yes. Oakwood School will text you." in thanks
    assert "text START to (206) 555-0147" in thanks
    assert state() == "opted_in"


@pytest.mark.parametrize("said", ["yes", "no"])
def test_a_double_tap_is_one_answer_though_the_browser_drops_the_first_response(
    client: AuditedClient, link: str, said: str
) -> None:
    fields = form_values(client.page(link)) | {"answer": said}
    before = client.get_cookie("portal")
    assert client.post(link, data=fields).location == THANKS
    assert before is not None
    client.set_cookie("portal", before.value)
    assert client.post(link, data=fields).location == THANKS


def test_yes_and_no_look_alike_and_neither_is_chosen(client: AuditedClient, link: str) -> None:
    buttons = client.page(link).query("main form button")
    assert [b.attrs["value"] for b in buttons] == ["yes", "no"]
    assert len({b.attrs["class"] for b in buttons}) == 1


def test_one_tap_says_no(client: AuditedClient, link: str) -> None:
    assert tap(client, link, "no") == THANKS
    assert "You said no" in client.get(THANKS).text
    assert state() == "opted_out"
    assert client.get(link).status_code == 410


def test_opening_a_link_changes_nothing_however_often(client: AuditedClient, link: str) -> None:
    before = db.session.scalar(select(func.count()).select_from(ConsentEvent))
    for _ in range(3):
        client.page(link)
    assert db.session.scalar(select(func.count()).select_from(ConsentEvent)) == before
    assert db.session.scalars(select(TextedLink.used_at)).all() == [None]
    tap(client, link, "yes")
    assert state() == "opted_in"


def test_an_answer_needs_the_pages_own_token(client: AuditedClient, link: str) -> None:
    fields = form_values(client.page(link)) | {"answer": "yes"}
    assert client.post(link, data=fields | {"csrf_token": "x"}).status_code == 400
    assert state() == "opted_out"


@pytest.mark.parametrize("fields", [{}, {"answer": "maybe"}, {"answer": "yes", "wording": "x"}])
def test_what_is_no_answer_to_the_question_is_asked_again(
    client: AuditedClient, link: str, fields: dict[str, str]
) -> None:
    answer = client.post(link, data=form_values(client.page(link)) | fields)
    assert answer.status_code == 422
    assert "(415) 555-0182" in answer.text
    assert state() == "opted_out"


def test_no_browser_keeps_its_pages(client: AuditedClient, link: str) -> None:
    for path, status in ((link, 200), ("/oakwood/t/none", 410)):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")
        assert answer.headers["Referrer-Policy"] == "same-origin"
    tap(client, link, "yes")
    assert client.get(THANKS).headers["Cache-Control"] == "no-store"


def test_the_thanks_are_for_the_browser_that_answered(
    app: Flask, client: AuditedClient, link: str
) -> None:
    tap(client, link, "yes")
    assert client.get(THANKS).status_code == 200
    assert app.test_client().get(THANKS).location == "/oakwood/"


def test_a_void_link_and_one_that_never_was_say_the_same(client: AuditedClient, link: str) -> None:
    """And what to do."""
    take("STOP", number=ANA)
    assert len({_plain(client.get(path).text) for path in (link, "/oakwood/t/none")}) == 1
    page = client.page(link, 410)
    assert page.query("h1")[0].to_text() == "This link has expired"
    said = page.query("main")[0].to_text()
    assert "text START to (206) 555-0147" in said
    assert "415" not in said
    assert client.post(link, data=_token(client) | {"answer": "yes"}).status_code in {410, 422}


def test_a_link_of_another_school_is_none(
    client: AuditedClient, other_school: SchoolRow, link: str
) -> None:
    there = client.get(link.replace("oakwood", "birchwood"))
    assert there.status_code == 410
    assert "415" not in there.text


def test_where_texting_is_off_nothing_is_asked(client: AuditedClient, link: str) -> None:
    with writing():
        set_school("oakwood", texting_on=False)
    assert "does not send texts" in client.page(link, 410).query("main")[0].to_text()


STATES = ["opted in", "opted out", "not asked", "blocked", "unknown"]


def test_the_page_is_the_same_whatever_the_state_of_the_number(
    client: AuditedClient, school: SchoolRow
) -> None:
    """Byte for byte, but for the tokens and the number itself; so are the thanks."""
    pages, thanks = set(), set()
    for n, how in enumerate(STATES):
        number = f"+1415555010{n}"
        _make(school, number, how)
        with writing():
            row = own(school, MessageKind.STOP_CONFIRMATION, number, "en", opted_out=True)
            insert_once([row])
            link_texts.attach(school, {number: row["id"]})
        path = link_to(number)
        page = client.get(path)
        text = page.text.replace(f"555-010{n}", "N").replace(path.rsplit("/", 1)[1], "T")
        pages.add((page.status_code, _plain(text)))
        tap(client, path, "yes")
        thanks.add(_plain(client.get(THANKS).text))
        assert state(number) == "opted_in"
    assert len(pages) == 1
    assert len(thanks) == 1


def _make(school: SchoolRow, number: str, how: str) -> None:
    if how == "unknown":
        return
    parent = make_parent(school, "Ana Ruiz", phones=[phone(number)], typed=how != "not asked")
    if how == "opted out":
        stop(school, number)
    if how == "blocked":
        say(school, number, Source.HANDSET, Answer.YES, parent)
        say(school, number, Source.CARRIER, Answer.NO)


def _plain(page: str) -> str:
    """A page without what is other each time: form tokens."""
    return re.sub(r'value="[^"]{20,}"', "", page)


def _token(client: AuditedClient) -> dict[str, str]:
    return {"csrf_token": client.form("/oakwood/forms/contact")["csrf_token"]}


def test_it_signs_nobody_in(client: AuditedClient, link: str) -> None:
    tap(client, link, "yes")
    assert client.get("/oakwood/household").location == "/oakwood/sign-in"


def test_it_tells_nothing_of_records(client: AuditedClient, link: str) -> None:
    for text in (client.get(link).text, tap(client, link, "yes") and client.get(THANKS).text):
        assert "Ana" not in text
        assert "Ruiz" not in text
        assert "data-consent" not in text


def test_a_signed_in_parent_who_has_the_number_proves_it_and_what_waits_is_done(
    app: Flask, school: SchoolRow
) -> None:
    """Ana's unsigned form waits; she signs in, and the phone confirms."""
    child = make_student(school, "Mateo Ruiz")
    make_parent(school, "Ana Ruiz", child, email="ana.ruiz@example.com", phones=[phone(ANA)])
    sent(app.test_client(), RUIZ)  # type: ignore[arg-type]
    waits = select(func.count()).where(Proposal.state == ProposalState.WAITING)
    take("STOP", number=ANA)
    take("START", number=ANA)
    client = parent_signed_in(app, "ana.ruiz@example.com")
    assert "Signed in as" in client.get(link_to(ANA)).text
    tap(client, link_to(ANA), "yes")
    assert db.session.scalar(waits.where(Proposal.kind == "consent")) == 0
    page = client.page("/oakwood/household")
    [circle] = page.query(f"main [data-number='{ANA}']")
    assert circle.attrs["data-consent"] == ConsentState.OPTED_IN
    assert "/oakwood/household" in client.get(THANKS).text


def test_in_spanish(client: AuditedClient, link: str) -> None:
    page = client.page(link, headers={"Accept-Language": "es-MX"})
    assert page.query("h1")[0].to_text().startswith("¿Puede Oakwood School")
    fields = form_values(page) | {"answer": "yes"}
    assert client.post(link, data=fields, headers={"Accept-Language": "es"}).status_code == 303
    assert "Usted dijo que sí" in client.get(THANKS, headers={"Accept-Language": "es"}).text
    language = select(ConsentEvent.language).order_by(ConsentEvent.seq.desc()).limit(1)
    assert db.session.scalar(language) == "es"


def test_the_address_in_the_text_is_the_pages(app: Flask, school: SchoolRow, link: str) -> None:
    with app.test_request_context():
        built = app.url_for("parent.texted_link", slug="oakwood", token="x" * 13)
    assert link_url("oakwood", "x" * 13) == app.config["PORTAL"].public_url + built


def test_staff_see_no_link(staff: SignIn, school: SchoolRow, link: str) -> None:
    """Anyone who could open it would speak for a parent."""
    with writing():
        queue_welcomes(school, [BEN])
    token = token_to(ANA)
    client = staff("admin")
    log = client.get("/oakwood/staff/texts").text
    assert "get more texts from us" in log
    assert "[link]" in log
    assert token not in log


# The whole form, opened by the link


def sources(number: str) -> list[tuple[str, str]]:
    """Source and actor of what was said about a number, oldest first."""
    rows = select(ConsentEvent.source, ConsentEvent.actor).where(ConsentEvent.number == number)
    return [(row.source, row.actor) for row in db.session.execute(rows.order_by(ConsentEvent.seq))]


def open_form(client: AuditedClient, link: str) -> dict[str, str]:
    """Follow the question's page to the form; what the form holds then."""
    [a] = client.page(link).query("main a[href*='/forms/contact']")
    return client.form(str(a.attrs["href"]))


def test_the_form_opens_with_the_phone_filled_in_and_nothing_chosen(
    client: AuditedClient, link: str
) -> None:
    fields = open_form(client, link)
    filled = {k: v for k, v in fields.items() if k.startswith(("parent1", "child1")) and v}
    assert filled == {
        "parent1-primary_phone-type": "cell",
        "parent1-primary_phone-number": "(415) 555-0182",
    }


def test_a_yes_on_the_form_about_the_links_number_is_the_phones_own_and_no_other_is(
    client: AuditedClient, link: str
) -> None:
    stop_both = {"parent2-first_name": "Ben", "parent2-last_name": "Ruiz"}
    theirs = {f"parent2-primary_phone-{k}": v for k, v in BENS.items()}
    take("STOP", number=BEN)
    sent(client, RUIZ | stop_both | theirs, open_form(client, link))
    assert sources(ANA)[-1] == ("handset", "handset")
    assert (state(ANA), state(BEN)) == ("opted_in", "opted_out")
    assert client.get(link).status_code == 410


BENS = {"type": "cell", "number": "(415) 555-0183", "consent": "yes"}


def test_a_form_that_comes_back_keeps_its_link(client: AuditedClient, link: str) -> None:
    fields = open_form(client, link)
    back = client.post(
        "/oakwood/forms/contact",
        data=fields | RUIZ | {"child1-first_name": "", "child1-last_name": ""},
    )
    assert back.status_code == 422
    more = client.post("/oakwood/forms/contact", data=fields | RUIZ | {"action": "add:parent"})
    for page in (back, more):
        assert form_values(Page(page.text))["link"] == link.rsplit("/", 1)[1]


def test_a_form_opened_by_a_void_link_is_as_any_other(client: AuditedClient, link: str) -> None:
    fields = open_form(client, link)
    take("STOP", number=ANA)
    sent(client, RUIZ, fields)
    assert state() == "opted_out"
    assert client.form(f"/oakwood/forms/contact?link={link[-13:]}")[f"{PRIMARY}-number"] == ""


def test_a_yes_and_a_no_about_the_links_number_on_one_form_are_a_no(
    client: AuditedClient, link: str
) -> None:
    other = {"parent2-first_name": "Ben", "parent2-last_name": "Ruiz"}
    no = {"type": "cell", "number": "(415) 555-0182", "consent": "no"}
    theirs = {f"parent2-primary_phone-{k}": v for k, v in no.items()}
    sent(client, RUIZ | other | theirs, open_form(client, link))
    assert state() == "opted_out"
    assert "handset" not in dict(sources(ANA))


def test_a_signed_in_parents_form_opened_by_the_link_proves_the_number(
    app: Flask, school: SchoolRow
) -> None:
    make_parent(school, "Ana Ruiz", email="ana.ruiz@example.com", phones=[phone(ANA)], proof=None)
    take("STOP", number=ANA)
    client = parent_signed_in(app, "ana.ruiz@example.com")
    sent(client, RUIZ, open_form(client, link_to(ANA)))
    assert sources(ANA)[-1][0] == "handset"
    assert sources(ANA)[-1][1].startswith("contact:")
    circle = client.page("/oakwood/household").query(f"main [data-number='{ANA}']")[0]
    assert circle.attrs["data-consent"] == "opted_in"
