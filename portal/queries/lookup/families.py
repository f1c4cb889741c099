"""The look-up: families by name, email or any part of a number, best first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Row,
    Select,
    bindparam,
    case,
    exists,
    select,
)
from sqlalchemy.orm import aliased

from portal.enums import ContactRole, EnrollmentStatus, Relationship
from portal.extensions import fetch
from portal.models import Contact, ContactRoleAssignment, Enrollment, ParentLink
from portal.normalize import full_name
from portal.queries.lookup.joined_names import join_words
from portal.queries.lookup.parameters import SCHOOL, TermShape, shapes, values
from portal.queries.lookup.ranking import MOST_KEPT, best_units, survey, unsurveyed
from portal.queries.lookup.terms import Term, terms_of
from portal.queries.records.phones import PhoneRow, phones_of_ids
from portal.queries.schools import SchoolRow

MOST = 20
TERM: BindParameter[int] = bindparam("term_id", type_=BigInteger())


@dataclass(frozen=True, slots=True)
class FoundParent:
    id: int
    name: str
    email: str | None
    position: int
    relationship: Relationship | None
    phones: list[PhoneRow]


@dataclass(frozen=True, slots=True)
class LookupResult:
    """A student with the parents, or a contact who is no student's parent."""

    id: int
    name: str
    email: str | None
    role: ContactRole
    """The first that they have."""
    grade: str | None
    enrollment: EnrollmentStatus | None
    """In the school's default term."""
    phones: list[PhoneRow]
    parents: list[FoundParent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LookUp:
    found: list[LookupResult]
    more: bool
    """True if there are more than these."""


def look_up(school: SchoolRow, typed: str, quick: bool = False) -> LookUp:
    """The families that every term of what was typed is found in: any one on any of its members.

    First those where one person matches all of it; whole words before starts before parts.
    Parts of words are looked for only where whole words and starts find too few. Names in which two
    words are one come last. `quick`: only
    where one person matches all of it, and no parts: for trying a guess.
    """
    terms = terms_of(typed, school.country)
    if not terms:
        return LookUp([], more=False)
    found = _look_up(school, terms, quick)
    closed = None if quick or found.more else join_words(school.id, terms)
    if closed is None:
        return found
    known = {one.id for one in found.found}
    others = _look_up(school, closed, quick)
    both = found.found + [one for one in others.found if one.id not in known]
    return LookUp(both[:MOST], more=others.more or len(both) > MOST)


def _look_up(school: SchoolRow, terms: Sequence[Term], quick: bool) -> LookUp:
    rows: list[Row[Any]] = []
    units = 0
    surveyed = unsurveyed(terms) if quick else survey(school.id, terms)
    asked = shapes(surveyed.terms)
    bound = values(school.id, surveyed.terms) | {"term_id": school.default_term_id}
    for parts in (False, True) if surveyed.inside else (False,):
        statement = families_statement(asked, parts, surveyed.few, apart_too=not quick)
        rows = list(fetch(statement, bound))
        units = len({row.id for row in rows})
        if units > MOST:
            break
    people = {row.id for row in rows} | {row.parent_id for row in rows if row.parent_id}
    phones = phones_of_ids(school, people)
    found = [_found(list(family), phones) for _, family in groupby(rows, key=lambda row: row.id)]
    return LookUp(found[:MOST], more=units > MOST)


def _first_role() -> ColumnElement[str]:
    """Return the role that names a contact: a parent who works for the school is a parent."""
    first = (ContactRole.STUDENT, ContactRole.PARENT)
    return case(
        *((_has_role(role), role.value) for role in first), else_=ContactRole.CONSULTANT.value
    )


def _has_role(role: ContactRole) -> ColumnElement[bool]:
    return exists().where(
        ContactRoleAssignment.school_id == SCHOOL,
        ContactRoleAssignment.contact_id == Contact.id,
        ContactRoleAssignment.role == role,
    )


@lru_cache(MOST_KEPT)
def families_statement(
    asked: tuple[TermShape, ...], parts: bool, few: bool, apart_too: bool
) -> Select[*tuple[Any, ...]]:
    """A row for each parent of each unit, or one where it has none, in the order of the units."""
    units = best_units(asked, parts, few, MOST + 1, apart_too)
    parent = aliased(Contact, name="parent")
    return (
        select(
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Contact.grade,
            _first_role().label("role"),
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
            (ParentLink.school_id == SCHOOL) & (ParentLink.student_id == Contact.id),
        )
        .outerjoin(parent, (parent.school_id == SCHOOL) & (parent.id == ParentLink.parent_id))
        .outerjoin(
            Enrollment,
            (Enrollment.school_id == SCHOOL)
            & (Enrollment.student_id == Contact.id)
            & (Enrollment.term_id == TERM),
        )
        .where(Contact.school_id == SCHOOL)
        .order_by(
            units.c.apart,
            units.c.score,
            Contact.last_name,
            Contact.first_name,
            Contact.id,
            ParentLink.position,
        )
    )


def _found(rows: list[Row[Any]], phones: dict[int, list[PhoneRow]]) -> LookupResult:
    first = rows[0]
    return LookupResult(
        id=first.id,
        name=full_name(first.first_name, first.last_name),
        email=first.email,
        role=ContactRole(first.role),
        grade=first.grade,
        enrollment=EnrollmentStatus(first.status) if first.status else None,
        phones=phones.get(first.id, []),
        parents=[
            FoundParent(
                id=row.parent_id,
                name=full_name(row.parent_first_name, row.parent_last_name),
                email=row.parent_email,
                position=row.position,
                relationship=Relationship(row.relationship) if row.relationship else None,
                phones=phones.get(row.parent_id, []),
            )
            for row in rows
            if row.parent_id is not None
        ],
    )
