"""Follow up on a change to the email address that a parent signs in with, however it is made.

`contacts.set_fields` calls `after_email_change`, so no path can leave it out.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from portal import clock
from portal.consent import restrictions
from portal.email_address import optional_key
from portal.extensions import db, outside_link
from portal.models import Contact, EmailChange, ParentSession
from portal.queries.accounts.parents import parents_with
from portal.queries.schools import SchoolRow, get_school_by_id
from portal.services.accounts import parent_sessions, parent_sign_in
from portal.services.accounts.tokens import token_hash
from portal.services.mail import parent_emails
from portal.services.mail import queue as mail_queue

OBJECT_WITHIN = timedelta(days=14)
KIND = "email_changed"


@dataclass(frozen=True, slots=True)
class ChangedBy:
    """The person who changes a record."""

    name: str
    """As the history shows it."""
    session_hash: str | None = None
    """Of a parent who changes their own record: the session that goes on."""
    is_staff_edit: bool = False
    """True if staff typed it on the record, and did not only accept what a form said."""
    tells: bool = True
    """False where no address is to be told."""


def after_email_change(contact: Contact, old_email: str | None, by: ChangedBy) -> None:
    """End the parent's sessions, void what was sent to the old address, and tell that address.

    Where there was no address, the new one is told: nobody else can be.
    """
    school = get_school_by_id(contact.school_id)
    parent_sessions.end_everywhere(school.id, contact.id, but=by.session_hash)
    old_key = optional_key(old_email)
    if old_key and not parents_with(school.id, old_key):
        parent_sign_in.void_keys(school.id, old_key)
    earlier = _changes_of(contact)
    change = EmailChange(
        school_id=school.id,
        contact_id=contact.id,
        seq=earlier[-1].seq + 1 if earlier else 1,
        old_email=old_email,
        new_email=contact.email,
        changed_at=clock.now(),
        changed_by=by.name[:100],
    )
    db.session.add(change)
    db.session.flush()
    if not by.tells or (by.session_hash and _only_passed_through(contact, old_email, earlier)):
        return
    if old_email is None:
        _tell_new(school, contact)
    elif (
        _is_restored(contact, old_email, earlier)
        or _is_settled(by, earlier)
        or _was_shared(contact, old_key)
    ):
        tell_removed(school, contact, old_email)
    else:
        _tell_old(school, contact, change, old_email)


def void_objections(since: EmailChange) -> None:
    """Let nobody object anymore to a change, nor to those of the same contact after it. Links of
    those before it stay: their readers had the address first."""
    db.session.execute(
        update(EmailChange)
        .where(
            EmailChange.school_id == since.school_id,
            EmailChange.contact_id == since.contact_id,
            EmailChange.seq >= since.seq,
        )
        .values(token_hash=None)
        .execution_options(synchronize_session="fetch")
    )


def _changes_of(contact: Contact) -> list[EmailChange]:
    """The contact's changes so far; it is locked, or was made in this transaction."""
    return list(
        db.session.scalars(
            select(EmailChange)
            .where(EmailChange.school_id == contact.school_id, EmailChange.contact_id == contact.id)
            .order_by(EmailChange.seq)
        )
    )


def _only_passed_through(
    contact: Contact, old_email: str | None, earlier: list[EmailChange]
) -> bool:
    """True if the address came by the change before, and nobody signed in since. By typing one
    after the other, anybody could make the school email all of them."""
    before = earlier[-1] if earlier else None
    if before is None or before.new_email != old_email:
        return False
    since = select(ParentSession.token_hash).where(
        ParentSession.school_id == contact.school_id,
        ParentSession.contact_id == contact.id,
        ParentSession.created_at > before.changed_at,
    )
    return db.session.scalar(since.limit(1)) is None


def _is_restored(contact: Contact, old_email: str, earlier: list[EmailChange]) -> bool:
    """True if the new address was on the record before the old one was, a short while ago. A thief
    whose address staff take off again must not be able to object to that."""
    recent = [change for change in earlier if change.changed_at > clock.now() - OBJECT_WITHIN]
    order = [optional_key(e) for change in recent for e in (change.old_email, change.new_email)]
    new_key, old_key = contact.email_key, optional_key(old_email)
    return new_key in order and old_key in order and order.index(new_key) < order.index(old_key)


def _is_settled(by: ChangedBy, earlier: list[EmailChange]) -> bool:
    """True if staff decide after somebody objected: they were told, and asked to call the parent.
    Else two who both say that the record is theirs would object to each other for ever."""
    since = clock.now() - OBJECT_WITHIN
    return by.is_staff_edit and any(c.objected_at and c.objected_at > since for c in earlier)


def _was_shared(contact: Contact, old_key: str | None) -> bool:
    """True if another parent still has the old address, and one of the two may not see a child. No
    link goes there: it would put the shared address back, which only staff may do."""
    others = parents_with(contact.school_id, old_key or "")
    return bool(others) and any(
        restrictions.is_restricted(contact.school_id, parent_id)
        for parent_id in (contact.id, *others)
    )


def language_of(school: SchoolRow, contact: Contact) -> str:
    """Return what emails to a parent are written in."""
    return contact.language or school.languages[0]


def _tell_old(school: SchoolRow, contact: Contact, change: EmailChange, old_email: str) -> None:
    token = secrets.token_urlsafe(24)
    change.token_hash = token_hash(token)
    change.expires_at = change.changed_at + OBJECT_WITHIN
    db.session.flush()
    language = language_of(school, contact)
    link = outside_link("parent.email_change", slug=school.slug, token=token)
    with parent_emails.language(language):
        words = parent_emails.email_changed(school.name, link, OBJECT_WITHIN.days)
    mail_queue.enqueue(school.id, KIND, old_email, language, words.subject, words.body)


def _tell_new(school: SchoolRow, contact: Contact) -> None:
    language = language_of(school, contact)
    link = outside_link("parent.sign_in", slug=school.slug)
    with parent_emails.language(language):
        words = parent_emails.email_added(school.name, link)
    mail_queue.enqueue(school.id, KIND, contact.email or "", language, words.subject, words.body)


def tell_removed(school: SchoolRow, contact: Contact, removed: str) -> None:
    """Tell an address that an earlier one, or one that staff settled on, took its place."""
    language = language_of(school, contact)
    with parent_emails.language(language):
        words = parent_emails.email_removed(school.name)
    mail_queue.enqueue(school.id, KIND, removed, language, words.subject, words.body)
