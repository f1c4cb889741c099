"""The time of an answer, and of the next page, tells nobody whether a family is on file."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import pytest
from flask import Flask

from portal.extensions import db
from portal.queries.schools import SchoolRow
from tests.support.contact_form import PRIMARY, RUIZ, Sender
from tests.support.databases import Database
from tests.support.families import make_parent, make_student, phone, stop
from tests.support.live import served

EACH = 100
"""Forms of families on file, and as many of others."""
FAR = 0.17
"""So much farther from one half than by chance: four standard deviations."""


def family(n: int, number: str) -> dict[str, str]:
    return RUIZ | {
        "child1-first_name": f"Mateo {n}",
        "parent1-first_name": f"Ana {n}",
        "parent1-email": f"ana{n}@example.com",
        f"{PRIMARY}-number": number,
        f"{PRIMARY}-consent": "yes" if n % 2 else "no",
    }


KNOWN = [family(n, f"(415) 555-{n:04}") for n in range(EACH)]
UNKNOWN = [family(EACH + n, f"(206) 555-{n:04}") for n in range(EACH)]


def put_on_file(school: SchoolRow) -> None:
    for n in range(EACH):
        child = make_student(school, f"Mateo {n} Ruiz")
        number, email = f"+1415555{n:04}", f"ana{n}@example.com"
        make_parent(school, f"Ana {n} Ruiz", child, email=email, phones=[phone(number)], typed=True)
        if n % 3 == 0:
            stop(school, number)


@contextmanager
def load(url: str) -> Iterator[None]:
    """Two other parents, who send one form after the other."""
    over = threading.Event()

    def send(which: int) -> None:
        sender = Sender(url)
        n = 1000 * which
        while not over.is_set():
            n += 1
            sender.send(family(n, f"(312) 555-{n:04}"))

    threads = [threading.Thread(target=send, args=(which,)) for which in (1, 2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def longer(one: list[float], other: list[float]) -> float:
    """Return the share of pairs in which the first takes longer. By chance it is a half."""
    pairs = [(a > b) + (a == b) / 2 for a in one for b in other]
    return sum(pairs) / len(pairs)


def noticed(one: list[float], other: list[float]) -> int:
    """The milliseconds that the first would have to take longer, for the test to fail."""
    return next(ms for ms in range(1000) if longer([t + ms / 1000 for t in one], other) > 0.5 + FAR)


@pytest.mark.long
@pytest.mark.parametrize("loaded", [False, True])
def test_times_tell_nothing_of_who_is_on_file(
    app: Flask, school: SchoolRow, database: Database, loaded: bool
) -> None:
    put_on_file(school)
    db.session.remove()
    known, unknown = [], []
    with served(database, WEB_CONCURRENCY="1") as live:
        sender = Sender(live.url)
        for _ in range(5):
            sender.send(family(9000, "(312) 555-0100"))
        pairs = zip(KNOWN, UNKNOWN, strict=True)
        if loaded:
            with load(live.url):
                for on_file, other in pairs:
                    known.append(sender.send(on_file))
                    unknown.append(sender.send(other))
        else:
            for on_file, other in pairs:
                known.append(sender.send(on_file))
                unknown.append(sender.send(other))
    for which, what in enumerate(("the answer", "the next page")):
        one, other = [took[which] for took in known], [took[which] for took in unknown]
        share, seen = longer(one, other), noticed(one, other)
        said = f"{what}: {median(one):.4f} s if known, {median(other):.4f} s if not, {share:.2f}"
        print(f"{said}; {seen} ms more would be seen")
        assert abs(share - 0.5) < FAR, said
