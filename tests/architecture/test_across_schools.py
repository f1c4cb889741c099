"""One function reads which schools have a number. Any other query about people says which school.

The portal's own queues (of texts, emails, forms, and reports) are those of all schools.
"""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.config import ROOT
from portal.delivery import form_worker
from portal.delivery.text_worker import send_due
from portal.extensions import db, writing
from portal.models import Contact, Phone
from portal.queries.schools import SchoolRow
from portal.services.intake import receive
from tests.support.families import make_parent, make_student, phone
from tests.support.incoming import ANA, state
from tests.support.intake import ruiz, sheet
from tests.support.people import SignIn
from tests.support.school_joins import EXTENSIONS, PORTAL, SchoolJoins
from tests.support.twilio_stand_in import ACCOUNT, TOKEN
from tests.support.webhooks import INBOUND, sid_of, signed

ACROSS_SCHOOLS = {"portal/queries/texting/across_schools.py:schools_with"}
CALLERS = {"portal/services/texting/district_stops.py"}
PEOPLE = {
    "consent_event",
    "consent_evidence",
    "consent_status",
    "contact",
    "contact_role",
    "enrollment",
    "holding",
    "parent_link",
    "phone",
}


@pytest.fixture
def set_otherwise() -> dict[str, Any]:
    return {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN, "district": True}


@contextmanager
def looking(found: set[str]) -> Iterator[None]:
    """Collect the portal's functions whose queries about people don't say which school."""

    def look(_c: Any, _cursor: Any, _sql: str, _bound: Any, context: Any, _many: bool) -> None:
        statement = getattr(getattr(context, "compiled", None), "statement", None)
        joins = SchoolJoins(statement) if statement is not None else None
        if joins and PEOPLE & set(joins.tables.values()) and not joins.says_which_school():
            found.add(_function())

    event.listen(db.engine, "before_cursor_execute", look)
    yield
    event.remove(db.engine, "before_cursor_execute", look)


def _function() -> str:
    frame: Any = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(PORTAL) and file != EXTENSIONS:
            return f"{Path(file).relative_to(ROOT)}:{frame.f_code.co_name}"
        frame = frame.f_back
    return "a test"


@pytest.mark.parametrize(
    "database", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True
)
def test_a_district_wide_stop_is_all_that_reads_about_people_of_several_schools(
    app: Flask, staff: SignIn, school: SchoolRow, other_school: SchoolRow
) -> None:
    for one in (school, other_school):
        mateo = make_student(one, "Mateo Ruiz")
        make_parent(one, "Ana Ruiz", mateo, phones=[phone(ANA)], typed=True)
    editor = staff("admin")
    mine = db.session.scalar(select(Contact.id).where(Contact.school_id == school.id))
    found: set[str] = set()
    with looking(found):
        with writing():
            receive.accept_form(school, ruiz(), sheet(school, "a"))
        form_worker.apply_pending(app)
        posted = {"MessageSid": sid_of("1"), "AccountSid": ACCOUNT, "Body": "STOP ALL"}
        posted |= {"From": ANA, "To": school.texting_number}
        assert signed(app, INBOUND, posted).status_code == 200
        send_due(app)
        for path in (
            "",
            "?q=ruiz",
            "texts",
            "search",
            f"contacts/{mine}",
            f"texts/numbers/{ANA[1:]}",
        ):
            assert editor.get(f"/oakwood/staff/{path}").status_code == 200
    assert state(ANA, other_school.id) == "opted_out"
    assert found == ACROSS_SCHOOLS


@pytest.mark.parametrize(
    "database", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True
)
def test_a_query_that_does_not_say_which_school_is_found(app: Flask) -> None:
    found: set[str] = set()
    with looking(found):
        db.session.execute(select(Phone.number).where(Phone.number == ANA))
        db.session.execute(select(Phone.number).where(Phone.school_id == 1))
    assert found == {"a test"}


def test_only_the_stops_of_a_district_ask_it() -> None:
    callers = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "portal").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name) and node.id == "schools_with"
    }
    assert callers == CALLERS
