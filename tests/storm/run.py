"""The storm: texts, workers that are killed, STOPs by the real webhook, a provider with moods."""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select, update

from portal import create_app, texter, times
from portal.consent.ledger import Decision
from portal.enums import Answer, ContactRole, MessageKind, MessageState, PhoneType, Slot, Source
from portal.extensions import db, writing
from portal.models import Message
from portal.queries.schools import SchoolRow
from portal.services import schools, texting
from portal.services.bulk import Bulk
from portal.services.contacts import PhoneValue
from portal.services.text_queue import GIVEN_UP
from portal.services.texting import Sender
from tests.storm.tally import Tally, tally
from tests.support.databases import Database, settings
from tests.support.live import ROOT, SECRET, Live, serve
from tests.support.twilio_stand_in import (
    ACCOUNT,
    TOKEN,
    StandIn,
    Text,
    inbound_post,
    post,
    signature,
    stand_in,
    status_post,
)

TEXTING_NUMBER = "+12065550147"
EACH = 5
"""Texts to each number: a welcome, and four batches."""
PATIENCE = 1800.0
HANG = 6.0
"""Seconds; longer than a worker waits for the provider."""
MOODS = ("429", "503", "drop", "drop after", "hang", "hang after", "late", "late")
"""Each for one text in a thousand."""
FORGED_EVERY = 20
"""Texts, of which one brings a forged report."""
WAITING = (MessageState.QUEUED, MessageState.SENDING)


@dataclass(frozen=True)
class Plan:
    texts: int = 10_000
    workers: int = 3
    stops: int = 400
    """How many numbers opt out; half of them while a text to them is in the provider's hands."""
    kill_every: float = 4.0
    """Seconds between two ends of a worker; 0: one, when a third of the texts has gone."""
    moody: bool = True
    """Whether the provider is busy, breaks down and hangs now and then."""
    hasten: bool = False
    """Whether the minute is skipped after which nobody is going to say what came of a text."""


@dataclass(frozen=True)
class Story:
    """How a storm went."""

    tally: Tally
    seconds: float
    kills: int
    refused_stops: int
    """Deliveries that the webhook did not answer with 200; each STOP is delivered several times."""
    callbacks: int
    """What the provider reported of texts that it took."""
    refused_callbacks: int
    forged: int
    """Reports that somebody else made up."""
    forged_taken: int
    """Of which the portal did not answer 403."""
    not_known_at_first: int
    """Before the provider was asked which texts it has."""


@dataclass
class Storm:
    """What happens to whom, while it goes on."""

    plan: Plan
    live: Live
    provider: StandIn
    environ: dict[str, str]
    chance: random.Random = field(default_factory=lambda: random.Random(4))
    stopped: set[str] = field(default_factory=set)
    acknowledged: dict[str, float] = field(default_factory=dict)
    """By time.monotonic, when the webhook had answered the STOP of a number."""
    counts: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def numbers(self) -> list[str]:
        return [f"+1415{5550000 + n}" for n in range(self.plan.texts // EACH)]

    def stop(self, number: str) -> None:
        """STOP comes in from a number, and is delivered two or three times, at once."""
        with self.lock:
            if number in self.stopped or len(self.stopped) >= self.plan.stops:
                return
            self.stopped.add(number)
            times_over = self.chance.choice((2, 3))
        posted = inbound_post(self.provider.receive(number, TEXTING_NUMBER, "STOP"))
        with ThreadPoolExecutor(times_over) as at_once:
            for _ in range(times_over):
                at_once.submit(self.deliver_stop, number, posted)

    def deliver_stop(self, number: str, posted: dict[str, str]) -> None:
        """The first answer counts: from then on nothing may go to the number."""
        status = answered(f"{self.live.url}/webhooks/twilio/inbound", posted)
        now = time.monotonic()
        with self.lock:
            if status == 200:
                self.acknowledged.setdefault(number, now)
            self.counts["refused stops"] += status != 200

    def report(self, text: Text, pool: ThreadPoolExecutor) -> None:
        """What became of a text that was taken: in any order, at once, sometimes twice, and for one
        in ten texts not at all. Now and then somebody else says that a number is unsubscribed."""
        with self.lock:
            self.counts["taken"] += 1
            last = ("delivered", None) if self.chance.random() < 0.95 else ("undelivered", 30003)
            told = [("sent", None), last]
            told += self.chance.sample(told, self.chance.choice((0, 0, 1, 2)))
            self.chance.shuffle(told)
            told = told if self.chance.random() < 0.9 else []
            forged = self.counts["taken"] % FORGED_EVERY == 0
            other = replace(text, to=self.chance.choice(self.numbers))
        for status, code in told:
            pool.submit(self.call_back, text.callback, status_post(text, status, code))
        if forged:
            pool.submit(self.forge, text.callback, status_post(other, "failed", 21610))

    def call_back(self, url: str, posted: dict[str, str]) -> None:
        status = answered(url, posted)
        with self.lock:
            self.counts["callbacks"] += 1
            self.counts["refused callbacks"] += status != 200

    def forge(self, url: str, posted: dict[str, str]) -> None:
        status = answered(url, posted, signature(url, posted, "not the account's token"))
        with self.lock:
            self.counts["forged"] += 1
            self.counts["forged taken"] += status != 403

    def whim(self, number: str, pool: ThreadPoolExecutor) -> str:
        """What the provider does with a text; sometimes a STOP comes in before it takes it."""
        with self.lock:
            dice = self.chance.random()
        if dice < self.plan.stops / self.plan.texts:
            pool.submit(self.stop, number)
            time.sleep(0.3)  # so that the STOP comes in meanwhile
            return "ok"
        if not self.plan.moody:
            time.sleep(0.02)  # as a network takes
            return "ok"
        which = int((1 - dice) * 1000)
        if which >= len(MOODS):
            return "ok"
        if MOODS[which] == "late" and which % 2:  # every other one, also a STOP before it is taken
            pool.submit(self.stop, number)
        return MOODS[which]

    def stops_come_in(self) -> None:
        """From anybody, in step with the texts, so that they come in from the first to the last."""
        half = self.chance.sample(self.numbers, self.plan.stops // 2)
        for n, number in enumerate(half):
            while self.progress() < n / len(half):
                if self.over.wait(0.01):
                    return
            self.stop(number)

    def progress(self) -> float:
        return len(self.provider.texts) / self.plan.texts


def answered(url: str, posted: dict[str, str], signed: str | None = None) -> int:
    """The status; 0 if there was no answer."""
    try:
        return post(url, posted, signed)
    except OSError:
        return 0


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
            texter.reconcile(app)
            story = Story(
                tally=tally(_messages(), provider.taken, storm.acknowledged),
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
    pat = Sender("account:1", "Pat Fields")
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
            if storm.plan.hasten and storm.kills and time.monotonic() > next_skip:
                _skip_the_minute()
                next_skip = time.monotonic() + 1
            time.sleep(0.05)  # between two looks
        storm.over.set()
        stops.result()


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
    """What has been in hands for longer than anything takes here, has been for a minute."""
    with writing():
        db.session.execute(
            update(Message)
            .where(
                Message.state == MessageState.SENDING,
                Message.taken_at < times.now() - timedelta(seconds=3),
            )
            .values(taken_at=times.now() - 2 * GIVEN_UP)
        )
    texter.settle_stale()


def _messages() -> list[Message]:
    db.session.rollback()
    kinds = (MessageKind.WELCOME, MessageKind.BATCH, MessageKind.STOP_CONFIRMATION)
    return list(db.session.scalars(select(Message).where(Message.kind.in_(kinds))))


def _count(*states: MessageState) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(Message.state.in_(states))) or 0
