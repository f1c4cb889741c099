"""New contacts, written together: a roster's, sample families, the family of a form.

Rows are gathered and written together, in the order that their keys need; consent goes through the
ledger's door for many. For contacts that are new: what is on file is not looked at. Callers commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal import clock
from portal.consent.ledger import Decision, Result
from portal.consent.ledger_bulk import decide_many
from portal.email_address import optional_key
from portal.enums import Answer, ContactRole, EnrollmentStatus, Grade, ProofKind, Relationship
from portal.extensions import Base, insert_rows
from portal.models import (
    Contact,
    ContactRoleAssignment,
    ContactWord,
    Enrollment,
    EnrollmentChange,
    Holding,
    ParentLink,
    Phone,
)
from portal.models.columns import new_contact_id, new_id
from portal.normalize import clean, words_to_find
from portal.services.contacts.phones import PhoneValue
from portal.services.contacts.search_words import add_name_words, name_key, search_name

_ORDER: tuple[type[Base], ...] = (
    Contact,
    ContactRoleAssignment,
    ContactWord,
    ParentLink,
    Phone,
    Holding,
    Enrollment,
    EnrollmentChange,
)


@dataclass(slots=True)
class Bulk:
    """New contacts of one school, written by `flush`."""

    school_id: int
    origin: str
    actor: str
    """The name in the history of enrollments."""
    proven_by: ProofKind | None = None
    """The proof that the numbers are the contacts'. They are new to the school too."""
    decisions: list[Decision] = field(default_factory=list)
    """The decisions that the ledger records with them, in order."""
    _rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)
    _name_words: set[str] = field(default_factory=set)
    _known_words: set[str] = field(default_factory=set)
    _parents: set[int] = field(default_factory=set)

    def contact(
        self,
        first_name: str,
        last_name: str,
        role: ContactRole,
        email: str | None = None,
        grade: Grade | None = None,
        language: str | None = None,
    ) -> int:
        """A new contact; gives its id."""
        contact_id = new_contact_id()
        first_name, last_name = clean(first_name), clean(last_name)
        first_key, last_key = name_key(first_name), name_key(last_name)
        key = optional_key(email)
        self._add(
            Contact,
            id=contact_id,
            first_name=first_name,
            last_name=last_name,
            search_name=search_name(first_name, last_name),
            first_key=first_key,
            last_key=last_key,
            email=email,
            email_key=key,
            grade=grade,
            version=1,
            language=language,
            origin=self.origin,
            created_at=clock.now(),
        )
        self._add(ContactRoleAssignment, contact_id=contact_id, role=role)
        if role is ContactRole.PARENT:
            self._parents.add(contact_id)
        for word, of_name in words_to_find(first_name, last_name, key).items():
            self._add(ContactWord, word=word, contact_id=contact_id, of_name=of_name)
            if of_name:
                self._name_words.add(word)
        return contact_id

    def link(
        self, student_id: int, parent_id: int, position: int, relationship: Relationship | None
    ) -> None:
        self._add(
            ParentLink,
            student_id=student_id,
            parent_id=parent_id,
            position=position,
            relationship=relationship,
        )

    def phones(
        self,
        contact_id: int,
        phones: Sequence[PhoneValue],
        began: Mapping[str, int] | None = None,
        said: Mapping[str, Answer] | None = None,
        said_at: datetime | None = None,
    ) -> None:
        """The phones of a contact that was made here, all of them. By number: the place in its
        log, if it has one, and what the contact said about it."""
        now = clock.now()
        proven = None if self.proven_by is None else 0
        for phone in phones:
            self._add(
                Phone,
                contact_id=contact_id,
                slot=phone.slot,
                type=phone.type,
                number=phone.number,
                extension=phone.extension,
                of_parent=contact_id in self._parents,
            )
        for number in sorted({phone.number for phone in phones}):
            self._add(
                Holding,
                id=new_id(),
                contact_id=contact_id,
                number=number,
                since=now,
                began_seq=(began or {}).get(number, 0),
                proven_by=self.proven_by,
                proven_seq=proven,
                proven_at=now if self.proven_by else None,
                said=(said or {}).get(number),
                said_at=said_at if number in (said or {}) else None,
            )

    def enroll(self, student_id: int, term_id: int, *statuses: EnrollmentStatus) -> None:
        """The statuses that a student had in a term, the last one being the current one."""
        now = clock.now()
        for status in statuses:
            self._add(
                EnrollmentChange,
                id=new_id(),
                student_id=student_id,
                term_id=term_id,
                status=status,
                at=now,
                actor=self.actor,
            )
        self._add(
            Enrollment, student_id=student_id, term_id=term_id, status=statuses[-1], since=now
        )

    def flush(self) -> list[Result]:
        """Write all that was gathered; what the ledger said, by decision."""
        for model in _ORDER:
            insert_rows(model, *self._rows.pop(model, []))
        add_name_words(self.school_id, self._name_words - self._known_words)
        self._known_words |= self._name_words
        self._name_words.clear()
        decisions, self.decisions = self.decisions, []
        return decide_many(decisions)

    def _add(self, model: type[Base], **values: Any) -> None:
        self._rows.setdefault(model, []).append({"school_id": self.school_id, **values})
