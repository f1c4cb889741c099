"""An email that only looks like one on file opens nobody's record."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db, writing
from portal.models import Contact, Mail
from portal.queries.accounts.parents import parents_with
from portal.queries.schools import SchoolRow
from tests.support.client import AuditedClient
from tests.support.contact_form import RUIZ, complaints, send, sent
from tests.support.families import make_parent, make_student
from tests.support.people import newest_mail, parent_signed_in

JO = "jo@massmail.example"
LOOKALIKES = [
    "jo@maßmail.example",
    "jo@ma\N{LATIN SMALL LETTER LONG S}\N{LATIN SMALL LETTER LONG S}mail.exampl\u0435",
    "j\N{GREEK SMALL LETTER OMICRON}@massmail.example",
]


@pytest.fixture
def jo(school: SchoolRow) -> int:
    return make_parent(school, "Jo Moss", make_student(school, "Lia Moss"), email=JO)


def ask_for_code(client: AuditedClient, email: str) -> None:
    token = client.form("/oakwood/sign-in")
    answer = client.post("/oakwood/sign-in", data=token | {"email": email})
    assert answer.status_code == 303, answer.text


@pytest.mark.usefixtures("jo")
@pytest.mark.parametrize("email", LOOKALIKES)
def test_no_code_for_a_record_is_sent_to_an_address_that_looks_like_its_own(
    client: AuditedClient, email: str
) -> None:
    ask_for_code(client, email)
    mail = newest_mail(email)
    assert "couldn't find your email address" in mail.subject
    assert not re.search(r"\b\d{6}\b|sign-in/link", mail.body)


@pytest.mark.usefixtures("jo")
def test_the_receipt_of_a_lookalike_opens_the_familys_own_record_and_no_other(
    client: AuditedClient,
) -> None:
    email = LOOKALIKES[0]
    sent(client, RUIZ | {"parent1-email": email})
    path = re.search(r"/oakwood/sign-in/link/\S+", newest_mail(email).body)
    assert path is not None
    client.post(path[0], data=client.form(path[0]))
    page = client.get("/oakwood/household").text
    assert "Mateo Ruiz" in page
    assert "Lia Moss" not in page


@pytest.mark.usefixtures("jo")
@pytest.mark.parametrize(
    "typed", ["JO@MassMail.EXAMPLE", " jo@massmail.example", "jo@ｍassmail.example"]
)
def test_what_is_for_a_record_goes_to_the_address_on_the_record(
    client: AuditedClient, typed: str
) -> None:
    ask_for_code(client, typed)
    sent(client, RUIZ | {"parent1-email": typed})
    addresses = set(db.session.scalars(select(Mail.to_address)))
    assert addresses == {JO}


def test_a_domain_is_the_same_in_unicode_and_in_ascii(app: Flask, school: SchoolRow) -> None:
    child = make_student(school, "Lia Moss")
    make_parent(school, "Jo Moss", child, email="jo@maßmail.example")
    client = app.test_client()
    assert isinstance(client, AuditedClient)
    ask_for_code(client, "jo@xn--mamail-cta.example")
    assert "is your sign-in code" in newest_mail("jo@maßmail.example").subject


def test_records_that_spell_an_address_differently_are_mailed_at_the_oldest_ones(
    client: AuditedClient, school: SchoolRow
) -> None:
    child = make_student(school, "Lia Moss")
    make_parent(school, "Jo Moss", child, email=JO)
    make_parent(school, "Al Moss", child, email="Jo@massmail.example")
    ask_for_code(client, "Jo@massmail.example")
    assert [m.to_address for m in db.session.scalars(select(Mail))] == [JO]


def test_the_oldest_record_is_told_by_its_time_and_not_by_its_id(
    client: AuditedClient, school: SchoolRow
) -> None:
    """Records that were made before ids got shorter have larger ones."""
    child = make_student(school, "Lia Moss")
    newest = make_parent(school, "Al Moss", child, email="Jo@massmail.example")
    oldest = make_parent(school, "Jo Moss", child, email=JO)
    assert oldest > newest
    with writing():
        db.session.get_one(Contact, (school.id, oldest)).created_at -= timedelta(days=400)
    assert parents_with(school.id, JO) == (oldest, newest)
    ask_for_code(client, "Jo@massmail.example")
    assert [m.to_address for m in db.session.scalars(select(Mail))] == [JO]


@pytest.mark.usefixtures("school")
@pytest.mark.parametrize(
    "email",
    [
        "jo@xn--a.example",
        "jo@\u2603\u20e3.example",
        "jo@ab--cd\u00df.example",
        "jo@\u0300a.example",
    ],
)
def test_an_address_that_no_domain_can_have_comes_back_with_a_word(
    client: AuditedClient, email: str
) -> None:
    assert "parent1-email" in complaints(send(client, RUIZ | {"parent1-email": email}))
    token = client.form("/oakwood/sign-in")
    assert client.post("/oakwood/sign-in", data=token | {"email": email}).status_code == 422


@pytest.mark.usefixtures("jo")
def test_the_owner_signs_in_however_the_address_is_typed(app: Flask) -> None:
    assert "Lia Moss" in parent_signed_in(app, JO).get("/oakwood/household").text
