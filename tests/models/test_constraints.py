"""Writes that the database itself refuses, whoever asks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from portal import create_app
from portal.extensions import Base, db, write_mode, writing
from portal.models import (
    ConsentEvent,
    ConsentStatus,
    Contact,
    ContactRoleAssignment,
    Enrollment,
    Holding,
    ParentLink,
    Phone,
    School,
    Term,
    TextingNumber,
)
from portal.services.contacts.search_words import search_name
from tests.support.databases import ENGINES, Databases, settings

AT = datetime(2026, 9, 1, tzinfo=UTC)
OAKWOOD, BIRCHWOOD = 1, 2
CHILD, MOTHER, FATHER, STRANGER = 11, 12, 13, 21
"""Three contacts of Oakwood, and one of Birchwood."""
NUMBER = "+12065550199"


def contact(school_id: int, contact_id: int) -> Contact:
    return Contact(
        school_id=school_id,
        id=contact_id,
        first_name="Pat",
        last_name="Doe",
        search_name=" pat doe",
        origin="staff",
        created_at=AT,
    )


def phone(**changes: Any) -> Phone:
    values = {"school_id": OAKWOOD, "contact_id": MOTHER, "slot": "primary_phone", "type": "cell"}
    return Phone(**values | {"number": NUMBER} | changes)


def link(**changes: Any) -> ParentLink:
    values = {"school_id": OAKWOOD, "student_id": CHILD, "position": 1, "parent_id": MOTHER}
    return ParentLink(**values | {"relationship": "mother"} | changes)


def texting_number(number: str, until: datetime | None = None, school: int = OAKWOOD) -> Base:
    return TextingNumber(school_id=school, number=number, since=AT, until=until)


def term(**changes: Any) -> Term:
    values = {"school_id": OAKWOOD, "id": 31, "name": "2026-27", "is_default": True}
    days = {"starts_on": date(2026, 8, 1), "ends_on": date(2027, 7, 31)}
    return Term(**values | days | changes)


def holding(**changes: Any) -> Holding:
    values = {"school_id": OAKWOOD, "id": 41, "contact_id": MOTHER, "number": NUMBER}
    return Holding(**values | {"since": AT} | changes)


def said(**changes: Any) -> ConsentEvent:
    values = {
        "school_id": OAKWOOD,
        "number": NUMBER,
        "seq": 1,
        "answer": "yes",
        "source": "staff_entry",
        "state": "opted_in",
        "actor": "account:1",
        "texting_number": "+12065550147",
        "happened_at": AT,
        "recorded_at": AT,
        "prev_hash": "",
        "hash": "0" * 64,
    }
    return ConsentEvent(**values | changes)


def enrollment(**changes: Any) -> Enrollment:
    values = {"school_id": OAKWOOD, "student_id": CHILD, "term_id": 31, "status": "enrolled"}
    return Enrollment(**values | {"since": AT} | changes)


@pytest.fixture(
    scope="module",
    params=[pytest.param(e, marks=[getattr(pytest.mark, e)] * (e != "sqlite")) for e in ENGINES],
)
def portal(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Flask]:
    """Two schools with their people, for all the tests here."""
    with databases.fresh(request.param) as database:
        app = create_app(settings(database.url))
        with app.app_context(), writing():
            for school_id, slug in ((OAKWOOD, "oakwood"), (BIRCHWOOD, "birchwood")):
                db.session.add(
                    School(
                        id=school_id,
                        slug=slug,
                        name=slug,
                        country="US",
                        timezone="UTC",
                        created_at=AT,
                    )
                )
            db.session.flush()
            db.session.add_all(contact(OAKWOOD, one) for one in (CHILD, MOTHER, FATHER))
            db.session.add(contact(BIRCHWOOD, STRANGER))
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def keep(portal: Flask) -> Iterator[Callable[..., None]]:
    """Send rows to the database, one after the other; all is taken back afterwards."""

    def send(*rows: Base) -> None:
        for row in rows:
            db.session.add(row)
            db.session.flush()

    with portal.app_context(), write_mode():
        yield send
        db.session.rollback()


Rows = tuple[Base, ...]


@dataclass(frozen=True)
class Case:
    """Rows that may stand together; and one more that may not stand beside them."""

    why: str
    fine: Callable[[], Rows]
    refused: Callable[[], Base]

    def __str__(self) -> str:
        return self.why.replace(" ", "-")


CASES = [
    Case(
        "a Cell has no extension",
        lambda: (phone(type="work", extension="12"), phone(slot="secondary_phone")),
        lambda: phone(slot="other_phone", extension="12"),
    ),
    Case(
        "a Cell has no empty extension either",
        lambda: (phone(type="home", extension="1"),),
        lambda: phone(slot="other_phone", extension=""),
    ),
    Case(
        "one phone per contact and slot",
        lambda: (phone(), phone(slot="secondary_phone"), phone(contact_id=FATHER)),
        lambda: phone(number="+12065550198", type="home"),
    ),
    Case("there are three slots", lambda: (phone(),), lambda: phone(slot="primary")),
    Case(
        "there are three types",
        lambda: (phone(),),
        lambda: phone(type="mobile", slot="other_phone"),
    ),
    Case(
        "a number is E.164",
        lambda: (phone(number="+447400123456"),),
        lambda: phone(slot="other_phone", number="2065550199"),
    ),
    Case(
        "at most one parent per student and position",
        lambda: (link(), link(position=2, parent_id=FATHER)),
        lambda: link(position=1, parent_id=FATHER, student_id=CHILD),
    ),
    Case(
        "a parent stands once beside a student",
        lambda: (link(),),
        lambda: link(position=2),
    ),
    Case(
        "there is no position 5",
        lambda: (link(position=4),),
        lambda: link(position=5, parent_id=FATHER),
    ),
    Case("there is no position 0", lambda: (link(),), lambda: link(position=0, parent_id=FATHER)),
    Case(
        "nobody is their own parent",
        lambda: (link(student_id=FATHER, parent_id=MOTHER),),
        lambda: link(student_id=MOTHER, parent_id=MOTHER),
    ),
    Case(
        "relationships are known",
        lambda: (link(relationship="grandparent"),),
        lambda: link(position=2, parent_id=FATHER, relationship="uncle"),
    ),
    Case(
        "a texting number is one school's",
        lambda: (texting_number("+12065550147"), texting_number("+12065550148", school=BIRCHWOOD)),
        lambda: texting_number("+12065550147", until=AT, school=BIRCHWOOD),
    ),
    Case(
        "a former texting number is still its school's",
        lambda: (texting_number("+12065550146", until=AT), texting_number("+12065550147")),
        lambda: texting_number("+12065550146", school=BIRCHWOOD),
    ),
    Case(
        "a school texts from one number at a time",
        lambda: (texting_number("+12065550146", until=AT), texting_number("+12065550147")),
        lambda: texting_number("+12065550148"),
    ),
    Case(
        "a school has one default term",
        lambda: (term(), term(id=32, name="2027-28", is_default=False)),
        lambda: term(id=33, name="2028-29"),
    ),
    Case(
        "a number is held once at a time",
        lambda: (holding(until=AT), holding(id=42)),
        lambda: holding(id=43),
    ),
    Case(
        "an event's place is its own",
        lambda: (said(), said(seq=2)),
        lambda: said(seq=2, answer="no"),
    ),
    Case("events are counted from 1", lambda: (said(),), lambda: said(seq=0)),
    Case(
        "a message is recorded once",
        lambda: (said(message_id="SM1"), said(seq=2)),
        lambda: said(seq=3, message_id="SM1"),
    ),
    Case(
        "only a number that left says nothing",
        lambda: (said(source="number_left", answer=None),),
        lambda: said(seq=2, answer=None),
    ),
    Case(
        "a number that left does not answer",
        lambda: (said(),),
        lambda: said(seq=2, source="number_left"),
    ),
    Case("answers are yes and no", lambda: (said(),), lambda: said(seq=2, answer="ok")),
    Case("sources are known", lambda: (said(),), lambda: said(seq=2, source="phone_call")),
    Case("states are known", lambda: (said(),), lambda: said(seq=2, state="blocked")),
    Case(
        "a wording that was shown is kept",
        lambda: (said(),),
        lambda: said(seq=2, wording_id="f" * 64),
    ),
    Case(
        "a number has one status",
        lambda: (
            ConsentStatus(school_id=OAKWOOD, number=NUMBER),
            ConsentStatus(school_id=BIRCHWOOD, number=NUMBER),
        ),
        lambda: ConsentStatus(school_id=OAKWOOD, number=NUMBER, state="opted_in"),
    ),
    Case(
        "roles are known",
        lambda: (ContactRoleAssignment(school_id=OAKWOOD, contact_id=MOTHER, role="parent"),),
        lambda: ContactRoleAssignment(school_id=OAKWOOD, contact_id=MOTHER, role="teacher"),
    ),
    # Foreign keys lead nowhere but within the school.
    Case(
        "a phone is its own school's",
        lambda: (phone(school_id=BIRCHWOOD, contact_id=STRANGER),),
        lambda: phone(contact_id=STRANGER),
    ),
    Case(
        "a parent is of the student's school",
        lambda: (link(),),
        lambda: link(position=2, parent_id=STRANGER),
    ),
    Case(
        "a student is of the parent's school",
        lambda: (link(),),
        lambda: link(student_id=STRANGER, position=2),
    ),
    Case(
        "a role is its own school's",
        lambda: (ContactRoleAssignment(school_id=BIRCHWOOD, contact_id=STRANGER, role="parent"),),
        lambda: ContactRoleAssignment(school_id=OAKWOOD, contact_id=STRANGER, role="parent"),
    ),
    Case(
        "a holding is its own school's",
        lambda: (holding(),),
        lambda: holding(id=42, contact_id=STRANGER),
    ),
    Case(
        "a term is the student's school's",
        lambda: (term(), enrollment(), term(school_id=BIRCHWOOD, id=32)),
        lambda: enrollment(term_id=32),
    ),
    Case(
        "a student is enrolled at their own school",
        lambda: (term(), enrollment()),
        lambda: enrollment(student_id=STRANGER),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_database_sees_to_it_that(keep: Callable[..., None], case: Case) -> None:
    keep(*case.fine())
    with pytest.raises(IntegrityError):
        keep(case.refused())


@pytest.mark.parametrize(
    "name",
    ["\ufdfa" * 100, "\u0390" * 100, "한" * 100, "ﬃ" * 100, "ß" * 100],
    ids=lambda name: ascii(name[0]),
)
def test_the_longest_names_still_fit_where_they_are_looked_up(
    keep: Callable[..., None], name: str
) -> None:
    longest = contact(OAKWOOD, 99)
    longest.first_name = longest.last_name = name
    longest.search_name = search_name(name, name)
    keep(longest)
    assert 0 < len(longest.search_name) <= 420
