"""A school full of families, made once for a module: what the database holds, as plain values.

The demo's families, and odd ones by hand: whoever searches must come to terms with all of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from portal import create_app
from portal.consent import ledger
from portal.demo import families as demo_families
from portal.enums import (
    Answer,
    ConsentState,
    ContactRole,
    EmailFault,
    EnrollmentStatus,
    PauseReason,
    Slot,
    Source,
)
from portal.extensions import db, writing
from portal.models import (
    ConsentPause,
    ConsentStatus,
    Contact,
    ContactRoleAssignment,
    EmailRefusal,
    Enrollment,
    EnrollmentChange,
    ParentLink,
    Phone,
    Term,
)
from portal.queries.schools import SchoolRow, get_school, term_names
from portal.services.contacts import contacts
from portal.services.contacts.phones import enter_phones, set_phones
from tests.support.client import AuditedClient, watch
from tests.support.databases import Databases, settings
from tests.support.families import CELL, HOME, WORK, make_parent, make_student, phone, say, stop

FAMILIES = 40
SHARED, BLOCKED, LEFT = "+12065550611", "+12065550612", "+12065550613"
PACIFIC_MIDNIGHT = datetime(2026, 3, 8, 8, tzinfo=UTC)
"""The first moment of the day on which the clocks go forward."""


@dataclass
class Person:
    """A contact with everything that a criterion may be about."""

    row: Any
    roles: set[str] = field(default_factory=set)
    phones: dict[str, Any] = field(default_factory=dict)
    statuses: dict[str, Any] = field(default_factory=dict)
    """The consent state of each number of the school."""
    refusals: dict[str, Any] = field(default_factory=dict)
    """The refused emails of the school, by their keys."""
    paused: dict[str, list[Any]] = field(default_factory=dict)
    """The open pauses of the school, by number."""
    enrolled: dict[int, str] = field(default_factory=dict)
    ever: set[tuple[int, str]] = field(default_factory=set)
    parents: dict[int, tuple[Any, "Person"]] = field(default_factory=dict)
    """By position: the link, and who it is."""
    children: list["Person"] = field(default_factory=list)

    @property
    def id(self) -> int:
        return int(self.row.id)

    def state(self, slot: str) -> ConsentState | None:
        """Of the circle beside a phone; None: there is none."""
        there = self.phones.get(slot)
        if there is None or there.type != "cell" or "parent" not in self.roles:
            return None
        status = self.statuses.get(there.number)
        return ConsentState(status.state) if status else ConsentState.NOT_ASKED

    def pauses(self) -> list[Any]:
        """The open pauses of a parent's cell phones."""
        numbers = [phone.number for slot, phone in self.phones.items() if self.state(slot)]
        return [pause for number in numbers for pause in self.paused.get(number, [])]


@dataclass
class SearchSchool:
    app: Flask
    school: SchoolRow
    other: SchoolRow
    terms: dict[str, int]
    """`now`, `last` and `next`."""
    people: list[Person]
    labels: dict[str, str] = field(default_factory=dict)
    term_names: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.term_names = term_names(self.school.id)

    def rows(self, role: str) -> list[Person]:
        return [person for person in self.people if role in person.roles]


@contextmanager
def made(databases: Databases, engine: str) -> Iterator[SearchSchool]:
    with databases.fresh(engine) as database:
        app = create_app(settings(database.url))
        app.jinja_env.bytecode_cache = databases.templates
        app.test_client_class = AuditedClient
        watch(app)
        with app.app_context():
            with writing():
                school = demo_families.make_schools()
                demo_families.make_families(school, 1, range(FAMILIES))
            other = _birchwood()
            terms = _terms(school)
            _odd_ones(school, other, terms)
            _spread(school)
            _refuse(school, other)
            _pause(school, other)
            yield SearchSchool(app, school, other, terms, people_of(school.id))
            db.session.remove()
            db.engine.dispose()


def _birchwood() -> SchoolRow:
    other = get_school("birchwood")
    assert other is not None
    with writing():
        demo_families.make_families(other, 2, range(6))
    return other


def _terms(school: SchoolRow) -> dict[str, int]:
    rows = db.session.scalars(select(Term).where(Term.school_id == school.id))
    found = {"now" if row.is_default else "last": row.id for row in rows}
    with writing():
        db.session.add(
            Term(
                school_id=school.id,
                id=77,
                name="2099-2100",
                starts_on=date(2099, 9, 1),
                ends_on=date(2100, 6, 30),
            )
        )
    return found | {"next": 77}


def _odd_ones(school: SchoolRow, other: SchoolRow, terms: dict[str, int]) -> None:
    """Everything that the demo's families are not."""
    bare = make_student(school, "Zoë Bare", grade=None, status=None)
    once = make_student(school, "Ivy Once", "PK", EnrollmentStatus.WITHDRAWN)
    ahead = make_student(school, "=Ivy 100%_Ahead\\", "12", None)
    with writing():
        own = contacts.create_contact(
            school.id, "Own", "Email", ContactRole.STUDENT, "form", email="Own@X.org", grade="12"
        )
        own_phones = [phone("+12065550605", slot=1), phone("+12065550606", HOME, 2, "3")]
        set_phones(school.id, own.id, own_phones)
        for status in (EnrollmentStatus.APPLICANT, EnrollmentStatus.ENROLLED):
            contacts.enroll(school.id, once, terms["last"], status, "Pat")
        contacts.enroll(school.id, once, terms["now"], EnrollmentStatus.INQUIRY, "Pat")
        contacts.enroll(school.id, ahead, terms["next"], EnrollmentStatus.ENROLLED, "Pat")
        set_phones(school.id, bare, [phone("+12065550600")])
    make_parent(school, "No Phones", once, email=None)
    make_parent(
        school,
        "Only Home",
        once,
        ahead,
        phones=[phone("+12065550601", HOME, 0, "12")],
        email="O@X.ORG",
    )
    make_parent(school, "李 明", ahead, phones=[phone("+12065550602", WORK, 2, "9"), phone(SHARED)])
    make_parent(school, "Née Same", phones=[phone(SHARED, slot=1), phone("+447400123999")])
    blocked = make_parent(school, "Béa Blocked", bare, phones=[phone(BLOCKED, slot=2)])
    say(school, BLOCKED, Source.PARENT_FORM, Answer.YES, blocked)
    say(school, BLOCKED, Source.CARRIER, Answer.NO)
    both = make_parent(
        school, "Mixed Answers", bare, phones=[phone("+12065550603"), phone("+12065550604", slot=1)]
    )
    say(school, "+12065550603", Source.PARENT_FORM, Answer.YES, both)
    for number in ("+12065550604", SHARED, "+12065550601", "+12065550600"):
        stop(school, number)
    lapsed = make_parent(school, "Lapsed Once", bare, phones=[phone(LEFT)], typed=True)
    with writing():
        enter_phones(school, lapsed, [], "account:1")
        set_phones(school.id, lapsed, [phone(LEFT)])
    child = make_student(other, "Ivy Elsewhere")
    make_parent(other, "No Phones", child, phones=[phone(SHARED)], typed=True)
    _others(school, both)


def _others(school: SchoolRow, parent: int) -> None:
    """Consultants, one of whom is a parent; and a parent who is a student."""
    for n, name in enumerate(("Kit Counsel", "Ömer Tutor", "Kit Coach")):
        with writing():
            found = contacts.create_contact(
                school.id, *name.split(), ContactRole.CONSULTANT, "roster", email=f"kit{n}@x.org"
            )
            slots = [
                phone(f"+1206555062{n}", (HOME, WORK, CELL)[n], n, ("7", None, None)[n]),
                phone(f"+1206555063{n}", (HOME, CELL, CELL)[n], (n + 1) % 3),
            ]
            set_phones(school.id, found.id, slots)
    adult = make_student(school, "Grown Up", "12")
    with writing():
        too = ContactRoleAssignment(
            school_id=school.id, contact_id=parent, role=ContactRole.CONSULTANT
        )
        db.session.add(too)
        set_phones(school.id, adult, [phone("+12065550630")])
        contacts.become_parent(school.id, adult)


def _spread(school: SchoolRow) -> None:
    """Days, languages and confirmations, so that there is something to tell contacts apart by."""
    ids = list(db.session.scalars(select(Contact.id).where(Contact.school_id == school.id)))
    moments = [PACIFIC_MIDNIGHT + timedelta(hours=h, microseconds=h) for h in (-1, 0, 22, 23, 999)]
    with writing():
        for n, one in enumerate(sorted(ids)):
            db.session.execute(
                update(Contact)
                .where(Contact.school_id == school.id, Contact.id == one)
                .values(created_at=moments[n % 5], language=(None, "en", "es")[n % 3])
            )
            db.session.execute(
                update(Phone)
                .where(Phone.school_id == school.id, Phone.contact_id == one)
                .values(confirmed_at=(None, *moments)[n % 6])
            )


def _refuse(school: SchoolRow, other: SchoolRow) -> None:
    """Some emails that did not arrive; another school's are its own."""
    keys = select(Contact.email_key).where(Contact.school_id == school.id).distinct()
    theirs = sorted(key for key in db.session.scalars(keys) if key)
    with writing():
        for n, key in enumerate(theirs):
            where = other if n % 4 == 3 else school
            fault = list(EmailFault)[n % len(EmailFault)]
            at = PACIFIC_MIDNIGHT + timedelta(hours=(-1, 0, 23)[n % 3])
            db.session.add(
                EmailRefusal(school_id=where.id, email_key=key, refused_at=at, fault=fault)
            )


def _pause(school: SchoolRow, other: SchoolRow) -> None:
    """Some numbers with pauses, of which one ended; another school's are its own."""
    numbers = sorted(
        set(db.session.scalars(select(Phone.number).where(Phone.school_id == school.id)))
    )
    reasons = list(PauseReason)
    with writing():
        for n, number in enumerate(numbers[::3]):
            where = other if n % 5 == 4 else school
            said = ledger.Decision(
                where.id,
                number,
                Source.STAFF_PAUSE,
                None,
                "account:1",
                "+12065550147",
                pause=reasons[n % 4],
            )
            began = ledger.decide(said)
            if n % 3 == 0:
                ledger.decide(replace(said, pause=reasons[(n + 1) % 4]))
            if n % 7 == 0:
                ledger.decide(replace(said, source=Source.STAFF_RESUME, pause_seq=began.seq))
        for n, pause in enumerate(db.session.scalars(select(ConsentPause))):
            pause.recorded_at = PACIFIC_MIDNIGHT + timedelta(hours=(-1, 0, 23)[n % 3])


def people_of(school_id: int) -> list[Person]:
    """Everybody at the school, with nothing asked of the database but whole tables."""

    def of(model: Any) -> list[Any]:
        table = model.__table__
        return list(
            db.session.execute(select(model.__table__).where(table.c.school_id == school_id))
        )

    people = {
        row.id: Person(row)
        for row in db.session.scalars(select(Contact).where(Contact.school_id == school_id))
    }
    statuses = {row.number: row for row in of(ConsentStatus)}
    paused: dict[str, list[Any]] = {}
    for row in of(ConsentPause):
        if row.ended_seq is None:
            paused.setdefault(row.number, []).append(row)
    refusals = {row.email_key: row for row in of(EmailRefusal)}
    for person in people.values():
        person.statuses = statuses
        person.refusals = refusals
        person.paused = paused
    for row in of(ContactRoleAssignment):
        people[row.contact_id].roles.add(row.role)
    for row in of(Phone):
        people[row.contact_id].phones[Slot(row.slot).value] = row
    for row in of(Enrollment):
        people[row.student_id].enrolled[row.term_id] = row.status
    for row in of(EnrollmentChange):
        people[row.student_id].ever.add((row.term_id, row.status))
    for row in of(ParentLink):
        people[row.student_id].parents[row.position] = row, people[row.parent_id]
        people[row.parent_id].children.append(people[row.student_id])
    db.session.expunge_all()
    return list(people.values())
