"""The SQL of a search: its rows in order, a page of them by key, what each shows, and the count."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    and_,
    case,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from portal.enums import ContactRole
from portal.models import Contact, ContactRoleAssignment, ParentLink, same_school
from portal.models.columns import Moment
from portal.queries.compare import by_code_point
from portal.queries.schools import SchoolRow
from portal.queries.search.catalogue import BY_KEY
from portal.queries.search.conditions import meets
from portal.queries.search.fields import PARENTS, FieldOwner, Kind, MatchingIds, Operator
from portal.queries.search.joins import ConditionContext, Joined, JoinedPerson
from portal.queries.search.parse import Criterion, Search
from portal.queries.stacked import IDS

MOST_KEPT = 64
"""Statements, one for each choice of columns at a school."""
MOST_FENCED = 2**62
"""No bound at all, but a LIMIT."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_OF_FEW = {Operator.IS, Operator.CONTAINS, Operator.STARTS_WITH}
"""Operators that few people match, as a rule."""

Key = tuple[Any, ...]
"""The place of a row in the order: its sort values, then its id."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The row that a page starts after, or ends before."""

    key: Key
    backwards: bool = False


def join_person(joined: Joined, entity: str) -> JoinedPerson:
    """The person of a row that an entity names: `parent2` of a student, else the row's own."""
    if entity.startswith("parent") and entity[6:].isdigit():
        return joined.parent(int(entity[6:]))
    return joined.row


def counted(school: SchoolRow, search: Search, most: int | None = None) -> Select[Any]:
    """Select the number of rows, or `most` and one where they are more. From no more tables than
    are needed: the statuses alone, or the roles, or the contacts too."""
    alone = _alone(school, search)
    if alone is not None:
        found, once = alone
        [person_id] = found.selected_columns
        if most is not None:
            # Not the column itself: SQLite would go through all phones in its order.
            rows = found.with_only_columns(person_id + 0, maintain_column_froms=True)
            return _up_to(most, rows if once else rows.distinct())
        # PostgreSQL sorts what is counted like this, in a third less time than it takes to make a
        # set of it.
        how_many = func.count() if once else func.count(person_id.distinct())
        return found.with_only_columns(how_many, maintain_column_froms=True)
    role = aliased(ContactRoleAssignment, name="has_role")
    statement = select(func.count()).select_from(role)
    person: Any = _Known(role.contact_id)
    if any(c.field.finds is None and not c.of_parents for c in search.criteria):
        person = aliased(Contact, name="row")
        statement = statement.join(
            person, and_(person.school_id == school.id, person.id == role.contact_id)
        )
    conditions = _conditions(school, search, person)
    rows = statement.where(role.school_id == school.id, role.role == search.role, *conditions)
    return rows if most is None else _up_to(most, rows.with_only_columns(literal(1)))


def _up_to(most: int, rows: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(rows.limit(most + 1).subquery())


@dataclass(frozen=True, slots=True)
class _Known:
    """A person of whom nothing is asked but the id: a field's own `meets` takes no more."""

    id: SQLColumnExpression[int]


def _alone(school: SchoolRow, search: Search) -> tuple[Select[int], bool] | None:
    """Select the people for a single filter that only people of the role can match: a student's
    status or parents, a parent's answer. Also say if each comes only once."""
    if len(search.criteria) != 1:
        return None
    [criterion] = search.criteria
    if criterion.of_parents:
        return _children(school, criterion, ConditionContext(school, None)), False
    found = _of_role(school, search.role, criterion)
    if found is None:
        return None
    now = criterion.field.kind is Kind.STATUS and criterion.raw.operator is Operator.CURRENTLY
    return found.ids, now and criterion.typed.term_id is not None


def _of_role(school: SchoolRow, role: ContactRole, criterion: Criterion) -> MatchingIds | None:
    """The ids of those who match a filter, if it is one that only people of the role can match: a
    student's status, a parent's answer."""
    field = criterion.field
    of = {ContactRole.PARENT: PARENTS, ContactRole.STUDENT: {FieldOwner.STUDENT}}.get(
        role, frozenset()
    )
    if field.finds is None or criterion.of_parents or not field.of <= of:
        return None
    found = field.finds(school.id, criterion.raw.operator, criterion.typed)
    return None if found.others else found


def ordered(
    school: SchoolRow, search: Search, edge: Edge | None = None, many: bool = False
) -> Select[Any]:
    """The rows' ids in the search's order, each with its key: columns `id`, `k0`, `k1`...

    `many`: whether it has many rows, of which a page is wanted.
    """
    joined = Joined(school)
    keys = _keys(joined, search)
    tables = joined.tables
    statement = (
        select(joined.base.id, *(key.label(f"k{n}") for n, key in enumerate(keys)))
        .select_from(tables)
        .where(
            joined.base.school_id == school.id,
            *_conditions(school, search, joined.base, many, finds=not many),
        )
    )
    if not (many and any(_of_role(school, search.role, c) for c in search.criteria)):
        statement = statement.where(_has_role(school, joined.base.id, search.role))
    backwards = edge is not None and edge.backwards
    down = search.descending is not backwards
    if edge is not None:
        statement = statement.where(_after(keys, edge.key, down))
    if not many:
        # Behind a fence, so they are all found before they are sorted: a database that thinks
        # they are many walks through the whole school in its order instead.
        fenced = statement.limit(MOST_FENCED).subquery("fenced")
        keys = [fenced.c[f"k{n}"] for n in range(len(keys))]
        statement = select(fenced)
    return statement.order_by(*(key.desc() if down else key.asc() for key in keys))


def ids(school: SchoolRow, search: Search) -> Select[int]:
    """The ids of all rows, in the search's order."""
    rows = ordered(school, search)
    return rows.with_only_columns(rows.selected_columns.id)


@lru_cache(MOST_KEPT)
def shown(school: SchoolRow, keys: tuple[str, ...]) -> Select[Any]:
    """Select the values to show of IDS: column `id`, and for the nth of the columns `cN` and each
    part of it `cN_part`."""
    joined = Joined(school)
    wanted: list[ColumnElement[Any]] = [joined.base.id]
    for n, key in enumerate(keys):
        entity, _, field_key = key.partition(".")
        field = BY_KEY[field_key]
        joined_person = join_person(joined, entity)
        wanted.append(field.value(joined_person).label(f"c{n}"))
        for name, part in field.parts.items():
            wanted.append(part(joined_person).label(f"c{n}_{name}"))
    return (
        select(*wanted)
        .select_from(joined.tables)
        .where(joined.base.school_id == school.id, joined.base.id.in_(IDS))
    )


def key_types(school: SchoolRow, search: Search) -> list[type]:
    """Of what the values of a key are: `str`, `int` or `datetime`."""
    return [_type_of(key) for key in _keys(Joined(school), search)]


def _type_of(key: ColumnElement[Any]) -> type:
    if isinstance(key.type, Moment):
        return datetime
    return int if isinstance(key.type, Integer) else str


def _keys(joined: Joined, search: Search) -> list[ColumnElement[Any]]:
    """Return the values to sort by, never NULL, so two of them can be compared. Empty ones come
    last, up or down."""
    row = joined.base
    name = [row.last_key, row.first_key, row.id]
    sort = search.sort
    if sort.field.key == "name" and join_person(joined, sort.entity) is joined.row:
        return name
    value = sort.field.sorted_by(join_person(joined, sort.entity))
    first, last = (0, 1) if search.descending else (1, 0)
    return [case((value.is_(None), first), else_=last), _filled(value), *name]


def _filled(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Text in the order of its code points, the same on every database."""
    if isinstance(value.type, Moment):
        return func.coalesce(value, literal(EPOCH, Moment()), type_=Moment())
    if isinstance(value.type, Integer):
        return func.coalesce(value, 0)
    return by_code_point(func.coalesce(value, ""))


def _after(keys: list[ColumnElement[Any]], edge: Key, down: bool) -> ColumnElement[bool]:
    """Beyond the edge in the order: a comparison of rows, which an index over the keys serves."""
    here = tuple_(*keys)
    return here < tuple_(*edge) if down else here > tuple_(*edge)


def _conditions(
    school: SchoolRow, search: Search, person: Any, many: bool = False, finds: bool = False
) -> list[ColumnElement[bool]]:
    context = ConditionContext(school, person, many=many, role=search.role, finds=finds)
    return [_condition(school, criterion, context) for criterion in search.criteria]


def _condition(
    school: SchoolRow, criterion: Criterion, at: ConditionContext
) -> ColumnElement[bool]:
    """True if a row matches a filter: the row itself, or one of the student's parents."""
    field, operator = criterion.field, criterion.raw.operator
    if not criterion.of_parents:
        return meets(field, at, operator, criterion.typed)
    return at.among(_children(school, criterion, at))


def _children(school: SchoolRow, criterion: Criterion, at: ConditionContext) -> Select[int]:
    """Students one of whose parents meets the criterion; each as often as parents do."""
    field, operator = criterion.field, criterion.raw.operator
    link = aliased(ParentLink)
    found = select(link.student_id).where(link.school_id == school.id)
    parent: Any = aliased(Contact) if field.finds is None else _Known(link.parent_id)
    context = ConditionContext(school, parent, link, at.many, role=ContactRole.PARENT)
    condition = meets(field, context, operator, criterion.typed)
    if field.finds is not None:
        return found.where(condition)
    if operator in _OF_FEW and FieldOwner.PARENT in field.of and not at.many:
        # SQLite would read each link's parent, where it can find the few of them first.
        few = select(parent.id).where(parent.school_id == school.id, condition)
        return found.where(link.parent_id.in_(few))
    on = same_school(parent, link, parent.id == link.parent_id)
    return found.join(parent, on).where(condition)


def _has_role(school: SchoolRow, person_id: Any, role: ContactRole) -> ColumnElement[bool]:
    row = aliased(ContactRoleAssignment)
    return (
        select(row.contact_id)
        .where(row.school_id == school.id, row.contact_id == person_id, row.role == role)
        .exists()
    )
