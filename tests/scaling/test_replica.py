"""Reads that may lag come from a standby, which is held back here, and nothing else does."""

import secrets
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import insert, make_url, select
from sqlalchemy.exc import InternalError

from portal import create_app
from portal.database import replica
from portal.delivery import text_worker
from portal.enums import StaffRole
from portal.extensions import REPLICA, db, writing
from portal.models import Contact, Message, School
from portal.services.schools import schools
from tests.conftest import TEXTING_NUMBER
from tests.delivery.text_provider import queue
from tests.support.client import AuditedClient, form_values, watch
from tests.support.contact_form import RUIZ, sent
from tests.support.databases import Databases, settings
from tests.support.families import make_parent, phone, stop
from tests.support.people import make_account, parent_signed_in, sign_in
from tests.support.queries import counted
from tests.support.standby import Standby, standby

MOSS_EMAIL = "dee@example.com"
MOSS = RUIZ | {
    "child1-first_name": "Kai",
    "parent1-first_name": "Dee",
    "parent1-last_name": "Moss",
    "parent1-email": MOSS_EMAIL,
    "parent1-primary_phone-number": "(415) 555-0199",
}
pytestmark = pytest.mark.postgresql
ANA, BEN, CY = "+14155550182", "+14155550183", "+14155550184"
PARENTS = "f1=role&o1=is&v1=parent&col=parent.name"
MAY_LAG = {
    f"search?{PARENTS}": "Ben Lee",
    f"search.csv?{PARENTS}": "Ben Lee",
    "opt-outs.csv": "Ana Ruiz",
    "opt-ins.csv": "Ben Lee",
    "never-asked.csv": "Cy Lee",
    "": "Kai Ruiz",
    "audit": "Signed in",
    "texts": "(415) 555-0183",
}
"""Pages for staff, and something on each that was written after the standby was held back."""


@pytest.fixture(scope="module")
def late(databases: Databases) -> Iterator[tuple[Flask, Standby]]:
    """A portal whose standby has missed what came in last."""
    directory = databases.directory / f"standby-{secrets.token_hex(4)}"
    with (
        databases.fresh("postgresql") as database,
        standby(databases.server(), directory) as behind,
    ):
        url = behind.url(str(make_url(database.url).database))
        app = create_app(settings(database.url, replica_url=url))
        app.test_client_class = AuditedClient
        watch(app)
        with app.app_context():
            with writing():
                school = schools.create_school(
                    "oakwood", "Oakwood School", TEXTING_NUMBER, send_window="always"
                )
            make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
            behind.pause()
            stop(school, ANA)
            make_parent(school, "Ben Lee", phones=[phone(BEN)], typed=True)
            make_parent(school, "Cy Lee", phones=[phone(CY)])
            queue(school, BEN)
            sent(app.test_client(), MOSS)
        yield app, behind
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


@pytest.fixture
def app(late: tuple[Flask, Standby], monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """However far the standby is behind, it is read from."""
    monkeypatch.setattr(replica, "MOST_BEHIND_SECONDS", 10**6)
    with late[0].app_context():
        yield late[0]
        db.session.remove()


@pytest.fixture
def staff(app: Flask) -> AuditedClient:
    """Signed in just now: the standby knows neither the account nor the session."""
    email = f"{secrets.token_hex(4)}@oakwood.example"
    make_account(email, "oakwood", StaffRole.ADMIN)
    client = app.test_client()
    assert isinstance(client, AuditedClient)
    return sign_in(client, email)


def shown(client: AuditedClient, path: str) -> str:
    answer = client.get(f"/oakwood/staff/{path}")
    assert answer.status_code == 200, path
    return answer.text


@pytest.fixture
def asked(app: Flask) -> Iterator[list[str]]:
    """Collect the statements that the standby gets."""
    with counted(db.engines[REPLICA]) as statements:
        yield statements


@pytest.mark.parametrize("path", MAY_LAG)
def test_a_page_that_may_lag_is_read_from_the_standby(
    staff: AuditedClient, asked: list[str], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAY_LAG[path] not in shown(staff, path)
    assert len(asked) > 1  # not only how far it is behind
    monkeypatch.setattr(replica, "MOST_BEHIND_SECONDS", 0)
    assert MAY_LAG[path] in shown(staff, path)


def test_a_download_for_excel_is_read_from_the_standby(
    staff: AuditedClient, asked: list[str]
) -> None:
    assert staff.get(f"/oakwood/staff/search.xlsx?{PARENTS}").status_code == 200
    assert len(asked) > 1


def test_nothing_else_is_read_from_it(app: Flask, staff: AuditedClient, asked: list[str]) -> None:
    """The look-up, records, the family's own page, the gate, and what is saved."""
    [link, *_] = staff.page("/oakwood/staff/?q=dee+moss").query("main a[href*='/contacts/']")
    assert "Dee Moss" in staff.get(link.attrs["href"]).text
    ana = staff.page("/oakwood/staff/?q=ana+ruiz").query("main a[href*='/contacts/']")[0]
    assert 'data-consent="opted_out"' in staff.get(ana.attrs["href"]).text
    assert "(415) 555-0199" in parent_signed_in(app, MOSS_EMAIL).get("/oakwood/household").text
    text_worker.send_due(app)
    assert set(db.session.scalars(select(Message.state))) == {"sent"}
    assert asked == []


def test_what_staff_changed_just_now_is_on_their_next_pages(
    app: Flask, staff: AuditedClient, asked: list[str]
) -> None:
    page = staff.page("/oakwood/staff/students/new")
    fields = {"first_name": "Iris", "last_name": "Lee"}
    answer = staff.post("/oakwood/staff/students/new", data=form_values(page) | fields)
    assert answer.status_code == 303
    students = "search?f1=role&o1=is&v1=student&col=student.name"
    assert "Iris Lee" in shown(staff, students)
    assert asked == []


def test_no_write_goes_to_the_standby_not_even_on_a_page_that_may_lag(app: Flask) -> None:
    standby_engine = db.engines[REPLICA]
    replica.read_from_replica()
    session = db.session()
    assert session.get_bind() is standby_engine
    assert db.session.scalars(select(Contact.first_name)).all() == ["Ana"]
    with writing():
        assert session.get_bind() is db.engine
        assert len(db.session.scalars(select(Contact.first_name)).all()) > 1
        with pytest.raises(InternalError, match="read-only"), standby_engine.begin() as connection:
            connection.execute(insert(School).values(id=9, slug="x"))
    assert session.get_bind(clause=insert(School)) is db.engine
    assert session.get_bind() is standby_engine


def test_a_standby_that_is_too_far_behind_is_not_read_from(
    app: Flask, staff: AuditedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica, "MOST_BEHIND_SECONDS", 0)
    assert "Ben Lee" in shown(staff, f"search?{PARENTS}")


def test_pages_are_read_from_the_primary_while_the_standby_is_down(
    late: tuple[Flask, Standby], staff: AuditedClient, caplog: pytest.LogCaptureFixture
) -> None:
    late[1].stop()
    try:
        assert "Ben Lee" in shown(staff, f"search?{PARENTS}")
        assert "the replica can't be read: OperationalError" in caplog.text
    finally:
        late[1].start()
        late[0].extensions.pop("portal-replica-avoided-until")
