"""Record the outcome of an email: a server accepted it, we will retry it, or it did not arrive.

If the last email to an address did not arrive, it has a row of `EmailRefusal`. The record, the
overview, and the search show it until the record gets another address.
Callers commit. Locks are taken in the order of `services/locks.py`: records, then the email.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from portal import clock
from portal.email_address import LONGEST, email_key
from portal.enums import EmailFault
from portal.extensions import db, insert_for
from portal.labels import EMAIL_FAULT_WORDS, refusal_label
from portal.models import Contact, EmailRefusal, Mail
from portal.services.contacts import contacts
from portal.services.mail.faults import email_fault
from portal.services.mail.queue import (
    CODE,
    CODE_LIFE,
    INVITATION,
    MOST_ATTEMPTS,
    ClaimedMail,
)

ACTOR = "Email delivery"
"""The name in the record's history."""


def mark_sent(claimed: ClaimedMail, keep: bool) -> None:
    """Record that a server accepted it. `keep`: its text stays readable, as in the outbox."""
    key = email_key(claimed.to_address)[:LONGEST]
    if claimed.kind == INVITATION:
        _note(claimed.school_id, key, "Form emailed to", claimed.to_address)
    mail = db.session.get_one(Mail, (claimed.school_id, claimed.id))
    mail.sent_at = clock.now()
    mail.claimed_until = None
    if not keep:
        _forget(mail)
    if mail.failed is None:  # it did not come back meanwhile
        db.session.execute(
            delete(EmailRefusal).where(
                EmailRefusal.school_id == mail.school_id, EmailRefusal.email_key == key
            )
        )


def record_failure(claimed: ClaimedMail, error: str, final: bool) -> None:
    """Try again later, at growing intervals, or give up. Gives up if a code would be too late.
    `final`: the server refuses it for good."""
    now = clock.now()
    due_at = now + timedelta(seconds=15 * 2**claimed.attempts)
    late = claimed.kind == CODE and due_at > claimed.created_at + CODE_LIFE
    if final or claimed.attempts >= MOST_ATTEMPTS:
        fault = email_fault(error)
        if fault is EmailFault.OTHER and not final:
            fault = EmailFault.NOT_DELIVERED
        key = email_key(claimed.to_address)[:LONGEST]
        _note_refusal(claimed.school_id, key, claimed.to_address, fault)
        _mark(claimed.school_id, key, fault, now)
    mail = db.session.get_one(Mail, (claimed.school_id, claimed.id))
    mail.claimed_until = None
    mail.due_at = due_at
    if final or late or claimed.attempts >= MOST_ATTEMPTS:
        mail.failed = error[:200]
        _forget(mail)


def record_bounce(school_id: int, mail_id: int, token: str, said: str) -> bool | None:
    """Record that an email came back, with the server's words. False if we knew that already. None
    if there is no such email, or if it has another token."""
    which = select(Mail).where(Mail.school_id == school_id, Mail.id == mail_id)
    mail = db.session.scalars(which).one_or_none()
    if mail is None or f"<{school_id}.{mail_id}.{token}@" not in (mail.message_id or ""):
        return None
    _lock_records(school_id, mail.to_key)
    again = which.with_for_update().execution_options(populate_existing=True)
    mail = db.session.scalars(again).one()
    if mail.failed is not None:
        return False
    fault, at = email_fault(said), mail.sent_at or clock.now()
    _note_refusal(school_id, mail.to_key, mail.to_address, fault)
    mail.failed = said[:200]
    _forget(mail)
    if not _accepted_later_email(mail, at):
        _mark(school_id, mail.to_key, fault, at)
    return True


def _accepted_later_email(mail: Mail, at: datetime) -> bool:
    later = select(Mail.id).where(
        Mail.school_id == mail.school_id,
        Mail.to_key == mail.to_key,
        Mail.sent_at > at,
        Mail.failed.is_(None),
    )
    return db.session.scalar(later.limit(1)) is not None


def _mark(school_id: int, key: str, fault: EmailFault, at: datetime) -> None:
    new = insert_for(EmailRefusal).values(
        school_id=school_id, email_key=key, refused_at=at, fault=fault
    )
    db.session.execute(
        new.on_conflict_do_update(
            index_elements=["school_id", "email_key"],
            set_={"refused_at": new.excluded.refused_at, "fault": new.excluded.fault},
        )
    )


def _note_refusal(school_id: int, key: str, address: str, fault: EmailFault) -> None:
    _note(school_id, key, refusal_label(fault), f"{address} ({EMAIL_FAULT_WORDS[fault]})")


def _note(school_id: int, key: str, what: str, said: str) -> None:
    """Write a line into the history of everyone with this email."""
    for contact_id in _lock_records(school_id, key):
        contacts.note_edit(school_id, contact_id, ACTOR, contacts.one_change(what, new=said))


def _lock_records(school_id: int, key: str) -> list[int]:
    theirs = select(Contact.id).where(Contact.school_id == school_id, Contact.email_key == key)
    return list(db.session.scalars(theirs.order_by(Contact.id).with_for_update(key_share=True)))


def _forget(mail: Mail) -> None:
    """Erase the parts that sign in: elsewhere the database holds only hashes of codes and links."""
    mail.body = ""
    if mail.kind == CODE:
        mail.subject = ""
