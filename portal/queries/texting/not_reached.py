"""Families that no text of a batch reached: the child, and every phone of every parent.

A child is reached if a text to one of the parents was sent or delivered. While one still waits, the
child is not listed yet. An unconfirmed text reached nobody for sure, so the child is listed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, Select, exists, func, select, union

from portal.consent import restrictions
from portal.enums import MessageState, PhoneType
from portal.extensions import db, in_chunks
from portal.labels import RELATIONSHIP_WORDS, english, reason_of
from portal.models import BatchStudent, Contact, Message, MessageContact, ParentLink, same_school
from portal.queries.records.phones import PhoneRow, phones_of_ids
from portal.queries.schools import SchoolRow

PAGE = 100
CHUNK = 500
MAY_STILL_ARRIVE = (
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.QUEUED,
    MessageState.SENDING,
)
NO_PARENT, NO_PHONE = "No parent on file", "No phone number on file"
NOT_TEXTED, NO_TEXTS = "Not in this text", "Only cell phones get texts"
_RELATIONSHIPS = english(RELATIONSHIP_WORDS)

_IN_TEXT = same_school(Message, MessageContact, Message.id == MessageContact.message_id)

Why = dict[tuple[int, str | None], str]
"""The reason by parent and number; None for a parent with no cell phone."""


@dataclass(frozen=True, slots=True)
class UnreachedPhone:
    phone: PhoneRow
    why: str


@dataclass(frozen=True, slots=True)
class UnreachedParent:
    contact_id: int
    name: str
    relationship: str
    email: str
    phones: list[UnreachedPhone]


@dataclass(frozen=True, slots=True)
class UnreachedFamily:
    contact_id: int
    """The child, or a parent of no child on file."""
    name: str
    grade: str | None
    parents: list[UnreachedParent]

    @property
    def why(self) -> str:
        """The reason, where no phone has one."""
        if not self.parents:
            return NO_PARENT
        return "" if any(parent.phones for parent in self.parents) else NO_PHONE


def count_not_reached(school_id: int, batch_id: int) -> int:
    """Count the families. Two statements."""
    return db.session.scalar(select(func.count()).select_from(_unreached(school_id, batch_id))) or 0


def not_reached(
    school: SchoolRow, batch_id: int, offset: int = 0, limit: int | None = None
) -> list[UnreachedFamily]:
    """The families by the child's last name. Five statements for up to CHUNK of them."""
    return [
        family for some in not_reached_chunks(school, batch_id, offset, limit) for family in some
    ]


def not_reached_chunks(
    school: SchoolRow, batch_id: int, offset: int = 0, limit: int | None = None
) -> Iterator[list[UnreachedFamily]]:
    """The same, as many at a time as an export writes."""
    unreached = _unreached(school.id, batch_id)
    children = db.session.execute(
        select(Contact.id, Contact.full_name, Contact.grade)
        .where(Contact.school_id == school.id, Contact.id.in_(select(unreached.c.contact_id)))
        .order_by(Contact.last_key, Contact.first_key, Contact.id)
        .offset(offset)
        .limit(limit)
    ).all()
    for start in range(0, len(children), CHUNK):
        yield _families(school, batch_id, children[start : start + CHUNK])


def unreached_parents(school_id: int, batch_id: int) -> list[int]:
    """The ids of the families' parents."""
    unreached = _unreached(school_id, batch_id)
    ids = [row.contact_id for row in db.session.execute(select(unreached.c.contact_id))]
    found: set[int] = set()
    for some in in_chunks(ids):
        parents = {row.parent_id for row in db.session.execute(_links(school_id, some))}
        found |= parents | _without_child(school_id, some)
    return sorted(found)


def _unreached(school_id: int, batch_id: int) -> Any:
    """A table of the contacts that each stand for a family: children, and parents of no child."""
    kept = BatchStudent.school_id == school_id, BatchStudent.batch_id == batch_id
    texted = _texted(school_id, batch_id).subquery()
    link = _sees_child(school_id)
    if db.session.scalar(select(exists().where(*kept))):
        students = select(BatchStudent.student_id.label("contact_id")).where(*kept)
    else:  # a batch of an earlier version
        students = select(ParentLink.student_id).where(
            *link, ParentLink.parent_id.in_(select(texted.c.contact_id))
        )
    childless = select(texted.c.contact_id).where(
        ~exists().where(
            ParentLink.school_id == school_id, ParentLink.parent_id == texted.c.contact_id
        )
    )
    reached = _texted(school_id, batch_id).where(Message.state.in_(MAY_STILL_ARRIVE)).subquery()
    of_reached = select(ParentLink.student_id).where(
        *link, ParentLink.parent_id.in_(select(reached.c.contact_id))
    )
    about = union(students, childless).subquery()
    contact_id = about.c[0]
    return (
        select(contact_id.label("contact_id"))
        .where(
            contact_id.not_in(select(reached.c.contact_id)),
            contact_id.not_in(of_reached),
        )
        .subquery()
    )


def _texted(school_id: int, batch_id: int) -> Select[Any]:
    """The contacts that the batch's texts were for."""
    return (
        select(MessageContact.contact_id)
        .join(
            Message, same_school(Message, MessageContact, Message.id == MessageContact.message_id)
        )
        .where(Message.school_id == school_id, Message.batch_id == batch_id)
    )


def _sees_child(school_id: int) -> tuple[Any, ...]:
    """The links of parents and children that "not reached" goes by: it reaches no child through a
    parent who may not see that child, and shows none of that parent's phones."""
    return ParentLink.school_id == school_id, ~restrictions.hides(ParentLink)


def _links(school_id: int, students: Sequence[int]) -> Executable:
    return (
        select(
            ParentLink.student_id,
            ParentLink.parent_id,
            ParentLink.relationship,
            Contact.full_name,
            Contact.email,
        )
        .join(Contact, same_school(Contact, ParentLink, Contact.id == ParentLink.parent_id))
        .where(*_sees_child(school_id), ParentLink.student_id.in_(students))
        .order_by(ParentLink.student_id, ParentLink.position)
    )


def _without_child(school_id: int, ids: Sequence[int]) -> set[int]:
    """Those of the contacts that are texted themselves: parents of no child on file."""
    parents = select(MessageContact.contact_id).where(
        MessageContact.school_id == school_id, MessageContact.contact_id.in_(ids)
    )
    return set(db.session.scalars(parents.distinct()))


def _families(school: SchoolRow, batch_id: int, children: Sequence[Any]) -> list[UnreachedFamily]:
    """Look up the parents, their phones, and what became of each text. Three statements."""
    ids = [child.id for child in children]
    links: dict[int, list[Any]] = {}
    for row in db.session.execute(_links(school.id, ids)):
        links.setdefault(row.student_id, []).append(row)
    parent_ids = {row.parent_id for rows in links.values() for row in rows}
    people = sorted({*parent_ids, *(id_ for id_ in ids if id_ not in links)})
    phones: dict[int, list[PhoneRow]] = {}
    why: Why = {}
    for some in in_chunks(people):
        phones |= phones_of_ids(school, some)
        why |= _reasons(school.id, batch_id, some)
    families = []
    for child in children:
        parents = [
            UnreachedParent(
                contact_id=row.parent_id,
                name=row.full_name,
                relationship=_RELATIONSHIPS.get(row.relationship or "", ""),
                email=row.email or "",
                phones=_with_why(row.parent_id, phones, why),
            )
            for row in links.get(child.id, ())
        ]
        texted = any(of == child.id for of, _ in why) if not parents else False
        if texted:  # a parent of no child
            own = _with_why(child.id, phones, why)
            parents = [UnreachedParent(child.id, child.full_name, "", "", own)]
        families.append(UnreachedFamily(child.id, child.full_name, child.grade, parents))
    return families


def _with_why(contact_id: int, phones: dict[int, list[PhoneRow]], why: Why) -> list[UnreachedPhone]:
    return [
        UnreachedPhone(
            phone,
            why.get((contact_id, phone.number), NOT_TEXTED)
            if phone.type is PhoneType.CELL
            else NO_TEXTS,
        )
        for phone in phones.get(contact_id, ())
    ]


def _reasons(school_id: int, batch_id: int, contact_ids: Sequence[int]) -> Why:
    """The reasons why the batch's texts did not reach these parents, in words."""
    rows = db.session.execute(
        select(
            MessageContact.contact_id,
            Message.number,
            Message.state,
            Message.reason,
            Message.error_code,
        )
        .join(
            Message, same_school(Message, MessageContact, Message.id == MessageContact.message_id)
        )
        .where(
            MessageContact.school_id == school_id,
            MessageContact.contact_id.in_(contact_ids),
            Message.batch_id == batch_id,
        )
    )
    found: Why = {}
    for contact_id, number, state, reason, error_code in rows:
        words = reason_of(state, reason, error_code)
        found[contact_id, number] = words.why if words else ""
    return found
