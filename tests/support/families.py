"""Families for tests: made as staff would make them, without the pages."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from portal.consent import holdings, ledger
from portal.enums import (
    Answer,
    ContactRole,
    EnrollmentStatus,
    PauseReason,
    PhoneType,
    ProofKind,
    Relationship,
    Slot,
    Source,
)
from portal.extensions import db, writing
from portal.models import ContactRoleAssignment, Phone
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from portal.services.contacts.phones import PhoneValue, enter_phones, set_phones

CELL, HOME, WORK = PhoneType.CELL, PhoneType.HOME, PhoneType.WORK
_SLOTS = list(Slot)


def phone(number: str, kind: PhoneType = CELL, slot: int = 0, ext: str | None = None) -> PhoneValue:
    return PhoneValue(_SLOTS[slot], kind, number, ext)


def make_student(
    school: SchoolRow,
    name: str,
    grade: str | None = "3",
    status: EnrollmentStatus | None = EnrollmentStatus.ENROLLED,
    origin: str = "staff",
) -> int:
    """`name` is first and last name; the id is given."""
    first, _, last = name.partition(" ")
    with writing():
        student = contacts.create_contact(
            school.id, first, last, ContactRole.STUDENT, origin, grade=grade
        )
        if status is not None and school.default_term_id is not None:
            contacts.enroll(school.id, student.id, school.default_term_id, status, "Pat Fields")
        return student.id


def make_parent(
    school: SchoolRow,
    name: str,
    *children: int,
    email: str | None = None,
    phones: list[PhoneValue] | None = None,
    relationship: Relationship = Relationship.MOTHER,
    typed: bool = False,
    proof: ProofKind | None = ProofKind.STAFF_TYPED,
) -> int:
    """A parent at the first free position of each child; `typed`: the phones as staff type them,
    so that a Cell is opted in, but not welcomed; `proof`: how it was shown that the numbers are
    theirs."""
    first, _, last = name.partition(" ")
    with writing():
        parent = contacts.create_contact(
            school.id, first, last, ContactRole.PARENT, "staff", email=email
        )
        for child in children:
            position = contacts.free_position(school.id, child)
            assert position is not None
            contacts.link_parent(school.id, child, parent.id, position, relationship)
        if typed:
            quiet = replace(school, welcome_on=False)
            enter_phones(quiet, parent.id, phones or [], "account:1")
        else:
            set_phones(school.id, parent.id, phones or [])
        for number in sorted({value.number for value in phones or []}) if proof else ():
            assert proof is not None
            holdings.prove_number(ledger.lock_status(school.id, number), parent.id, proof)
        return parent.id


def wrongly_marked() -> list[str]:
    """Numbers of phones that are a parent's and not marked so, or marked so and none."""
    role = (
        select(ContactRoleAssignment.role)
        .where(
            ContactRoleAssignment.school_id == Phone.school_id,
            ContactRoleAssignment.contact_id == Phone.contact_id,
            ContactRoleAssignment.role == ContactRole.PARENT,
        )
        .exists()
    )
    return list(db.session.scalars(select(Phone.number).where(Phone.of_parent != role)))


def say(
    school: SchoolRow,
    number: str,
    source: Source,
    answer: Answer,
    contact_id: int | None = None,
    happened_at: datetime | None = None,
) -> ledger.Result:
    """Take an answer about a number to the ledger."""
    with writing():
        return ledger.decide(
            ledger.Decision(
                school_id=school.id,
                number=number,
                source=source,
                answer=answer,
                actor=f"contact:{contact_id}" if contact_id else "visitor",
                texting_number=school.texting_number,
                answerer_id=contact_id,
                happened_at=happened_at,
            )
        )


def pause(
    school: SchoolRow,
    number: str,
    reason: PauseReason = PauseReason.ASKED_TO_STOP,
    source: Source = Source.STAFF_PAUSE,
) -> ledger.Result:
    """The school decides not to text the number."""
    actor = "account:1" if source is Source.STAFF_PAUSE else "handset"
    with writing():
        return ledger.decide(
            ledger.Decision(
                school_id=school.id,
                number=number,
                source=source,
                answer=None,
                actor=actor,
                texting_number=school.texting_number or "",
                pause=reason,
            )
        )


def stop(school: SchoolRow, number: str, happened_at: datetime | None = None) -> ledger.Result:
    """A STOP comes in from the number. `happened_at`: if it comes late."""
    return say(school, number, Source.TEXT_REPLY, Answer.NO, happened_at=happened_at)
