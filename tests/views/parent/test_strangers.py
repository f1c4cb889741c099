"""A stranger learns nothing: pages, statuses and times are the same whatever is on file."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from flask import Flask

from portal.delivery import form_worker
from portal.enums import Answer, Source
from portal.extensions import db
from portal.models import Mail, Proposal, Submission
from portal.queries.schools import SchoolRow
from portal.views import responses
from tests.support.client import AuditedClient
from tests.support.contact_form import PATH, PRIMARY, RUIZ, hidden, send, sent
from tests.support.families import make_parent, make_student, phone, say, stop
from tests.support.intake import count
from tests.support.people import parent_signed_in

ON_FILE = "+14155550182"


@pytest.fixture
def family(school: SchoolRow) -> None:
    """Ana and Mateo Ruiz are on file, and Ana's number has opted out."""
    child = make_student(school, "Mateo Ruiz")
    make_parent(school, "Ana Ruiz", child, email="ana.ruiz@example.com", phones=[phone(ON_FILE)])
    stop(school, ON_FILE)


STRANGER = {
    "child1-first_name": "Lia",
    "child1-last_name": "Moss",
    "parent1-first_name": "Eve",
    "parent1-last_name": "Moss",
    "parent1-email": "eve.moss@example.com",
    f"{PRIMARY}-number": "(415) 555-0199",
}


def told(client: AuditedClient, answers: dict[str, str]) -> tuple[int, str, str]:
    """The pages that a form's sender gets, without their own answers and tokens."""
    response = send(client, answers)
    page = client.get(response.location).text
    for typed in answers.values():
        if len(typed) > 2 and not typed.startswith("("):
            page = page.replace(typed, "...")
    page = re.sub(r"\(\d{3}\) \d{3}-\d{4}", "N", page)
    return response.status_code, response.location, re.sub(r'value="[^"]{20,}"', "", page)


@pytest.mark.usefixtures("family")
def test_page_and_status_are_the_same_for_a_family_on_file_and_for_none(app: Flask) -> None:
    known = told(app.test_client(), RUIZ)
    unknown = told(app.test_client(), RUIZ | STRANGER)
    assert known == unknown


@pytest.mark.usefixtures("family")
def test_the_page_says_the_same_whatever_the_state_of_the_number(app: Flask) -> None:
    opted_out = told(app.test_client(), RUIZ | STRANGER | {f"{PRIMARY}-number": "415 555 0182"})
    unknown = told(app.test_client(), RUIZ | STRANGER | {"parent1-email": "other@example.com"})
    assert opted_out == unknown


OUT = {f"{PRIMARY}-number": "415 555 0182"}
STOPPED = {f"{PRIMARY}-number": "415 555 0183"}
IN = {f"{PRIMARY}-number": "415 555 0184"}
NO = {f"{PRIMARY}-consent": "no"}
MET = [RUIZ, RUIZ | STRANGER, *(RUIZ | STRANGER | number for number in (OUT, STOPPED, IN))]
"""A family on file and none, and numbers that opted out by a form, by STOP, and in."""


@pytest.mark.usefixtures("family")
@pytest.mark.parametrize("answer", [{}, NO])
def test_an_answer_asks_the_same_of_the_database_whatever_is_on_file(
    app: Flask,
    school: SchoolRow,
    answer: dict[str, str],
    count_queries: Callable[[], AbstractContextManager[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So its time tells nothing, without a pause before it."""
    for number in ("+14155550183", "+14155550184"):
        make_parent(school, "Ann Lee", phones=[phone(number)], typed=True)
    stop(school, "+14155550183")
    say(school, ON_FILE, Source.PUBLIC_FORM, Answer.NO)
    monkeypatch.setattr(form_worker, "nudge", lambda: None)
    asked = []
    for answers in MET:
        client = app.test_client()
        sheet = hidden(client)  # type: ignore[arg-type]
        with count_queries() as queries:
            assert client.post(PATH, data=sheet | answers | answer).status_code == 303
        asked.append([kind_of(query) for query in queries])
    for answers, kinds in zip(MET, asked, strict=True):
        assert kinds == asked[0], answers
    assert not any("contact" in kind.split() for kind in asked[0]), "it looked at the records"


def kind_of(statement: str) -> str:
    """A statement's verb and tables: values and columns to be set differ."""
    verb, *_ = statement.split()
    return " ".join([verb, *re.findall(r"(?:FROM|INTO|UPDATE|JOIN) (\w+)", statement)])


@pytest.mark.usefixtures("family")
def test_what_a_form_met_on_file_is_not_looked_at_before_its_answer(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_worker, "nudge", lambda: None)
    sent(app.test_client(), RUIZ)  # type: ignore[arg-type]
    assert count(Submission) == 1
    assert count(Proposal) == count(Mail) == 0
    assert form_worker.apply_pending(app) == 1
    db.session.rollback()
    assert count(Mail) == 1


@pytest.mark.usefixtures("family")
def test_the_answer_to_a_signed_in_form_comes_at_whole_steps_of_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = parent_signed_in(app, "ana.ruiz@example.com")
    sheet = hidden(client)
    slept: list[float] = []
    app.config["PORTAL"] = replace(app.config["PORTAL"], level_seconds=0.5)
    monkeypatch.setattr(responses.time, "sleep", slept.append)
    assert client.post(PATH, data=sheet | RUIZ | NO).status_code == 303
    assert len(slept) == 1


def test_errors_look_at_what_was_typed_and_at_nothing_on_file(
    app: Flask, family: None, count_queries: object
) -> None:
    client = app.test_client()
    sheet = hidden(client)  # type: ignore[arg-type]
    with count_queries() as queries:  # type: ignore[operator]
        assert (
            client.post(
                PATH, data=sheet | RUIZ | {"child1-first_name": "", "child1-last_name": ""}
            ).status_code
            == 422
        )
    assert len(queries) == 1, "the school, and nothing else"
