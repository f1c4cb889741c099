"""The owner of a former sign-in address objects to its change, by the link that came by email."""

from sqlalchemy import select

from portal import clock
from portal.enums import NoticeKind
from portal.extensions import db
from portal.labels import FIELD_WORDS
from portal.models import EmailChange
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sessions
from portal.services.accounts.tokens import AGAIN, token_hash
from portal.services.contacts import contacts, email_changes
from portal.services.contacts.contacts import lock_contact
from portal.services.contacts.email_changes import ChangedBy
from portal.services.mail import staff_notices

ACTOR = "Owner of the earlier email"
"""The name in the record's history."""


def is_open(school_id: int, token: str) -> bool:
    """True if the link still works. Looking does not use it: mail programs open links too."""
    return _find(school_id, token) is not None


def was_used(school_id: int, token: str) -> bool:
    """True if the link did its work within the last minute. People tap twice on a slow line."""
    used = select(EmailChange.id).where(
        EmailChange.school_id == school_id,
        EmailChange.token_hash == token_hash(token),
        EmailChange.objected_at > clock.now() - AGAIN,
    )
    return db.session.scalar(used) is not None


def object_to(school: SchoolRow, token: str) -> bool:
    """Put the old address back, end all of the parent's sessions, and tell staff; False if the link
    is used or expired.

    Later changes can't be objected to after that: those emails went to addresses that are in doubt.
    """
    change = _find(school.id, token)
    if change is None:
        return False
    contact = lock_contact(school.id, change.contact_id)
    change = _find(school.id, token)  # another objection may have come first
    if change is None:
        return False
    removed, restored = contact.email, change.old_email
    change.objected_at = clock.now()
    contacts.set_fields(contact, {"email": restored}, ChangedBy(ACTOR, tells=False))
    parent_sessions.end_everywhere(school.id, contact.id)
    email_changes.void_objections(change)
    change.token_hash = token_hash(token)  # `was_used` finds it. It works no more
    if removed != restored:
        changes = contacts.one_change(FIELD_WORDS["email"], removed, restored)
        contacts.note_edit(school.id, contact.id, ACTOR, changes)
    _tell_staff(school.id, contact.id, change, removed)
    if removed and removed != restored:
        email_changes.tell_removed(school, contact, removed)
    return True


def _find(school_id: int, token: str) -> EmailChange | None:
    return db.session.scalars(
        select(EmailChange)
        .where(
            EmailChange.school_id == school_id,
            EmailChange.token_hash == token_hash(token),
            EmailChange.objected_at.is_(None),
            EmailChange.expires_at > clock.now(),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def _tell_staff(school_id: int, contact_id: int, change: EmailChange, removed: str | None) -> None:
    detail = {"removed": removed, "restored": change.old_email, "changed_by": change.changed_by}
    staff_notices.notify_staff(
        school_id, NoticeKind.EMAIL_PUT_BACK, str(contact_id), detail, contact_id=contact_id
    )
