"""Nobody can make the school email anybody many times, and nothing that waits is lost."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.delivery import mail_worker
from portal.enums import NoticeKind
from portal.extensions import db, writing
from portal.models import Mail
from portal.queries.records.staff_notices import open_notices
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sign_in
from portal.services.mail import limits as mail_limits
from portal.services.mail import parent_emails
from tests.support.client import AuditedClient
from tests.support.contact_form import BEN, RUIZ, sent
from tests.support.families import make_parent, phone
from tests.support.people import SignIn, newest_mail

ANA = "ana.ruiz@example.com"
OWN = "parent1-primary_phone-number"
"""A number of its own for each form: else one's sender is told that another named it."""


def send_form(app: Flask, email: str = ANA, **more: str) -> None:
    """From a browser of its own each time."""
    sent(app.test_client(), RUIZ | {"parent1-email": email} | more)  # type: ignore[arg-type]


def ask_for_code(app: Flask, email: str) -> None:
    client = app.test_client()
    assert isinstance(client, AuditedClient)
    client.post("/oakwood/sign-in", data=client.form("/oakwood/sign-in") | {"email": email})


def went() -> list[Mail]:
    found = select(Mail).where(Mail.sent_at.is_not(None)).order_by(Mail.sent_at, Mail.id)
    return list(db.session.scalars(found))


def mails_to(address: str) -> list[Mail]:
    return list(
        db.session.scalars(select(Mail).where(Mail.to_address == address).order_by(Mail.id))
    )


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch):
    def ahead(**by: float) -> None:
        moment = clock.now() + timedelta(**by)
        monkeypatch.setattr(clock, "now", lambda: moment)

    return ahead


@pytest.mark.usefixtures("school")
def test_eight_forms_in_a_row_send_one_address_three_mails_and_later_the_newest(
    app: Flask, later
) -> None:
    for n in range(8):
        send_form(app, **{OWN: f"(415) 555-018{n}"})
    assert mail_worker.deliver(app) == mail_limits.TO_ADDRESS.most == 3
    later(minutes=59)
    assert mail_worker.deliver(app) == 0
    later(minutes=2)
    assert mail_worker.deliver(app) == 1
    assert "555-0187" in went()[-1].body
    later(days=1)
    assert mail_worker.deliver(app) == 0


@pytest.mark.usefixtures("school")
def test_however_the_address_is_spelled_it_is_one_address(app: Flask) -> None:
    for email in (ANA, ANA.upper(), "Ana.Ruiz@example.com", f" {ANA}", "ana.ruiz@EXAMPLE.com"):
        send_form(app, email)
    assert mail_worker.deliver(app) == 3


@pytest.mark.usefixtures("school")
def test_what_is_over_a_networks_limit_waits_and_all_of_it_goes(
    app: Flask, later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_limits, "FROM_NETWORK", replace(mail_limits.FROM_NETWORK, most=2))
    for n in range(5):
        send_form(app, f"family{n}@example.com", **{OWN: f"(415) 555-019{n}"})
    assert mail_worker.deliver(app) == 2
    later(minutes=61)
    assert mail_worker.deliver(app) == 2
    later(minutes=61)
    assert mail_worker.deliver(app) == 1
    assert sorted(m.to_address for m in went()) == [f"family{n}@example.com" for n in range(5)]


def test_at_a_schools_limit_receipts_wait_and_codes_and_owners_do_not(
    app: Flask, school: SchoolRow, later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_limits, "OF_SCHOOL", replace(mail_limits.OF_SCHOOL, most=1))
    make_parent(school, "Di Moss", email="di@example.com", phones=[phone("+14155550183")])
    make_parent(school, "Ed Moss", email="ed@example.com")
    for n in range(2):
        send_form(app, f"family{n}@example.com", **{OWN: f"(415) 555-019{n}"})
    send_form(app, "family2@example.com", **BEN, **{OWN: "(415) 555-0192"})
    ask_for_code(app, "ed@example.com")
    mail_worker.deliver(app)
    assert [(m.kind, m.to_address) for m in went()] == [
        ("code", "ed@example.com"),
        ("owner_notice", "di@example.com"),
        ("receipt", "family0@example.com"),
    ]
    later(minutes=61)
    assert mail_worker.deliver(app) == 1
    later(minutes=61)
    assert mail_worker.deliver(app) == 1


def test_of_what_is_due_a_code_goes_before_what_was_posted_earlier(
    app: Flask, school: SchoolRow
) -> None:
    make_parent(school, "Ed Moss", email="ed@example.com")
    send_form(app)
    ask_for_code(app, "ed@example.com")
    mail_worker.deliver(app)
    assert [m.kind for m in went()] == ["code", "receipt"]


@pytest.mark.usefixtures("school")
def test_asking_for_codes_for_strangers_counts_too(app: Flask) -> None:
    for _ in range(3):
        send_form(app)
    ask_for_code(app, "stranger@example.com")
    for _ in range(4):
        ask_for_code(app, "stranger@example.com")
    mail_worker.deliver(app)
    assert [m.to_address for m in went()].count("stranger@example.com") == 3


def test_emails_nobody_knows_do_not_keep_a_parent_in_the_same_network_from_signing_in(
    app: Flask, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the network's bound nothing goes to unknown addresses, and no page tells of it."""
    monkeypatch.setattr(parent_sign_in, "NETWORK_FACTOR", 1)
    app.config["PORTAL"] = replace(app.config["PORTAL"], sign_in_limit=2)
    make_parent(school, "Ana Ruiz", email=ANA)
    told = []
    for email in ("x1@example.com", "x2@example.com", "x3@example.com", ANA):
        client = app.test_client()
        assert isinstance(client, AuditedClient)
        form = client.form("/oakwood/sign-in") | {"email": email}
        answer = client.post("/oakwood/sign-in", data=form)
        page = client.page(answer.location).text("main").replace(email, "")
        told.append((answer.status_code, answer.location, page))
    assert len(set(told)) == 1
    assert told[0][0] == 303
    kinds = {mail.to_address: mail.kind for mail in db.session.scalars(select(Mail))}
    assert kinds == {"x1@example.com": "no_record", "x2@example.com": "no_record", ANA: "code"}


def test_many_forms_that_name_a_number_delay_the_emails_of_it_and_no_word_to_its_owner(
    app: Flask, school: SchoolRow
) -> None:
    """The fixed text, which anybody can cause, waits; what happened to a proven number does not."""
    numbers = [f"+1415555{3000 + n}" for n in range(6)]
    for n, number in enumerate(numbers):
        make_parent(school, f"Ana{n} Ruiz", email=ANA, phones=[phone(number)], proof=None)
    make_parent(school, "Ana Ruiz", email=ANA, phones=[phone("+14155550182")], typed=True)
    for n, number in enumerate(numbers):
        send_form(app, f"x{n}@example.com", **{OWN: number})
    send_form(app, "x@example.com", **{"parent1-primary_phone-consent": "no"})
    due = [(m.kind, m.due_at <= clock.now()) for m in mails_to(ANA)]
    assert due == [("number_named", n < 3) for n in range(6)] + [("owner_notice", True)]


def test_what_is_discarded_for_one_sender_one_by_one_waits_and_is_all_sent(
    app: Flask, school: SchoolRow, later
) -> None:
    words = parent_emails.Words("Not counted", "One of them")
    for _ in range(5):
        with writing():
            mail_limits.enqueue_limited(school.id, "discarded", ANA, "en", words, "")
    with writing():
        mail_limits.enqueue_limited(school.id, "receipt", ANA, "en", words, "")
    assert mail_worker.deliver(app) == 4, "three of these, and the receipt"
    later(minutes=61)
    assert mail_worker.deliver(app) == 2


def test_one_networks_flood_does_not_delay_another_networks_receipt(
    school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hours of a flood once took all of the school's turns."""
    monkeypatch.setattr(mail_limits, "FROM_NETWORK", replace(mail_limits.FROM_NETWORK, most=4))
    monkeypatch.setattr(mail_limits, "OF_SCHOOL", replace(mail_limits.OF_SCHOOL, most=12))
    words, start = parent_emails.Words("Subject", "Body"), clock.now()
    for n in range(40):
        moment = start + timedelta(hours=n // 10)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        with writing():
            to = f"x{n}@example.com"
            mail_limits.enqueue_limited(school.id, "receipt", to, "en", words, "203.0.113.9")
    with writing():
        mail_limits.enqueue_limited(school.id, "receipt", ANA, "en", words, "198.51.100.7")
    assert newest_mail(ANA).due_at <= clock.now()


def test_another_school_is_not_slowed(
    app: Flask, school: SchoolRow, other_school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_limits, "OF_SCHOOL", replace(mail_limits.OF_SCHOOL, most=1))
    send_form(app)
    send_form(app, "ben@example.com")
    client = app.test_client()
    assert isinstance(client, AuditedClient)
    token = client.form("/birchwood/sign-in")
    client.post("/birchwood/sign-in", data=token | {"email": "cy@example.com"})
    assert newest_mail("cy@example.com").due_at <= clock.now()
    assert newest_mail("ben@example.com").due_at > clock.now()


def test_staff_see_that_mail_is_delayed(app: Flask, school: SchoolRow, staff: SignIn) -> None:
    for _ in range(3):
        send_form(app)
    assert open_notices(school.id) == []
    for _ in range(2):
        send_form(app)
    [notice] = open_notices(school.id)
    assert (notice.kind, notice.about, notice.times) == (NoticeKind.MAIL_DELAYED, "address", 2)
    assert "2 emails were delayed" in staff("viewer").get("/oakwood/staff/").text


def test_mails_posted_at_the_same_moment_are_counted_too(
    app: Flask, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_limits, "FROM_NETWORK", replace(mail_limits.FROM_NETWORK, most=2))

    def post(n: int) -> None:
        with app.app_context(), writing():
            words = parent_emails.unknown_mail("Oakwood School", "http://localhost/")
            to = f"family{n}@example.com"
            mail_limits.enqueue_limited(school.id, "no_record", to, "en", words, "192.0.2.1")

    threads = [threading.Thread(target=post, args=[n]) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mail_worker.deliver(app) == 2
    assert len(list(db.session.scalars(select(Mail)))) == 10
