"""One school of families for all tests here, on each database."""

from collections.abc import Iterator

import pytest

from tests.queries.search.search_school import SearchSchool, made
from tests.support.databases import ENGINES, Databases


@pytest.fixture(
    scope="package", params=[pytest.param(e, marks=getattr(pytest.mark, e)) for e in ENGINES]
)
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[SearchSchool]:
    with made(databases, request.param) as world:
        yield world
