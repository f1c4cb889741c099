"""What follows when the address changes that a parent signs in with, by whatever path.

`contacts.set_fields` calls `follow`, so that no path can leave it out.
"""

import secrets
from datetime import timedelta

from sqlalchemy import func, select, update

from portal import times
from portal.email_address import optional_key
from portal.extensions import db
from portal.links import outside_link
from portal.models import Contact, EmailChange, ParentSession
from portal.queries.schools import SchoolRow, get_school_by_id
from portal.services import mail, mail_words, visits

OBJECT_WITHIN = timedelta(days=14)
KIND = "email_changed"


def follow(
    contact: Contact, old_email: str | None, by: str, keep_session: str | None, tell: bool
) -> None:
    """End the parent's sessions, void what was sent to the old address, and tell that address.

    `by` is the name that the history shows. `keep_session` is the hash of the session of the parent
    who makes the change. Where there was no address, the new one is told: nobody else can be.
    `tell` is False where nobody is to be told. An address that the parent only passed through, and
    never signed in with, is not told either: by typing one after the other, anybody could make the
    school email all of them.
    """
    school = get_school_by_id(contact.school_id)
    visits.end_everywhere(school.id, contact.id, but=keep_session)
    if keep_session is not None and _only_passed_through(contact, old_email):
        tell = False
    old_key = optional_key(old_email)
    if old_key and not visits.parents_with(school.id, old_key):
        visits.void_keys(school.id, old_key)
    change = EmailChange(
        school_id=school.id,
        contact_id=contact.id,
        seq=_next_seq(contact),
        old_email=old_email,
        new_email=contact.email,
        changed_at=times.now(),
        changed_by=by[:100],
    )
    db.session.add(change)
    db.session.flush()
    if tell and old_email:
        _tell_old(school, contact, change, old_email)
    elif tell and contact.email:
        _tell_new(school, contact, contact.email)


def void_objections(since: EmailChange) -> None:
    """Let nobody object any more to a change, nor to those of the same contact after it. Links of
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


def _only_passed_through(contact: Contact, old_email: str | None) -> bool:
    """True if the address came by the change before, and nobody signed in since."""
    before = db.session.scalars(
        select(EmailChange)
        .where(EmailChange.school_id == contact.school_id, EmailChange.contact_id == contact.id)
        .order_by(EmailChange.seq.desc())
        .limit(1)
    ).first()
    if before is None or before.new_email != old_email:
        return False
    since = select(ParentSession.token_hash).where(
        ParentSession.school_id == contact.school_id,
        ParentSession.contact_id == contact.id,
        ParentSession.created_at > before.changed_at,
    )
    return db.session.scalar(since.limit(1)) is None


def _next_seq(contact: Contact) -> int:
    """The contact is locked, or was made in this transaction."""
    newest = select(func.max(EmailChange.seq)).where(
        EmailChange.school_id == contact.school_id, EmailChange.contact_id == contact.id
    )
    return (db.session.scalar(newest) or 0) + 1


def language_of(school: SchoolRow, contact: Contact) -> str:
    """Return what emails to a parent are written in."""
    return contact.language or school.languages[0]


def _tell_old(school: SchoolRow, contact: Contact, change: EmailChange, old_email: str) -> None:
    token = secrets.token_urlsafe(24)
    change.token_hash = visits.token_hash(token)
    change.expires_at = change.changed_at + OBJECT_WITHIN
    db.session.flush()
    language = language_of(school, contact)
    link = outside_link("parent.email_change", slug=school.slug, token=token)
    with mail_words.language(language):
        words = mail_words.email_changed(school.name, link, OBJECT_WITHIN.days)
    mail.post(school.id, KIND, old_email, language, words.subject, words.body)


def _tell_new(school: SchoolRow, contact: Contact, new_email: str) -> None:
    language = language_of(school, contact)
    link = outside_link("parent.sign_in", slug=school.slug)
    with mail_words.language(language):
        words = mail_words.email_added(school.name, link)
    mail.post(school.id, KIND, new_email, language, words.subject, words.body)
