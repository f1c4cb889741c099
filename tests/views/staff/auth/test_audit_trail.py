"""The audit trail: what is noted, once, at no one's cost, and for admins only."""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, inspect, select, update
from sqlalchemy.exc import OperationalError

from portal import clock
from portal.audit_writer import AuditWriter
from portal.enums import AuditKind, StaffRole
from portal.extensions import db, writing
from portal.models import Account, AuditEntry
from portal.models.columns import id_at
from portal.queries.schools import SchoolRow
from portal.services.accounts import audit
from tests.support.client import AuditedClient
from tests.support.databases import Database
from tests.support.families import make_parent, make_student
from tests.support.people import PASSWORD, SignIn, make_account, sign_in

HERE = "/oakwood/staff/audit"
CONTACT = "/oakwood/staff/contacts"


@pytest.fixture
def admin(staff: SignIn) -> AuditedClient:
    return staff("admin", name="Ada Obi")


@pytest.fixture
def mateo(school: SchoolRow) -> int:
    return make_student(school, "Mateo Ruiz")


def entries(kind: AuditKind | None = None) -> Sequence[AuditEntry]:
    found = select(AuditEntry).order_by(AuditEntry.id)
    return db.session.scalars(found if kind is None else found.where(AuditEntry.kind == kind)).all()


def rows(client: AuditedClient, query: str = "") -> list[str]:
    """The page's rows, without the moment."""
    table = client.page(f"{HERE}{query}").query("main tbody tr")
    return [" ".join(" ".join(td.to_text() for td in tr.query("td")[1:]).split()) for tr in table]


def go_on(monkeypatch: pytest.MonkeyPatch, span: timedelta) -> None:
    now = clock.now() + span
    monkeypatch.setattr(clock, "now", lambda: now)


class TestSignIns:
    def test_sign_in_refusal_and_sign_out_are_noted_for_the_accounts_schools(
        self, client: AuditedClient, school: SchoolRow, other_school: SchoolRow
    ) -> None:
        make_account("ann@x.example", school.slug, StaffRole.EDITOR, "Ann")
        make_account("ann@x.example", other_school.slug, StaffRole.VIEWER, "Ann")
        fields = client.form("/staff/sign-in")
        for email in ("ann@x.example", "nobody@x.example"):
            client.post("/staff/sign-in", data=fields | {"email": email, "password": "a wrong one"})
        sign_in(client, "ann@x.example")
        client.post("/staff/sign-out", data=client.form("/staff/password"))
        ann = db.session.scalars(select(Account.id)).one()
        for school_id in (school.id, other_school.id):
            found = [entry for entry in entries() if entry.school_id == school_id]
            assert [(e.kind, e.account_id, e.about_id, e.network) for e in found] == [
                ("sign_in_refused", None, ann, "127.0.0.1"),
                ("sign_in", ann, None, "127.0.0.1"),
                ("sign_out", ann, None, "127.0.0.1"),
            ]

    def test_that_someone_had_to_wait_is_noted_once_an_hour(
        self, app: Flask, client: AuditedClient, school: SchoolRow
    ) -> None:
        app.config["PORTAL"] = replace(app.config["PORTAL"], sign_in_limit=1)
        make_account("ann@x.example", school.slug, StaffRole.EDITOR, "Ann")
        fields = client.form("/staff/sign-in") | {"email": "ann@x.example", "password": "wrong"}
        for _ in range(5):
            client.post("/staff/sign-in", data=fields)
        details = [entry.detail for entry in entries(AuditKind.SIGN_IN_REFUSED)]
        assert sorted(details) == ["", "had_to_wait"]


class TestPages:
    def test_a_record_that_is_opened_is_noted_once_an_hour_for_each_account(
        self, staff: SignIn, mateo: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, other = staff("viewer"), staff("editor")
        now = clock.now()
        go_on(monkeypatch, now.replace(minute=58) - now)
        for client in (one, one, other):
            client.page(f"{CONTACT}/{mateo}")
            client.page(f"{CONTACT}/{mateo}/history")
        other.page(f"{CONTACT}/{mateo}/edit")
        found = entries(AuditKind.RECORD_VIEW)
        assert [entry.object_id for entry in found] == [mateo, mateo]
        assert len({entry.account_id for entry in found}) == 2
        go_on(monkeypatch, timedelta(minutes=2))
        one.page(f"{CONTACT}/{mateo}")
        assert len(entries(AuditKind.RECORD_VIEW)) == 3

    def test_two_processes_note_a_view_once(
        self, app: Flask, staff: SignIn, mateo: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        go_on(monkeypatch, timedelta(0))
        client = staff("viewer")
        client.page(f"{CONTACT}/{mateo}")
        monkeypatch.setitem(app.extensions, "audit", AuditWriter(app))
        client.page(f"{CONTACT}/{mateo}")
        assert len(entries(AuditKind.RECORD_VIEW)) == 1

    def test_what_is_not_there_and_what_only_looks_is_not_noted(self, staff: SignIn) -> None:
        client = staff("viewer")
        client.page(f"{CONTACT}/1", status=404)
        client.page("/oakwood/staff/?q=mateo")
        assert entries(AuditKind.RECORD_VIEW) == []

    @pytest.mark.parametrize(
        ("path", "detail"),
        [
            ("opt-outs.csv", "opt_outs"),
            ("opt-ins.csv", "opt_ins"),
            ("never-asked.csv", "never_asked"),
            ("search.csv", "search_csv"),
            ("search.xlsx", "search_xlsx"),
        ],
    )
    def test_each_download_is_noted(self, staff: SignIn, path: str, detail: str) -> None:
        client = staff("viewer")
        for _ in range(2):
            assert client.get(f"/oakwood/staff/{path}").status_code == 200
        assert [entry.detail for entry in entries(AuditKind.EXPORT)] == [detail, detail]

    def test_a_page_that_is_refused_is_noted(self, staff: SignIn, mateo: int) -> None:
        staff("viewer").page(f"{CONTACT}/{mateo}/edit", status=403)
        (entry,) = entries(AuditKind.PERMISSION_REFUSED)
        assert (entry.detail, entry.object_id) == ("edit_contact", mateo)

    def test_an_attempt_to_opt_out_is_noted_as_refused(self, staff: SignIn, mateo: int) -> None:
        client = staff("editor")
        path = f"{CONTACT}/{mateo}/edit"
        client.post(path, data=client.form(path) | {"consent": "no"})
        assert [entry.detail for entry in entries(AuditKind.PERMISSION_REFUSED)] == ["edit_contact"]


class TestCost:
    def test_it_is_written_after_the_page_was_sent(
        self, app: Flask, staff: SignIn, mateo: int
    ) -> None:
        client = staff("viewer")
        happened: list[str] = []

        def look(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if "INSERT INTO audit_entry" in statement:
                happened.append("written")

        event.listen(db.engine, "before_cursor_execute", look)
        page = client.get(f"{CONTACT}/{mateo}")
        event.remove(db.engine, "before_cursor_execute", look)
        assert page.status_code == 200
        assert happened == ["written"]
        # AuditedClient fails a GET that writes while it is being answered.

    def test_where_it_cannot_be_written_the_page_is_there_and_the_entry_comes_later(
        self, staff: SignIn, mateo: int, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = staff("viewer")
        other = make_parent(school, "Ana Ruiz", mateo)
        write = AuditWriter.write

        def fail(_self: AuditWriter, _rows: object) -> None:
            raise OperationalError("INSERT", {}, Exception("disk full"))

        monkeypatch.setattr(AuditWriter, "write", fail)
        client.page(f"{CONTACT}/{mateo}")
        assert entries(AuditKind.RECORD_VIEW) == []
        monkeypatch.setattr(AuditWriter, "write", write)
        client.page(f"{CONTACT}/{other}")
        assert [e.object_id for e in entries(AuditKind.RECORD_VIEW)] == [mateo, other]

    @pytest.mark.parametrize("database", ["sqlite"], indirect=True)
    def test_no_page_waits_for_another_writer(
        self, database: Database, staff: SignIn, mateo: int
    ) -> None:
        client = staff("viewer")
        blocker = sqlite3.connect(
            database.url.removeprefix("sqlite:///"), isolation_level=None, check_same_thread=False
        )
        blocker.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        client.page(f"{CONTACT}/{mateo}")
        assert time.monotonic() - started < 5, "the writers' patience is 10 seconds"
        blocker.execute("ROLLBACK")
        client.page(f"{CONTACT}/{mateo}/history")
        assert len(entries(AuditKind.RECORD_VIEW)) == 1
        with writing():  # the connection has its patience back
            assert db.session.connection().exec_driver_sql("SELECT 1").scalar() == 1


class TestWhatItHolds:
    def test_no_name_no_password_and_no_search_is_in_it(
        self, admin: AuditedClient, mateo: int
    ) -> None:
        admin.page(f"{CONTACT}/{mateo}")
        admin.get("/oakwood/staff/search.csv?f1=email&v1=secret-search")
        admin.page("/oakwood/staff/?q=secret-search")
        held = str(
            [[getattr(e, c.key) for c in inspect(AuditEntry).columns] for e in entries()]
        ).lower()
        assert entries()
        for word in ("mateo", "ruiz", "secret", PASSWORD, "@"):
            assert word not in held

    def test_what_is_older_than_400_days_goes_with_the_next_sign_in(
        self, staff: SignIn, school: SchoolRow, other_school: SchoolRow
    ) -> None:
        now = clock.now()
        for days in (399, 401):
            at = now - timedelta(days=days)
            row = {"school_id": school.id, "id": id_at(at), "at": at}
            with writing():
                db.session.add(AuditEntry(**row, kind=AuditKind.EXPORT))
        staff("viewer")
        assert [(now - entry.at).days for entry in entries(AuditKind.EXPORT)] == [399]


class TestPage:
    def test_it_says_who_did_what_newest_first(
        self, staff: SignIn, admin: AuditedClient, mateo: int
    ) -> None:
        viewer = staff("viewer", name="Vi Lin")
        viewer.page(f"{CONTACT}/{mateo}")
        viewer.get("/oakwood/staff/opt-outs.csv")
        assert rows(admin) == [
            "Vi Lin Downloaded parents who opted out 127.0.0.1",
            "Vi Lin Opened the record of Mateo Ruiz 127.0.0.1",
            "Vi Lin Signed in 127.0.0.1",
            "Ada Obi Signed in 127.0.0.1",
        ]

    def test_it_is_narrowed_by_kind_and_by_person(
        self, staff: SignIn, admin: AuditedClient, mateo: int
    ) -> None:
        viewer = staff("viewer", name="Vi Lin")
        viewer.page(f"{CONTACT}/{mateo}")
        assert rows(admin, "?kind=record_view") == [
            "Vi Lin Opened the record of Mateo Ruiz 127.0.0.1"
        ]
        ada = db.session.scalars(select(Account.id).where(Account.name == "Ada Obi")).one()
        assert rows(admin, f"?person={ada}") == ["Ada Obi Signed in 127.0.0.1"]
        assert rows(admin, f"?person={ada}&kind=export") == []
        assert "No matching activity" in admin.page(f"{HERE}?kind=export").text("main")
        assert len(rows(admin, "?kind=nonsense&person=x&before=y")) == 3

    def test_what_was_done_to_a_person_is_found_with_them(
        self, client: AuditedClient, admin: AuditedClient
    ) -> None:
        make_account("ann@x.example", "oakwood", StaffRole.EDITOR, "Ann Lee")
        fields = client.form("/staff/sign-in") | {"email": "ann@x.example", "password": "wrong"}
        client.post("/staff/sign-in", data=fields)
        ann = db.session.scalars(select(Account.id).where(Account.name == "Ann Lee")).one()
        assert rows(admin, f"?person={ann}") == [
            "Not signed in Sign-in refused: wrong password: Ann Lee 127.0.0.1"
        ]

    def test_it_is_paged(self, admin: AuditedClient, school: SchoolRow) -> None:
        with writing():
            for n in range(60):
                entry = audit.AuditNote(AuditKind.EXPORT, detail=f"export{n}")
                audit.note([school.id], entry)
        page = admin.page(HERE)
        assert len(page.query("main tbody tr")) == 50
        (older,) = [a.attrs["href"] for a in page.query("nav.pages a")]
        rest = rows(admin, older.removeprefix(HERE))
        assert len(rest) == 11
        assert "export9" in rest[0]

    def test_another_schools_entries_are_not_in_it(
        self, admin: AuditedClient, staff: SignIn, other_school: SchoolRow
    ) -> None:
        staff("viewer", school="birchwood", name="Bea").get("/birchwood/staff/opt-outs.csv")
        assert rows(admin) == ["Ada Obi Signed in 127.0.0.1"]

    def test_whoever_left_is_still_named(
        self, admin: AuditedClient, staff: SignIn, mateo: int
    ) -> None:
        staff("viewer", name="Vi Lin").page(f"{CONTACT}/{mateo}")
        with writing():
            db.session.execute(
                update(Account).where(Account.name == "Vi Lin").values(disabled_at=clock.now())
            )
        assert "Vi Lin Opened the record of Mateo Ruiz 127.0.0.1" in rows(admin)

    def test_changes_of_accounts_are_in_it(self, app: Flask, admin: AuditedClient) -> None:
        run = app.test_cli_runner()
        email = "ann@x.example"
        for words in (
            ["staff", "create", email, "--school", "oakwood", "--role", "viewer"],
            ["staff", "role", email, "--school", "oakwood", "--role", "editor"],
            ["staff", "reset", email],
            ["staff", "disable", email],
            ["staff", "enable", email],
            ["staff", "remove", email, "--school", "oakwood"],
        ):
            assert run.invoke(args=words).exit_code == 0
        db.session.rollback()
        assert rows(admin, "?kind=account_change") == [
            "Tech support (command) Removed from the school: ann",
            "Tech support (command) Account enabled: ann",
            "Tech support (command) Account disabled: ann",
            "Tech support (command) Password reset: ann",
            "Tech support (command) Role changed (editor): ann",
            "Tech support (command) Account created (viewer): ann",
        ]
