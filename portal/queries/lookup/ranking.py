"""The best families for the terms of a look-up: found by the rarest term, seen to by the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    and_,
    case,
    func,
    intersect,
    literal,
    or_,
    select,
    true,
    union,
    union_all,
)

from portal.enums import ContactRole
from portal.extensions import fetch
from portal.models import Contact, ContactRoleAssignment, ParentLink
from portal.queries.lookup.matching import (
    MISS,
    all_hits,
    hits,
    how_many,
    matches,
    number_ways,
    rank_of,
    ranked_hits,
    there,
    ways_of,
)
from portal.queries.lookup.parameters import SCHOOL, TermShape, shapes, values
from portal.queries.lookup.terms import Term, Word

ALONE = 400
"""The most contacts that one term finds by itself. A longer list needs more terms."""
MOST_ALONE = 20_000
"""The most contacts of the rarest term that are checked for the other terms."""
MANY = 6000
"""The most of them whose families are checked, if too few people match all terms."""
FEW = 300
"""Up to this many contacts are checked one by one. For more, all matches are found first."""
TOGETHER = 60
"""The most matches of several terms, or of a guess, that are ranked."""
MOST_KEPT = 256
"""Statements, one for each shape of what is typed."""
ONCE = "MATERIALIZED"
"""Written before a part of the query that is used more than once, so it is still computed once."""


@dataclass(frozen=True, slots=True)
class Survey:
    terms: tuple[Term, ...]
    """The rarest first."""
    inside: bool
    """True if it may help to look for them inside of words too."""
    few: bool
    """True if the rarest term has few."""


def survey(school_id: int, terms: Sequence[Term]) -> Survey:
    """Count how common the terms are, if there are several."""
    if len(terms) == 1:
        return Survey(tuple(terms), shapes(terms)[0].has_parts, few=True)
    begun, inside = _counts(school_id, terms)
    both = [sum(pair) for pair in zip(begun, inside, strict=True)]
    ordered = sorted(zip(both, range(len(terms)), terms, strict=True))
    # Of a word that many start with nobody means the middle of another.
    helps = any(more and few <= FEW for few, more in zip(begun, inside, strict=True))
    return Survey(tuple(term for _, _, term in ordered), helps, ordered[0][0] <= FEW)


def unsurveyed(terms: Sequence[Term]) -> Survey:
    """The same by the look of them, for trying a guess: a number is rarer than a word, a long word
    than a short one."""
    ordered = sorted(terms, key=lambda term: (isinstance(term, Word), -len(term.text)))
    return Survey(tuple(ordered), inside=False, few=len(terms) == 1)


def common_ones(school_id: int, terms: Sequence[Term]) -> set[Term]:
    """The terms that are as they should be: so many have a word that starts like them."""
    begun, _inside = _counts(school_id, terms)
    return {term for term, count in zip(terms, begun, strict=True) if count > FEW}


def _counts(school_id: int, terms: Sequence[Term]) -> tuple[Sequence[int], Sequence[int]]:
    """About how many match each term, and how many more inside of words."""
    bound = values(school_id, terms)
    found = fetch(_counting(shapes(terms)), bound).one()
    return found[::2], found[1::2]


@lru_cache(MOST_KEPT)
def _counting(asked: tuple[TermShape, ...]) -> Select[*tuple[Any, ...]]:
    counts = [how_many(one, MANY) for one in asked]
    return select(*(count for both in counts for count in both))


def best_units(
    asked: Sequence[TermShape], parts: bool, few: bool, most: int, apart_too: bool = True
) -> Subquery:
    """The best units (students, and contacts who are no student's parent) in which every term is
    found: `unit_id`, `apart`, `score`.

    `asked`: the rarest first; `few`: whether that has few. `apart_too`: also where no one person
    matches them all, but the family does."""
    first, others = asked[0], asked[1:]
    if not others:
        return _best(_lone_units(first, parts, ALONE if apart_too else TOGETHER, most), most)
    driver = hits(first, parts, MOST_ALONE).cte("driver").prefix_with(ONCE)
    beside = [_Beside(one, parts, one_by_one=few) for one in others]
    units = _units(driver, beside, most if apart_too else 0).cte("unit").prefix_with(ONCE)
    members = _members(units).cte("member")
    ranks = [rank_of(one, members.c.contact_id, parts) for one in asked]
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
    )
    return _best(found, most)


def _best(units: Select[Any], most: int) -> Subquery:
    found = units.subquery("found")
    return (
        select(found.c.unit_id, found.c.apart, found.c.score)
        .join(Contact, and_(Contact.school_id == SCHOOL, Contact.id == found.c.unit_id))
        .order_by(
            found.c.apart, found.c.score, Contact.last_name, Contact.first_name, found.c.unit_id
        )
        .limit(most)
        .subquery("units")
    )


def _lone_units(asked: TermShape, parts: bool, alone: int, most: int) -> Select[Any]:
    """The units of a single term, with the best rank of those in it who were found. Numbers that
    the digits are inside of are looked for only where too few end with them."""
    best, rest = number_ways(asked) if asked.is_number else (ways_of(asked, parts), [])
    if not best:  # more digits than any end has that is looked for
        best, rest = rest, []
    ranked = _ranked_units(ranked_hits(best, alone).cte("driver").prefix_with(ONCE))
    if rest:
        first = ranked.cte("first").prefix_with(ONCE)
        units = select(func.count(first.c.unit_id.distinct())).scalar_subquery()
        more = ranked_hits([way.where(units < most) for way in rest], alone)
        others = _ranked_units(more.cte("inside").prefix_with(ONCE)).subquery("others")
        ranked = union_all(select(first), select(others))
    found = ranked.subquery("ranked")
    score = func.min(found.c.rank).label("score")
    return select(found.c.unit_id, literal(0).label("apart"), score).group_by(found.c.unit_id)


def _ranked_units(driver: Any) -> CompoundSelect[Any]:
    """As `_units_of`, with the rank of the one who was found; each unit once or more."""
    contact_id = driver.c.contact_id
    # To the left: of another join SQLite would read all links first, to make a Bloom filter.
    link = and_(ParentLink.school_id == SCHOOL, ParentLink.parent_id == contact_id)
    unit_id = func.coalesce(ParentLink.student_id, contact_id).label("unit_id")
    through_children = select(unit_id, driver.c.rank).join_from(
        driver, ParentLink, link, isouter=True
    )
    return union_all(
        through_children, select(contact_id, driver.c.rank).where(_is_student(contact_id))
    )


@dataclass(frozen=True, slots=True)
class _Beside:
    """A term to find beside the rarest one."""

    asked: TermShape
    parts: bool
    one_by_one: bool

    def of(self, contact_id: Any, whole: bool = False) -> ColumnElement[bool]:
        """True if a contact matches it; `whole`: with a whole word, if it is one. For many
        contacts, it is faster to find all matches first, except for a single letter, which half of
        the school has."""
        if self.one_by_one or (self.asked.letters == 1 and not whole):
            return matches(self.asked, contact_id, self.parts, whole)
        found: ColumnElement[bool] = contact_id.in_(all_hits(self.asked, self.parts, whole))
        # As a value: PostgreSQL would join a bare IN, row by row where it expects few rows.
        return found.is_(true())


def _units(driver: Any, beside: Sequence[_Beside], most: int) -> Any:
    """The units of the driver in which the other terms are found too: first on the same person;
    where those are less than `most`, then on anyone of the family. Only these few are ranked."""
    if not beside:
        return _units_of(driver)
    # The driver has whole words first; those who have the other words whole are not to be crowded
    # out by those who only start so.
    ways = [
        select(driver.c.contact_id)
        .where(*(term.of(driver.c.contact_id, whole) for term in beside))
        .limit(TOGETHER)
        .subquery()
        for whole in (True, False)
    ]
    same = union(*(select(way.c.contact_id) for way in ways)).cte("same").prefix_with(ONCE)
    theirs = _units_of(same).cte("theirs").prefix_with(ONCE)
    if not most:
        return select(theirs.c.unit_id)
    too_few = select(func.count()).select_from(theirs).scalar_subquery() < most
    rest = select(driver.c.contact_id).where(too_few).limit(MANY).cte("rest").prefix_with(ONCE)
    family = _units_of(rest).cte("family").prefix_with(ONCE)
    near = _members(family).cte("near").prefix_with(ONCE)
    around = [select(near.c.unit_id).where(term.of(near.c.contact_id)) for term in beside]
    in_all = intersect(*around).subquery("in_all") if len(around) > 1 else around[0].subquery()
    apart = select(in_all.c.unit_id).distinct().limit(TOGETHER).subquery("apart")
    return select(theirs.c.unit_id).union(select(apart.c.unit_id))


def _units_of(driver: Any) -> Any:
    """A student is a unit; a parent stands for the children, and by themselves without any."""
    contact_id = driver.c.contact_id
    has_child = there(ParentLink.school_id == SCHOOL, ParentLink.parent_id == contact_id)
    own = select(contact_id.label("unit_id")).where(or_(~has_child, _is_student(contact_id)))
    # No join: SQLite would read all links first, to make a Bloom filter of them.
    through_children = select(ParentLink.student_id).where(
        ParentLink.school_id == SCHOOL,
        ParentLink.parent_id.in_(select(driver.c.contact_id)),
    )
    return own.union(through_children)


def _is_student(contact_id: Any) -> ColumnElement[bool]:
    return there(
        ContactRoleAssignment.school_id == SCHOOL,
        ContactRoleAssignment.contact_id == contact_id,
        ContactRoleAssignment.role == ContactRole.STUDENT,
    )


def _members(units: Any) -> Any:
    """Return the unit itself and, for a student, the parents."""
    itself = select(units.c.unit_id, units.c.unit_id.label("contact_id"))
    parents = select(units.c.unit_id, ParentLink.parent_id).join(
        ParentLink,
        and_(ParentLink.school_id == SCHOOL, ParentLink.student_id == units.c.unit_id),
    )
    return union_all(itself, parents)
