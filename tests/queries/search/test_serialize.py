"""A search written into an address and read again is the same search, with the same problems."""

import random
from collections.abc import Iterator
from urllib.parse import parse_qsl

from portal.queries.search import parse, serialize
from portal.queries.search.catalogue import BY_KEY
from portal.queries.search.fields import Operator
from portal.queries.search.parse import MOST_CRITERIA, PARENTS_OWN, ParsedSearch
from tests.queries.search.search_school import SearchSchool
from tests.support.long import examples

VALUES = [
    "",
    "3",
    "yes",
    "nope",
    "Smith",
    "G\0",
    "last\x07",
    "(" * 150,
    "a" * 300,
    "é%&=",
    "enrolled",
]
VALUES += ["2026-01-02", "parent", "student", "0147", "+12065550147", "   "]
OPERATORS = [*Operator, "zz", "", "i\0s"]
KEYS = [*BY_KEY, *(PARENTS_OWN + key for key in BY_KEY), "role", "role", "shoe_size", "last_na\0me"]


def read(world: SearchSchool, pairs: list[tuple[str, str]]) -> ParsedSearch:
    return parse.read(pairs, world.school, world.term_names, world.labels)


def addresses(dice: random.Random, times: int) -> Iterator[list[tuple[str, str]]]:
    for _ in range(times):
        pairs = []
        for n in range(1, dice.randrange(2, MOST_CRITERIA + 3)):
            pairs += [(f"f{n}", dice.choice(KEYS)), (f"o{n}", str(dice.choice(OPERATORS)))]
            pairs += [(f"{letter}{n}", dice.choice(VALUES)) for letter in "vwt"]
        yield pairs


@examples(200, 1500)
def test_what_is_written_is_read_as_the_same_search(world: SearchSchool, examples: int) -> None:
    with_problems = 0
    for pairs in addresses(random.Random(8), examples):
        first = read(world, pairs)
        text = serialize.write_all(first)
        again = read(world, parse_qsl(text))
        assert again.search == first.search, pairs
        assert set(again.problems) == serialize.refused_problems(first), pairs
        third = read(world, parse_qsl(serialize.write_all(again)))
        assert (third.search, third.problems) == (again.search, again.problems), pairs
        assert len(text) <= len(serialize.write(first.search)) + serialize.LONGEST_REFUSED + 30
        with_problems += bool(again.problems)
    assert with_problems > examples // 3


def test_a_role_that_was_refused_never_becomes_the_one_that_counts(world: SearchSchool) -> None:
    asked = "f1=role&o1=is&v1=student&f2=grade&o2=is&v2=3&f3=role&o3=is&v3=parent"
    first = read(world, parse_qsl(asked))
    again = read(world, parse_qsl(serialize.write_all(first)))
    assert again.search == first.search
    assert again.problems == first.problems == ("Use Role only once. Only the first one was used.",)
