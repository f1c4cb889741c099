"""Staff turn off, and on again, what a parent gets and sees of a child. Nothing else does."""

from sqlalchemy import Select, select

from portal.consent import restrictions
from portal.extensions import db
from portal.models import Contact, EmailChange, ParentLink, ParentRestriction
from portal.queries.accounts.parents import parents_with
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sessions, parent_sign_in
from portal.services.actor import Actor
from portal.services.contacts import contacts, email_changes
from portal.services.contacts.contacts import NoSuchContactError, lock_contact

ON = "On"
OFF = "Off"


def set_switches(
    school: SchoolRow,
    student_id: int,
    parent_id: int,
    gets_texts: bool,
    may_see: bool,
    reason: str,
    actor: Actor,
) -> bool:
    """Turn the switches of a parent and a child on or off; False if they were so already. The
    change and its reason are in the history of both. Raises NoSuchContactError."""
    first, second = (lock_contact(school.id, i) for i in sorted((student_id, parent_id)))
    student, parent = (first, second) if first.id == student_id else (second, first)
    if db.session.scalar(_link(student, parent)) is None:
        raise NoSuchContactError
    row = db.session.get(ParentRestriction, (school.id, parent_id, student_id))
    before = (row.gets_texts, row.may_see) if row else (True, True)
    if before == (gets_texts, may_see):
        return False
    if row is None:
        row = ParentRestriction(school_id=school.id, parent_id=parent_id, student_id=student_id)
        db.session.add(row)
    row.gets_texts, row.may_see = gets_texts, may_see
    db.session.flush()
    _note(student, parent, before, (gets_texts, may_see), reason, actor)
    if before[1] and not may_see:
        _end_shared_access(parent)
    return True


def _link(student: Contact, parent: Contact) -> Select[int]:
    return select(ParentLink.position).where(
        ParentLink.school_id == student.school_id,
        ParentLink.student_id == student.id,
        ParentLink.parent_id == parent.id,
    )


def _note(
    student: Contact,
    parent: Contact,
    before: tuple[bool, bool],
    after: tuple[bool, bool],
    reason: str,
    actor: Actor,
) -> None:
    words = (
        f"Texts to {parent.full_name} about {student.full_name}",
        f"{parent.full_name} may see {student.full_name}",
    )
    changes = [
        change
        for what, old, new in zip(words, before, after, strict=True)
        if old != new
        for change in contacts.link_change(
            parent.id, what, ON if old else OFF, f"{ON if new else OFF} ({reason})"
        )
    ]
    for contact in (student, parent):
        contacts.note_edit(contact.school_id, contact.id, actor.name, changes)


def _end_shared_access(parent: Contact) -> None:
    """End what another parent's address opened for this one: sessions, codes, and links."""
    school_id, key = parent.school_id, parent.email_key
    if key is None or not restrictions.blocks_email(school_id, key):
        return
    parent_sign_in.void_keys(school_id, key)
    for parent_id in parents_with(school_id, key):
        parent_sessions.end_everywhere(school_id, parent_id)
        first = db.session.scalars(
            select(EmailChange)
            .where(EmailChange.school_id == school_id, EmailChange.contact_id == parent_id)
            .order_by(EmailChange.seq)
            .limit(1)
        ).first()
        if first is not None:
            email_changes.void_objections(first)
