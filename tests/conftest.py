"""Fixtures of all tests. A test that takes `database` runs on SQLite and on PostgreSQL."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import pytest
from flask import Flask

from portal import audit_writer, create_app
from portal.extensions import db, writing
from portal.queries.schools import SchoolRow
from portal.services.schools import schools
from tests.support.client import AuditedClient, watch
from tests.support.databases import ENGINES, Database, Databases, run_name, settings
from tests.support.people import SignIn, signer
from tests.support.queries import counted
from tests.support.school_joins import Watch
from tests.support.variants import leave_to_check

TEXTING_NUMBER = "+12065550147"
_RUN = pytest.StashKey[Databases]()
_skipped: dict[str, str] = {}
_watch = Watch()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--pooler", action="store_true", help="put pgbouncer in front of the tests' PostgreSQL"
    )


def pytest_configure(config: pytest.Config) -> None:
    if "not long" not in config.option.markexpr:
        _watch.start()  # it takes as long as half of the suite: in `make check`
    config.stash[_RUN] = Databases(run_name(config), config.getoption("pooler"))


def pytest_unconfigure(config: pytest.Config) -> None:
    databases = config.stash[_RUN]
    if hasattr(config, "workerinput"):
        databases.stop()
    else:
        databases.remove()


@pytest.hookimpl(tryfirst=True)  # before pytest leaves out those that are long
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that fail fast first: without a database, with one, with a browser."""
    leave_to_check(items)

    def cost(item: pytest.Item) -> int:
        if item.get_closest_marker("browser"):
            return 2
        return int("database" in getattr(item, "fixturenames", ()))

    items.sort(key=cost)


def pytest_collection_finish() -> None:
    """Have the garbage collector leave alone what stays to the end: modules, tests, and the app.
    Looking through all of it again and again took a tenth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


@pytest.fixture(autouse=True)
def joins_stay_in_one_school() -> Iterator[None]:
    """Fail a test in which the portal joined rows that may be of several schools."""
    yield
    apart, _watch.apart = _watch.apart, {}
    assert not apart, f"A join is not by school: {apart}"


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Databases:
    return pytestconfig.stash[_RUN]


@pytest.fixture(params=[pytest.param(e, marks=getattr(pytest.mark, e)) for e in ENGINES])
def database(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    """An empty, migrated database, once on each engine."""
    with databases.lent(request.param) as database:
        yield database


@pytest.fixture
def set_otherwise() -> dict[str, Any]:
    """Settings of a test's app that differ from `settings`."""
    return {}


@pytest.fixture(scope="session")
def shared_app(databases: Databases) -> Callable[[Database], Flask]:
    """The app that the tests of this process share: what takes longest is to make it, and to
    compile its statements anew."""

    @cache
    def make(database: Database) -> Flask:
        return _make_app(database, databases)

    return make


@pytest.fixture
def app(
    request: pytest.FixtureRequest,
    database: Database,
    databases: Databases,
    shared_app: Callable[[Database], Flask],
    set_otherwise: dict[str, Any],
) -> Iterator[Flask]:
    """The app over `database`, with its context pushed: `db.session` works in the test."""
    own = request.node.get_closest_marker("own_app")
    app = _make_app(database, databases) if own else shared_app(database)
    config, extensions = app.config.copy(), app.extensions.copy()
    app.config["PORTAL"] = settings(database.url, **set_otherwise)
    audit_writer.init_app(app)  # it remembers what it wrote
    with app.app_context():
        yield app
        db.session.remove()
        if own or database.engine == "sqlite" or db.engine.pool.checkedout():  # type: ignore[attr-defined]
            db.engine.dispose()
    app.config, app.extensions = config, extensions


def _make_app(database: Database, databases: Databases) -> Flask:
    app = create_app(settings(database.url))
    app.jinja_env.bytecode_cache = databases.templates
    app.test_client_class = AuditedClient
    watch(app)
    return app


@pytest.fixture
def client(app: Flask) -> AuditedClient:
    """A browser that is nobody's."""
    client = app.test_client()
    assert isinstance(client, AuditedClient)
    return client


@pytest.fixture
def school(app: Flask) -> SchoolRow:
    """Oakwood School, with texting on."""
    with writing():
        return schools.create_school(
            "oakwood", "Oakwood School", TEXTING_NUMBER, send_window="always"
        )


@pytest.fixture
def other_school(app: Flask) -> SchoolRow:
    """Birchwood School, whose people must never see Oakwood's."""
    with writing():
        return schools.create_school(
            "birchwood", "Birchwood School", "+12065550148", send_window="always"
        )


@pytest.fixture
def staff(app: Flask, school: SchoolRow) -> SignIn:
    """`staff("editor")`: a client that is signed in as staff of Oakwood."""
    return signer(app)


@pytest.fixture
def count_queries(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """`with count_queries() as queries: ...`, then `len(queries) <= 6`."""
    return lambda: counted(db.engine)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _note_skip(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _note_skip(report)


def _note_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        _skipped[report.nodeid] = str(reason)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """On CI a test that was skipped is a test that failed."""
    if _skipped and os.environ.get("CI") == "true" and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _skipped:
        return
    terminalreporter.section("skipped")
    for test, reason in _skipped.items():
        terminalreporter.line(f"{test}: {reason}")
    if os.environ.get("CI") == "true":
        terminalreporter.line("With CI=true a skip is a failure.", red=True)
