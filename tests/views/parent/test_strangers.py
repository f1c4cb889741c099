"""A stranger learns nothing: pages, statuses and times are the same whatever is on file."""

import re
import time
from dataclasses import replace

import pytest
from flask import Flask

from portal.queries.schools import SchoolRow
from tests.support.client import AuditedClient
from tests.support.contact_form import PATH, PRIMARY, RUIZ, hidden, send
from tests.support.families import make_parent, make_student, phone, stop

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


@pytest.mark.usefixtures("family")
def test_the_answer_comes_at_whole_steps_of_time_only(app: Flask) -> None:
    step = 0.4
    app.config["PORTAL"] = replace(app.config["PORTAL"], level_seconds=step)
    for answers in (RUIZ, RUIZ | STRANGER):
        client = app.test_client()
        sheet = hidden(client)  # type: ignore[arg-type]
        started = time.monotonic()
        assert client.post(PATH, data=sheet | answers).status_code == 303
        took = time.monotonic() - started
        assert took >= step, "it was answered as soon as it was done"
        assert took % step < step / 2, "it was answered between two steps"


def test_errors_look_at_what_was_typed_and_at_nothing_on_file(
    app: Flask, family: None, count_queries: object
) -> None:
    client = app.test_client()
    sheet = hidden(client)  # type: ignore[arg-type]
    with count_queries() as queries:  # type: ignore[operator]
        assert client.post(PATH, data=sheet | RUIZ | {"child1-first_name": ""}).status_code == 422
    assert len(queries) == 1, "the school, and nothing else"
