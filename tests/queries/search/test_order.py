"""Sorting by any column, pages by key, and what the rows show, against plain Python."""

from datetime import datetime
from functools import cmp_to_key
from typing import Any

import pytest

from portal.enums import ContactRole, Slot
from portal.normalize import fold
from portal.phone import show_number
from portal.queries.search import results as search_results
from portal.queries.search.catalogue import FIELDS
from portal.queries.search.fields import Kind
from portal.queries.search.parse import Search
from portal.queries.search.result_columns import ENTITIES, Column, fields_of
from portal.queries.search.results import Cell
from portal.queries.search.statement import Edge
from tests.queries.search.plain_search import sort_value, value_of
from tests.queries.search.search_school import Person, SearchSchool
from tests.support.long import first_of_each

COLUMNS = [
    (role, Column(entity, field))
    for role in ContactRole
    for entity in ENTITIES[role]
    for field in fields_of(entity, FIELDS)
]
SORTED = [
    (role, column)
    for role, column in COLUMNS
    if column.entity in {"student", "parent2", "parent", "contact"}
    and not column.field.key.startswith(("secondary_phone_", "other_phone"))
]
"""Parent 1, 3 and 4 are sorted by as Parent 2 is, and what is of other phones as of the first."""
SIZE = 37
Whose = tuple[Person, Any]


def whose(entity: str, person: Person) -> Whose | None:
    """The person that a column of somebody's row is about, and how they are related."""
    if not entity[-1].isdigit():
        return person, None
    link, parent = person.parents.get(int(entity[-1]), (None, None))
    return (parent, link) if parent else None


def in_order(world: SearchSchool, search: Search) -> list[int]:
    """The ids as plain Python sorts them: what is empty last, up or down."""

    def key(person: Person) -> tuple[Any, ...]:
        at = whose(search.sort.entity, person)
        value = sort_value(world, search.sort.field.key, *at) if at else None
        return value, fold(person.row.last_name), fold(person.row.first_name), person.id

    def compare(one: tuple[Any, ...], two: tuple[Any, ...]) -> int:
        if (one[0] is None) is not (two[0] is None):
            return 1 if one[0] is None else -1
        down = -1 if search.descending else 1
        same = one[0] == two[0]
        less = one[1:] < two[1:] if same else one[0] < two[0]
        return -down if less else down

    keys = sorted((key(p) for p in world.rows(search.role)), key=cmp_to_key(compare))
    return [key[-1] for key in keys]


def walked(world: SearchSchool, search: Search, total: int) -> tuple[list[int], list[int]]:
    """The ids of all pages, turned to the end; and turned back from there to the beginning."""

    def turned(edge: Edge | None) -> search_results.Page:
        return search_results.page(world.school, search, edge, SIZE, total)

    page = turned(None)
    there = [row.id for row in page.rows]
    assert not page.before
    while page.after:
        page = turned(Edge(page.last or ()))
        there += [row.id for row in page.rows]
    back = [row.id for row in page.rows]
    while page.before and page.rows:
        page = turned(Edge(page.first or (), backwards=True))
        back = [row.id for row in page.rows] + back
    return there, back


@pytest.mark.parametrize(
    "of", first_of_each(SORTED, lambda of: of[1].field.key), ids=lambda of: f"{of[0]}-{of[1].key}"
)
def test_pages_give_each_row_once_in_order(
    world: SearchSchool, of: tuple[ContactRole, Column], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are: few are found before they are sorted, of many each is looked at in
    its turn."""
    role, column = of
    for down in (False, True):
        search = Search(role, (), (), column, down)
        right = in_order(world, search)
        assert search_results.all_ids(world.school, search, 10_000) == right
        for many in (len(right) - 1, len(right)):
            monkeypatch.setattr(search_results, "MANY", many)
            there, back = walked(world, search, total=len(right))
            assert there == right
            assert back == right


@pytest.mark.parametrize("role", ContactRole)
def test_rows_show_what_stands_on_the_records(world: SearchSchool, role: ContactRole) -> None:
    columns = tuple(column for of, column in COLUMNS if of is role)
    name = columns[0]
    people = {p.id: p for p in world.people}
    for some in (columns[i : i + 20] for i in range(0, len(columns), 20)):
        for chunk in search_results.all_rows(world.school, Search(role, (), some, name)):
            for row in chunk:
                for column, cell in zip(some, row.cells, strict=True):
                    at = whose(column.entity, people[row.id])
                    right = shown(world, column, *at) if at else Cell("")
                    assert cell == right, (column.key, people[row.id])


def shown(world: SearchSchool, column: Column, person: Person, link: Any) -> Cell:
    field = column.field
    if field.key == "name":
        return Cell(f"{person.row.first_name} {person.row.last_name}")
    value = value_of(world, field.key, person, link)
    if field.kind is Kind.PHONE:
        return _phone(world, field.key, person)
    if field.kind is Kind.TEXTS:
        slot = field.key.removesuffix("_opt_in")
        phone = person.phones.get(slot)
        return Cell(
            field.choices.get(value, value or ""),
            number=phone.number if phone else None,
            state=person.state(slot),
            paused=_paused(person, slot),
        )
    if isinstance(value, datetime):
        return Cell("", moment=value)
    return Cell(field.choices.get(value, value or ""))


def _phone(world: SearchSchool, slot: str, person: Person) -> Cell:
    phone = person.phones.get(slot)
    if phone is None:
        return Cell("")
    return Cell(
        show_number(phone.number, world.school.country, phone.extension),
        number=phone.number,
        type=phone.type.capitalize(),
        state=person.state(Slot(slot)),
        paused=_paused(person, slot),
    )


def _paused(person: Person, slot: str) -> str | None:
    phone = person.phones.get(slot)
    status = person.statuses.get(phone.number) if phone and person.state(slot) else None
    return status.paused if status else None
