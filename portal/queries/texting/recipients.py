"""Recipients of a text: the parents, their cell phones, and the reasons why one can't be texted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.consent import gate, restrictions
from portal.enums import (
    ContactRole,
    MessageFault,
    MessageKind,
    MessageState,
    PauseReason,
    PhoneType,
)
from portal.extensions import db, in_chunks
from portal.labels import plural
from portal.models import (
    Contact,
    ContactRoleAssignment,
    Message,
    ParentLink,
    Phone,
    has_role,
    same_school,
)
from portal.phone import show_number
from portal.queries.records.pauses import pause_reasons
from portal.queries.schools import SchoolRow

POSITIONS = frozenset({1, 2, 3, 4})


@dataclass(frozen=True, slots=True)
class Recipient:
    """A parent and one of their cell phones."""

    contact_id: int
    name: str
    number: str | None
    """None: the parent has no cell phone."""
    shown: str | None
    fault: MessageFault | None
    """The reason why the gate would not let a text pass now. None if it would."""
    paused: PauseReason | None = None
    """The reason of a pause, if that is what keeps the text back."""


def recipients(
    school: SchoolRow, contact_ids: Iterable[int], positions: frozenset[int] = POSITIONS
) -> list[Recipient]:
    """A row for each parent and Cell, by name; each parent once.

    A student among the contacts stands for the parents at these positions, a parent for themselves.
    Ids of nobody at this school are passed over.
    """
    names: dict[int, str] = {}
    chosen_ids = set(contact_ids)
    for some in in_chunks(sorted(chosen_ids)):
        names |= _parents_of(school.id, some, positions) | _parents_among(school.id, some)
    cells: dict[int, list[str | None]] = {}
    for some in in_chunks(sorted(names)):
        for contact_id, number in _cells(school.id, some):
            cells.setdefault(contact_id, []).append(number)
    faults = gate.preview(school.id, {n for found in cells.values() for n in found if n})
    paused = pause_reasons(school.id, [n for n, f in faults.items() if f is MessageFault.PAUSED])
    off = restrictions.switched_off(school.id, names, chosen_ids, positions)
    no_cell: list[str | None] = [None]
    people = sorted(names.items(), key=lambda item: (item[1].casefold(), item[0]))
    return [
        Recipient(
            contact_id=contact_id,
            name=name,
            number=number,
            shown=show_number(number, school.country) if number else None,
            fault=MessageFault.SWITCHED_OFF
            if contact_id in off
            else faults[number]
            if number
            else MessageFault.NO_CELL,
            paused=paused.get(number or ""),
        )
        for contact_id, name in people
        for number in cells.get(contact_id, no_cell)
    ]


def parents_of(school_id: int, contact_ids: Iterable[int]) -> list[int]:
    """The parents among these contacts, and those of the students among them, by id."""
    found: set[int] = set()
    for some in in_chunks(sorted(set(contact_ids))):
        found |= {*_parents_of(school_id, some, POSITIONS), *_parents_among(school_id, some)}
    return sorted(found)


def parents_by_position(school_id: int, student_id: int) -> dict[int, str]:
    """The names of a student's parents, in the order of the record."""
    rows = db.session.execute(
        select(ParentLink.position, Contact.full_name)
        .join(Contact, same_school(Contact, ParentLink, Contact.id == ParentLink.parent_id))
        .where(ParentLink.school_id == school_id, ParentLink.student_id == student_id)
        .order_by(ParentLink.position)
    )
    return {row[0]: row[1] for row in rows}


def without_welcome(school_id: int, numbers: Iterable[str]) -> set[str]:
    """Those of the numbers that had no welcome yet, nor have one on its way."""
    wanted = sorted(set(numbers))
    had: set[str | None] = set()
    for some in in_chunks(wanted):
        welcome = select(Message.number).where(
            Message.school_id == school_id,
            Message.number.in_(some),
            Message.kind == MessageKind.WELCOME,
            Message.state != MessageState.FAILED,
        )
        had |= set(db.session.scalars(welcome))
    return set(wanted) - had


def _parents_of(school_id: int, ids: Sequence[int], positions: frozenset[int]) -> dict[int, str]:
    rows = db.session.execute(
        select(Contact.id, Contact.full_name)
        .join(ParentLink, same_school(ParentLink, Contact, ParentLink.parent_id == Contact.id))
        .where(
            Contact.school_id == school_id,
            ParentLink.student_id.in_(ids),
            ParentLink.position.in_(positions),
        )
    )
    return {row[0]: row[1] for row in rows}


def _parents_among(school_id: int, ids: Sequence[int]) -> dict[int, str]:
    rows = db.session.execute(
        select(Contact.id, Contact.full_name)
        .join(ContactRoleAssignment, has_role(Contact, Contact.id, ContactRole.PARENT))
        .where(Contact.school_id == school_id, Contact.id.in_(ids))
    )
    return {row[0]: row[1] for row in rows}


def _cells(school_id: int, ids: Sequence[int]) -> Iterable[tuple[int, str]]:
    """Each parent's cell phones, the same number once, in the order of the slots' names."""
    rows = db.session.execute(
        select(Phone.contact_id, Phone.number)
        .where(
            Phone.school_id == school_id,
            Phone.contact_id.in_(ids),
            Phone.type == PhoneType.CELL,
        )
        .distinct()
        .order_by(Phone.contact_id, Phone.number)
    )
    return ((row.contact_id, row.number) for row in rows)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The contacts that a text is meant for, as they were chosen."""

    ids: list[int]
    """Those that are at this school."""
    names: list[str]
    """Of the first few, by name."""
    students: int

    @property
    def one_student(self) -> bool:
        return len(self.ids) == self.students == 1

    @property
    def words(self) -> str:
        """`Mateo Ruiz's parents`, `Ana Ruiz`, `12 students and 3 parents`."""
        others = len(self.ids) - self.students
        if len(self.ids) == 1:
            return f"{self.names[0]}'s parents" if self.students else self.names[0]
        parts = []
        if self.students:
            parts.append(f"the parents of {plural(self.students, 'student')}")
        if others:
            parts.append(plural(others, "parent"))
        return " and ".join(parts) or "nobody"


def chosen(school_id: int, contact_ids: Iterable[int], first: int = 6) -> Chosen:
    """Return the chosen contacts. Ids that are not the school's are skipped."""
    found: dict[int, tuple[str, bool]] = {}
    for some in in_chunks(sorted(set(contact_ids))):
        rows = db.session.execute(
            select(Contact.id, Contact.full_name, ContactRoleAssignment.contact_id.is_not(None))
            .outerjoin(ContactRoleAssignment, has_role(Contact, Contact.id, ContactRole.STUDENT))
            .where(Contact.school_id == school_id, Contact.id.in_(some))
        )
        found |= {row[0]: (row[1], bool(row[2])) for row in rows}
    names = sorted((name for name, _ in found.values()), key=str.casefold)
    return Chosen(sorted(found), names[:first], sum(student for _, student in found.values()))
