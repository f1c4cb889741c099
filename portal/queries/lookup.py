"""The look-up: families by name, email or any part of a number, best first, in two queries."""

import re
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    Subquery,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from portal.enums import ContactRole, EnrollmentStatus, Relationship
from portal.extensions import db
from portal.models import Contact, ContactRoleRow, Enrollment, ParentLink, Phone
from portal.queries.lookup_terms import SHORT, Digits, Term, terms_of
from portal.queries.phones import PhoneRow, phones_of_ids
from portal.queries.schools import SchoolRow

MOST = 20
_MISS = 100
"""The rank of a term that a contact does not match; the ranks of those that do are far below."""


@dataclass(frozen=True, slots=True)
class FoundParent:
    id: int
    name: str
    email: str | None
    position: int
    relationship: Relationship
    phones: list[PhoneRow]


@dataclass(frozen=True, slots=True)
class Found:
    """A student with the parents, or a contact who is no student's parent."""

    id: int
    name: str
    email: str | None
    is_student: bool
    grade: str | None
    enrollment: EnrollmentStatus | None
    """In the school's default term."""
    phones: list[PhoneRow]
    parents: list[FoundParent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LookUp:
    found: list[Found]
    more: bool
    """Whether there are more than are given."""


def look_up(school: SchoolRow, typed: str) -> LookUp:
    """The families that every term of what was typed is found in: any one on any of its members.

    First those where one person matches all of it; whole words before beginnings before parts.
    """
    terms = terms_of(typed, school.country)
    if not terms:
        return LookUp([], more=False)
    units = _best_units(school.id, _members(school.id, terms), len(terms))
    rows = db.session.execute(_families(school, units)).all()
    people = {row.id for row in rows} | {row.parent_id for row in rows if row.parent_id}
    phones = phones_of_ids(school, people)
    found = [_found(list(family), phones) for _, family in groupby(rows, key=lambda row: row.id)]
    return LookUp(found[:MOST], more=len(found) > MOST)


def matches(school_id: int, term: Term) -> ColumnElement[bool]:
    """Whether a contact matches the term. Cheap, as it is asked of every contact of a school."""
    if isinstance(term, Digits):
        return Contact.id.in_(
            select(Phone.contact_id).where(Phone.school_id == school_id, _number_matches(term))
        )
    email = _like(Contact.email_key, term.text, before="%")
    if term.is_email:
        return email
    if len(term.text) < SHORT:
        beginning = _like(Contact.email_key, term.text)
        return or_(_like(Contact.search_name, f" {term.text}", before="%"), beginning)
    return or_(_like(Contact.search_name, term.text, before="%"), email)


def _like(
    column: SQLColumnExpression[Any], text: str, before: str = "", after: str = "%"
) -> ColumnElement[bool]:
    """LIKE, its pattern made here: an escape is only asked for where it is needed, as SQLite is
    far slower with one."""
    escaped = re.sub(r"([%_\\])", r"\\\1", text)
    escape = "\\" if escaped != text else None
    return column.like(f"{before}{escaped}{after}", escape=escape)


def _number_matches(term: Digits) -> ColumnElement[bool]:
    if term.exact:
        return Phone.number == term.exact
    return or_(
        Phone.number.like(f"%{term.text}%"), *(Phone.number.like(start) for start in term.starts)
    )


def _members(school_id: int, terms: list[Term]) -> Subquery:
    """Every contact that matches any term, with a rank for each term: r0, r1..."""
    hits = (
        select(
            Contact.id.label("contact_id"),
            *(_rank(school_id, term).label(f"r{n}") for n, term in enumerate(terms)),
        )
        .where(Contact.school_id == school_id, or_(*(matches(school_id, t) for t in terms)))
        .cte("hits")
    )
    link = (ParentLink.school_id == school_id) & (ParentLink.parent_id == hits.c.contact_id)
    own = select(hits, hits.c.contact_id.label("unit_id")).where(
        or_(~exists().where(link), _has_role(school_id, hits.c.contact_id, ContactRole.STUDENT))
    )
    through_children = select(hits, ParentLink.student_id).join(ParentLink, link)
    return union_all(own, through_children).subquery("members")


def _has_role(
    school_id: int, contact_id: SQLColumnExpression[int], role: ContactRole
) -> ColumnElement[bool]:
    return exists().where(
        ContactRoleRow.school_id == school_id,
        ContactRoleRow.contact_id == contact_id,
        ContactRoleRow.role == role,
    )


def _rank(school_id: int, term: Term) -> ColumnElement[int]:
    """How well a contact matches: less is better, _MISS is not at all."""
    if isinstance(term, Digits):
        return _digits_rank(school_id, term)
    email, name, text = Contact.email_key, Contact.search_name, term.text
    if term.is_email:
        ranks = [(email == text, 0), (_like(email, text), 1)]
    else:
        ranks = [
            (_like(name + " ", f" {text} ", before="%"), 0),
            (_like(name, f" {text}", before="%"), 1),
            (_like(email, text), 2),
        ]
    return case(*ranks, (matches(school_id, term), 3), else_=_MISS)


def _digits_rank(school_id: int, term: Digits) -> ColumnElement[int]:
    """The end of a number is what people say of it."""
    ends = or_(
        _like(Phone.number, term.text, before="%", after=""),
        *(Phone.number.like(start) for start in term.starts),
    )
    best = (
        select(func.min(case((ends, 1), else_=3)))
        .where(
            Phone.school_id == school_id,
            Phone.contact_id == Contact.id,
            _number_matches(term),
        )
        .scalar_subquery()
    )
    return func.coalesce(best, _MISS)


def _best_units(school_id: int, members: Subquery, terms: int) -> Subquery:
    """The best units that match every term, one more than are shown."""
    ranks = [members.c[f"r{n}"] for n in range(terms)]
    on_one_person = func.min(sum(ranks[1:], ranks[0]))
    mins = [func.min(rank) for rank in ranks]
    apart = case((on_one_person < _MISS, 0), else_=1).label("apart")
    score = sum(mins[1:], mins[0]).label("score")
    return (
        select(members.c.unit_id, apart, score)
        .join(Contact, (Contact.school_id == school_id) & (Contact.id == members.c.unit_id))
        .group_by(members.c.unit_id, Contact.last_name, Contact.first_name)
        .having(and_(*(least < _MISS for least in mins)))
        .order_by(apart, score, Contact.last_name, Contact.first_name, members.c.unit_id)
        .limit(MOST + 1)
        .subquery("units")
    )


def _families(school: SchoolRow, units: Subquery) -> Select[*tuple[Any, ...]]:
    """A row for each parent of each unit, or one where it has none, in the order of the units."""
    parent = aliased(Contact, name="parent")
    return (
        select(
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Contact.grade,
            _has_role(school.id, Contact.id, ContactRole.STUDENT).label("is_student"),
            Enrollment.status,
            ParentLink.position,
            ParentLink.relationship,
            parent.id.label("parent_id"),
            parent.first_name.label("parent_first_name"),
            parent.last_name.label("parent_last_name"),
            parent.email.label("parent_email"),
        )
        .join(units, units.c.unit_id == Contact.id)
        .outerjoin(
            ParentLink,
            (ParentLink.school_id == school.id) & (ParentLink.student_id == Contact.id),
        )
        .outerjoin(parent, (parent.school_id == school.id) & (parent.id == ParentLink.parent_id))
        .outerjoin(
            Enrollment,
            (Enrollment.school_id == school.id)
            & (Enrollment.student_id == Contact.id)
            & (Enrollment.term_id == school.default_term_id),
        )
        .where(Contact.school_id == school.id)
        .order_by(
            units.c.apart,
            units.c.score,
            Contact.last_name,
            Contact.first_name,
            Contact.id,
            ParentLink.position,
        )
    )


def _found(rows: list[Row[Any]], phones: dict[int, list[PhoneRow]]) -> Found:
    first = rows[0]
    return Found(
        id=first.id,
        name=f"{first.first_name} {first.last_name}",
        email=first.email,
        is_student=first.is_student,
        grade=first.grade,
        enrollment=EnrollmentStatus(first.status) if first.status else None,
        phones=phones.get(first.id, []),
        parents=[
            FoundParent(
                id=row.parent_id,
                name=f"{row.parent_first_name} {row.parent_last_name}",
                email=row.parent_email,
                position=row.position,
                relationship=Relationship(row.relationship),
                phones=phones.get(row.parent_id, []),
            )
            for row in rows
            if row.parent_id is not None
        ],
    )
