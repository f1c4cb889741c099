"""Changes of a parent's sign-in email: the old address hears of them, and may undo them."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.enums import NoticeKind
from portal.extensions import db, writing
from portal.models import Contact, Mail, ParentSession, RecordEdit
from portal.queries.records.staff_notices import open_notices
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sign_in
from portal.services.contacts import contacts
from portal.services.contacts.email_changes import ChangedBy
from portal.services.texting import welcomes
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import RUIZ, hidden, sent
from tests.support.families import make_parent, make_student, phone
from tests.support.people import SignIn, newest_link, newest_mail, parent_signed_in

OLD, NEW, NUMBER = "ana.ruiz@example.com", "mallory@example.com", "+14155550182"
LINK = re.compile(r"/oakwood/sign-in/email/\S+")


@pytest.fixture
def child(school: SchoolRow) -> int:
    return make_student(school, "Mateo Ruiz")


@pytest.fixture
def ana(school: SchoolRow, child: int) -> int:
    ben = make_parent(school, "Ben Ruiz", child, email="ben@example.com")
    assert ben
    return make_parent(school, "Ana Ruiz", child, email=OLD, phones=[phone(NUMBER)])


def mails_to(address: str) -> list[Mail]:
    mails = select(Mail).where(Mail.kind == "email_changed", Mail.to_address == address)
    return list(db.session.scalars(mails.order_by(Mail.id)))


def link_in(mail: Mail) -> str:
    found = LINK.search(mail.body)
    assert found is not None
    return found[0]


def email_of(contact_id: int) -> str | None:
    return db.session.scalar(select(Contact.email).where(Contact.id == contact_id))


def open_sessions(contact_id: int) -> int:
    sessions = select(ParentSession).where(
        ParentSession.contact_id == contact_id, ParentSession.ended_at.is_(None)
    )
    return len(db.session.scalars(sessions).all())


def change(school: SchoolRow, contact_id: int, email: str | None) -> None:
    with writing():
        contact = db.session.get_one(Contact, (school.id, contact_id))
        contacts.set_fields(contact, {"email": email}, ChangedBy("Pat Fields"))


def propose(app: Flask) -> None:
    """A stranger's form: the other parent's email, and another email for Ana."""
    form = RUIZ | {"parent1-first_name": "Ben", "parent1-email": "ben@example.com"}
    form |= {"parent1-primary_phone-number": "(415) 555-0183"}
    form |= {"parent2-first_name": "Ana", "parent2-last_name": "Ruiz", "parent2-email": NEW}
    sent(app.test_client(), form)  # type: ignore[arg-type]


def by_staff_edit(app: Flask, staff: SignIn, ana: int) -> None:
    client = staff("editor")
    path = f"/oakwood/staff/contacts/{ana}/edit"
    page = client.page(path)
    assert "This is how they sign in" in client.get(path).text
    assert client.post(path, data=form_values(page) | {"email": NEW}).status_code == 303


def by_proposal(app: Flask, staff: SignIn, ana: int) -> None:
    propose(app)
    client = staff("editor")
    path = f"/oakwood/staff/contacts/{ana}"
    row = next(r for r in client.page(path).query("tr") if NEW in r.to_text())
    assert "This is how they sign in" in row.to_text()
    [button] = row.query("[name=accept]")
    token = form_values(client.page(path), "form[action$=proposals]")
    client.post(f"{path}/proposals", data=token | {"accept": button.attrs["value"] or ""})


def by_claim(app: Flask, staff: SignIn, ana: int) -> None:
    propose(app)
    client = parent_signed_in(app, OLD)
    assert "This is how you sign in" in client.get("/oakwood/household").text
    values = form_values(client.page("/oakwood/household"), "form[action$=waiting]")
    client.post("/oakwood/household/waiting", data=values | {"mine": "1"})
    assert client.get("/oakwood/household").status_code == 200, "they stay signed in"


def by_signed_form(app: Flask, staff: SignIn, ana: int) -> None:
    client = parent_signed_in(app, OLD)
    assert "This is how you sign in" in client.get("/oakwood/forms/contact").text
    sent(client, RUIZ | {"parent1-email": NEW})
    assert client.get("/oakwood/household").status_code == 200, "they stay signed in"


Way = Callable[[Flask, SignIn, int], None]
WAYS = [by_staff_edit, by_proposal, by_claim, by_signed_form]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_change_ends_sessions_and_the_old_address_can_undo_it(
    app: Flask,
    school: SchoolRow,
    staff: SignIn,
    ana: int,
    way: Way,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    elsewhere = parent_signed_in(app, OLD)
    way(app, staff, ana)
    assert email_of(ana) == NEW
    assert elsewhere.get("/oakwood/household").status_code == 303
    assert mails_to(NEW) == []
    [told] = mails_to(OLD)
    assert NEW not in told.body
    thief = parent_signed_in(app, NEW)

    nobody = app.test_client()
    assert isinstance(nobody, AuditedClient)
    path = link_in(told)
    assert nobody.page(path).query("main form")
    assert email_of(ana) == NEW, "looking changes nothing"
    answer = nobody.post(path, data=form_values(nobody.page(path)))
    assert "Your email address is back" in answer.text
    assert email_of(ana) == OLD
    assert open_sessions(ana) == 0
    assert thief.get("/oakwood/household").status_code == 303
    [notice] = open_notices(school.id, [NoticeKind.EMAIL_PUT_BACK])
    assert (notice.contact_id, notice.detail["removed"]) == (ana, NEW)
    [word] = mails_to(NEW)
    assert not LINK.search(word.body), "the other one can't undo that again"
    pressed_again = nobody.post(path, data=form_values(nobody.page("/oakwood/sign-in")))
    for same in (nobody.get(path), pressed_again):
        assert "Your email address is back" in same.text
    assert len(mails_to(NEW)) == 1
    other = app.test_client()
    assert other.get(path).status_code == 410
    with monkeypatch.context() as later:
        soon = clock.now() + timedelta(seconds=61)
        later.setattr(clock, "now", lambda: soon)
        assert nobody.get(path).status_code == 410
    nobody.post("/oakwood/sign-out", data=form_values(nobody.page("/oakwood/sign-in")))
    assert nobody.get(path).status_code == 410
    assert "Lia" not in parent_signed_in(app, OLD).get("/oakwood/household").text


def test_staff_are_told_on_the_overview_and_put_it_aside(
    app: Flask, school: SchoolRow, staff: SignIn, ana: int, client: AuditedClient
) -> None:
    change(school, ana, NEW)
    path = link_in(mails_to(OLD)[0])
    client.post(path, data=form_values(client.page(path)))
    assert "put back" in staff("viewer").get("/oakwood/staff/").text
    editor = staff("editor")
    page = editor.page("/oakwood/staff/")
    [form] = page.query("form[action*='/notices/']")
    token = form_values(page, "form[action*='/notices/']")
    editor.post(form.attrs["action"] or "", data=token)
    assert "put back" not in editor.get("/oakwood/staff/").text
    edits = db.session.scalars(select(RecordEdit).where(RecordEdit.contact_id == ana)).all()
    assert edits[-1].changes == [{"what": "Email", "old": NEW, "new": OLD}]


def test_a_thief_who_changes_it_twice_cannot_object_before_or_after_the_owner(
    school: SchoolRow, ana: int, client: AuditedClient
) -> None:
    change(school, ana, NEW)
    change(school, ana, "third@example.com")
    of_owner, of_thief = link_in(mails_to(OLD)[0]), link_in(mails_to(NEW)[0])
    client.post(of_thief, data=form_values(client.page(of_thief)))
    assert email_of(ana) == NEW
    client.post(of_owner, data=form_values(client.page(of_owner)))
    assert email_of(ana) == OLD


def test_once_the_owner_objected_nobody_objects_to_what_came_later(
    school: SchoolRow, ana: int, client: AuditedClient
) -> None:
    change(school, ana, NEW)
    change(school, ana, "third@example.com")
    of_owner, of_thief = link_in(mails_to(OLD)[0]), link_in(mails_to(NEW)[0])
    client.post(of_owner, data=form_values(client.page(of_owner)))
    assert client.get(of_thief).status_code == 410
    assert email_of(ana) == OLD


def test_the_link_works_for_two_weeks_at_its_own_school(
    school: SchoolRow,
    other_school: SchoolRow,
    ana: int,
    client: AuditedClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change(school, ana, NEW)
    path = link_in(mails_to(OLD)[0])
    assert client.get(path.replace("oakwood", "birchwood")).status_code == 410
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=13, hours=23))
    assert client.get(path).status_code == 200
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=14, minutes=1))
    assert client.get(path).status_code == 410


def test_a_different_spelling_of_the_same_address_is_no_change(
    app: Flask, school: SchoolRow, ana: int
) -> None:
    client = parent_signed_in(app, OLD)
    change(school, ana, "Ana.Ruiz@EXAMPLE.com")
    assert client.get("/oakwood/household").status_code == 200
    assert mails_to(OLD) == []


def test_codes_and_links_sent_to_the_old_address_are_void_for_good(
    school: SchoolRow, ana: int
) -> None:
    with writing():
        token = parent_sign_in.make_link(school.id, OLD, "invitation")
        asked = parent_sign_in.request_code(school.id, OLD, "", "secret", 0)
    change(school, ana, NEW)
    change(school, ana, OLD)
    with writing():
        assert parent_sign_in.redeem_link(school.id, token) is None
        assert parent_sign_in.redeem_code(school.id, asked.key_id, asked.code, "secret") is None


def test_a_spouse_with_the_same_address_keeps_the_links(
    school: SchoolRow, child: int, ana: int
) -> None:
    spouse = make_parent(school, "Cy Ruiz", child, email=OLD)
    with writing():
        token = parent_sign_in.make_link(school.id, OLD, "invitation")
    change(school, ana, NEW)
    with writing():
        opened = parent_sign_in.redeem_link(school.id, token)
    assert opened is not None
    assert opened.contact_ids == (spouse,)


def test_one_of_two_who_moved_on_while_the_other_chooses_is_not_to_be_chosen(
    school: SchoolRow, child: int, ana: int, client: AuditedClient
) -> None:
    make_parent(school, "Cy Ruiz", child, email=OLD)
    with writing():
        token = parent_sign_in.make_link(school.id, OLD, "invitation")
    path = f"/oakwood/sign-in/link/{token}"
    client.post(path, data=form_values(client.page(path)))
    page = client.page("/oakwood/sign-in/who")
    change(school, ana, NEW)
    client.post("/oakwood/sign-in/who", data=form_values(page) | {"contact": str(ana)})
    assert open_sessions(ana) == 0


def test_an_address_that_is_removed_is_told(school: SchoolRow, ana: int) -> None:
    change(school, ana, None)
    assert len(mails_to(OLD)) == 1


def test_the_first_address_of_a_record_is_told_that_it_signs_in(
    school: SchoolRow, child: int
) -> None:
    di = make_parent(school, "Di Ruiz", child)
    change(school, di, NEW)
    [told] = mails_to(NEW)
    assert "added this email address" in told.body
    assert not LINK.search(told.body)


def test_a_students_email_signs_nobody_in_and_nobody_is_told(school: SchoolRow, child: int) -> None:
    change(school, child, "mateo@example.com")
    change(school, child, NEW)
    assert mails_to("mateo@example.com") == []


def test_the_sender_who_corrects_a_new_familys_form_tells_no_stranger(
    school: SchoolRow, client: AuditedClient
) -> None:
    sheet = hidden(client)
    sent(client, RUIZ | {"parent1-email": "typo@example.com"}, sheet)
    path = newest_link("typo@example.com")
    sent(client, RUIZ | {"parent1-email": OLD}, sheet)
    assert mails_to("typo@example.com") == []
    assert newest_mail(OLD).kind == "receipt"
    assert client.get(path).status_code == 410, "the link to the wrong address is void"


def test_accept_all_leaves_the_email_to_be_accepted_by_itself(
    app: Flask, staff: SignIn, school: SchoolRow, child: int, ana: int
) -> None:
    propose(app)
    form = RUIZ | {"parent2-first_name": "Ana", "parent2-last_name": "Ruiz", "parent2-email": NEW}
    form |= {"parent1-first_name": "Ben", "parent1-email": "ben@example.com"}
    form |= {"parent2-primary_phone-type": "cell", "parent2-primary_phone-consent": "yes"}
    form |= {"parent2-primary_phone-number": "(415) 555-0190"}
    form |= {"parent2-secondary_phone-type": "home"}
    form |= {"parent2-secondary_phone-number": "(415) 555-0191"}
    sent(app.test_client(), form)  # type: ignore[arg-type]
    client = staff("editor")
    path = f"/oakwood/staff/contacts/{ana}"
    page = client.page(path)
    assert "Accept all but the email" in client.get(path).text
    shown = [i.attrs["value"] for i in page.query("form[action$=proposals] [name=shown]")]
    token = form_values(page, "form[action$=proposals]")
    data = token | {"shown": shown, "accept": "all"}
    client.post(f"{path}/proposals", data=data)
    assert email_of(ana) == OLD
    left = client.page(path).query("form[action$=proposals] tbody tr")
    assert [NEW in row.to_text() for row in left] == [True]


@pytest.mark.usefixtures("ana")
def test_a_parent_who_types_one_address_after_the_other_mails_none_of_them(app: Flask) -> None:
    client = parent_signed_in(app, OLD)
    victims = [f"victim{n}@example.com" for n in range(4)]
    for email in victims:
        sent(client, RUIZ | {"parent1-email": email})
    told = db.session.scalars(select(Mail.to_address).where(Mail.kind == "email_changed"))
    assert list(told) == [OLD]


@pytest.mark.usefixtures("ana")
def test_an_address_that_signed_in_is_told_when_the_next_one_takes_its_place(app: Flask) -> None:
    sent(parent_signed_in(app, OLD), RUIZ | {"parent1-email": NEW})
    sent(parent_signed_in(app, NEW), RUIZ | {"parent1-email": "third@example.com"})
    assert len(mails_to(NEW)) == 1


@pytest.mark.parametrize("days", [0, 13])
def test_a_thief_cannot_object_when_staff_take_their_address_off_again(
    school: SchoolRow, ana: int, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    change(school, ana, NEW)
    moment = clock.now() + timedelta(days=days)
    monkeypatch.setattr(clock, "now", lambda: moment)
    change(school, ana, OLD)
    [word] = mails_to(NEW)
    assert not LINK.search(word.body)
    change(school, ana, NEW)
    assert [bool(LINK.search(m.body)) for m in mails_to(OLD)] == [True, True], "the owner can still"


def test_an_address_that_was_not_objected_to_for_two_weeks_can_object_itself(
    school: SchoolRow, ana: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(school, ana, NEW)
    moment = clock.now() + timedelta(days=15)
    monkeypatch.setattr(clock, "now", lambda: moment)
    change(school, ana, OLD)
    assert LINK.search(mails_to(NEW)[0].body)


def test_after_an_objection_staff_decide_by_editing_and_not_by_accepting(
    app: Flask, school: SchoolRow, staff: SignIn, ana: int, client: AuditedClient
) -> None:
    change(school, ana, NEW)
    path = link_in(mails_to(OLD)[0])
    client.post(path, data=form_values(client.page(path)))
    by_proposal(app, staff, ana)
    assert LINK.search(mails_to(OLD)[-1].body)
    change(school, ana, OLD)
    by_staff_edit(app, staff, ana)
    assert not LINK.search(mails_to(OLD)[-1].body)


def test_a_link_that_is_tapped_as_the_email_changes_shows_no_record(
    app: Flask, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the link's being used up and the session."""
    ana = make_parent(school, "Ana Ruiz", email=OLD)
    with writing():
        token = parent_sign_in.make_link(school.id, OLD, "invitation")

    def change(*_: object) -> None:
        contact = db.session.get_one(Contact, (school.id, ana))
        contacts.set_fields(contact, {"email": NEW}, ChangedBy("Pat Fields"))

    monkeypatch.setattr(welcomes, "after_link", change)
    client = app.test_client()
    assert isinstance(client, AuditedClient)
    path = f"/oakwood/sign-in/link/{token}"
    answer = client.post(path, data=form_values(client.page(path)))
    assert answer.location == "/oakwood/sign-in"
    assert client.get("/oakwood/household").status_code == 303
