"""The best families for the terms of a look-up: found by the rarest term, seen to by the others."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, or_, select, union_all

from portal.enums import ContactRole
from portal.extensions import db
from portal.models import Contact, ContactRoleRow, ParentLink
from portal.queries.lookup_hits import MISS, has_parts, hits, how_many, matches, rank_of
from portal.queries.lookup_terms import Term

ALONE = 400
"""Contacts that one term by itself is content with: who has more has to say more."""
MANY = 6000
"""Contacts that a term among several is content with: the others have to be found beside them."""


TOGETHER = 60
"""Of those in whom all of several terms are found, so many are ranked."""
ONCE = "MATERIALIZED"
"""Before a part of the query that is referred to more than once: worked out once all the same."""


def survey(school_id: int, terms: Sequence[Term]) -> tuple[list[Term], bool]:
    """The terms, the rarest first, and whether it may help to look for them inside of words too."""
    if len(terms) == 1:
        return list(terms), has_parts(terms[0])
    counts = [how_many(school_id, term, MANY) for term in terms]
    found = db.session.execute(select(*(count for both in counts for count in both))).one()
    begun, inside = found[::2], found[1::2]
    both = [sum(pair) for pair in zip(begun, inside, strict=True)]
    ordered = sorted(zip(both, range(len(terms)), terms, strict=True))
    return [term for _, _, term in ordered], any(inside)


def best_units(
    school_id: int, terms: Sequence[Term], parts: bool, most: int, apart_too: bool = True
) -> Subquery:
    """The best units (students, and contacts who are no student's parent) in which every term is
    found: `unit_id`, `apart`, `score`. The rarest term comes first.

    `apart_too`: also where no one person matches them all, but the family does."""
    first, others = terms[0], terms[1:]
    driver = (
        hits(school_id, first, parts, MANY if others else ALONE).cte("driver").prefix_with(ONCE)
    )
    units = _units(school_id, driver, others, parts, apart_too).cte("unit").prefix_with(ONCE)
    members = _members(school_id, units).cte("member")
    ranks = [rank_of(school_id, term, members.c.contact_id, parts) for term in (first, *others)]
    labelled = (rank.label(f"r{n}") for n, rank in enumerate(ranks))
    ranked = select(members.c.unit_id, *labelled).cte("ranked").prefix_with(ONCE)
    columns = [ranked.c[f"r{n}"] for n in range(len(ranks))]
    on_one_person = func.min(sum(columns[1:], columns[0]))
    mins = [func.min(column) for column in columns]
    apart = case((on_one_person < MISS, 0), else_=1).label("apart")
    score = sum(mins[1:], mins[0]).label("score")
    found = (
        select(ranked.c.unit_id, apart, score)
        .group_by(ranked.c.unit_id)
        .having(and_(*(least < MISS for least in mins)))
        .subquery("found")
    )
    return (
        select(found.c.unit_id, found.c.apart, found.c.score)
        .join(Contact, and_(Contact.school_id == school_id, Contact.id == found.c.unit_id))
        .order_by(
            found.c.apart, found.c.score, Contact.last_name, Contact.first_name, found.c.unit_id
        )
        .limit(most)
        .subquery("units")
    )


def _units(
    school_id: int, driver: Any, others: Sequence[Term], parts: bool, apart_too: bool
) -> Any:
    """The units of the driver in which the other terms are found too: first on the same person,
    then on anyone of the family. Only these few are ranked."""
    if not others:
        return _units_of(school_id, driver)
    on_them = (matches(school_id, term, driver.c.contact_id, parts) for term in others)
    same = select(driver.c.contact_id).where(*on_them).limit(TOGETHER).cte("same")
    if not apart_too:
        return _units_of(school_id, same)
    family = _units_of(school_id, driver).subquery("family")
    around = (_anyone(school_id, term, family.c.unit_id, parts) for term in others)
    apart = select(family.c.unit_id).where(*around).limit(TOGETHER).subquery("around")
    theirs = _units_of(school_id, same).subquery("theirs")
    return select(theirs.c.unit_id).union(select(apart.c.unit_id))


def _anyone(school_id: int, term: Term, unit_id: Any, parts: bool) -> ColumnElement[bool]:
    """Whether the unit itself or one of the parents matches."""
    parent = exists().where(
        ParentLink.school_id == school_id,
        ParentLink.student_id == unit_id,
        matches(school_id, term, ParentLink.parent_id, parts),
    )
    return or_(matches(school_id, term, unit_id, parts), parent)


def _units_of(school_id: int, driver: Any) -> Any:
    """A student is a unit; a parent stands for the children, and by themselves without any."""
    link = and_(ParentLink.school_id == school_id, ParentLink.parent_id == driver.c.contact_id)
    is_student = exists().where(
        ContactRoleRow.school_id == school_id,
        ContactRoleRow.contact_id == driver.c.contact_id,
        ContactRoleRow.role == ContactRole.STUDENT,
    )
    own = select(driver.c.contact_id.label("unit_id")).where(or_(~exists().where(link), is_student))
    # No join: SQLite would read all links first, to make a Bloom filter of them.
    through_children = select(ParentLink.student_id).where(
        ParentLink.school_id == school_id,
        ParentLink.parent_id.in_(select(driver.c.contact_id)),
    )
    return own.union(through_children)


def _members(school_id: int, units: Any) -> Any:
    """The unit itself and, of a student, the parents."""
    itself = select(units.c.unit_id, units.c.unit_id.label("contact_id"))
    parents = select(units.c.unit_id, ParentLink.parent_id).join(
        ParentLink,
        and_(ParentLink.school_id == school_id, ParentLink.student_id == units.c.unit_id),
    )
    return union_all(itself, parents)
