"""Strangers see the same in two worlds that differ only in the state of a number.

In each pair of worlds the same stranger does the same things and looks at all pages and mails that
they can reach; answers are compared word by word, but for what is made anew each time (tokens, ids,
codes, the school's own address).
"""

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models import Mail
from portal.phone import show_number
from tests.attack.browser import Answer
from tests.attack.consent_machine import Move, in_words
from tests.attack.consent_scene import NUMBERS, VICTIMS, Scene
from tests.attack.findings import Deadline, Findings, shape_of
from tests.attack.site import Site

PART = "pairs of worlds: what a stranger sees"
PROMISE = "a stranger sees the same, whatever a number's state"
MORNING = datetime(2026, 9, 1, 17, tzinfo=UTC)
WORLDS: dict[str, tuple[str, list[Move]]] = {
    "on no record, never asked": ("on no record", []),
    "on a record, never asked": ("typed while texting was off", []),
    "on a record, opted in by staff": ("typed by staff", []),
    "on a record, opted in by its owner": (
        "typed by staff",
        [("answers", ("victim", VICTIMS, "yes"))],
    ),
    "on a record, STOP": ("typed by staff", [("stop", ())]),
    "on a record, a no on a form": ("typed by staff", [("unsigned", ("former", VICTIMS, "no"))]),
    "on no record, STOP": ("on no record", [("stop", ())]),
    "given on a form, opted in": ("given on a form", []),
    "given on a form, STOP": ("given on a form", [("stop", ())]),
}
"""The start of the worlds, and the steps before the stranger comes."""
_ACTS = ("unsigned", "signed_form", "answers", "parks")

moves = st.one_of(
    st.tuples(
        st.sampled_from(_ACTS),
        st.tuples(
            st.just("stranger"),
            st.sampled_from([VICTIMS, VICTIMS, VICTIMS, NUMBERS[1]]),
            st.sampled_from(["yes", "no"]),
        ),
    ),
    st.tuples(st.just("parks"), st.tuples(st.just("stranger"), st.just(VICTIMS), st.just(""))),
    st.tuples(st.sampled_from(["drops", "claims", "asks_word"]), st.tuples(st.just("stranger"))),
)
FIRST: list[list[Move]] = [
    [(act, ("stranger", VICTIMS, said))] for act in _ACTS for said in ("yes", "no")
]
"""Tried of every world before chance has its turn; the stranger is on file already."""


@dataclass
class Seen:
    """Everything a stranger saw in one world, in order: the place, and the words."""

    scene: Scene
    after: str = ""
    looks: list[tuple[str, str, str]] = field(default_factory=list)

    def answer(self, answer: Answer) -> None:
        words = f"{answer.status} {answer.location}\n{answer.text}"
        where = f"{answer.method} {shape_of(answer.path).replace(self.scene.slug, '')}"
        self.looks.append((self.after, where, _plain(self.scene, words)))

    def mails(self, since: int) -> None:
        to = self.scene.people["stranger"].email
        rows = select(Mail).where(Mail.id > since, Mail.to_address == to).order_by(Mail.id)
        for mail in db.session.scalars(rows):
            words = f"{mail.kind}\n{mail.subject}\n{mail.body}"
            self.looks.append((self.after, "a mail", _plain(self.scene, words)))


def _plain(scene: Scene, words: str) -> str:
    number = scene.school.texting_number
    for own in (number, number[1:], show_number(number, "US"), show_number(number, "US")[-8:]):
        words = words.replace(own, "TEXTING")
    words = words.replace(scene.slug, "SCHOOL").replace(scene.slug.capitalize(), "SCHOOL")
    words = re.sub(r"(sign-in/link|t|texts?)/[\w-]{16,}", r"\1/TOKEN", words)
    words = re.sub(r'(name="(?:csrf_token|form_token)" value=)"[^"]*"', r"\1TOKEN", words)
    words = re.sub(r"\b[0-9a-f]{12,64}\b", "HEX", words)
    words = re.sub(r"\d{12,}", "ID", words)
    words = re.sub(r"\b[ACDEFHJKLMNPRTUVWXY]{6}\b", "WORD", words)
    return re.sub(r"(?<![\d-])\b\d{6}\b(?!-)", "CODE", words)


def look_around(scene: Scene) -> None:
    """Open every page that the stranger can reach."""
    browser = scene.people["stranger"].browser
    paths = ["household", "household/phones", "forms/contact", "forms/contact/sent"]
    paths.append(f"household/handset/{VICTIMS[1:]}")
    for path in paths:
        browser.get(f"/{scene.slug}/{path}")


def watch(app: Flask, world: str, doing: list[Move]) -> Seen:
    """Return everything that a stranger who does these things sees in a world."""
    beginning, before = WORLDS[world]
    clock = _Clock()
    with clock.set():
        scene = Scene(app, beginning, lambda _promise, _what: None, judging=False)
        for one in before:
            _do(scene, one)
        _do(scene, ("unsigned", ("stranger", NUMBERS[1], "yes")))
        seen = Seen(scene)
        scene.people["stranger"].browser.observers.append(seen.answer)
        for one in doing:
            clock.next()
            seen.after = in_words(one)
            newest = scene.mails()
            _do(scene, one)
            look_around(scene)
            seen.mails(newest)
    return seen


def _do(scene: Scene, one: Move) -> None:
    name, arguments = one
    getattr(scene, name)(*arguments)


class _Clock:
    """A time that stands still while somebody acts: the same in both worlds."""

    def __init__(self) -> None:
        self.now = MORNING

    def next(self) -> None:
        self.now += timedelta(minutes=1)

    @contextmanager
    def set(self) -> Iterator[None]:
        right = clock.now
        clock.now = lambda: self.now
        try:
            yield
        finally:
            clock.now = right


def difference(one: Seen, other: Seen) -> tuple[str, str] | None:
    """The first thing that differs: where, and how."""
    for (after, where, words), (_, elsewhere, others) in zip(one.looks, other.looks, strict=False):
        if where != elsewhere:
            return f"{_act(after)}: what is asked next", f"{where} or {elsewhere}"
        if words != others:
            return f"{_act(after)}: {where}", _lines(words, others)
    if len(one.looks) != len(other.looks):
        longer = max(one.looks, other.looks, key=len)
        after, where, words = longer[min(len(one.looks), len(other.looks))]
        return f"{_act(after)}: {where}", f"only in one world: {words[:300]}"
    return None


def _act(after: str) -> str:
    return after.partition("(")[0]


def _lines(words: str, others: str) -> str:
    lines = difflib.unified_diff(words.splitlines(), others.splitlines(), lineterm="", n=0)
    return " ".join(line.strip() for line in lines if not line.startswith(("---", "+++", "@@")))[
        :500
    ]


@dataclass
class Comparison:
    app: Flask
    findings: Findings
    deadline: Deadline

    def compare(self, one: str, other: str, doing: list[Move]) -> None:
        if self.deadline.over() or one == other:
            return
        self.findings.tried[PART] += 1
        found = difference(watch(self.app, one, doing), watch(self.app, other, doing))
        if found is None:
            return
        where, how = found
        if (PROMISE, where) not in self.findings.faults:
            doing = self._shorter(one, other, doing, where)
        way = "; ".join(map(in_words, doing))
        self.findings.fault(PROMISE, where, f"{one} / {other}: {way}: {how}")

    def _shorter(self, one: str, other: str, doing: list[Move], where: str) -> list[Move]:
        at = 0
        while at < len(doing) and not self.deadline.over():
            fewer = doing[:at] + doing[at + 1 :]
            found = difference(watch(self.app, one, fewer), watch(self.app, other, fewer))
            if found is not None and found[0] == where:
                doing = fewer
            else:
                at += 1
        return doing


def attack(site: Site, number: int, deadline: Deadline, examples: int = 25) -> Findings:
    findings = Findings()
    with site.app() as app:
        comparison = Comparison(app, findings, deadline)
        names = list(WORLDS)
        for doing in FIRST:
            for other in names[1:]:
                comparison.compare(names[0], other, doing)
        while not deadline.over():
            _round(comparison, number, examples)
            number += 1
    return findings


def _round(comparison: Comparison, number: int, examples: int) -> None:
    worlds = st.sampled_from(list(WORLDS))

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(one=worlds, other=worlds, doing=st.lists(moves, min_size=1, max_size=5))
    def look(one: str, other: str, doing: list[Any]) -> None:
        comparison.compare(one, other, doing)

    look()
