"""News of replies for the office: who, and a link, and nothing else."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db, writing
from portal.models import InboundMessage, Mail
from portal.queries.schools import SchoolRow
from portal.services.schools.schools import SchoolError, set_school
from portal.services.texting import inbound
from tests.support.families import make_parent, make_student, phone
from tests.support.incoming import ANA, BEN, take
from tests.support.people import SignIn

OFFICE = "office@oakwood.example"


@pytest.fixture
def told(app: Flask, school: SchoolRow) -> SchoolRow:
    with writing():
        return set_school("oakwood", reply_copy_to=OFFICE)


def mails() -> list[Mail]:
    db.session.rollback()
    return list(db.session.scalars(select(Mail).order_by(Mail.id)))


def test_it_says_who_replied_and_holds_neither_the_reply_nor_the_number(
    staff: SignIn, told: SchoolRow
) -> None:
    mateo = make_student(told, "Mateo Ruiz")
    make_parent(told, "Ana Ruiz", mateo, phones=[phone(ANA)], typed=True)
    take("He has a fever")
    [mail] = mails()
    assert (mail.to_address, mail.kind) == (OFFICE, "reply_copy")
    said = mail.subject + mail.body
    assert "Ana Ruiz texted Oakwood School." in said
    for private in ("fever", ANA[1:], "555-0101", "Mateo"):
        assert private not in said
    link = next(line for line in mail.body.splitlines() if line.startswith("http"))
    answer = staff("viewer").get("/" + link.split("/", 3)[3])
    assert answer.location == f"/oakwood/staff/texts/numbers/{ANA[1:]}#newest"


def test_one_email_is_sent_for_each_conversation_until_it_is_read(told: SchoolRow) -> None:
    take("Liked “Snow day”")  # a reaction
    take("STOP")  # nothing to read
    assert mails() == []
    for body in ("One", "Two"):
        take(body)
    take("Three", number=BEN)
    assert len(mails()) == 2
    with writing():
        ids = list(db.session.scalars(select(InboundMessage.id)))
        inbound.mark_read(told.id, ids, "Pat Fields")
    take("Four")
    assert len(mails()) == 3


def test_a_school_that_names_no_address_sends_none(school: SchoolRow) -> None:
    take("One")
    for address in (OFFICE, "none"):
        with writing():
            set_school("oakwood", reply_copy_to=address)
    take("Two")
    assert mails() == []
    with pytest.raises(SchoolError, match="Can't use the office email 'office'"), writing():
        set_school("oakwood", reply_copy_to="office")
