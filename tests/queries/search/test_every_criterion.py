"""Every field with every operator of its kind, against a filter in plain Python."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.enums import ContactRole
from portal.extensions import db
from portal.phone import show_number
from portal.queries.search import parse, statement
from portal.queries.search import results as search_results
from portal.queries.search.catalogue import FIELDS
from portal.queries.search.fields import Field, Kind, Operator
from portal.queries.search.parse import PARENTS_OWN, ParsedSearch, criterion_fields
from portal.queries.search.values import NO_VALUE, Raw
from tests.queries.search.plain_search import ANY, GET, STATUS, meets
from tests.queries.search.search_school import Person, SearchSchool
from tests.support.long import examples, first_of_each

MOST = (None, 1, 10_000)
"""Bounds to count up to."""
ASKED = [
    (role, key, field)
    for role in ContactRole
    for key, field in criterion_fields(role, FIELDS).items()
]
Asked = tuple[ContactRole, str, Field]


def read(world: SearchSchool, role: ContactRole, *criteria: tuple[str, Raw]) -> ParsedSearch:
    """The search of the address that asks for these."""
    pairs = [("f99", "role"), ("o99", "is"), ("v99", role.value)]
    for n, (key, raw) in enumerate(criteria, 1):
        pairs += [(f"f{n}", key), (f"o{n}", raw.operator.value), (f"v{n}", raw.value)]
        pairs += [(f"w{n}", raw.value2), (f"t{n}", raw.term)]
    return parse.read(pairs, world.school, world.term_names, world.labels)


def expected(world: SearchSchool, role: ContactRole, key: str, field: Field, raw: Raw) -> set[int]:
    """The people who meet it, in plain Python."""

    def one(person: Person, link: Any = None) -> bool:
        return meets(world, field.key, field.kind, raw, person, link)

    if not key.startswith(PARENTS_OWN):
        return {p.id for p in world.rows(role) if one(p)}
    return {
        p.id for p in world.rows(role) if any(one(who, link) for link, who in p.parents.values())
    }


def found(world: SearchSchool, wanted: ParsedSearch, many: bool) -> list[int]:
    rows = db.session.execute(statement.ordered(world.school, wanted.search, many=many))
    return [row.id for row in rows]


def raws(world: SearchSchool, field: Field) -> Iterator[Raw]:
    """Criteria for a field: each operator with values of all kinds."""
    for operator in field.operators:
        if operator in NO_VALUE:
            yield Raw(operator)
            continue
        for value in values(world, field, operator):
            yield from with_more(world, field, operator, value)


def values(world: SearchSchool, field: Field, operator: Operator) -> list[str]:
    if field.choices:
        return list(field.choices)
    dice = random.Random(field.key)
    there = sorted({v for p in world.people for v in [GET[field.key](p, None)] if v}, key=str)
    some = dice.sample(there, min(3, len(there)))
    if field.kind is Kind.DATE:
        return ["2026-03-07", "2026-03-08", "2026-03-09", "1999-12-31"]
    if field.kind is Kind.PHONE:
        whole = [show_number(v, world.school.country) for v in some] + ["(206) 555-0199"]
        if operator in {Operator.IS, Operator.IS_NOT}:
            return whole
        return [whole[0], "555", "(503)", "+44", "011 44", "1-206", "07400"]
    if operator is Operator.CONTAINS:
        return [some[0][1:4], "%@", "o_", "0%"]
    if operator is Operator.STARTS_WITH:
        return [some[0][:3].upper(), "100%_", "o@"]
    return [*some, some[0].upper(), "100%_"]


def with_more(world: SearchSchool, field: Field, operator: Operator, value: str) -> Iterator[Raw]:
    if field.kind is Kind.STATUS:
        for term in ("", "any", *map(str, world.terms.values())):
            yield Raw(operator, value, term=term)
    elif operator is Operator.BETWEEN:
        yield Raw(operator, value, value)
        yield (
            Raw(operator, value, "2026-03-09")
            if value < "2026-03-09"
            else Raw(operator, "2026-01-01", value)
        )
    else:
        yield Raw(operator, value)


def test_every_field_is_known_to_the_plain_filter() -> None:
    known = {*GET, STATUS, ANY, "role"}
    assert {field.key for field in FIELDS} == known


@pytest.mark.parametrize(
    "asked", first_of_each(ASKED, lambda asked: asked[2].key), ids=lambda a: f"{a[0]}-{a[1]}"
)
def test_every_operator_finds_whom_plain_python_finds(world: SearchSchool, asked: Asked) -> None:
    role, key, field = asked
    everybody = {p.id for p in world.rows(role)}
    seen: set[Operator] = set()
    told_apart = False
    for n, raw in enumerate(raws(world, field)):
        wanted = read(world, role, (key, raw))
        assert (wanted.problems, len(wanted.search.criteria)) == ((), 1), raw
        right = expected(world, role, key, field, raw)
        ids = found(world, wanted, many=bool(n % 2))
        assert len(ids) == len(set(ids)), raw
        assert set(ids) == right, raw
        if raw.operator not in seen:
            seen.add(raw.operator)
            assert set(found(world, wanted, many=not n % 2)) == right, raw
            counts = [search_results.count(world.school, wanted.search, most) for most in MOST]
            assert counts == [len(right), min(len(right), 2), len(right)], raw
        told_apart |= bool(right) and right != everybody
    assert seen == set(field.operators)
    assert told_apart, "the families are all alike in this: the test shows nothing"


@pytest.mark.parametrize("role", ContactRole)
def test_rows_are_everybody_of_the_role_at_this_school(
    world: SearchSchool, role: ContactRole
) -> None:
    wanted = read(world, role)
    everybody = {p.id for p in world.rows(role)}
    assert set(found(world, wanted, many=False)) == everybody
    counts = [search_results.count(world.school, wanted.search, most) for most in MOST]
    assert counts == [len(everybody), min(len(everybody), 2), len(everybody)]


@examples(10, 40)
def test_all_criteria_are_to_be_met(world: SearchSchool, examples: int) -> None:
    @given(st.data())
    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    def check(data: st.DataObject) -> None:
        find_those_who_meet_all(world, data)

    check()


def find_those_who_meet_all(world: SearchSchool, data: st.DataObject) -> None:
    role = data.draw(st.sampled_from(ContactRole))
    of_role = [asked for asked in ASKED if asked[0] is role]
    chosen = data.draw(st.lists(st.sampled_from(of_role), min_size=2, max_size=4))
    criteria, right = [], {p.id for p in world.rows(role)}
    for _, key, field in chosen:
        raw = data.draw(st.sampled_from(list(raws(world, field))))
        criteria.append((key, raw))
        right &= expected(world, role, key, field, raw)
    wanted = read(world, role, *criteria)
    assert wanted.problems == ()
    many = data.draw(st.booleans())
    assert set(found(world, wanted, many)) == right
    assert search_results.count(world.school, wanted.search) == len(right)
