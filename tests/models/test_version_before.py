"""The version before serves while the schema is migrated, and until its last server is stopped.

It knows the columns of its own schema only. What it writes to the new one must end up as if it had
been there before the migration: derived columns are kept right by the database, or mended when
`flask db upgrade` runs again. This needs no old code: its INSERTs are the columns that it knew.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from psycopg.types.json import Json
from sqlalchemy import MetaData, text

from portal import create_app
from portal.database import derived_columns
from portal.delivery import form_worker
from portal.demo import families as demo_families
from portal.enums import ContactRole, StaffRole
from portal.extensions import db, writing
from portal.queries.schools import SchoolRow
from portal.services.accounts import accounts, parent_sign_in, staff_sign_in
from portal.services.actor import COMMAND
from portal.services.contacts import contacts
from portal.services.intake import receive
from portal.services.texting import send as texting
from tests.conftest import TEXTING_NUMBER
from tests.support.audit import Page
from tests.support.client import AuditedClient
from tests.support.contact_form import RUIZ, hidden
from tests.support.databases import Databases, settings
from tests.support.families import make_parent, phone, stop, wrongly_marked
from tests.support.intake import ruiz, sheet
from tests.support.people import SignIn
from tests.support.twilio_stand_in import ACCOUNT, TOKEN
from tests.support.webhooks import INBOUND, sid_of, signed

BEFORE = "0015"
"""The newest migration of the version that serves meanwhile. To be moved on with each release."""
WITHOUT_MARKS = "0005"
Rows = dict[str, list[dict[str, Any]]]


def fill(app: Flask) -> None:
    """Put something into as many tables as a day at a school does."""
    with writing():
        school = demo_families.make_schools()
        demo_families.make_families(school, 1, range(12))
        made = accounts.create_account("a@x.example", "A", "x", school.id, StaffRole.ADMIN)
        staff_sign_in.open_session(made.account_id, "", None)
        receive.accept_form(school, ruiz(), sheet(school, "a"))
        parent_sign_in.make_link(school.id, "ana@example.com", "receipt")
    form_worker.apply_pending(app)
    ana = make_parent(school, "Ana Ruiz", phones=[phone("+14155550182")], typed=True)
    stop(school, "+14155550182")
    with writing():
        texting.send(school, COMMAND, "key", "Ana", [ana], typed="Hi")
    db.session.rollback()


def read(schema: MetaData) -> Rows:
    """All rows by table, in the order in which foreign keys let them in."""
    with db.engine.connect() as connection:
        return {
            table.name: [
                dict(row._mapping)
                for row in connection.exec_driver_sql(f"SELECT * FROM {table.name}")
            ]
            for table in schema.sorted_tables
            if table.name not in {"alembic_version", "write_check"}
        }


def write(rows: Rows) -> None:
    """Insert rows with the columns that they have, as the version did that they were read from."""
    sign = "%s" if db.engine.dialect.name == "postgresql" else "?"
    with db.engine.begin() as connection:
        for table, some in rows.items():
            for row in some:
                values = tuple(Json(v) if isinstance(v, dict | list) else v for v in row.values())
                connection.exec_driver_sql(
                    f"INSERT INTO {table} ({', '.join(row)})"
                    f" VALUES ({', '.join([sign] * len(row))})",
                    values,
                )


def schema() -> MetaData:
    found = MetaData()
    found.reflect(db.engine)
    return found


@contextmanager
def another(databases: Databases, engine: str) -> Iterator[Flask]:
    """An app over another database, without any table."""
    with databases.fresh(engine, migrated=False) as database:
        app = create_app(settings(database.url))
        with app.app_context():
            yield app
            db.session.remove()
            db.engine.dispose()


def in_order(rows: Rows) -> Rows:
    """The rows without the saved search "Paused", which that version doesn't give to schools."""
    return {
        table: sorted((row for row in some if row.get("name") != "Paused"), key=repr)
        for table, some in rows.items()
    }


@pytest.mark.parametrize("before", [BEFORE, WITHOUT_MARKS])
def test_what_the_version_before_writes_to_the_new_schema_is_as_if_it_had_been_there(
    app: Flask, databases: Databases, before: str
) -> None:
    fill(app)
    engine = db.engine.dialect.name
    flask_migrate.downgrade(revision=before)
    written = read(schema())
    assert len([rows for rows in written.values() if rows]) > 15
    flask_migrate.upgrade()
    expected = read(schema())
    with another(databases, engine):
        flask_migrate.upgrade()
        write(written)
        flask_migrate.upgrade()  # once the last server of the version before is stopped
        found = read(schema())
        assert wrongly_marked() == []
    if before == BEFORE:
        assert in_order(found) == in_order(expected)
    marks = {(p["contact_id"], p["slot"], p["of_parent"]) for p in expected["phone"]}
    assert {(p["contact_id"], p["slot"], p["of_parent"]) for p in found["phone"]} == marks
    assert len({mark for _, _, mark in marks}) == 2


def test_phones_that_are_saved_without_a_mark_are_marked_at_once(school: SchoolRow) -> None:
    """As the version before saves them: it deletes a record's phones and inserts them again."""
    parent = make_parent(school, "Ana Ruiz", phones=[phone("+14155550182")])
    with writing():
        sibling = contacts.create_contact(school.id, "Leo", "Ruiz", ContactRole.STUDENT, "staff")
        leo = sibling.id
    for contact_id in (parent, leo):
        with writing():
            db.session.execute(text(f"DELETE FROM phone WHERE contact_id = {contact_id}"))
            db.session.execute(text(INSERT).bindparams(school=school.id, contact=contact_id))
    assert marks() == {parent: True, leo: False}
    with writing():
        role = "INSERT INTO contact_role (school_id, contact_id, role) VALUES (:s, :c, 'parent')"
        db.session.execute(text(role).bindparams(s=school.id, c=leo))
    assert marks() == {parent: True, leo: True}
    with writing():
        db.session.execute(text(f"DELETE FROM contact_role WHERE contact_id = {parent}"))
    assert marks() == {parent: False, leo: True}
    with writing():
        db.session.execute(
            text("UPDATE contact_role SET role = 'consultant' WHERE role = 'parent'")
        )
    assert marks() == {parent: False, leo: False}
    with writing():
        db.session.execute(
            text("UPDATE contact_role SET role = 'parent' WHERE role = 'consultant'")
        )
        db.session.execute(text("UPDATE phone SET of_parent = NOT of_parent"))
    assert marks() == {parent: False, leo: True}


CHANGE_ROLE = "UPDATE contact_role SET role = :new WHERE role = :old"
INSERT = """
    INSERT INTO phone (school_id, contact_id, slot, type, number)
    VALUES (:school, :contact, 'primary_phone', 'cell', '+14155550182')
"""


def marks() -> dict[int, bool]:
    rows = db.session.execute(text("SELECT contact_id, of_parent FROM phone"))
    return {row.contact_id: bool(row.of_parent) for row in rows}


@pytest.fixture
def set_otherwise() -> dict[str, Any]:
    return {"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN}


PAGES = (
    "/oakwood/",
    "/oakwood/forms/contact",
    "/oakwood/sign-in",
    "/oakwood/staff/",
    "/oakwood/staff/?q=ruiz",
    "/oakwood/staff/opt-outs.csv",
    "/oakwood/staff/waiting-answers",
    "/oakwood/staff/texts",
)


@pytest.mark.parametrize("before", [WITHOUT_MARKS, "0009"])
def test_a_schema_that_is_too_old_is_answered_with_the_designed_page(
    app: Flask, client: AuditedClient, staff: SignIn, before: str
) -> None:
    editor, token = staff("editor"), hidden(client)
    db.session.rollback()
    flask_migrate.downgrade(revision=before)
    answers = [(path, editor.get(path)) for path in PAGES]
    answers += [
        ("form", client.post("/oakwood/forms/contact", data=token | RUIZ)),
        ("code", client.post("/oakwood/sign-in", data=token | {"email": "ana@example.com"})),
        ("STOP", signed(app, INBOUND, incoming("STOP"))),
    ]
    codes = {what: answer.status_code for what, answer in answers}
    assert set(codes.values()) <= {200, 302, 303, 503}, codes
    assert list(codes.values()).count(503) >= 5, codes
    away = [answer for _, answer in answers if answer.status_code == 503]
    for answer in away:
        heading = Page(answer.text).text("h1")
        assert heading in {"We can't get to our records right now", "Family contact form"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["reason"]) == (503, NEEDS_MIGRATE)


NEEDS_MIGRATE = "the database needs `make migrate`"


def incoming(body: str) -> dict[str, str]:
    named = {"MessageSid": sid_of(body), "AccountSid": ACCOUNT, "Body": body}
    return named | {"From": "+14155550182", "To": TEXTING_NUMBER}


@pytest.mark.usefixtures("app")
def test_a_schema_that_is_newer_than_the_code_is_good_to_serve_with(client: AuditedClient) -> None:
    """The version before serves on while the new one is being started."""
    with writing():
        db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert client.get("/readyz").status_code == 200


@pytest.mark.usefixtures("app")
def test_a_fault_of_the_code_is_still_one(client: AuditedClient, app: Flask) -> None:
    """Only an old schema makes an error of the database's a 503."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.views.parent.get_school", ask_for_nonsense)
        answer = client.get("/oakwood/")
    assert answer.status_code == (500 if db.engine.dialect.name == "postgresql" else 503)


def ask_for_nonsense(_slug: str) -> None:
    db.session.execute(text("SELECT nonsense FROM school"))


def test_marks_of_the_version_before_are_mended_by_the_next_upgrade(
    school: SchoolRow, client: AuditedClient
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone("+14155550182")])
    on_phone = " ON phone" if db.engine.dialect.name == "postgresql" else ""
    db.session.rollback()
    with db.engine.begin() as connection:
        triggers = [
            name for name in derived_columns.TRIGGERS[connection.dialect.name] if "phone_of" in name
        ]
        for name in triggers:
            connection.execute(text(f"DROP TRIGGER {name}{on_phone}"))
        connection.execute(text("UPDATE phone SET of_parent = NOT of_parent"))
        assert derived_columns.missing_triggers(connection) == sorted(triggers)
    assert "triggers are missing: phone_of_parent" in client.get("/readyz").get_json()["reason"]
    assert wrongly_marked() == ["+14155550182"]
    with db.engine.begin() as connection:
        derived_columns.repair(connection)
    db.session.rollback()
    assert wrongly_marked() == []
