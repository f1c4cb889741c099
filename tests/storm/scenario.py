"""Events during a storm: STOPs, reports, forged ones, and the moods of the provider."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from tests.support.live import Live
from tests.support.twilio_stand_in import (
    StandIn,
    Text,
    inbound_post,
    post,
    signature,
    status_post,
)

TEXTING_NUMBER = "+12065550147"
EACH = 5
"""Texts to each number: a welcome, and four batches."""
MOODS = ("429", "503", "drop", "drop after", "hang", "hang after", "late", "late")
"""Each for one text in a thousand."""
FORGED_EVERY = 20
"""Texts, of which one brings a forged report."""


@dataclass(frozen=True)
class Plan:
    texts: int = 10_000
    workers: int = 3
    stops: int = 400
    """The count of numbers that opt out, half while a text to them is in the provider's hands."""
    pauses: int = 100
    """The count of numbers that staff pause meanwhile."""
    kill_every: float = 4.0
    """Seconds between two ends of a worker; 0: one, when a third of the texts has gone."""
    moody: bool = True
    """True if the provider is busy, breaks down and hangs now and then."""
    hasten: bool = False
    """True if the minute is skipped after which nobody is going to say what came of a text."""


@dataclass
class Storm:
    """Events of the storm, by number."""

    plan: Plan
    live: Live
    provider: StandIn
    environ: dict[str, str]
    chance: random.Random = field(default_factory=lambda: random.Random(4))
    stopped: set[str] = field(default_factory=set)
    acknowledged: dict[str, float] = field(default_factory=dict)
    """By time.monotonic, when the webhook had answered the STOP of a number."""
    paused: dict[str, float] = field(default_factory=dict)
    """By time.monotonic, when the pause of a number was on record."""
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

    def next_to_pause(self) -> str | None:
        """A number that staff pause now, in step with the texts; none if it is not time yet."""
        if len(self.paused) >= self.plan.pauses * self.progress():
            return None
        with self.lock:
            return self.chance.choice(self.numbers)

    def report(self, text: Text, pool: ThreadPoolExecutor) -> None:
        """The outcome of a text that was taken: in any order, at once, sometimes twice, and for one
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
        """The provider's answer to a text. Sometimes a STOP comes in before it takes it."""
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
