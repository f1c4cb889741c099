"""The made-up families: the same for the same seed, varied, and never a real person's number."""

from collections import Counter

import phonenumbers
import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.cli.demo import load_families
from portal.demo import families as demo_families
from portal.enums import ConsentState, PhoneType, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentStatus, Contact, Enrollment, ParentLink, Phone
from portal.queries.schools import get_school
from tests.support.families import wrongly_marked

pytestmark = pytest.mark.usefixtures("app")


def people() -> list[tuple[str, ...]]:
    rows = db.session.execute(
        select(Contact.first_name, Contact.last_name, Contact.email, Contact.grade, Phone.number)
        .outerjoin(Phone, Phone.contact_id == Contact.id)
        .order_by(Contact.id, Phone.slot)
    )
    return [tuple(row) for row in rows]


def count(*conditions: object) -> int:
    return db.session.scalar(select(func.count()).where(*conditions)) or 0


def test_both_schools_are_made_and_oakwood_gets_its_families() -> None:
    assert load_families(12) == 12
    oakwood, birchwood = get_school("oakwood"), get_school("birchwood")
    assert oakwood is not None
    assert birchwood is not None
    assert oakwood.languages == ("en", "es")
    assert (oakwood.texting_number, birchwood.texting_number) == ("+12065550147", "+12065550148")
    assert demo_families.count_families(oakwood.id) == 12
    assert count(Contact.school_id == birchwood.id) == 0


def test_the_first_dozen_shows_every_kind_of_family() -> None:
    load_families(12)
    states = set(db.session.scalars(select(ConsentStatus.state)))
    assert states == {ConsentState.OPTED_IN, ConsentState.OPTED_OUT}
    asked = select(ConsentStatus.number)
    assert count(Phone.type == PhoneType.CELL, Phone.number.not_in(asked)) > 3
    sources = set(db.session.scalars(select(ConsentEvent.source)))
    assert sources == {Source.PUBLIC_FORM, Source.STAFF_ENTRY, Source.TEXT_REPLY}
    assert count(ParentLink.position == 4) >= 1
    assert count(Phone.extension.is_not(None)) >= 1
    assert set(db.session.scalars(select(Phone.type))) == {kind.value for kind in PhoneType}
    assert len(set(db.session.scalars(select(Enrollment.status)))) > 2
    children = Counter(
        db.session.scalars(select(ParentLink.parent_id).where(ParentLink.position == 1))
    )
    assert set(children.values()) == {1, 2, 3}
    assert set(db.session.scalars(select(Phone.of_parent))) == {True, False}
    assert wrongly_marked() == []


def test_one_of_the_first_dozen_has_a_green_and_a_red_circle() -> None:
    load_families(12)
    rows = db.session.execute(
        select(ParentLink.student_id, ConsentStatus.state)
        .join(Phone, Phone.contact_id == ParentLink.parent_id)
        .join(ConsentStatus, ConsentStatus.number == Phone.number)
    )
    states: dict[int, set[str]] = {}
    for student, state in rows:
        states.setdefault(student, set()).add(state)
    assert {ConsentState.OPTED_IN, ConsentState.OPTED_OUT} in states.values()


def test_the_same_seed_makes_the_same_families(app: Flask) -> None:
    with app.app_context():
        load_families(3, seed=7)
        load_families(6, seed=7)
        in_two_goes = people()
    assert in_two_goes == made_at_once(6, seed=7)
    assert in_two_goes != made_at_once(6, seed=8)


def made_at_once(families: int, seed: int) -> list[tuple[str, ...]]:
    """The same, begun anew: what was there is set aside by giving it another school."""
    name = f"s{seed}-{families}"
    from portal.services.schools.schools import create_school

    with writing():
        school = create_school(name, "Elm", f"+1 206 555 01{60 + seed}")
        demo_families.make_families(school, seed, range(families))
    ids = select(Contact.id).where(Contact.school_id == school.id)
    rows = db.session.execute(
        select(Contact.first_name, Contact.last_name, Contact.email, Contact.grade, Phone.number)
        .outerjoin(Phone, Phone.contact_id == Contact.id)
        .where(Contact.id.in_(ids))
        .order_by(Contact.id, Phone.slot)
    )
    return [tuple(row) for row in rows]


def test_families_that_are_there_stay() -> None:
    load_families(5)
    before = people()
    assert load_families(5) == 0
    assert load_families(2) == 0
    assert people() == before
    assert load_families(6) == 1
    assert people()[: len(before)] == before


def test_every_number_is_valid_its_own_and_not_from_206() -> None:
    load_families(40)
    numbers = list(db.session.scalars(select(Phone.number)))
    assert len(numbers) == len(set(numbers))
    assert any(number.startswith("+44") for number in numbers)
    for number in numbers:
        assert phonenumbers.is_valid_number(phonenumbers.parse(number)), number
        assert not number.startswith("+1206")


def test_emails_are_of_a_domain_that_nobody_has() -> None:
    load_families(12)
    emails = list(db.session.scalars(select(Contact.email).where(Contact.email.is_not(None))))
    assert emails
    assert len(emails) == len(set(emails))
    assert all(email.endswith("@example.com") for email in emails)
