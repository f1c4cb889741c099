"""The mails that follow a contact form: a receipt, and a word to the owner of a number."""

import re

from flask import Flask
from sqlalchemy import func, select

from portal.enums import Answer, ProofKind, Source
from portal.extensions import db, writing
from portal.models import ConsentStatus, Contact, Mail, Proposal
from portal.queries.schools import SchoolRow
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import BEN, PRIMARY, RUIZ, hidden, phone, send, sent
from tests.support.families import HOME, make_parent, make_student, say, stop
from tests.support.families import phone as on_file
from tests.support.people import newest_link, newest_mail

ANA, NUMBER = "ana.ruiz@example.com", "+14155550182"
NO = {f"{PRIMARY}-consent": "no"}
STRANGER = {
    "child1-first_name": "Lia",
    "child1-last_name": "Moss",
    "parent1-first_name": "Eve",
    "parent1-last_name": "Moss",
    "parent1-email": "eve@example.com",
}


def mails(kind: str) -> list[Mail]:
    return list(db.session.scalars(select(Mail).where(Mail.kind == kind).order_by(Mail.id)))


def ana(school: SchoolRow, email: str | None = ANA) -> int:
    child = make_student(school, "Mateo Ruiz")
    proof = ProofKind.HANDSET
    return make_parent(
        school, "Ana Ruiz", child, email=email, phones=[on_file(NUMBER)], proof=proof
    )


def state(number: str = NUMBER) -> str | None:
    found: str | None = db.session.scalar(
        select(ConsentStatus.state).where(ConsentStatus.number == number)
    )
    return found


def test_a_receipt_says_what_was_said_number_by_number(
    client: AuditedClient, school: SchoolRow
) -> None:
    home = phone("secondary_phone", "home", "(415) 555-0190") | {
        "parent1-secondary_phone-extension": "12"
    }
    sent(client, RUIZ | home | BEN)
    [receipt] = mails("receipt")
    assert receipt.to_address == ANA
    assert "Your phone numbers:\n- (415) 555-0182, Cell. You said yes" in receipt.body
    assert "(415) 555-0190 ext. 12, Home\n" in receipt.body
    assert (
        "Another parent or guardian's phone numbers:\n- (415) 555-0183, Cell. You said no"
        in receipt.body
    )
    assert "http://localhost/oakwood/sign-in/link/" in receipt.body


def test_a_form_that_comes_twice_has_one_receipt(client: AuditedClient, school: SchoolRow) -> None:
    sheet = hidden(client)
    sent(client, RUIZ, sheet)
    sent(client, RUIZ, sheet)
    assert len(mails("receipt")) == 1
    sent(client, RUIZ | NO, sheet)
    assert len(mails("receipt")) == 2


def test_a_form_that_is_refused_has_no_receipt(client: AuditedClient, school: SchoolRow) -> None:
    assert send(client, RUIZ | {"child1-first_name": "", "child1-last_name": ""}).status_code == 422
    assert mails("receipt") == []


def test_nobody_can_send_words_of_their_own_by_way_of_the_school(
    client: AuditedClient, school: SchoolRow
) -> None:
    sent(client, RUIZ | {"parent1-first_name": "Cheap pills", "child1-last_name": "Buy now"})
    [receipt] = mails("receipt")
    assert "pills" not in receipt.body + receipt.subject
    assert "Buy" not in receipt.body


def test_the_receipt_is_the_same_whatever_is_on_file(
    app: Flask, client: AuditedClient, school: SchoolRow
) -> None:
    sent(client, RUIZ | STRANGER)
    ana(school)
    stop(school, NUMBER)
    sent(app.test_client(), RUIZ)  # type: ignore[arg-type]
    unknown, known = mails("receipt")
    assert known.subject == unknown.subject
    assert known.language == unknown.language
    assert _without_link(known.body) == _without_link(unknown.body)


def _without_link(body: str) -> str:
    return re.sub(r"link/\S+", "link/", body)


def test_the_work_for_a_known_and_an_unknown_address_is_the_same(
    app: Flask, school: SchoolRow
) -> None:
    ana(school)
    for email in (ANA, "eve@example.com"):
        sent(app.test_client(), RUIZ | {"parent1-email": email})  # type: ignore[arg-type]
        assert newest_mail(email).kind == "receipt"


def follow(client: AuditedClient, email: str) -> str:
    """Tap the link of the newest mail; the address it leads to."""
    path = newest_link(email)
    answer = client.post(path, data=form_values(client.page(path)))
    return answer.location or ""


def test_the_receipts_link_and_one_tap_opt_in_again(
    app: Flask, client: AuditedClient, school: SchoolRow
) -> None:
    ana(school)
    say(school, NUMBER, Source.PUBLIC_FORM, Answer.YES)
    stop(school, NUMBER)
    sent(app.test_client(), RUIZ)  # type: ignore[arg-type]
    assert state() == "opted_out"
    assert follow(client, ANA) == "/oakwood/household"
    page = client.page("/oakwood/household")
    assert "Was this you?" in client.get("/oakwood/household").text
    values = form_values(page, "form[action$=waiting]") | {"mine": "1"}
    client.post("/oakwood/household/waiting", data=values)
    assert state() == "opted_in"
    assert list(db.session.scalars(select(Proposal.state))) == ["accepted"]
    assert "signed in" in (db.session.scalar(select(Proposal.decided_by)) or "")


def test_a_family_that_the_form_made_signs_in_by_its_receipt(
    client: AuditedClient, school: SchoolRow
) -> None:
    sent(client, RUIZ)
    assert follow(client, ANA) == "/oakwood/household"


def test_a_link_is_not_used_up_before_its_reader_is_on_file(
    client: AuditedClient, school: SchoolRow
) -> None:
    """A new parent of a child on file waits for staff; the link in the receipt works after that."""
    ana(school)
    known = {
        "parent2-first_name": "Ana",
        "parent2-last_name": "Ruiz",
        "parent2-relationship": "mother",
        "parent2-email": ANA,
    }
    sent(client, RUIZ | {"parent1-first_name": "Ben", "parent1-email": "ben@example.com"} | known)
    assert follow(client, "ben@example.com") == ""
    make_parent(school, "Ben Ruiz", email="ben@example.com")
    assert follow(client, "ben@example.com") == "/oakwood/household"


def test_the_owner_is_told_of_a_strangers_no(
    app: Flask, client: AuditedClient, school: SchoolRow
) -> None:
    ana(school)
    say(school, NUMBER, Source.PUBLIC_FORM, Answer.YES)
    sent(app.test_client(), RUIZ | STRANGER | NO)  # type: ignore[arg-type]
    [notice] = mails("owner_notice")
    assert notice.to_address == ANA
    assert "(415) 555-0182" in notice.body
    assert "eve@example.com" not in notice.body
    assert follow(client, ANA) == "/oakwood/household"


def test_the_owner_is_told_once_and_not_again_and_again(app: Flask, school: SchoolRow) -> None:
    ana(school)
    for _ in range(3):
        sent(app.test_client(), RUIZ | STRANGER | NO)  # type: ignore[arg-type]
    assert len(mails("owner_notice")) == 1


def test_nobody_is_told_of_a_yes_about_a_number_that_is_proven_theirs(
    client: AuditedClient, school: SchoolRow
) -> None:
    ana(school)
    sent(client, RUIZ | STRANGER)
    assert mails("owner_notice") == []


def test_an_owner_is_told_though_the_form_gives_their_own_address(
    app: Flask, school: SchoolRow
) -> None:
    """A receipt is not enough: it may be late, and a newer one may take its place."""
    ana(school)
    for answers in (RUIZ, RUIZ, RUIZ, RUIZ | NO, RUIZ):
        sent(app.test_client(), answers)  # type: ignore[arg-type]
    assert [mail.to_address for mail in mails("owner_notice")] == [ANA]


def test_an_owner_without_an_email_is_not_told(client: AuditedClient, school: SchoolRow) -> None:
    ana(school, email=None)
    sent(client, RUIZ | STRANGER | NO)
    assert mails("owner_notice") == []


def test_everyone_whose_number_it_is_is_told_and_nobody_else(
    client: AuditedClient, school: SchoolRow
) -> None:
    ana(school)
    make_parent(school, "Ben Ruiz", email="ben@example.com", phones=[on_file(NUMBER, HOME)])
    make_parent(school, "Cy Ruiz", email="ANA.ruiz@example.com", phones=[on_file(NUMBER)])
    make_parent(school, "Di Ruiz", email="di@example.com", phones=[on_file("+14155550199")])
    sent(client, RUIZ | STRANGER | NO)
    assert {mail.to_address for mail in mails("owner_notice")} == {ANA, "ben@example.com"}


def test_those_whom_the_form_made_are_not_told(client: AuditedClient, school: SchoolRow) -> None:
    sent(client, RUIZ | BEN)
    assert mails("owner_notice") == []
    assert db.session.scalar(select(func.count()).select_from(Mail)) == 1


def test_an_owner_reads_their_own_language(client: AuditedClient, school: SchoolRow) -> None:
    contact_id = ana(school)
    with writing():
        db.session.get_one(Contact, (school.id, contact_id)).language = "es"
    sent(client, RUIZ | STRANGER | NO)
    assert [mail.language for mail in mails("owner_notice")] == ["es"]
