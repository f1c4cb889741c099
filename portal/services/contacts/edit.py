"""Staff edit a record: its fields and its phones. Callers commit.

Whoever saves says which version they saw. If the record has moved on since, or a consent that the
page showed has, nothing is saved and StaleRecordError tells what happened. The contact's row is
locked for the rest of the transaction, so of two who save at once one comes second.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from portal.consent import ledger
from portal.enums import EnrollmentStatus, Grade, Relationship
from portal.extensions import db
from portal.labels import FIELD_WORDS
from portal.models import ConsentStatus, Contact, Enrollment, ParentLink, Term
from portal.normalize import full_name
from portal.queries.records.history import HistoryEntry, edits_since
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.contacts import contacts
from portal.services.contacts.contacts import Changes, lock_contact
from portal.services.contacts.email_changes import ChangedBy
from portal.services.contacts.phones import PhoneValue, current_phones, enter_phones, phone_changes


@dataclass(frozen=True, slots=True)
class ContactValues:
    first_name: str
    last_name: str
    email: str | None
    grade: Grade | None
    status: EnrollmentStatus | None
    """In the school's default term; None leaves it as it is."""
    relationships: Mapping[int, Relationship | None]
    """Of a student's parents, by their ids; those left out stay as they are."""


@dataclass(frozen=True, slots=True)
class PhonesSaved:
    changed: bool
    results: dict[str, ledger.Result]
    """The ledger's result for each number that became a parent's cell phone."""


class StaleRecordError(Exception):
    """The record or a consent on it has changed since the editor saw it; nothing was saved."""

    def __init__(self, version: int, edits: list[HistoryEntry], numbers: list[str]) -> None:
        super().__init__("the record has changed")
        self.version = version
        """The record's version now: with it, saving again works."""
        self.edits = edits
        """The changes since then, newest first."""
        self.numbers = numbers
        """The numbers about which something was decided since."""


def save_contact(
    school: SchoolRow, contact_id: int, values: ContactValues, version: int, actor: Actor
) -> bool:
    """Save a contact's fields; whether any of them changed. Opts nobody in.

    Raises StaleRecordError.
    """
    contact = lock_contact(school.id, contact_id)
    fields = {
        "first_name": values.first_name,
        "last_name": values.last_name,
        "email": values.email,
        "grade": values.grade.value if values.grade else None,
    }
    changes: Changes = [
        {"what": FIELD_WORDS[name], "old": getattr(contact, name), "new": value}
        for name, value in fields.items()
        if getattr(contact, name) != value
    ]
    enrollment = _enrollment_change(school, contact_id, values.status)
    links = _changed_links(school.id, contact_id, values.relationships)
    if not (changes or enrollment or links):
        return False
    _check_version(contact, version, numbers=[])
    contacts.set_fields(contact, fields, ChangedBy(actor.name, is_staff_edit=True))
    if enrollment and school.default_term_id is not None and values.status is not None:
        contacts.enroll(school.id, contact_id, school.default_term_id, values.status, actor.name)
    for link, name in links:
        new = values.relationships[link.parent_id]
        what = f"{name}'s relationship"
        changes += contacts.link_change(link.parent_id, what, link.relationship, new)
        link.relationship = new
    contacts.note_edit(school.id, contact_id, actor.name, [*changes, *enrollment])
    return True


def save_phones(
    school: SchoolRow,
    contact_id: int,
    phones: list[PhoneValue],
    version: int,
    seen: Mapping[str, int],
    actor: Actor,
) -> PhonesSaved:
    """Save a contact's phones, all of them, and let consent follow.

    `seen` has the place of the newest event of each number whose circle the editor saw. Raises
    StaleRecordError.
    """
    contact = lock_contact(school.id, contact_id)
    current = current_phones(school.id, contact_id)
    changes = phone_changes(current, phones, school.country)
    if not changes:
        return PhonesSaved(changed=False, results={})
    numbers = {phone.number for phone in [*current.values(), *phones]}
    ledger.lock_in_order(school.id, numbers | _known(school.id, seen))
    _check_version(contact, version, _decided_since(school.id, seen))
    contacts.note_edit(school.id, contact_id, actor.name, changes)
    results = enter_phones(school, contact_id, phones, actor.key)
    return PhonesSaved(changed=True, results=results)


def _check_version(contact: Contact, version: int, numbers: list[str]) -> None:
    moved = contact.version - version
    if moved == 0 and not numbers:
        return
    edits = edits_since(contact.school_id, contact.id, moved) if moved > 0 else []
    raise StaleRecordError(contact.version, edits, numbers)


def _decided_since(school_id: int, seen: Mapping[str, int]) -> list[str]:
    """The numbers with a newer event than was seen. They are locked, so none comes in between."""
    rows = ledger.lock_in_order(school_id, _known(school_id, seen))
    return sorted(number for number, row in rows.items() if row.last_seq != seen[number])


def _known(school_id: int, numbers: Iterable[str]) -> set[str]:
    """Those of the numbers that have a log. A forged page may name others."""
    known = select(ConsentStatus.number).where(
        ConsentStatus.school_id == school_id, ConsentStatus.number.in_(list(numbers))
    )
    return set(db.session.scalars(known))


def _enrollment_change(
    school: SchoolRow, student_id: int, status: EnrollmentStatus | None
) -> Changes:
    if status is None or school.default_term_id is None:
        return []
    old = db.session.scalar(
        select(Enrollment.status).where(
            Enrollment.school_id == school.id,
            Enrollment.student_id == student_id,
            Enrollment.term_id == school.default_term_id,
        )
    )
    if old == status:
        return []
    term = db.session.scalar(
        select(Term.name).where(Term.school_id == school.id, Term.id == school.default_term_id)
    )
    return contacts.one_change(f"Enrollment {term}", old, status.value)


def _changed_links(
    school_id: int, student_id: int, wanted: Mapping[int, Relationship | None]
) -> Iterable[tuple[ParentLink, str]]:
    rows = db.session.execute(
        select(ParentLink, Contact.first_name, Contact.last_name)
        .join(Contact, (Contact.school_id == school_id) & (Contact.id == ParentLink.parent_id))
        .where(ParentLink.school_id == school_id, ParentLink.student_id == student_id)
        .order_by(ParentLink.position)
    ).all()
    return [
        (link, full_name(first, last))
        for link, first, last in rows
        if wanted.get(link.parent_id, link.relationship) != link.relationship
    ]
