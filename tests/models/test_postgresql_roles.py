"""The roles of docs/operations.md: the portal does its work, and can't disarm the ledger."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import flask_migrate
import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, make_url, select, text
from sqlalchemy.exc import DBAPIError

from portal import create_app
from portal.config import ROOT
from portal.demo import families as demo_families
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentStatus
from portal.services.schools import schools
from tests.support.client import AuditedClient, watch
from tests.support.contact_form import RUIZ, sent
from tests.support.databases import Databases, settings
from tests.support.families import make_parent, make_student, phone, stop
from tests.support.people import parent_signed_in, signer

pytestmark = pytest.mark.postgresql
DOCUMENTED = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/operations.md").read_text(), re.DOTALL)


@dataclass(frozen=True)
class Roles:
    superuser: str
    owner: str
    portal: str
    """Addresses of one database, for each role."""
    names: dict[str, str]

    def sql(self, block: str) -> str:
        """The documented statements, with this test's names: roles belong to the whole server."""
        return re.sub(r"\bportal(_owner)?\b", lambda found: self.names[found[0]], block)


def run(address: str, statements: str) -> None:
    plain = address.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statements)  # type: ignore[arg-type]  # read from a file


@pytest.fixture
def roles(databases: Databases) -> Iterator[Roles]:
    create, *_ = DOCUMENTED
    end = secrets.token_hex(4)
    names = {"portal": f"portal_{end}", "portal_owner": f"owner_{end}"}
    with databases.fresh("postgresql", migrated=False) as database:
        url = make_url(databases.direct(database))
        address = {
            key: url.set(username=name, password="x").render_as_string(hide_password=False)
            for key, name in names.items()
        }
        roles = Roles(databases.direct(database), address["portal_owner"], address["portal"], names)
        for statement in create.strip().splitlines():
            if "DATABASE" not in statement:
                run(roles.superuser, roles.sql(statement))
        run(roles.superuser, f'ALTER DATABASE "{url.database}" OWNER TO {names["portal_owner"]}')
        yield roles
    with databases.connect() as connection:
        for name in names.values():
            connection.execute(f"DROP ROLE {name}")  # type: ignore[arg-type]


def upgrade(address: str) -> None:
    app = create_app(settings(address))
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def portal(roles: Roles) -> Iterator[Flask]:
    """The portal over a database that was set up as documented."""
    upgrade(roles.owner)
    run(roles.owner, roles.sql(DOCUMENTED[1]))
    app = create_app(settings(roles.portal))
    app.test_client_class = AuditedClient
    watch(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_the_portal_does_all_its_work_with_its_own_role(portal: Flask) -> None:
    with writing():
        school = demo_families.make_schools()
        demo_families.make_families(school, 1, range(3))
    client: Any = portal.test_client()
    assert client.get("/readyz").get_json() == {"status": "ok"}
    sent(client, RUIZ)
    ana = parent_signed_in(portal, "ana.ruiz@example.com")
    assert ana.get("/oakwood/household").status_code == 200
    make_parent(
        school,
        "Ben Lee",
        make_student(school, "Iris Lee"),
        phones=[phone("+14155550188")],
        typed=True,
    )
    stop(school, "+14155550188")
    with writing():
        schools.set_school("oakwood", welcome_on=False)
    assert signer(portal)("editor").get("/oakwood/staff/").status_code == 200
    state = select(ConsentStatus.state).where(ConsentStatus.number == "+14155550188")
    assert db.session.scalar(state) == "opted_out"


REFUSED = [
    "UPDATE consent_event SET answer = 'no'",
    "DELETE FROM consent_event",
    "TRUNCATE consent_event CASCADE",
    "UPDATE wording SET text = 'Yes to everything'",
    "DELETE FROM wording",
    "ALTER TABLE consent_event DISABLE TRIGGER ALL",
    "ALTER TABLE consent_event DISABLE TRIGGER consent_event_no_update",
    "DROP TRIGGER consent_event_no_update ON consent_event",
    "ALTER TABLE wording ENABLE REPLICA TRIGGER wording_no_update",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RETURN NEW; END $$",
    "CREATE FUNCTION public.allow() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RETURN NULL; END $$",
    "CREATE RULE nothing AS ON INSERT TO consent_event DO INSTEAD NOTHING",
    "DROP TABLE consent_event CASCADE",
    "ALTER TABLE consent_event RENAME TO gone",
    "SET session_replication_role = replica",
    "UPDATE alembic_version SET version_num = '0001'",
    "DROP SCHEMA public CASCADE",
]


def test_the_portals_role_can_neither_change_the_ledger_nor_disarm_it(portal: Flask) -> None:
    with writing():
        school = schools.create_school("oakwood", "Oakwood School", "+12065550147")
    stop(school, "+14155550188")
    for statement in REFUSED:
        with pytest.raises(DBAPIError) as raised:
            _execute(statement)
        assert "InsufficientPrivilege" in type(raised.value.orig).__name__, statement
    assert db.session.scalar(select(func.count()).select_from(ConsentEvent)) == 1
    assert portal.test_client().get("/readyz").status_code == 200


def test_a_database_that_the_portal_owned_is_handed_over(roles: Roles) -> None:
    run(roles.superuser, roles.sql("GRANT CREATE, USAGE ON SCHEMA public TO portal"))
    upgrade(roles.portal)
    run(roles.superuser, roles.sql(DOCUMENTED[2]))
    run(roles.superuser, roles.sql("REVOKE CREATE ON SCHEMA public FROM portal"))
    upgrade(roles.owner)
    run(roles.owner, roles.sql(DOCUMENTED[1]))
    app = create_app(settings(roles.portal))
    with app.app_context():
        with pytest.raises(DBAPIError, match="must be owner"):
            _execute("ALTER TABLE consent_event DISABLE TRIGGER ALL")
        with writing():
            school = schools.create_school("oakwood", "Oakwood School", "+12065550147")
        stop(school, "+14155550188")
        db.session.remove()
        db.engine.dispose()


def _execute(statement: str) -> None:
    with writing():
        db.session.execute(text(statement))
