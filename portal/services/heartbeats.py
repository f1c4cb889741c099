"""Heartbeats of workers: a row for each worker, written anew every few seconds. Callers commit."""

from datetime import timedelta

from sqlalchemy import delete

from portal import clock
from portal.enums import WorkerKind
from portal.extensions import db, insert_for
from portal.models import WorkerBeat

FORGOTTEN_AFTER = timedelta(days=1)
"""Time after which the row of a worker that was killed is deleted."""


def beat(worker: str, kind: WorkerKind) -> None:
    """Write down that the worker runs."""
    now = clock.now()
    statement = insert_for(WorkerBeat).values(worker=worker, kind=kind, at=now)
    db.session.execute(statement.on_conflict_do_update(index_elements=["worker"], set_={"at": now}))


def forget_old() -> None:
    """Delete the rows of workers that ended long ago without saying so."""
    old = WorkerBeat.at < clock.now() - FORGOTTEN_AFTER
    db.session.execute(delete(WorkerBeat).where(old))


def end(worker: str) -> None:
    """Write down that the worker ended as it should."""
    db.session.execute(delete(WorkerBeat).where(WorkerBeat.worker == worker))
