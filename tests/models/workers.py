"""Work of other processes on a SQLite file. Each is started anew, as a server's are."""

from collections.abc import Callable
from multiprocessing import get_context
from typing import Any

from sqlalchemy import Connection, create_engine, select, update
from sqlalchemy.exc import OperationalError

from portal import create_app
from portal.extensions import db, writing
from portal.models import Contact
from tests.support.databases import settings

ANEW = get_context("forkserver")
ANEW.set_forkserver_preload([__name__])  # a process that only imports what they all need
WAIT = 180
"""Seconds after which a process that hangs fails."""
Meet = Callable[[], Any]
Work = Callable[[str, int, Meet], int]


def in_processes(work: Work, url: str, processes: int, rounds: int) -> int:
    """Run `work` in several processes that begin together; how many writes failed in all."""
    barrier, failures = ANEW.Barrier(processes), ANEW.SimpleQueue()
    started = [
        ANEW.Process(target=_run, args=(work, url, rounds, barrier, failures))
        for _ in range(processes)
    ]
    for process in started:
        process.start()
    for process in started:
        process.join(WAIT)
        process.kill()
    assert [process.exitcode for process in started] == [0] * processes
    return sum(failures.get() for _ in started)


def _run(work: Work, url: str, rounds: int, barrier: Any, failures: Any) -> None:
    failures.put(work(url, rounds, lambda: barrier.wait(WAIT)))


def count_in_writing(url: str, rounds: int, meet: Meet) -> int:
    """Read the version of the only contact and write the next one, as the portal's requests do."""
    app = create_app(settings(url))
    with app.app_context():
        meet()
        for _ in range(rounds):
            with writing():
                _write(db.session.connection(), _read(db.session.connection()))
    return 0


def count_in_plain_begin(url: str, rounds: int, meet: Meet) -> int:
    """The same without `writing()`; all have read before the first one writes."""
    failed = 0
    app = create_app(settings(url))
    with app.app_context():
        for _ in range(rounds):
            version = _read(db.session.connection())
            meet()
            try:
                _write(db.session.connection(), version)
                db.session.commit()
            except OperationalError:
                db.session.rollback()
                failed += 1
            meet()
    return failed


def count_as_the_driver_begins(url: str, rounds: int, meet: Meet) -> int:
    """The same over an engine that nobody has prepared: it begins with the first write."""
    engine = create_engine(url)
    for _ in range(rounds):
        with engine.begin() as connection:
            version = _read(connection)
            meet()
            _write(connection, version)
        meet()
    return 0


def _read(connection: Connection) -> int:
    return connection.execute(select(Contact.version)).scalar_one()


def _write(connection: Connection, version: int) -> None:
    connection.execute(update(Contact).values(version=version + 1))
