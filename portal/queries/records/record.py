"""A contact's record: who it is, who belongs to it, and their phones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Subquery, exists, func, literal, null, select, union_all
from sqlalchemy.orm import aliased

from portal.consent import restrictions
from portal.enums import ContactRole, EmailFault, EnrollmentStatus, Relationship
from portal.extensions import fetch
from portal.models import (
    Contact,
    ContactRoleAssignment,
    EmailRefusal,
    Enrollment,
    ParentLink,
    ParentRestriction,
    Phone,
    Term,
)
from portal.normalize import full_name
from portal.queries.records.phones import PHONE_COLUMNS, PhoneRow, phones_by_contact, with_consent
from portal.queries.schools import SchoolRow
from portal.queries.stacked import CONTACT, SCHOOL


@dataclass(frozen=True, slots=True)
class EnrollmentRow:
    term_id: int
    term: str
    is_default: bool
    status: EnrollmentStatus


@dataclass(frozen=True, slots=True)
class RefusedEmail:
    """The last email to an address that did not arrive."""

    at: datetime
    fault: EmailFault


@dataclass(frozen=True, slots=True)
class RecordPerson:
    """A contact; for a parent or child of the record's, where they stand in the family."""

    id: int
    first_name: str
    last_name: str
    email: str | None
    email_refused: RefusedEmail | None
    grade: str | None
    version: int
    is_student: bool
    is_parent: bool
    enrollments: list[EnrollmentRow]
    """The default term first, then the newest."""
    phones: list[PhoneRow]
    position: int | None
    relationship: Relationship | None
    gets_texts: bool
    may_see: bool
    """The switches of the link to the record's contact: on unless staff turned them off."""
    email_blocked: bool
    """True if no code or link goes to the email: see `restrictions.blocks_email`."""

    @property
    def name(self) -> str:
        return full_name(self.first_name, self.last_name)

    @property
    def called(self) -> str:
        """The name to use in a sentence."""
        return self.first_name or self.last_name

    @property
    def enrollment(self) -> EnrollmentRow | None:
        """The one in the default term."""
        return next((e for e in self.enrollments if e.is_default), None)


@dataclass(frozen=True, slots=True)
class Record:
    contact: RecordPerson
    parents: list[RecordPerson]
    children: list[RecordPerson]

    @property
    def ids(self) -> list[int]:
        """The contact's and its parents': whose history is this record's."""
        return [self.contact.id, *(parent.id for parent in self.parents)]

    @property
    def free_positions(self) -> list[int]:
        taken = {parent.position for parent in self.parents}
        return [position for position in range(1, 5) if position not in taken]


def get_record(school: SchoolRow, contact_id: int) -> Record | None:
    """None if there is no such contact at the school. One query."""
    rows = fetch(_FAMILY, {"school_id": school.id, "contact_id": contact_id}).all()
    people: dict[str, dict[int, list[Row[Any]]]] = {"self": {}, "parent": {}, "child": {}}
    for row in rows:
        people[row.kin].setdefault(row.id, []).append(row)
    if not people["self"]:
        return None
    return Record(
        contact=_person(school, people["self"][contact_id]),
        parents=[_person(school, found) for found in people["parent"].values()],
        children=[_person(school, found) for found in people["child"].values()],
    )


def _kin() -> Subquery:
    """The contact, its parents, and its children."""
    link, off = ParentLink, ParentRestriction
    of_link = (
        link.position,
        link.relationship,
        func.coalesce(off.gets_texts, literal(True)),
        func.coalesce(off.may_see, literal(True)),
    )
    return union_all(
        select(
            CONTACT.label("id"),
            literal("self").label("kin"),
            null().label("position"),
            null().label("relationship"),
            literal(True).label("gets_texts"),
            literal(True).label("may_see"),
        ),
        select(link.parent_id, literal("parent"), *of_link)
        .outerjoin(off, restrictions.of_link(link))
        .where(link.school_id == SCHOOL, link.student_id == CONTACT),
        select(link.student_id, literal("child"), *of_link)
        .outerjoin(off, restrictions.of_link(link))
        .where(link.school_id == SCHOOL, link.parent_id == CONTACT),
    ).subquery("family")


def _family() -> Select[*tuple[Any, ...]]:
    """A row for each of the family's contacts, each term that they are enrolled in, and each of
    their phones."""
    kin = _kin()
    people = (
        select(
            kin.c.kin,
            kin.c.position,
            kin.c.relationship,
            kin.c.gets_texts,
            kin.c.may_see,
            restrictions.has_blocked_email(Contact).label("email_blocked"),
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            EmailRefusal.refused_at,
            EmailRefusal.fault,
            Contact.grade,
            Contact.version,
            _has_role(ContactRole.STUDENT).label("is_student"),
            _has_role(ContactRole.PARENT).label("is_parent"),
            Term.id.label("term_id"),
            Term.name.label("term"),
            Term.is_default,
            Enrollment.status,
            *PHONE_COLUMNS,
        )
        .join(Contact, (Contact.school_id == SCHOOL) & (Contact.id == kin.c.id))
        .outerjoin(
            EmailRefusal,
            (EmailRefusal.school_id == SCHOOL) & (EmailRefusal.email_key == Contact.email_key),
        )
        .outerjoin(
            Enrollment, (Enrollment.school_id == SCHOOL) & (Enrollment.student_id == kin.c.id)
        )
        .outerjoin(Term, (Term.school_id == SCHOOL) & (Term.id == Enrollment.term_id))
        .outerjoin(Phone, (Phone.school_id == SCHOOL) & (Phone.contact_id == kin.c.id))
    )
    return with_consent(people).order_by(
        kin.c.kin.desc(),
        kin.c.position,
        Contact.last_name,
        Contact.first_name,
        Contact.id,
        Term.is_default.desc(),
        Term.starts_on.desc(),
    )


def _has_role(role: ContactRole) -> Any:
    assigned = aliased(ContactRoleAssignment)
    return exists().where(
        assigned.school_id == SCHOOL, assigned.contact_id == Contact.id, assigned.role == role
    )


_FAMILY = _family()


def _person(school: SchoolRow, rows: list[Row[Any]]) -> RecordPerson:
    first = rows[0]
    terms = {row.term_id: row for row in rows if row.term_id is not None}
    slots = {row.slot: row for row in rows if row.slot is not None}
    return RecordPerson(
        id=first.id,
        first_name=first.first_name,
        last_name=first.last_name,
        email=first.email,
        email_refused=RefusedEmail(first.refused_at, EmailFault(first.fault))
        if first.fault
        else None,
        grade=first.grade,
        version=first.version,
        is_student=first.is_student,
        is_parent=first.is_parent,
        enrollments=[
            EnrollmentRow(row.term_id, row.term, row.is_default, EnrollmentStatus(row.status))
            for row in terms.values()
        ],
        phones=phones_by_contact(school, slots.values()).get(first.id, []),
        position=first.position,
        relationship=Relationship(first.relationship) if first.relationship else None,
        gets_texts=bool(first.gets_texts),
        may_see=bool(first.may_see),
        email_blocked=bool(first.email_blocked),
    )
