"""Strangers, owners, staff and the provider do what they can, in any order: hypothesis chooses.

Each promise that is broken is kept once, with the shortest way to it, and that way is made shorter
still by leaving steps out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from portal import clock
from tests.attack.consent_scene import BEGINNINGS, NUMBERS, VICTIMS, Scene
from tests.attack.findings import Deadline, Findings
from tests.attack.site import Site

PART = "steps of consent: anybody, in any order"
STEPS = 30
Move = tuple[str, tuple[Any, ...]]
ARRIVALS: list[Move] = [
    *[("stop", ())] * 3,
    *[("late_stop", (minutes,)) for minutes in (1, 60, 60 * 24 * 2)],
    *[("texts", (body,)) for body in ("START", "HELP", "yes", "ok thanks")],
    ("carrier", ()),
    ("listed", ()),
]
"""Steps that come in from the phone and from elsewhere."""

parents = st.sampled_from(["stranger", "stranger", "victim", "spouse", "accomplice", "former"])
on_file = st.sampled_from(["victim", "spouse", "stranger", "former"])
numbers = st.sampled_from([VICTIMS, VICTIMS, VICTIMS, NUMBERS[1]])
with_phone = st.sampled_from(["victim", "spouse", "former"])
speaking = st.sampled_from(["unsigned", "signed_form", "answers", "parks"])
yes_or_no = st.sampled_from(["yes", "no"])


@dataclass
class Run:
    """The parts that the machines of one run share."""

    app: Flask
    findings: Findings
    deadline: Deadline
    ways: dict[tuple[str, str], tuple[str, list[Move]]] = field(default_factory=dict)
    """By fault: how the world began, and the moves."""


class ConsentMachine(RuleBasedStateMachine):
    """One school. `run` is set on a subclass, for hypothesis makes the machines itself."""

    run: Run

    @initialize(beginning=st.sampled_from(BEGINNINGS))
    def begin(self, beginning: str) -> None:
        self.moves: list[Move] = []
        self.beginning = beginning
        self.scene = Scene(self.run.app, beginning, self._fault)

    def _fault(self, promise: str, what: str) -> None:
        key = (promise, what)
        self.run.findings.again[key] += 1
        known = self.run.ways.get(key)
        if known is None or len(known[1]) > len(self.moves):
            self.run.ways[key] = (self.beginning, list(self.moves))

    def _move(self, name: str, *arguments: Any) -> None:
        if self.scene.spoiled or self.run.deadline.over():
            return
        self.moves.append((name, arguments))
        before = self.scene.model.place
        move(self.scene, (name, arguments))
        self.run.findings.tried[PART] += self.scene.model.place - before

    @rule(act=speaking, who=parents, number=numbers, said=yes_or_no)
    def speaks(self, act: str, who: str, number: str, said: str) -> None:
        self._move(act, who, number, said)

    @rule(act=speaking, who=parents, said=yes_or_no)
    def speaks_of_hers(self, act: str, who: str, said: str) -> None:
        """A second rule of the kind that matters most: hypothesis chooses among rules evenly."""
        self._move(act, who, VICTIMS, said)

    @rule(act=st.sampled_from(["drops", "claims", "asks_word"]), who=parents)
    def does(self, act: str, who: str) -> None:
        self._move(act, who)

    @rule(who=with_phone, late=st.sampled_from([False, False, True]))
    def words(self, who: str, late: bool) -> None:
        self._move("words", who, late)

    @rule(
        who=with_phone,
        signed=st.booleans(),
        oldest=st.booleans(),
        number=numbers,
        said=st.sampled_from(["yes", "yes", "no"]),
    )
    def links(self, who: str, signed: bool, oldest: bool, number: str, said: str) -> None:
        self._move("links", who, signed, oldest, number, said)

    @rule(one=st.sampled_from(ARRIVALS))
    def arrives(self, one: Move) -> None:
        self._move(one[0], *one[1])

    @rule(act=st.sampled_from(["staff_type", "staff_remove", "staff_accept"]), who=on_file)
    def staff(self, act: str, who: str) -> None:
        self._move(act, who)

    @rule(who=on_file, back=st.booleans())
    def staff_told(self, who: str, back: bool) -> None:
        self._move("staff_told", who, back)

    @rule(who=with_phone)
    def staff_email(self, who: str) -> None:
        self._move("staff_email", who)

    @rule(hours=st.sampled_from([-1, 0, 0, 1, 24 * 95, 24 * 400]))
    def clock(self, hours: int) -> None:
        self._move("clock", hours)


def move(scene: Scene, one: Move) -> None:
    """A move, on a server whose clock is wrong where the scene says so."""
    name, arguments = one
    with clock_of(scene):
        getattr(scene, name)(*arguments)


@contextmanager
def clock_of(scene: Scene) -> Iterator[None]:
    right = clock.now

    def wrong() -> datetime:
        return right() + scene.skew

    clock.now = wrong
    try:
        yield
    finally:
        clock.now = right


def attack(site: Site, number: int, deadline: Deadline, examples: int = 20) -> Findings:
    """Machines in rounds, until the time is over; then each way is made shorter."""
    findings = Findings()
    with site.app() as app:
        run = Run(app, findings, Deadline.within(deadline.left() * 0.8))
        while not run.deadline.over():
            one_round(run, number, examples)
            number += 1
        for key, (beginning, moves) in run.ways.items():
            shorter = shorten(app, beginning, moves, key, deadline)
            findings.fault(*key, f"{beginning}: " + "; ".join(map(in_words, shorter)))
    return findings


def one_round(run: Run, number: int, examples: int) -> None:
    """A number of machines, each over a school of its own."""
    machine = type("Machine", (ConsentMachine,), {"run": run})
    how = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(number)(machine), settings=how)


def shorten(
    app: Flask, beginning: str, moves: list[Move], key: tuple[str, str], deadline: Deadline
) -> list[Move]:
    """Leave out every step without which the same promise is broken all the same."""
    at = 0
    while at < len(moves) and not deadline.over():
        fewer = moves[:at] + moves[at + 1 :]
        if breaks(app, beginning, fewer, key):
            moves = fewer
        else:
            at += 1
    return moves


def breaks(app: Flask, beginning: str, moves: list[Move], key: tuple[str, str]) -> bool:
    found: list[tuple[str, str]] = []
    scene = Scene(app, beginning, lambda promise, what: found.append((promise, what)))
    for one in moves:
        move(scene, one)
    return key in found


def in_words(one: Move) -> str:
    name, arguments = one
    numbers = {VICTIMS: "the victim's number", NUMBERS[1]: "the stranger's number"}
    said = ", ".join(str(numbers.get(a, a)) for a in arguments)
    return f"{name}({said})" if said else name
