"""Fixtures of the ledger's tests."""

from collections.abc import Iterator

import pytest
from flask import Flask

from portal import clock as times
from portal import create_app
from portal.extensions import db, writing
from portal.queries.schools import SchoolRow, get_school
from portal.services.schools import schools
from tests.consent.consent_school import Clock, ConsentSchool
from tests.support.databases import ENGINES, Databases, settings


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(times, "now", clock)
    return clock


@pytest.fixture(
    scope="module",
    params=[pytest.param(e, marks=[getattr(pytest.mark, e)] * (e != "sqlite")) for e in ENGINES],
)
def portal(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Flask]:
    """An app with two schools, over one database for all the tests of a module."""
    with databases.fresh(request.param) as database:
        app = create_app(settings(database.url))
        with app.app_context():
            with writing():
                schools.create_school(
                    "oakwood", "Oakwood School", "+12065550147", send_window="always"
                )
                schools.create_school(
                    "birchwood", "Birchwood School", "+12065550148", send_window="always"
                )
            db.session.remove()
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def world(portal: Flask, clock: Clock) -> Iterator[ConsentSchool]:
    """Oakwood; all that a test does there is one transaction, taken back afterwards."""
    with portal.app_context():
        world = ConsentSchool(_school("oakwood"), clock)
        with world.undone():
            yield world


@pytest.fixture
def elsewhere(world: ConsentSchool, clock: Clock) -> ConsentSchool:
    """Birchwood, within the same transaction."""
    return world.at(_school("birchwood"))


@pytest.fixture
def committed_school(school: SchoolRow, clock: Clock) -> ConsentSchool:
    """Oakwood in a database of its own; every step is committed."""
    return ConsentSchool(school, clock)


def _school(slug: str) -> SchoolRow:
    school = get_school(slug)
    assert school is not None
    return school
