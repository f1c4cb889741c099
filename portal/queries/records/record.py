"""A contact's record: who it is, who belongs to it, their phones, what was submitted about them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, exists, literal, null, select, union_all

from portal.enums import ContactRole, EnrollmentStatus, Relationship
from portal.extensions import db
from portal.models import (
    Contact,
    ContactRoleAssignment,
    Enrollment,
    ParentLink,
    Submission,
    SubmissionContact,
    Term,
)
from portal.queries.records.phones import PhoneRow, phones_of_ids
from portal.queries.schools import SchoolRow

MOST_SUBMISSIONS = 20


@dataclass(frozen=True, slots=True)
class EnrollmentRow:
    term_id: int
    term: str
    is_default: bool
    status: EnrollmentStatus


@dataclass(frozen=True, slots=True)
class RecordPerson:
    """A contact; for a parent or child of the record's, where they stand in the family."""

    id: int
    first_name: str
    last_name: str
    email: str | None
    grade: str | None
    version: int
    is_student: bool
    is_parent: bool
    enrollments: list[EnrollmentRow]
    """The default term first, then the newest."""
    phones: list[PhoneRow]
    position: int | None
    relationship: Relationship | None

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def enrollment(self) -> EnrollmentRow | None:
        """The one in the default term."""
        return next((e for e in self.enrollments if e.is_default), None)


@dataclass(frozen=True, slots=True)
class SubmissionOnRecord:
    id: int
    form: str
    revision: int
    answers: dict[str, Any]
    received_at: datetime


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
    """None if there is no such contact at the school. Two queries."""
    rows = db.session.execute(_family(school.id, contact_id)).all()
    if not any(row.kin == "self" for row in rows):
        return None
    phones = phones_of_ids(school, {row.id for row in rows})
    people: dict[str, dict[int, list[Row[Any]]]] = {"self": {}, "parent": {}, "child": {}}
    for row in rows:
        people[row.kin].setdefault(row.id, []).append(row)
    return Record(
        contact=_person(people["self"][contact_id], phones),
        parents=[_person(found, phones) for found in people["parent"].values()],
        children=[_person(found, phones) for found in people["child"].values()],
    )


def submissions_about(school_id: int, contact_ids: list[int]) -> list[SubmissionOnRecord]:
    """Return the forms about the contacts, newest first."""
    about = select(SubmissionContact.submission_id).where(
        SubmissionContact.school_id == school_id, SubmissionContact.contact_id.in_(contact_ids)
    )
    rows = db.session.execute(
        select(
            Submission.id,
            Submission.form,
            Submission.revision,
            Submission.answers,
            Submission.received_at,
        )
        .where(Submission.school_id == school_id, Submission.id.in_(about))
        .order_by(Submission.received_at.desc(), Submission.id.desc())
        .limit(MOST_SUBMISSIONS)
    )
    return [SubmissionOnRecord(*row) for row in rows]


def _family(school_id: int, contact_id: int) -> Select[*tuple[Any, ...]]:
    """A row for each of the family's contacts and each term that they are enrolled in."""
    link = ParentLink
    kin = union_all(
        select(
            literal(contact_id, Contact.id.type).label("id"),
            literal("self").label("kin"),
            null().label("position"),
            null().label("relationship"),
        ),
        select(link.parent_id, literal("parent"), link.position, link.relationship).where(
            link.school_id == school_id, link.student_id == contact_id
        ),
        select(link.student_id, literal("child"), link.position, link.relationship).where(
            link.school_id == school_id, link.parent_id == contact_id
        ),
    ).subquery("family")
    return (
        select(
            kin.c.kin,
            kin.c.position,
            kin.c.relationship,
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Contact.grade,
            Contact.version,
            _has_role(school_id, ContactRole.STUDENT).label("is_student"),
            _has_role(school_id, ContactRole.PARENT).label("is_parent"),
            Term.id.label("term_id"),
            Term.name.label("term"),
            Term.is_default,
            Enrollment.status,
        )
        .join(Contact, (Contact.school_id == school_id) & (Contact.id == kin.c.id))
        .outerjoin(
            Enrollment, (Enrollment.school_id == school_id) & (Enrollment.student_id == kin.c.id)
        )
        .outerjoin(Term, (Term.school_id == school_id) & (Term.id == Enrollment.term_id))
        .order_by(
            kin.c.kin.desc(),
            kin.c.position,
            Contact.last_name,
            Contact.first_name,
            Contact.id,
            Term.is_default.desc(),
            Term.starts_on.desc(),
        )
    )


def _has_role(school_id: int, role: ContactRole) -> Any:
    return exists().where(
        ContactRoleAssignment.school_id == school_id,
        ContactRoleAssignment.contact_id == Contact.id,
        ContactRoleAssignment.role == role,
    )


def _person(rows: list[Row[Any]], phones: dict[int, list[PhoneRow]]) -> RecordPerson:
    first = rows[0]
    return RecordPerson(
        id=first.id,
        first_name=first.first_name,
        last_name=first.last_name,
        email=first.email,
        grade=first.grade,
        version=first.version,
        is_student=first.is_student,
        is_parent=first.is_parent,
        enrollments=[
            EnrollmentRow(row.term_id, row.term, row.is_default, EnrollmentStatus(row.status))
            for row in rows
            if row.term_id is not None
        ],
        phones=phones.get(first.id, []),
        position=first.position,
        relationship=Relationship(first.relationship) if first.relationship else None,
    )
