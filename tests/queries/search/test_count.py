"""The number of rows: counted again if they are few, kept for some seconds if they are many."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from portal.enums import ContactRole
from portal.extensions import db
from portal.queries.search import results as search_results
from portal.queries.search.catalogue import BY_KEY
from portal.queries.search.parse import Search
from portal.queries.search.result_columns import Column
from tests.queries.search.search_school import SearchSchool
from tests.support.queries import counted

NAME = Column("student", BY_KEY["name"])
STUDENTS = Search(ContactRole.STUDENT, (), (), NAME)
PARENTS = replace(STUDENTS, role=ContactRole.PARENT)


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    search_results.remembered_counts.clear()
    yield
    search_results.remembered_counts.clear()


def counts(world: SearchSchool, search: Search, school: str = "school") -> tuple[int, bool]:
    """The count shown, and whether the database was asked."""
    with counted(db.engine) as asked:
        told = search_results.count(getattr(world, school), search)
    return told, bool(asked)


def test_few_are_counted_anew(world: SearchSchool) -> None:
    many = len(world.rows("student"))
    assert [counts(world, STUDENTS) for _ in range(2)] == [(many, True)] * 2


def test_many_are_counted_once_while_pages_are_turned(
    world: SearchSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_results, "COUNTED_AGAIN", 0)
    many = len(world.rows("student"))
    assert counts(world, STUDENTS) == (many, True)
    assert [counts(world, STUDENTS) for _ in range(2)] == [(many, False)] * 2
    other_columns = replace(STUDENTS, columns=(NAME,), descending=True)
    assert counts(world, other_columns) == (many, False)
    assert counts(world, PARENTS) == (len(world.rows("parent")), True)
    monkeypatch.setattr(search_results, "COUNT_SECONDS", 0.0)
    assert counts(world, STUDENTS) == (many, True)


def test_that_there_are_more_than_are_counted_is_remembered_longer(
    world: SearchSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_results, "COUNTED_AGAIN", 0)
    monkeypatch.setattr(search_results, "COUNT_SECONDS", 0.0)
    school, few, many = world.school, 1, len(world.rows("student"))
    for most, asked_again in ((few, False), (many, True)):
        search_results.count(school, STUDENTS, most)
        with counted(db.engine) as asked:
            assert search_results.count(school, STUDENTS, most) == min(most + 1, many)
        assert bool(asked) is asked_again
    monkeypatch.setattr(search_results, "MORE_SECONDS", 0.0)
    with counted(db.engine) as asked:
        search_results.count(school, STUDENTS, few)
    assert asked


def test_what_is_remembered_is_of_one_school(
    world: SearchSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_results, "COUNTED_AGAIN", 0)
    ours, theirs = counts(world, STUDENTS), counts(world, STUDENTS, "other")
    assert (ours[1], theirs[1]) == (True, True)
    assert 0 < theirs[0] < ours[0]
    assert counts(world, STUDENTS) == (ours[0], False)
    assert counts(world, STUDENTS, "other") == (theirs[0], False)
