"""Transactions about the same records and numbers wait for each other, and never in a circle."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.enums import PhoneType, Slot
from portal.extensions import db, writing
from portal.form_answers import PhoneAnswer
from portal.models import ConsentStatus, FormOptOut, Submission
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts, phones
from portal.services.intake import answer_reviews, household
from portal.services.intake.household import AnsweringParent
from tests.consent.test_concurrency import at_once, on_postgresql
from tests.support.burst import hold
from tests.support.families import make_parent, phone
from tests.support.intake import ANA, OLD, PAT, YES, Take, cell, parent, ruiz

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
