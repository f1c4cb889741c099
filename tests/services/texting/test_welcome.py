"""A number's first yes by its parent brings the welcome, once ever."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from portal.consent.ledger import Decision
from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.models import Contact, Message
from portal.queries.schools import SchoolRow
from portal.services.contacts import phones
from portal.services.texting.record_consent import record_answer
from tests.support.families import make_parent, phone, stop

ANA = "+14155550101"


@pytest.fixture
def ana(school: SchoolRow) -> int:
    return make_parent(school, "Ana Ruiz", phones=[phone(ANA)])


def says(school: SchoolRow, answer: Answer, ana: int) -> None:
    decision = Decision(
        school_id=school.id,
        number=ANA,
        source=Source.PARENT_FORM,
        answer=answer,
        actor=f"contact:{ana}",
        texting_number=school.texting_number,
        answerer_id=ana,
    )
    with writing():
        record_answer(school, decision)


def types(school: SchoolRow, parent: int) -> None:
    """Staff type the number on a parent's record."""
    with writing():
        phones.enter_phones(school, parent, [phone(ANA)], "account:1")


def welcomes() -> list[str]:
    return list(db.session.scalars(select(Message.body).where(Message.kind == "welcome")))


def test_the_first_yes_is_welcomed_once_ever(school: SchoolRow, ana: int) -> None:
    says(school, Answer.YES, ana)
    assert "Reply STOP to cancel, HELP for help" in welcomes()[0]
    stop(school, ANA)
    says(school, Answer.YES, ana)
    assert len(welcomes()) == 1


def test_a_no_is_not_welcomed(school: SchoolRow, ana: int) -> None:
    says(school, Answer.NO, ana)
    assert welcomes() == []


def test_a_school_may_do_without(school: SchoolRow, ana: int) -> None:
    says(replace(school, welcome_on=False), Answer.YES, ana)
    assert welcomes() == []


def test_whoever_reads_spanish_is_welcomed_in_spanish(school: SchoolRow, ana: int) -> None:
    with writing():
        db.session.get_one(Contact, (school.id, ana)).language = "es"
    says(school, Answer.YES, ana)
    assert "Responda STOP" in welcomes()[0]


def test_a_number_that_staff_type_is_welcomed_right_away(school: SchoolRow) -> None:
    types(school, make_parent(school, "Ana Ruiz"))
    [body] = welcomes()
    assert "We added this number" in body
    assert "If it's wrong or to cancel, reply STOP" in body


def test_a_number_that_has_an_answer_is_not_welcomed_by_typing_it_again(
    school: SchoolRow, ana: int
) -> None:
    says(school, Answer.NO, ana)
    types(school, make_parent(school, "Ben Ruiz"))
    assert welcomes() == []


def test_a_welcome_that_never_left_goes_out_with_the_words_that_are_right_now(
    school: SchoolRow, ana: int
) -> None:
    says(school, Answer.YES, ana)
    with writing():
        db.session.execute(update(Message).values(state="failed", reason="gave_up"))
        phones.enter_phones(school, ana, [], "account:1")
    types(school, make_parent(school, "Ben Ruiz"))
    assert ["We added this number" in body for body in welcomes()] == [True]
    assert db.session.scalar(select(Message.state)) == "queued"
