"""Parents come back: sign-in by mail, their household, and opting back in."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from portal import clock as times
from portal.enums import ProofKind
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentStatus, Contact, Mail, Phone, SignInKey
from portal.queries.schools import SchoolRow
from portal.services.schools.schools import set_school
from portal.services.texting import handset_confirmation
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import PATH, PRIMARY, RUIZ, hidden, send, sent
from tests.support.families import make_parent, make_student, phone, stop
from tests.support.people import newest_code, parent_signed_in

ANA, BEN, OTHER = "+14155550182", "+14155550183", "+14155550190"
HOUSEHOLD = "/oakwood/household"


@pytest.fixture
def family(school: SchoolRow) -> tuple[int, int]:
    """Mateo Ruiz with Ana and Ben, both with a Cell; Ana's phone confirmed hers."""
    child = make_student(school, "Mateo Ruiz")
    ana = make_parent(
        school,
        "Ana Ruiz",
        child,
        email="ana.ruiz@example.com",
        phones=[phone(ANA)],
        typed=True,
        proof=ProofKind.HANDSET,
    )
    make_parent(school, "Ben Ruiz", child, email="ben@example.com", phones=[phone(BEN)], typed=True)
    return child, ana


@pytest.fixture
def ana(app: Flask, family: tuple[int, int]) -> AuditedClient:
    return parent_signed_in(app, "ana.ruiz@example.com")


def state(number: str) -> str | None:
    return db.session.scalar(select(ConsentStatus.state).where(ConsentStatus.number == number))


def press(client: AuditedClient, address: str, path: str = HOUSEHOLD, **more: str) -> TestResponse:
    """Press a button of the household page: the fields of its form, and what is added."""
    page = client.page(path)
    [form] = [f for f in page.query("main form") if f.attrs["action"] == address]
    fields = MultiDict(
        (i.attrs["name"], i.attrs.get("value") or "") for i in form.query("input[type=hidden]")
    )
    for name, value in more.items():
        fields[name] = value
    return client.post(address, data=fields, follow_redirects=True)


@pytest.mark.usefixtures("family")
def test_page_status_and_mail_row_are_the_same_whether_or_not_an_email_is_on_file(
    app: Flask,
) -> None:
    seen = []
    for email in ("ana.ruiz@example.com", "zoe.ruiz@example.com"):
        client = app.test_client()
        answer = client.post(
            "/oakwood/sign-in", data=form_values(client.page("/oakwood/sign-in")) | {"email": email}
        )
        page = client.page(answer.location).text("main").replace(email, "...")
        seen.append((answer.status_code, answer.location, page))
    assert seen[0] == seen[1]
    assert len(db.session.scalars(select(Mail)).all()) == 2
    assert len(db.session.scalars(select(SignInKey)).all()) == 2


def test_codes_and_links_are_kept_hashed(ana: AuditedClient) -> None:
    code = newest_code("ana.ruiz@example.com")
    rows = db.session.execute(select(SignInKey.__table__)).all()
    assert rows
    for row in rows:
        assert code not in [str(value) for value in row]


def test_the_schools_page_leads_to_the_form_and_to_the_sign_in(
    client: AuditedClient, school: SchoolRow
) -> None:
    links = {a.attrs["href"] for a in client.page("/oakwood/").query("main a")}
    assert {PATH, "/oakwood/sign-in"} <= links


@pytest.mark.usefixtures("family")
def test_a_code_works_once_and_for_ten_minutes(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = app.test_client()
    fields = form_values(client.page("/oakwood/sign-in"))
    client.post("/oakwood/sign-in", data=fields | {"email": "ana.ruiz@example.com"})
    code = newest_code("ana.ruiz@example.com")
    page = form_values(client.page("/oakwood/sign-in/code"))
    later = times.now() + timedelta(minutes=11)
    with monkeypatch.context() as clock:
        clock.setattr(times, "now", lambda: later)
        assert client.post("/oakwood/sign-in/code", data=page | {"code": code}).status_code == 422
    assert client.post("/oakwood/sign-in/code", data=page | {"code": code}).status_code == 303
    other = app.test_client()
    assert other.get(HOUSEHOLD).status_code == 303


@pytest.mark.usefixtures("family")
def test_a_code_is_dead_after_five_wrong_ones(app: Flask) -> None:
    client = app.test_client()
    fields = form_values(client.page("/oakwood/sign-in"))
    client.post("/oakwood/sign-in", data=fields | {"email": "ana.ruiz@example.com"})
    code = newest_code("ana.ruiz@example.com")
    page = form_values(client.page("/oakwood/sign-in/code"))
    for n in range(5):
        wrong = f"{(int(code) + n + 1) % 10**6:06d}"
        assert client.post("/oakwood/sign-in/code", data=page | {"code": wrong}).status_code == 422
    assert client.post("/oakwood/sign-in/code", data=page | {"code": code}).status_code == 422


@pytest.mark.usefixtures("family")
def test_one_email_gets_so_many_codes_an_hour(app: Flask) -> None:
    app.config["PORTAL"] = replace(app.config["PORTAL"], sign_in_limit=2)
    client = app.test_client()
    for expected in (303, 303, 429):
        fields = form_values(client.page("/oakwood/sign-in"))
        answer = client.post("/oakwood/sign-in", data=fields | {"email": "ana.ruiz@example.com"})
        assert answer.status_code == expected


def test_a_parent_sees_their_own_numbers_and_of_the_other_parent_the_name(
    ana: AuditedClient,
) -> None:
    html = ana.page(HOUSEHOLD).text("main")
    assert "(415) 555-0182" in html
    assert "Mateo Ruiz" in html
    assert "Ben Ruiz" in html
    assert "555-0183" not in html
    assert "ben@example.com" not in html


def test_an_answer_counts_at_once_and_a_holder_opts_back_in(
    school: SchoolRow, ana: AuditedClient
) -> None:
    stop(school, ANA)
    page = press(ana, f"{HOUSEHOLD}/answer", answer="yes")
    assert "Texts to (415) 555-0182 are on" in Page(page.text).text("main")
    assert state(ANA) == "opted_in"
    event = db.session.scalars(
        select(ConsentEvent).where(ConsentEvent.number == ANA).order_by(ConsentEvent.seq.desc())
    ).first()
    assert event is not None
    assert event.source == "parent_form"
    assert event.wording_id is not None
    press(ana, f"{HOUSEHOLD}/answer", answer="no")
    assert state(ANA) == "opted_out"


def test_an_answer_about_a_number_that_is_not_ones_own_is_not_taken(ana: AuditedClient) -> None:
    press(ana, f"{HOUSEHOLD}/answer", answer="no", number=BEN)
    assert state(BEN) == "opted_in"


def test_a_stop_that_came_in_meanwhile_is_told_and_the_question_asked_afresh(
    school: SchoolRow, ana: AuditedClient
) -> None:
    fields = form_values(ana.page(HOUSEHOLD), f"main form[action='{HOUSEHOLD}/answer']")
    stop(school, ANA)
    answer = ana.post(f"{HOUSEHOLD}/answer", data=fields | {"answer": "yes"}, follow_redirects=True)
    assert "The text setting for this number just changed" in Page(answer.text).text("main")
    assert state(ANA) == "opted_out"


def test_a_number_that_opted_out_before_it_was_theirs_needs_the_handset(
    school: SchoolRow, ana: AuditedClient
) -> None:
    stop(school, OTHER)
    fields = form_values(ana.page(f"{HOUSEHOLD}/phones"))
    typed = {
        "secondary_phone-type": "cell",
        "secondary_phone-number": "415 555 0190",
        "secondary_phone-consent": "yes",
    }
    answer = ana.post(f"{HOUSEHOLD}/phones", data=fields | typed)
    assert answer.location == f"{HOUSEHOLD}/handset/14155550190"
    page = ana.page(answer.location)
    word = page.text(".word-to-text")
    assert state(OTHER) == "opted_out"

    with writing():
        assert handset_confirmation.accept_confirmation_word(school, BEN, word) is None, (
            "from another number it is nothing"
        )
    with writing():
        assert (
            handset_confirmation.accept_confirmation_word(school, OTHER, f" {word.lower()}. ")
            is not None
        )
    assert state(OTHER) == "opted_in"
    assert "It worked" in ana.page(answer.location).text("main")
    with writing():
        assert handset_confirmation.accept_confirmation_word(school, OTHER, word) is None, (
            "it counts once"
        )


def test_phones_are_changed_and_the_old_numbers_yes_lapses(ana: AuditedClient) -> None:
    fields = form_values(ana.page(f"{HOUSEHOLD}/phones"))
    refused = ana.post(
        f"{HOUSEHOLD}/phones", data=fields | {"primary_phone-number": "415 555 0190"}
    )
    assert refused.status_code == 422, "a new Cell needs an answer"
    typed = {"primary_phone-number": "415 555 0190", "primary_phone-consent": "no"}
    assert ana.post(f"{HOUSEHOLD}/phones", data=fields | typed).status_code == 303
    assert (state(ANA), state(OTHER)) == ("not_asked", "opted_out")


def test_a_cell_turned_home_and_back_keeps_its_state(ana: AuditedClient) -> None:
    for kind in ("home", "cell"):
        fields = form_values(ana.page(f"{HOUSEHOLD}/phones"))
        typed = {"primary_phone-type": kind}
        if kind == "cell":
            typed["primary_phone-consent"] = "yes"
        assert ana.post(f"{HOUSEHOLD}/phones", data=fields | typed).status_code == 303
    assert state(ANA) == "opted_in"


def test_one_tap_says_that_it_is_still_right(ana: AuditedClient) -> None:
    page = press(ana, f"{HOUSEHOLD}/confirm")
    assert "You confirmed this number on" in Page(page.text).text("main")


def test_what_an_unsigned_form_left_waiting_counts_with_one_tap(
    school: SchoolRow, client: AuditedClient, ana: AuditedClient
) -> None:
    stop(school, ANA)
    again = {"parent1-other_phone-type": "home", "parent1-other_phone-number": "415 555 0190"}
    sent(client, RUIZ | again)
    assert state(ANA) == "opted_out"
    press(ana, f"{HOUSEHOLD}/waiting", mine="1")
    assert state(ANA) == "opted_in"
    assert OTHER in db.session.scalars(select(Phone.number)).all()
    assert "Was this you?" not in ana.page(HOUSEHOLD).text("main")


def test_what_was_not_them_changes_nothing(
    school: SchoolRow, client: AuditedClient, ana: AuditedClient
) -> None:
    sent(client, RUIZ | {f"{PRIMARY}-number": "415 555 0190"})
    press(ana, f"{HOUSEHOLD}/waiting", not_mine="1")
    assert OTHER not in db.session.scalars(select(Phone.number)).all()


def test_the_contact_form_comes_filled_in_and_counts_at_once(
    school: SchoolRow, ana: AuditedClient
) -> None:
    stop(school, ANA)
    page = ana.page(PATH)
    assert page.query("[id='child1-first_name']")[0].attrs["value"] == "Mateo"
    assert page.query("[id='parent1-primary_phone-number']")[0].attrs["value"] == "(415) 555-0182"
    assert not page.query("input[name$=consent][checked]"), "no answer is chosen beforehand"
    answers = RUIZ | {
        "child1-grade": "5",
        "parent1-first_name": "Anna",
        "parent2-first_name": "Ben",
        "parent2-last_name": "Ruiz",
        "parent2-email": "ben.new@example.com",
    }
    sent(ana, answers)
    names = db.session.scalars(select(Contact.first_name).order_by(Contact.first_name)).all()
    assert names == ["Anna", "Ben", "Mateo"]
    assert (
        db.session.scalars(select(Contact.grade).where(Contact.first_name == "Mateo")).one() == "5"
    )
    assert state(ANA) == "opted_in"
    emails = db.session.scalars(select(Contact.email).where(Contact.first_name == "Ben")).all()
    assert emails == ["ben@example.com"], "what concerns another parent waits"


def test_a_stop_while_the_signed_form_was_open_brings_it_back(
    school: SchoolRow, ana: AuditedClient
) -> None:
    sheet = hidden(ana)
    stop(school, ANA)
    answer = send(ana, RUIZ, sheet)
    assert answer.status_code == 409
    assert "changed while this page was open" in Page(answer.text).text("main")
    assert Page(answer.text).query("[id='child1-first_name']")[0].attrs["value"] == "Mateo"
    fresh = {
        i.attrs["name"]: i.attrs["value"] or ""
        for i in Page(answer.text).query("main input[type=hidden]")
    }
    sent(ana, RUIZ, fresh)
    assert state(ANA) == "opted_in"


def test_signing_out_everywhere_ends_every_session(app: Flask, ana: AuditedClient) -> None:
    other = parent_signed_in(app, "ana.ruiz@example.com")
    press(ana, "/oakwood/sign-out", everywhere="1")
    for client in (ana, other):
        assert client.get(HOUSEHOLD).location == "/oakwood/sign-in"


def test_a_session_at_one_school_is_none_at_another(
    other_school: SchoolRow, ana: AuditedClient
) -> None:
    assert ana.get("/birchwood/household").location == "/birchwood/sign-in"


def test_a_couple_with_one_email_says_who_is_there(app: Flask, school: SchoolRow) -> None:
    child = make_student(school, "Lia Moss")
    make_parent(school, "Eve Moss", child, email="moss@example.com")
    kit = make_parent(school, "Kit Moss", child, email="moss@example.com")
    client = app.test_client()
    fields = form_values(client.page("/oakwood/sign-in"))
    client.post("/oakwood/sign-in", data=fields | {"email": "moss@example.com"})
    page = form_values(client.page("/oakwood/sign-in/code"))
    answer = client.post(
        "/oakwood/sign-in/code", data=page | {"code": newest_code("moss@example.com")}
    )
    assert answer.location == "/oakwood/sign-in/who"
    page = form_values(client.page(answer.location))
    client.post(answer.location, data=page | {"contact": str(kit)})
    assert "Kit" in client.page(HOUSEHOLD).text("h1")


def test_texting_off_leaves_no_question_in_the_household(
    school: SchoolRow, ana: AuditedClient
) -> None:
    from portal.models import School

    with writing():
        db.session.get_one(School, school.id).texting_on = False
    page = ana.page(HOUSEHOLD)
    assert not page.query("[data-consent]")
    assert "text" not in page.text("#phones").lower()


def test_neither_yes_nor_no_changes_nothing_and_is_told(ana: AuditedClient) -> None:
    fields = form_values(ana.page(HOUSEHOLD), f"main form[action='{HOUSEHOLD}/answer']")
    answer = ana.post(
        f"{HOUSEHOLD}/answer", data=fields | {"answer": "maybe"}, follow_redirects=True
    )
    assert "Choose yes or no" in Page(answer.text).text("main")
    assert state(ANA) == "opted_in"


def test_phones_that_are_sent_after_the_question_changed_are_asked_about_again(
    school: SchoolRow, ana: AuditedClient
) -> None:
    fields = form_values(ana.page(f"{HOUSEHOLD}/phones"))
    with writing():
        set_school(school.slug, name="Oakwood Elementary")
    typed = {"primary_phone-number": "415 555 0190", "primary_phone-consent": "yes"}
    answer = ana.post(f"{HOUSEHOLD}/phones", data=fields | typed)
    assert answer.status_code == 422
    assert "Oakwood Elementary" in Page(answer.text).text("main")
    assert (state(ANA), state(OTHER)) == ("opted_in", None)


def test_a_phone_without_a_word_that_waits_leads_to_the_household(
    school: SchoolRow, ana: AuditedClient
) -> None:
    stop(school, ANA)
    assert ana.get(f"{HOUSEHOLD}/handset/{ANA.lstrip('+')}").location == HOUSEHOLD


def test_pages_of_the_sign_in_lead_to_where_a_parent_can_go_on(
    app: Flask, ana: AuditedClient
) -> None:
    assert ana.get("/oakwood/sign-in").location == HOUSEHOLD
    stranger = app.test_client()
    for path in ("/oakwood/sign-in/code", "/oakwood/sign-in/who"):
        assert stranger.get(path).location == "/oakwood/sign-in", "there is no code to type yet"
    token = form_values(stranger.page("/oakwood/sign-in"))  # type: ignore[attr-defined]
    for path in ("/oakwood/sign-in/code", "/oakwood/sign-in/who"):
        answer = stranger.post(path, data={"csrf_token": token["csrf_token"], "code": "123456"})
        assert answer.location == "/oakwood/sign-in"
