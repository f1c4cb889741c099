"""Staff add a student or a parent by hand, and say who belongs to whom. Callers commit."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from portal.consent import ledger
from portal.enums import ContactRole, EnrollmentStatus, Grade, Relationship
from portal.extensions import db
from portal.models import Contact, ContactRoleAssignment, ParentLink, same_school
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.contacts import contacts
from portal.services.contacts.contacts import (
    NoSuchContactError,
    link_change,
    lock_contact,
    one_change,
)
from portal.services.contacts.phones import PhoneValue, enter_phones, phone_changes

ADDED = one_change("Record", None, "added by staff")


@dataclass(frozen=True, slots=True)
class FamilyPosition:
    """A parent's place in a student's family."""

    student_id: int
    position: int
    relationship: Relationship


@dataclass(frozen=True, slots=True)
class ParentValues:
    first_name: str
    last_name: str
    email: str | None
    phones: list[PhoneValue]


@dataclass(frozen=True, slots=True)
class Added:
    id: int
    results: dict[str, ledger.Result]
    """The ledger's result for each cell phone number."""


class CannotLinkError(ValueError):
    """The parent can't be linked to the student."""


class PositionTakenError(CannotLinkError):
    """Another parent is at that position."""


class AlreadyLinkedError(CannotLinkError):
    """The parent is one of the student's already."""


class NotAParentError(CannotLinkError):
    """The contact is a student."""


def add_student(
    school: SchoolRow,
    first_name: str,
    last_name: str,
    grade: Grade | None,
    status: EnrollmentStatus,
    actor: Actor,
) -> int:
    """The new student's id."""
    student = contacts.create_contact(
        school.id, first_name, last_name, ContactRole.STUDENT, "staff", grade=grade
    )
    if school.default_term_id is not None:
        contacts.enroll(school.id, student.id, school.default_term_id, status, actor.name)
    contacts.note_edit(school.id, student.id, actor.name, ADDED)
    return student.id


def add_parent(
    school: SchoolRow, position: FamilyPosition, values: ParentValues, actor: Actor
) -> Added:
    """A new parent of a student; a cell phone is opted in as staff entry. Raises
    CannotLinkError."""
    student = _check_position(school.id, position)
    # Before the search words. A form by the same family locks them in this order too.
    ledger.lock_in_order(school.id, {phone.number for phone in values.phones})
    parent = contacts.create_contact(
        school.id,
        values.first_name,
        values.last_name,
        ContactRole.PARENT,
        "staff",
        email=values.email,
    )
    _link(student, parent, position, actor)
    changes = [*ADDED, *phone_changes({}, values.phones, school.country)]
    contacts.note_edit(school.id, parent.id, actor.name, changes)
    results = enter_phones(school, parent.id, values.phones, actor.key)
    return Added(parent.id, results)


def link_parent(school: SchoolRow, position: FamilyPosition, parent_id: int, actor: Actor) -> None:
    """Make someone who is on file a student's parent too.

    Raises CannotLinkError and NoSuchContactError.
    """
    student = _check_position(school.id, position)
    parent = lock_contact(school.id, parent_id)
    roles = set(
        db.session.scalars(
            select(ContactRoleAssignment.role).where(
                ContactRoleAssignment.school_id == school.id,
                ContactRoleAssignment.contact_id == parent_id,
            )
        )
    )
    if parent_id == position.student_id or roles == {ContactRole.STUDENT}:
        raise NotAParentError
    linked = select(ParentLink.position).where(
        ParentLink.school_id == school.id,
        ParentLink.student_id == position.student_id,
        ParentLink.parent_id == parent_id,
    )
    if db.session.scalar(linked) is not None:
        raise AlreadyLinkedError
    if ContactRole.PARENT not in roles:
        contacts.become_parent(school.id, parent_id)
    _link(student, parent, position, actor)
    changes = one_change("Child", new=student.full_name)
    contacts.note_edit(school.id, parent_id, actor.name, changes)


def unlink_parent(school: SchoolRow, student_id: int, parent_id: int, actor: Actor) -> bool:
    """Take a parent out of a student's family; both records stay. False if they were not in it."""
    student = lock_contact(school.id, student_id)
    theirs = (
        ParentLink.school_id == school.id,
        ParentLink.student_id == student_id,
        ParentLink.parent_id == parent_id,
    )
    link = db.session.execute(
        select(ParentLink.position, ParentLink.relationship, Contact.full_name)
        .join(Contact, same_school(Contact, ParentLink, Contact.id == ParentLink.parent_id))
        .where(*theirs)
    ).one_or_none()
    if link is None:
        return False
    db.session.execute(delete(ParentLink).where(*theirs))
    who = ", ".join(filter(None, [link.full_name, link.relationship]))
    gone = link_change(parent_id, f"Parent {link.position}", old=who)
    contacts.note_edit(school.id, student_id, actor.name, gone)
    changes = one_change("Child", old=student.full_name)
    contacts.note_edit(school.id, parent_id, actor.name, changes)
    return True


def _check_position(school_id: int, position: FamilyPosition) -> Contact:
    """The student, locked, so the position stays free."""
    student = lock_contact(school_id, position.student_id)
    if db.session.get(ContactRoleAssignment, (school_id, student.id, ContactRole.STUDENT)) is None:
        raise NoSuchContactError
    taken = select(ParentLink.parent_id).where(
        ParentLink.school_id == school_id,
        ParentLink.student_id == position.student_id,
        ParentLink.position == position.position,
    )
    if db.session.scalar(taken) is not None:
        raise PositionTakenError
    return student


def _link(student: Contact, parent: Contact, position: FamilyPosition, actor: Actor) -> None:
    contacts.link_parent(
        student.school_id, student.id, parent.id, position.position, position.relationship
    )
    name = f"{parent.full_name}, {position.relationship.value}"
    changes = link_change(parent.id, f"Parent {position.position}", new=name)
    contacts.note_edit(student.school_id, student.id, actor.name, changes)
