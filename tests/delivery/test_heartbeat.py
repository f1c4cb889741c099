"""A worker shows that it runs, and work that waits for one is seen."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import clock
from portal.delivery.heartbeat import Heartbeat
from portal.enums import WorkerKind
from portal.extensions import db, writing
from portal.models import Message, TextingNumber, WorkerBeat
from portal.queries.schools import SchoolRow
from portal.queries.workers import why_work_waits
from portal.services import heartbeats
from portal.services.actor import COMMAND
from portal.services.texting import send as texting
from tests.support.client import AuditedClient
from tests.support.families import make_parent, phone
from tests.support.people import SignIn

ANA = "+14155550101"


def beat(*kinds: WorkerKind) -> None:
    with writing():
        for kind in kinds:
            heartbeats.beat(kind.value, kind)


def test_readiness_with_workers_needs_both_to_run(client: AuditedClient, app: Flask) -> None:
    assert client.get("/readyz").status_code == 200
    answer = client.get("/readyz?workers=1")
    assert (answer.status_code, "texts work" in answer.get_json()["reason"]) == (503, True)
    beat(WorkerKind.TEXTS)
    assert "mail work" in client.get("/readyz?workers=1").get_json()["reason"]
    beat(WorkerKind.MAIL)
    assert client.get("/readyz?workers=1").status_code == 200
    with writing():
        db.session.execute(update(WorkerBeat).values(at=clock.now() - timedelta(seconds=61)))
    assert client.get("/readyz?workers=1").status_code == 503


def test_a_worker_beats_from_its_start_to_its_end(app: Flask) -> None:
    kinds = select(WorkerBeat.kind)
    heart = Heartbeat(app, WorkerKind.MAIL)
    with heart:
        for _ in range(100):
            db.session.rollback()
            if db.session.scalars(kinds).all() == ["mail"]:
                break
            heart._thread.join(0.1)
        assert db.session.scalars(kinds).all() == ["mail"]
    db.session.rollback()
    assert db.session.scalars(kinds).all() == []


@pytest.fixture
def waiting(school: SchoolRow) -> None:
    """A text that could have left 3 minutes ago."""
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        assert texting.send_to_number(school, COMMAND, ANA, "No school today.") is None
        db.session.execute(update(Message).values(due_at=clock.now() - timedelta(minutes=3)))


@pytest.mark.usefixtures("waiting")
def test_staff_see_since_when_texts_have_waited(staff: SignIn) -> None:
    beat(*WorkerKind)
    assert "Texts have waited since " in staff("viewer").get("/oakwood/staff/").text
    assert (why_work_waits(clock.now()) or "").startswith("texts have waited since 20")


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize("change", ["held_at", "next_at"])
def test_texts_that_wait_for_their_number_are_not_late(staff: SignIn, change: str) -> None:
    """It is held, which has a notice of its own, or it sends as fast as it may."""
    beat(*WorkerKind)
    with writing():
        db.session.execute(update(TextingNumber).values({change: clock.now()}))
    assert why_work_waits(clock.now()) is None
    assert "Texts have waited" not in staff("viewer").get("/oakwood/staff/").text
