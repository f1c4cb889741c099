"""A school full of families, and its front office, made once for all tests of searching."""

from collections.abc import Iterator

import pytest

from tests.queries.search.search_school import SearchSchool, made
from tests.support.client import AuditedClient
from tests.support.databases import ENGINES, Databases
from tests.support.people import signer


@pytest.fixture(
    scope="package", params=[pytest.param(e, marks=getattr(pytest.mark, e)) for e in ENGINES]
)
def world(request: pytest.FixtureRequest, databases: Databases) -> Iterator[SearchSchool]:
    with made(databases, request.param) as world:
        yield world


@pytest.fixture(scope="package")
def desk(world: SearchSchool) -> AuditedClient:
    """An editor's browser."""
    return signer(world.app)("editor")
