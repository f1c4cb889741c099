"""The storm: texts are queued, workers killed, until nothing waits; and what came of it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select, update

from portal import clock, create_app
from portal.consent.ledger import Decision
from portal.delivery import text_sender
from portal.enums import (
    Answer,
    ContactRole,
    MessageKind,
    MessageState,
    PauseReason,
    PhoneType,
    Slot,
    Source,
)
from portal.extensions import db, writing
from portal.models import Message
from portal.queries.schools import SchoolRow, get_school
from portal.services.actor import Actor
from portal.services.contacts.bulk import Bulk
from portal.services.contacts.phones import PhoneValue
from portal.services.schools import schools
from portal.services.texting import number_pauses
from portal.services.texting import send as texting
from portal.services.texting.link_texts import filled
from portal.services.texting.queue import GIVEN_UP
from tests.storm.outcome_counts import OutcomeCounts, count_outcomes
from tests.storm.scenario import EACH, Plan, Storm
from tests.support.databases import Database, settings
from tests.support.live import ROOT, SECRET, Live, serve
from tests.support.twilio_stand_in import ACCOUNT, TOKEN, StandIn, stand_in

PATIENCE = 1800.0
HANG = 6.0
"""Seconds; longer than a worker waits for the provider."""
WAITING = (MessageState.QUEUED, MessageState.SENDING)


@dataclass(frozen=True)
class Story:
    """The result of a storm."""

    outcomes: OutcomeCounts
    seconds: float
    kills: int
    refused_stops: int
    """Deliveries that the webhook did not answer with 200; each STOP is delivered several times."""
    callbacks: int
    """The provider's reports of texts that it took."""
    refused_callbacks: int
    forged: int
    """Reports that somebody else made up."""
    forged_taken: int
    """Of which the portal did not answer 403."""
    not_known_at_first: int
    """Before the provider was asked which texts it has."""


def run(database: Database, plan: Plan) -> Story:
    with ExitStack() as stack:
        provider = stack.enter_context(stand_in())
        provider.hang_seconds = HANG
        environ = {
            "PORTAL_SMS": "twilio",
            "PORTAL_TWILIO_ACCOUNT_SID": ACCOUNT,
            "PORTAL_TWILIO_AUTH_TOKEN": TOKEN,
            "PORTAL_TWILIO_API_URL": provider.url,
        }
        live = stack.enter_context(serve(database, **environ))
        of_worker = {
            "PORTAL_DATABASE_URL": database.url,
            "PORTAL_SECRET_KEY": SECRET,
            "PORTAL_PUBLIC_URL": live.url,
        }
        storm = Storm(plan, live, provider, {**os.environ, **of_worker, **environ})
        app = _app(database, provider, live)
        with app.app_context():
            _queue(storm.numbers)
            began = time.monotonic()
            _rage(storm)
            not_known = _count(MessageState.NOT_KNOWN)
            text_sender.reconcile(app)
            story = Story(
                outcomes=count_outcomes(
                    _messages(), provider.taken, storm.acknowledged, storm.paused
                ),
                seconds=time.monotonic() - began,
                kills=storm.kills,
                refused_stops=storm.counts["refused stops"],
                callbacks=storm.counts["callbacks"],
                refused_callbacks=storm.counts["refused callbacks"],
                forged=storm.counts["forged"],
                forged_taken=storm.counts["forged taken"],
                not_known_at_first=not_known,
            )
            db.session.remove()
            db.engine.dispose()
    return story


def _app(database: Database, provider: StandIn, live: Live) -> Flask:
    return create_app(
        settings(
            database.url,
            public_url=live.url,
            sms="twilio",
            twilio_account_sid=ACCOUNT,
            twilio_auth_token=TOKEN,
            twilio_api_url=provider.url,
        )
    )


def _queue(numbers: list[str]) -> None:
    """A parent for each number, and as many batches as make EACH with the welcome."""
    with writing():
        school = schools.set_school("oakwood", per_second=1000)
        parents = _parents(school, numbers)
    pat = Actor(1, "Pat Fields")
    for n in range(EACH - 1):
        with writing():
            texting.send(school, pat, f"{n:032}", "all", parents, typed=f"Text number {n}.")


def _parents(school: SchoolRow, numbers: list[str]) -> list[int]:
    bulk = Bulk(school.id, "staff", "Pat Fields")
    parents = []
    for n, number in enumerate(numbers):
        parent = bulk.contact("Parent", f"Number {n}", ContactRole.PARENT)
        bulk.phones(parent, [PhoneValue(Slot.PRIMARY, PhoneType.CELL, number)])
        bulk.decisions.append(
            Decision(
                school_id=school.id,
                number=number,
                source=Source.STAFF_ENTRY,
                answer=Answer.YES,
                actor="account:1",
                texting_number=school.texting_number,
            )
        )
        parents.append(parent)
    bulk.flush()
    return parents


def _rage(storm: Storm) -> None:
    """Until nothing waits any more, and every STOP and report is answered."""
    with (
        ThreadPoolExecutor(16) as pool,
        ThreadPoolExecutor(4) as reports,  # of its own: a STOP may have to wait for ten seconds
        _workers(storm) as workers,
    ):
        storm.provider.whim = lambda number: storm.whim(number, pool)
        storm.provider.on_taken = lambda text: storm.report(text, reports)
        stops = pool.submit(storm.stops_come_in)
        until = time.monotonic() + PATIENCE
        next_kill = time.monotonic() + (storm.plan.kill_every or PATIENCE)
        next_skip = 0.0
        while _count(*WAITING):
            if time.monotonic() > until:
                raise TimeoutError("the storm does not end")
            one_only = not storm.plan.kill_every and not storm.kills and storm.progress() > 1 / 3
            if one_only or time.monotonic() > next_kill:
                _kill_one(storm, workers)
                next_kill = time.monotonic() + (storm.plan.kill_every or PATIENCE)
            if (number := storm.next_to_pause()) and number not in storm.paused:
                _pause(number)
                storm.paused[number] = time.monotonic()
            if storm.plan.hasten and storm.kills and time.monotonic() > next_skip:
                _skip_the_minute()
                next_skip = time.monotonic() + 1
            time.sleep(0.05)  # between two looks
        storm.over.set()
        stops.result()


def _pause(number: str) -> None:
    """Staff note during a call that somebody asked them to stop."""
    school = get_school("oakwood")
    assert school is not None
    with writing():
        number_pauses.pause_by_staff(
            school, number, PauseReason.ASKED_TO_STOP, "", None, Actor(1, "Pat Fields"), str
        )


@contextmanager
def _workers(storm: Storm) -> Iterator["list[subprocess.Popen[bytes]]"]:
    workers = [_worker(storm) for _ in range(storm.plan.workers)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(30)


def _worker(storm: Storm) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "texts", "work"]
    return subprocess.Popen(command, cwd=ROOT, env=storm.environ, stderr=subprocess.DEVNULL)


def _kill_one(storm: Storm, workers: "list[subprocess.Popen[bytes]]") -> None:
    """With -9, and a new one takes its place."""
    place = storm.chance.randrange(len(workers))
    workers[place].kill()
    workers[place].wait()
    workers[place] = _worker(storm)
    storm.kills += 1


def _skip_the_minute() -> None:
    """Make texts that were in a worker's hands longer than anything takes here a minute older."""
    with writing():
        db.session.execute(
            update(Message)
            .where(
                Message.state == MessageState.SENDING,
                Message.taken_at < clock.now() - timedelta(seconds=3),
            )
            .values(taken_at=clock.now() - 2 * GIVEN_UP)
        )
    text_sender.mark_stale_unknown()


def _messages() -> list[Message]:
    """The texts as they go out: with their links."""
    db.session.rollback()
    kinds = (MessageKind.WELCOME, MessageKind.BATCH, MessageKind.STOP_CONFIRMATION)
    messages = list(db.session.scalars(select(Message).where(Message.kind.in_(kinds))))
    words = filled(messages)
    for message in messages:
        db.session.expunge(message)
        message.body = words[message.id]
    return messages


def _count(*states: MessageState) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(Message.state.in_(states))) or 0
