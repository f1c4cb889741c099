"""Owners are told of somebody else's answer about a number on their record, and learn no state."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock as times
from portal.consent import holdings, ledger
from portal.enums import Answer, ProofKind, Source
from portal.extensions import db, writing
from portal.models import ConsentStatus, Contact, Mail, OwnerNotice, ParentSession
from portal.queries.records.waiting_answers import untold_noes
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from portal.services.contacts.email_changes import ChangedBy
from portal.services.contacts.phones import enter_phones
from portal.services.intake import form_opt_outs
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import PRIMARY, RUIZ, sent
from tests.support.families import make_parent, make_student, phone, say, stop
from tests.support.people import newest_mail, parent_signed_in

NUMBER, ANA, BEN, EVE = "+14155550182", "ana@example.com", "ben@example.com", "eve@example.com"
KINDS = ("owner_notice", "number_named")
NO, YES = {f"{PRIMARY}-consent": "no"}, {f"{PRIMARY}-consent": "yes"}
EVES = RUIZ | {
    "child1-first_name": "Lia",
    "child1-last_name": "Moss",
    "parent1-first_name": "Eve",
    "parent1-last_name": "Moss",
    "parent1-email": EVE,
}


def record(
    school: SchoolRow,
    name: str,
    email: str | None,
    proven: bool = True,
    opted_in: bool = False,
) -> int:
    return make_parent(
        school,
        name,
        make_student(school, f"Kim {name.split()[1]}"),
        email=email,
        phones=[phone(NUMBER)],
        typed=opted_in,
        proof=ProofKind.STAFF_TYPED if proven else None,
    )


def stranger(app: Flask) -> AuditedClient:
    return app.test_client()  # type: ignore[return-value]


def notices(to: str) -> list[Mail]:
    found = select(Mail).where(Mail.kind.in_(KINDS), Mail.to_address == to)
    return list(db.session.scalars(found.order_by(Mail.id)))


def without_link(mail: Mail) -> tuple[str, str]:
    return mail.subject, re.sub(r"link/\S+", "link/", mail.body)


def answer_on_own_page(client: AuditedClient, said: str) -> None:
    fields = form_values(client.page("/oakwood/household"), "form[action$=answer]")
    assert client.post("/oakwood/household/answer", data=fields | {"answer": said}).location


@pytest.fixture
def burst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(form_opt_outs, "is_unusual", lambda *_: True)


def test_the_owner_of_an_old_form_of_the_number_is_told(
    app: Flask, client: AuditedClient, school: SchoolRow
) -> None:
    old, now = "+5215541637145", "52 55 4163 7145"
    make_parent(
        school,
        "Ana Ruiz",
        make_student(school, "Kim Ruiz"),
        email=ANA,
        phones=[phone(old)],
        typed=True,
    )
    sent(client, EVES | NO | {f"{PRIMARY}-number": now})
    [told] = notices(ANA)
    assert told.kind == "owner_notice"


def test_a_proven_owner_is_told_that_texts_are_off_by_whatever_form(
    app: Flask, school: SchoolRow
) -> None:
    record(school, "Ana Ruiz", ANA, opted_in=True)
    record(school, "Eve Moss", EVE, proven=False)
    answer_on_own_page(parent_signed_in(app, EVE), "no")
    [told] = notices(ANA)
    assert told.subject == "Texts from Oakwood School are off"
    assert "(415) 555-0182" in told.body
    assert "without signing in" not in told.body
    assert notices(EVE) == [], "it was hers"


def test_a_proven_owner_is_told_of_another_proven_owners_no(app: Flask, school: SchoolRow) -> None:
    record(school, "Ana Ruiz", ANA, opted_in=True)
    record(school, "Ben Ruiz", BEN)
    answer_on_own_page(parent_signed_in(app, BEN), "no")
    assert [mail.subject for mail in notices(ANA)] == ["Texts from Oakwood School are off"]


@pytest.mark.usefixtures("burst")
def test_a_proven_owner_is_told_that_a_no_waits(app: Flask, school: SchoolRow) -> None:
    record(school, "Ana Ruiz", ANA, opted_in=True)
    for _ in range(2):
        sent(stranger(app), EVES | NO)
    assert [mail.subject for mail in notices(ANA)] == ["Texts from Oakwood School are on hold"]


def test_nobody_is_told_twice_of_one_opt_out_and_everybody_of_the_next(
    app: Flask, school: SchoolRow
) -> None:
    ana = record(school, "Ana Ruiz", ANA, opted_in=True)
    for _ in range(2):
        sent(stranger(app), EVES | NO)
    assert len(notices(ANA)) == 1
    say(school, NUMBER, Source.PARENT_FORM, Answer.YES, ana)
    sent(stranger(app), EVES | NO)
    assert len(notices(ANA)) == 2


def test_whether_a_no_turned_it_off_goes_by_places_and_not_by_clocks(
    app: Flask, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server an hour ahead has taken in the yes before."""
    ana = record(school, "Ana Ruiz", ANA)
    now = times.now()
    with monkeypatch.context() as clock:
        clock.setattr(times, "now", lambda: now + timedelta(hours=1))
        say(school, NUMBER, Source.PUBLIC_FORM, Answer.YES, ana)
    sent(stranger(app), EVES | NO)
    assert db.session.scalar(select(ConsentStatus.state)) == "opted_out"
    assert len(notices(ANA)) == 1


@pytest.mark.parametrize("said", [YES, NO], ids=["yes", "no"])
@pytest.mark.parametrize("before", ["not asked", "opted in", "opted out", "a burst"])
def test_where_a_number_is_not_proven_the_email_is_the_same_whatever_came_of_it(
    app: Flask,
    school: SchoolRow,
    before: str,
    said: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ben put Ana's number on his record: he must not learn what she, or anybody, said."""
    record(school, "Ana Ruiz", ANA)
    record(school, "Ben Moss", BEN, proven=False)
    if before == "opted out":
        stop(school, NUMBER)
    elif before != "not asked":
        say(school, NUMBER, Source.PUBLIC_FORM, Answer.YES)
    monkeypatch.setattr(form_opt_outs, "is_unusual", lambda *_: before == "a burst")
    sent(stranger(app), EVES | said)
    [told] = notices(BEN)
    subject, body = without_link(told)
    assert subject == "Someone sent a form with your phone number"
    assert body == (
        "Hello,\n\n"
        "Someone sent Oakwood School a form with a phone number that is on your record:\n\n"
        "    (415) 555-0182\n\n"
        "If your family sent it, you don't need to do anything.\n\n"
        "To check your answers about texts, tap this link to sign in:\n"
        "http://localhost/oakwood/sign-in/link/\n\n"
        "The link works once and expires in 7 days.\n"
    )


def test_that_email_comes_once_a_day_for_a_number(
    app: Flask, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(school, "Ben Moss", BEN, proven=False)
    now = times.now()
    for hours, expected in ((0, 1), (12, 1), (25, 2)):
        monkeypatch.setattr(times, "now", lambda hours=hours: now + timedelta(hours=hours))
        sent(stranger(app), EVES | NO)
        assert len(notices(BEN)) == expected


def test_a_proven_owners_own_answer_reaches_who_parked_the_number_as_the_same_words(
    app: Flask, school: SchoolRow
) -> None:
    record(school, "Ana Ruiz", ANA, opted_in=True)
    record(school, "Ben Moss", BEN, proven=False)
    answer_on_own_page(parent_signed_in(app, ANA), "no")
    assert [mail.subject for mail in notices(BEN)] == ["Someone sent a form with your phone number"]


def test_a_signed_in_sender_can_not_keep_an_owner_from_hearing_by_typing_their_email(
    app: Flask, school: SchoolRow
) -> None:
    record(school, "Ana Ruiz", ANA, opted_in=True)
    make_parent(school, "Eve Moss", make_student(school, "Lia Moss"), email=EVE)
    sent(parent_signed_in(app, EVE), EVES | NO | {"parent1-email": ANA})
    assert len(notices(ANA)) == 1


def test_nor_by_making_the_owners_address_their_own_first(app: Flask, school: SchoolRow) -> None:
    record(school, "Ana Ruiz", ANA, opted_in=True)
    lia = make_student(school, "Lia Moss")
    eve = make_parent(school, "Eve Moss", lia, email=EVE, phones=[phone(NUMBER)], proof=None)
    client = parent_signed_in(app, EVE)
    with writing():
        by = ChangedBy("Eve Moss", db.session.scalars(select(ParentSession.token_hash)).one())
        contacts.set_fields(db.session.get_one(Contact, (school.id, eve)), {"email": ANA}, by)
    answer_on_own_page(client, "no")
    assert [mail.subject for mail in notices(ANA)] == ["Texts from Oakwood School are off"]


def test_a_number_that_is_proven_a_students_is_put_before_staff(
    app: Flask, school: SchoolRow
) -> None:
    """Though somebody parked it on a parent's record."""
    kim = make_student(school, "Kim Ruiz")
    with writing():
        enter_phones(school, kim, [phone(NUMBER)], "account:1")
        holdings.prove_number(ledger.lock_status(school.id, NUMBER), kim, ProofKind.STAFF_TYPED)
    record(school, "Ben Moss", BEN, proven=False)
    sent(stranger(app), EVES | NO)
    assert [no.contact_id for no in untold_noes(school.id, times.now() - timedelta(days=1))] == [
        kim
    ]


def test_an_email_on_an_unproven_record_does_not_stand_in_for_the_owners(
    app: Flask, school: SchoolRow
) -> None:
    """Else whoever parks a number with an email of their own could opt it out in silence."""
    ana = record(school, "Ana Ruiz", None, opted_in=True)
    record(school, "Ben Moss", BEN, proven=False)
    sent(stranger(app), EVES | NO)
    assert [no.contact_id for no in untold_noes(school.id, times.now() - timedelta(days=1))] == [
        ana
    ]


@pytest.mark.usefixtures("burst")
def test_staff_see_a_no_whose_owner_has_no_email_once(
    app: Flask, school: SchoolRow, staff: object
) -> None:
    record(school, "Ana Ruiz", None, opted_in=True)
    for _ in range(2):
        sent(stranger(app), EVES | NO)
    page = staff("viewer").page("/oakwood/staff/").text("main")  # type: ignore[operator]
    assert page.count("Ana Ruiz") == 1
    assert "No email for the owner" in page


def test_staff_need_not_see_it_where_the_owner_was_told_or_nothing_changed(
    app: Flask, school: SchoolRow
) -> None:
    record(school, "Ana Ruiz", ANA, opted_in=True)
    record(school, "Cy Moss", None, proven=False)
    sent(stranger(app), EVES | NO)
    sent(stranger(app), EVES | YES)
    kinds = set(db.session.scalars(select(OwnerNotice.kind)))
    assert kinds == {"opted_out"}


def test_an_owner_with_two_records_gets_one_email(app: Flask, school: SchoolRow) -> None:
    record(school, "Ana Ruiz", ANA, proven=False)
    record(school, "Ana Ruiz-Moss", "ANA@example.com", opted_in=True)
    sent(stranger(app), EVES | NO)
    with writing():
        mails = db.session.scalars(select(Mail).where(Mail.kind.in_(KINDS))).all()
    assert [mail.subject for mail in mails] == ["Texts from Oakwood School are off"]


def test_the_links_reader_can_say_yes_and_texts_go_on(app: Flask, school: SchoolRow) -> None:
    record(school, "Ana Ruiz", ANA, opted_in=True)
    sent(stranger(app), EVES | NO)
    assert newest_mail(ANA).kind == "owner_notice"
    answer_on_own_page(parent_signed_in(app, ANA), "yes")
    assert db.session.scalar(select(ConsentStatus.state)) == "opted_in"


def test_who_says_no_and_yes_in_turns_does_not_email_the_owner_each_time(
    app: Flask, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(school, "Ana Ruiz", ANA, opted_in=True)
    monkeypatch.setattr(form_opt_outs, "is_unusual", lambda *_: True)
    client = stranger(app)
    for _ in range(3):
        sent(client, EVES | NO)
        sent(client, EVES | YES)
    assert [mail.subject for mail in notices(ANA)] == ["Texts from Oakwood School are on hold"]
