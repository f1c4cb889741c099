"""Transactions about the same records and numbers wait for each other, and never in a circle."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.consent.wording import consent_wording
from portal.enums import PhoneType, Slot
from portal.extensions import db, writing
from portal.form_answers import PhoneAnswer
from portal.models import ConsentStatus, FormOptOut, Submission
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts, phones
from portal.services.intake import answer_reviews, household
from portal.services.intake.household import AnsweringParent
from portal.services.proposals import review
from portal.services.proposals.review import ProposalsChangedError
from portal.services.texting import handset_confirmation
from tests.consent.test_concurrency import at_once, on_postgresql
from tests.support.burst import hold
from tests.support.families import make_parent, phone
from tests.support.intake import ANA, OLD, PAT, YES, Take, cell, parent, ruiz, state, waiting

A, B = "+14155550101", "+14155550102"


def meet(monkeypatch: pytest.MonkeyPatch, *functions: tuple[Any, str]) -> None:
    """Have two transactions wait for each other, for a second at most, once each has got as far as
    one of these functions: there they would hold what the other wants."""
    barrier, met = threading.Barrier(2, timeout=1), threading.local()

    def slow(real: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            found = real(*args, **named)
            if not getattr(met, "before", False):
                met.before = True
                with suppress(threading.BrokenBarrierError):  # the other waits, as it should
                    barrier.wait()
            return found

        return run

    for module, name in functions:
        monkeypatch.setattr(module, name, slow(getattr(module, name)))


@on_postgresql
def test_staff_confirm_an_answer_while_its_owner_changes_their_phones(
    app: Flask, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = make_parent(school, "Ana Ruiz", email="ana@example.com", phones=[phone(ANA)], typed=True)
    [answer_id] = hold(school, [ANA], ip="203.0.113.7")
    meet(monkeypatch, (contacts, "lock_contact"), (answer_reviews, "_decision"))

    def confirm() -> None:
        with writing():
            answer_reviews.confirm(school, [answer_id], PAT, str)

    def change() -> None:
        by = AnsweringParent(ana, "Ana Ruiz", {"ip": "192.0.2.1"}, str)
        with writing():
            household.change_phones(school, by, [phone(ANA)], {}, None, {})

    for future in at_once(app, [confirm, change]):
        future.result()
    assert db.session.scalars(select(FormOptOut.state)).all() == ["confirmed"]


def home(number: str) -> PhoneAnswer:
    return PhoneAnswer(Slot.PRIMARY, PhoneType.HOME, number, None, None)


@on_postgresql
def test_two_forms_name_the_same_home_phones_the_other_way_around(
    app: Flask, school: SchoolRow, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet(monkeypatch, (phones, "set_phones"))

    def send(key: str, first: str, second: str) -> Callable[[], Any]:
        form = ruiz(
            parent(f"P{key}", f"{key}@example.com", home(first)),
            parent(f"Q{key}", None, home(second)),
            child=f"C{key}",
        )
        return lambda: take(form, key=key, session=key)

    take(ruiz(parent("Z", "z@example.com", cell(OLD, YES)), child="Z"), key="z", session="z")
    for future in at_once(app, [send("a", A, B), send("b", B, A)]):
        future.result()
    assert len(db.session.scalars(select(Submission.id)).all()) == 3
    assert set(db.session.scalars(select(ConsentStatus.number))) >= {A, B}


@pytest.fixture
def pause_at_locks(app: Flask) -> Iterator[None]:
    """Let each transaction rest a moment whenever it has locked a row, so that two that lock in
    crossing order do meet."""

    def rest(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FOR UPDATE" in statement or "FOR NO KEY UPDATE" in statement:
            time.sleep(0.02)

    event.listen(db.engine, "after_cursor_execute", rest)
    yield
    event.remove(db.engine, "after_cursor_execute", rest)


def by_parent(school: SchoolRow, ana: int, ids: list[int]) -> None:
    with suppress(ProposalsChangedError), writing():
        household.confirm_proposals(school, AnsweringParent(ana, "Ana Ruiz", {}, str), ids)


def by_staff(school: SchoolRow, _ana: int, ids: list[int]) -> None:
    with suppress(ProposalsChangedError), writing():
        review.accept(school, ids, PAT)


def by_refusal(school: SchoolRow, _ana: int, ids: list[int]) -> None:
    with suppress(ProposalsChangedError), writing():
        review.decline(school, ids, PAT)


@on_postgresql
@pytest.mark.parametrize("review_them", [by_parent, by_staff, by_refusal])
@pytest.mark.usefixtures("pause_at_locks")
def test_a_phone_says_yes_while_its_changes_are_reviewed(
    app: Flask,
    school: SchoolRow,
    take: Take,
    review_them: Callable[[SchoolRow, int, list[int]], None],
) -> None:
    wording = consent_wording(school.name, school.texting_number, school.country)
    for n in range(12):
        number, email = f"+141555502{n:02}", f"ana{n}@example.com"
        ana = make_parent(school, "Ana Ruiz", email=email, phones=[phone(number)], proof=None)
        take(ruiz(parent("Anna", email, cell(number, YES))), key=f"{n}", session=f"{n}")
        ids = [p.id for p in waiting() if p.contact_id == ana]
        assert {p.kind for p in waiting() if p.contact_id == ana} == {"field", "consent"}
        with writing():
            word = handset_confirmation.issue_confirmation_word(school, ana, number, wording)

        def text(number: str = number, word: str = word) -> None:
            with writing():
                assert (
                    handset_confirmation.accept_confirmation_word(school, number, word) is not None
                )

        def decide(ana: int = ana, ids: list[int] = ids) -> None:
            review_them(school, ana, ids)

        for future in at_once(app, [text, decide]):
            future.result()  # raises where one of the two was ended by a deadlock
        assert (state(number), [p for p in waiting() if p.kind == "consent"]) == ("opted_in", [])
