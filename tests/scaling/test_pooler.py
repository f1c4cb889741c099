"""Two servers behind a pooler that gives each transaction another connection, and keeps none."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import flask_migrate
import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select, text

from portal import create_app
from portal.consent.guards import missing_guards
from portal.delivery import form_worker, text_worker
from portal.enums import Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, Contact, Message, Submission
from portal.queries.schools import SchoolRow
from portal.services.intake import receive
from portal.services.locks import advisory_lock
from portal.services.texting.send import send_to_number
from tests.conftest import TEXTING_NUMBER
from tests.delivery.text_provider import PAT, queue
from tests.models.test_postgresql import SETTINGS
from tests.scaling.conftest import CONNECTIONS
from tests.support.client import AuditedClient
from tests.support.contact_form import BEN, RUIZ, Sender, sent
from tests.support.databases import Database, Databases, migrate, settings
from tests.support.families import make_parent, phone
from tests.support.intake import YES, cell, parent, ruiz, sheet
from tests.support.live import served, wait_until_applied
from tests.support.people import parent_signed_in, signer
from tests.support.pooler import pooler
from tests.support.twilio_stand_in import ACCOUNT, TOKEN, StandIn, inbound_post, post
from tests.support.webhooks import INBOUND, signed, state

pytestmark = pytest.mark.postgresql
ANA = "+14155550182"


def at(other: Flask, client: AuditedClient) -> AuditedClient:
    """The same browser at another server: its cookies go with it."""
    moved = other.test_client()
    assert isinstance(moved, AuditedClient)
    moved._cookies = client._cookies
    return moved


def text_of(client: AuditedClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.text


def test_what_one_server_writes_the_other_goes_on_with(
    two: list[Flask], school: SchoolRow, provider: StandIn
) -> None:
    first, second = two
    sent(first.test_client(), RUIZ | BEN)
    ana = parent_signed_in(first, "ana.ruiz@example.com")
    assert "(415) 555-0182" in text_of(at(second, ana), "/oakwood/household")
    editor = signer(second)("editor")
    staff = at(first, editor)
    [link, *_] = staff.page("/oakwood/staff/?q=ana+ruiz").query("main a[href*='/contacts/']")
    record = link.attrs["href"]
    assert 'data-consent="opted_in"' in text_of(editor, record)
    queue(school, ANA)
    assert text_worker.send_due(second) == 1
    signed(second, INBOUND, inbound_post(provider.receive(ANA, TEXTING_NUMBER, "STOP")))
    assert state(ANA) == "opted_out"
    assert 'data-consent="opted_in"' not in text_of(staff, record)
    listed = text_of(staff, "/oakwood/staff/opt-outs.csv")
    assert listed == text_of(editor, "/oakwood/staff/opt-outs.csv")
    assert "(415) 555-0182" in listed
    assert "(415) 555-0183" in listed
    search = "f1=role&o1=is&v1=parent&col=parent.name"
    assert "Ben Ruiz" in text_of(editor, f"/oakwood/staff/search.csv?{search}")
    assert "Ben Ruiz" in text_of(staff, f"/oakwood/staff/search?{search}")


def test_two_workers_apply_each_form_once_and_send_each_text_once(
    two: list[Flask], school: SchoolRow, provider: StandIn
) -> None:
    numbers = [f"+1415555{n:04}" for n in range(100, 112)]
    for n, number in enumerate(numbers):
        form = ruiz(parent("Ana", f"ana{n}@example.com", cell(number, YES)), child=f"Mateo{n}")
        with writing():
            receive.accept_form(school, form, sheet(school, f"{n:x}", f"browser {n}"))
    db.session.remove()
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(form_worker.apply_pending, two * 2)) == len(numbers)
    assert count(ConsentEvent) == len(numbers)
    with writing():
        for number in numbers:
            assert send_to_number(school, PAT, number, "No school today.") is None
    db.session.remove()
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(text_worker.send_due, two * 2)) == len(numbers)
    assert sorted(text.to for text in provider.taken) == numbers
    assert set(db.session.scalars(select(Message.state))) == {"sent"}


@pytest.mark.long
def test_two_servers_take_forms_and_stops_at_once(
    database: Database, two: list[Flask], school: SchoolRow, provider: StandIn
) -> None:
    names = [f"Mateo {n}" for n in range(12)]
    texted = {"PORTAL_TWILIO_AUTH_TOKEN": TOKEN, "PORTAL_TWILIO_ACCOUNT_SID": ACCOUNT}
    with served(database, **texted) as one, served(database, **texted) as other:

        def send(name: str) -> None:
            live = one if int(name[-1]) % 2 else other
            Sender(live.url).send(RUIZ | {"child1-first_name": name})
            stop = provider.receive(f"+1206555{len(name)}0{name[-1]}", TEXTING_NUMBER, "STOP")
            assert post(f"{live.url}{INBOUND}", inbound_post(stop)) == 200

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(send, names))
        wait_until_applied(one)
    assert count(Submission) == len(names)
    assert set(db.session.scalars(select(Contact.first_name))) >= set(names)
    assert count(ConsentEvent, ConsentEvent.source == Source.TEXT_REPLY) == len(names)


def test_each_transaction_has_its_settings_and_leaves_nothing_behind(
    database: Database, two: list[Flask], school: SchoolRow
) -> None:
    shown = select(text("pg_backend_pid()"), *(func.current_setting(name) for name in SETTINGS))
    with ExitStack() as busy:  # the pooler opens a connection only where it has none that is free
        for _ in range(CONNECTIONS - 1):
            busy.enter_context(db.engine.begin())
    pids = set()
    for _ in range(20):  # more often than psycopg runs a statement before it prepares it
        pid, *found = db.session.execute(shown).one()
        pids.add(pid)
        assert dict(zip(SETTINGS, found, strict=True)) == SETTINGS
        with writing():
            advisory_lock("a thing")
    assert len(pids) > 1
    plain = database.url.replace("+psycopg", "", 1)
    with psycopg.connect(plain, autocommit=True, prepare_threshold=None) as connection:
        for _ in range(2 * CONNECTIONS):  # other tests have locks on databases of their own
            left = connection.execute(
                "SELECT current_setting('jit'), (SELECT count(*) FROM pg_prepared_statements),"
                " (SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                "  WHERE locktype = 'advisory' AND datname = current_database())"
            )
            assert left.fetchone() == ("on", 0, 0)


def test_migrations_may_go_through_the_pooler(databases: Databases) -> None:
    directory = databases.directory / f"pooler-{secrets.token_hex(4)}"
    with (
        databases.fresh("postgresql", migrated=False) as database,
        pooler(database.url, directory) as url,
    ):
        migrate(url)
        with create_app(settings(url)).app_context():
            assert missing_guards(db.session.connection()) == []
            db.session.rollback()
            flask_migrate.downgrade(revision="0011")
            flask_migrate.upgrade()
            assert missing_guards(db.session.connection()) == []
            db.session.remove()
            db.engine.dispose()


def test_vacuum_runs_outside_of_transactions(two: list[Flask], school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    db.session.remove()
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("VACUUM ANALYZE contact"))
    assert count(Contact) == 1


def count(model: Any, *which: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model).where(*which)) or 0
