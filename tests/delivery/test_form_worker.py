"""Accepted forms are applied once, in order, whatever is killed, and whoever is there to do it."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from portal.delivery import form_worker
from portal.enums import Answer, ProposalKind, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, Contact, Mail, Proposal, Submission
from portal.queries.schools import SchoolRow
from portal.services.intake import form_opt_outs, receive
from tests.support.contact_form import RUIZ, Sender
from tests.support.databases import Database
from tests.support.intake import ANA, NO, YES, cell, parent, ruiz, sheet, state
from tests.support.live import served
from tests.support.long import examples

WAIT = 30.0
"""Seconds after which what should have happened has failed."""


class Round:
    """A family's form, its correction, and a no by somebody else, sent one after the other."""

    def __init__(self, school: SchoolRow, n: int) -> None:
        self.school, self.name, self.email = school, f"Right{n}", f"ana{n}@example.com"
        self.yes, self.no = f"+1415555{n:04}", f"+1206555{n:04}"
        slip = parent("Ana", self.email, cell(self.yes, YES))
        no = parent("Ana", self.email, cell(self.no, NO))
        self.forms = [
            (ruiz(slip, child=f"Slip{n}"), sheet(school, f"a{n:x}", f"one {n}")),
            (ruiz(slip, child=self.name), sheet(school, f"a{n:x}", f"one {n}")),
            (ruiz(no, child=self.name), sheet(school, f"b{n:x}", f"two {n}")),
        ]

    def send(self, answered: Callable[[], Any]) -> None:
        for answers, context in self.forms:
            with writing():
                receive.accept_form(self.school, answers, context)
            answered()

    def kept(self) -> int:
        sessions = {context.session_digest for _, context in self.forms}
        return _count(Submission, Submission.session_digest.in_(sessions))

    def check_applied_once(self) -> None:
        kept = self.kept()
        assert _count(Submission, Submission.apply_at.is_not(None)) == 0
        assert _count(Contact, Contact.email == self.email) == min(kept, 1)
        firsts = select(Contact.first_name).where(
            Contact.first_name.in_([self.name, self.name.replace("Right", "Slip")])
        )
        child = {0: [], 1: [self.name.replace("Right", "Slip")]}.get(kept, [self.name])
        assert db.session.scalars(firsts).all() == child
        assert self._said(self.yes) == [YES] * min(kept, 2)
        assert self._said(self.no) == [NO] * (kept == 3)
        assert _count(Mail, Mail.to_address == self.email) == kept
        proposed = _count(
            Proposal,
            Proposal.kind == ProposalKind.PHONE,
            Proposal.new["number"].as_string() == self.no,
        )
        assert proposed == (kept == 3)

    def _said(self, number: str) -> list[Answer]:
        events = select(ConsentEvent.answer).where(ConsentEvent.number == number)
        return [Answer(said) for said in db.session.scalars(events.order_by(ConsentEvent.seq))]


def _count(model: Any, *which: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(*which)) or 0


@contextmanager
def child(app: Flask, work: Callable[[], Any]) -> Iterator[int]:
    """Another process at work on the same database; gives its id, and ends it."""
    db.session.remove()
    pid = os.fork()
    if not pid:
        _work(app, work)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _work(app: Flask, work: Callable[[], Any]) -> NoReturn:
    """Work, and never come back to the tests, on connections of its own."""
    try:
        db.engine.dispose(close=False)
        work()
    finally:
        os._exit(0)


def _die_at(place: int) -> None:
    """Kill this process before it executes its so many-th statement or commit."""
    left = iter(range(place, -1, -1))

    def step(*_: Any) -> None:
        if not next(left):
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(db.engine, "before_cursor_execute", step)
    event.listen(db.engine, "commit", step)


def _places(school: SchoolRow, app: Flask) -> int:
    """The number of statements and commits of a round that nobody kills. Of a second one: the
    first keeps the words of the question, which the others find."""
    seen: list[None] = []

    def step(*_: Any) -> None:
        seen.append(None)

    names = ("before_cursor_execute", "commit")
    for name in names:
        event.listen(db.engine, name, step)
    for n in (9000, 9001):
        seen.clear()
        Round(school, n).send(lambda: None)
        form_worker.apply_pending(app)
    for name in names:
        event.remove(db.engine, name, step)
    return len(seen)


@examples(few=6, many=200)
def test_a_form_that_was_answered_is_applied_once_whenever_its_server_is_killed(
    app: Flask, school: SchoolRow, examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six: at even distances. Killed as a form is accepted, between that and applying, or in it."""
    monkeypatch.setattr(form_opt_outs, "is_unusual", lambda *_: False)  # so many noes would wait
    places = _places(school, app)
    db.session.rollback()
    dice = random.Random(12)
    killed = 0
    for n in range(1, examples + 1):
        place = n * places // 7 if examples == 6 else dice.randrange(places)
        came = Round(school, n)
        heard, said = os.pipe()

        def work(came: Round = came, said: int = said, place: int = place) -> None:
            _die_at(place)
            came.send(lambda: os.write(said, b"."))
            form_worker.apply_pending(app)

        db.session.remove()
        pid = os.fork()
        if not pid:
            _work(app, work)
        os.close(said)
        killed += os.waitpid(pid, 0)[1] == signal.SIGKILL
        answered = len(os.read(heard, 10))
        os.close(heard)
        assert came.kept() >= answered, "an answered form is lost"
        assert answered < 3 or state(came.no) == "opted_out", "a no is lost"
        db.session.rollback()
        form_worker.apply_pending(app)
        came.check_applied_once()
        db.session.rollback()
    assert killed == examples


def _accept(school: SchoolRow) -> None:
    with writing():
        receive.accept_form(school, ruiz(), sheet(school, "a"))


def _wait_until_applied(events: int = 1) -> None:
    late = time.monotonic() + WAIT
    db.session.rollback()
    while _count(Submission, Submission.apply_at.is_not(None)):
        db.session.rollback()
        assert time.monotonic() < late, "it is not applied"
        time.sleep(0.05)
    db.session.rollback()
    assert state(ANA) == "opted_in"
    assert _count(ConsentEvent, ConsentEvent.source == Source.PUBLIC_FORM) == events


def test_the_worker_applies_what_a_crash_left(app: Flask, school: SchoolRow) -> None:
    _accept(school)
    assert app.test_cli_runner().invoke(args=["mail", "work", "--once"]).exit_code == 0
    db.session.rollback()
    _wait_until_applied()


def test_without_a_worker_the_web_server_does_at_its_start(
    app: Flask, school: SchoolRow, database: Database
) -> None:
    _accept(school)
    db.session.rollback()
    with served(database, WEB_CONCURRENCY="2"):
        _wait_until_applied()


def test_a_form_is_on_the_record_within_a_second(
    app: Flask, school: SchoolRow, database: Database
) -> None:
    """The quickest of some: how long others take is up to whatever else the machine does."""
    took = []
    with served(database, WEB_CONCURRENCY="1") as live:
        sender = Sender(live.url)
        for n in range(5):
            sender.send(RUIZ | {"child1-first_name": f"Mateo {n}"})
            started = time.monotonic()
            _wait_until_applied(events=n + 1)
            took.append(time.monotonic() - started)
    assert min(took) < 1


def test_without_a_worker_the_web_server_does_every_so_often(
    app: Flask, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert form_worker.EVERY_SECONDS == 60
    monkeypatch.setattr(form_worker, "EVERY_SECONDS", 0.2)

    def serve() -> None:
        form_worker.make_thread(app).nudge()
        time.sleep(WAIT * 2)

    with child(app, serve):
        time.sleep(1)  # it has looked, and found nothing
        _accept(school)
        _wait_until_applied()
