"""Contacts are written here: made, locked, linked, enrolled. Callers commit."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from portal import clock
from portal.email_address import optional_key
from portal.enums import ContactRole, EnrollmentStatus, Relationship
from portal.extensions import db, in_chunks
from portal.models import (
    Contact,
    ContactRoleAssignment,
    Enrollment,
    EnrollmentChange,
    ParentLink,
    Phone,
    RecordEdit,
)
from portal.normalize import clean
from portal.services.contacts import email_changes
from portal.services.contacts.email_changes import ChangedBy
from portal.services.contacts.search_words import (
    add_search_words,
    name_key,
    search_name,
    update_search_words,
)

Changes = list[dict[str, Any]]
"""Changes of a record, as its history keeps them: `what`, `old`, and `new`; `parent_id` if a
student's link to a parent changed, and `said_at` if the new value is older than the change."""


class NoSuchContactError(LookupError):
    """The school has no such contact."""


def lock_contact(school_id: int, contact_id: int) -> Contact:
    """The contact as it is now, locked until the transaction ends. Raises NoSuchContactError.

    Rows that refer to it may be added by others, who may have locked a number that this waits for.
    """
    contact = db.session.execute(
        select(Contact)
        .where(Contact.school_id == school_id, Contact.id == contact_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if contact is None:
        raise NoSuchContactError
    return contact


def create_contact(
    school_id: int,
    first_name: str,
    last_name: str,
    role: ContactRole,
    origin: str,
    email: str | None = None,
    grade: str | None = None,
    language: str | None = None,
) -> Contact:
    contact = Contact(
        school_id=school_id,
        first_name=clean(first_name),
        last_name=clean(last_name),
        search_name=search_name(first_name, last_name),
        first_key=name_key(first_name),
        last_key=name_key(last_name),
        email=email,
        email_key=optional_key(email),
        grade=grade,
        origin=origin,
        language=language,
        created_at=clock.now(),
    )
    db.session.add(contact)
    db.session.flush()
    db.session.add(ContactRoleAssignment(school_id=school_id, contact_id=contact.id, role=role))
    db.session.flush()
    add_search_words(contact)
    return contact


def set_fields(contact: Contact, values: dict[str, Any], by: ChangedBy) -> None:
    """Set some of FIELD_WORDS' fields, and what is derived from them. The contact is locked.

    Where this changes what a parent signs in with, email_changes.after_email_change goes on.
    """
    old_email, old_key = contact.email, contact.email_key
    for name, value in values.items():
        setattr(contact, name, value)
    contact.search_name = search_name(contact.first_name, contact.last_name)
    contact.first_key = name_key(contact.first_name)
    contact.last_key = name_key(contact.last_name)
    contact.email_key = optional_key(contact.email)
    db.session.flush()
    update_search_words(contact)
    if contact.email_key != old_key and is_parent(contact.school_id, contact.id):
        email_changes.after_email_change(contact, old_email, by)


def is_parent(school_id: int, contact_id: int) -> bool:
    return (
        db.session.get(ContactRoleAssignment, (school_id, contact_id, ContactRole.PARENT))
        is not None
    )


def become_parent(school_id: int, contact_id: int) -> None:
    """Give someone of another role, locked by the caller, that of a parent too. Their cell phones
    have circles from now on."""
    db.session.add(
        ContactRoleAssignment(school_id=school_id, contact_id=contact_id, role=ContactRole.PARENT)
    )
    db.session.execute(
        update(Phone)
        .where(Phone.school_id == school_id, Phone.contact_id == contact_id)
        .values(of_parent=True)
    )
    db.session.flush()


def link_parent(
    school_id: int,
    student_id: int,
    parent_id: int,
    position: int,
    relationship: Relationship | None,
) -> None:
    """Put a parent at a position, 1 to 4, of a student; the database refuses one that is taken."""
    db.session.add(
        ParentLink(
            school_id=school_id,
            student_id=student_id,
            parent_id=parent_id,
            position=position,
            relationship=relationship,
        )
    )
    db.session.flush()


def free_position(school_id: int, student_id: int) -> int | None:
    """Return the student's first free position. None if all four are taken."""
    taken = set(
        db.session.scalars(
            select(ParentLink.position).where(
                ParentLink.school_id == school_id, ParentLink.student_id == student_id
            )
        )
    )
    return next((p for p in range(1, 5) if p not in taken), None)


def enroll(
    school_id: int,
    student_id: int,
    term_id: int,
    status: EnrollmentStatus,
    actor: str,
) -> None:
    """Set a student's status in a term, and keep that it was so."""
    now = clock.now()
    row = db.session.get(Enrollment, (school_id, student_id, term_id))
    if row is not None and row.status == status:
        return
    if row is None:
        row = Enrollment(school_id=school_id, student_id=student_id, term_id=term_id)
        db.session.add(row)
    row.status = status
    row.since = now
    db.session.add(
        EnrollmentChange(
            school_id=school_id,
            student_id=student_id,
            term_id=term_id,
            status=status,
            at=now,
            actor=actor,
        )
    )
    db.session.flush()


def one_change(what: str, old: str | None = None, new: str | None = None) -> Changes:
    return [{"what": what, "old": old, "new": new}]


def link_change(
    parent_id: int, what: str, old: str | None = None, new: str | None = None
) -> Changes:
    """Return a change of the student's link to a parent. A link may have no relationship."""
    return [{**change, "parent_id": parent_id} for change in one_change(what, old, new)]


def note_edits(school_id: int, actor: str, changes: Mapping[int, Changes]) -> None:
    """`note_edit` for many records, given by their ids, which the caller has locked."""
    for some in in_chunks(sorted(changes)):
        db.session.execute(
            update(Contact)
            .where(Contact.school_id == school_id, Contact.id.in_(some))
            .values(version=Contact.version + 1)
            .execution_options(synchronize_session=False)
        )
    edits = [
        RecordEdit(school_id=school_id, contact_id=one, at=clock.now(), actor=actor, changes=said)
        for one, said in changes.items()
    ]
    db.session.add_all(edits)
    db.session.flush()


def note_edit(
    school_id: int,
    contact_id: int,
    actor: str,
    changes: Changes,
    said_at: datetime | None = None,
) -> None:
    """Add changes to a record's history, and raise its version. `said_at`: the time of the form
    with the new values, if that is not now."""
    if said_at is not None:
        changes = [{**change, "said_at": said_at.isoformat()} for change in changes]
    db.session.execute(
        update(Contact)
        .where(Contact.school_id == school_id, Contact.id == contact_id)
        .values(version=Contact.version + 1)
    )
    db.session.add(
        RecordEdit(
            school_id=school_id,
            contact_id=contact_id,
            at=clock.now(),
            actor=actor,
            changes=changes,
        )
    )
    db.session.flush()
