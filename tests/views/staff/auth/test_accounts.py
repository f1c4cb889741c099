"""Admins see who is staff of their school, invite, change roles, remove; never the last admin."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clock
from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Account, Mail, Membership, StaffInvitation
from portal.queries.schools import SchoolRow
from portal.services.accounts import accounts, staff_invitations, staff_roles
from portal.services.accounts.tokens import token_hash
from portal.services.actor import COMMAND
from portal.services.mail import outcomes
from portal.services.mail import queue as mail_queue
from tests.support.audit import Page
from tests.support.client import AuditedClient
from tests.support.people import PASSWORD, SignIn, make_account, newest_mail, sign_in

ANN, NEW = "ann@oakwood.example", "new@oakwood.example"
STRONG = "purple tractor seven lakes"
HERE = "/oakwood/staff/accounts"
Browser = Callable[[], AuditedClient]


@pytest.fixture
def admin(staff: SignIn) -> AuditedClient:
    return staff("admin", name="Ada Obi")


@pytest.fixture
def ann(school: SchoolRow) -> int:
    make_account(ANN, school.slug, StaffRole.EDITOR, "Ann Lee")
    return id_of(ANN)


@pytest.fixture
def browser(app: Flask) -> Browser:
    def new() -> AuditedClient:
        client = app.test_client()
        assert isinstance(client, AuditedClient)
        return client

    return new


def id_of(email: str) -> int:
    return db.session.scalars(select(Account.id).where(Account.email == email)).one()


def role_of(account_id: int) -> str | None:
    return db.session.scalar(select(Membership.role).where(Membership.account_id == account_id))


def invite(client: AuditedClient, email: str, role: str = "editor"):
    fields = client.form(HERE, f"form[action='{HERE}']")
    return client.post(HERE, data=fields | {"email": email, "role": role})


def link(email: str = NEW) -> str:
    found = re.search(r"http://localhost(/staff/invitation/\S+)", newest_mail(email).body)
    assert found is not None
    return found[1]


def accept(client: AuditedClient, path: str, name: str = "Nia New", password: str = STRONG):
    typed = {"name": name, "password": password, "again": password}
    return client.post(path, data=client.form(path) | typed)


def set_role(client: AuditedClient, account_id: int, role: str):
    path = f"{HERE}/{account_id}"
    return client.post(path, data=client.form(path) | {"role": role})


def remove(client: AuditedClient, account_id: int):
    path = f"{HERE}/{account_id}/remove"
    return client.post(path, data=client.form(path))


def mails() -> int:
    return db.session.scalar(select(func.count()).where(Mail.kind == "staff_invitation")) or 0


class TestList:
    def test_it_shows_the_schools_accounts_with_role_and_last_sign_in(
        self, admin: AuditedClient, ann: int, other_school: SchoolRow
    ) -> None:
        make_account("bea@birchwood.example", other_school.slug, StaffRole.ADMIN, "Bea")
        rows = [row.to_text() for row in admin.page(HERE).query("main tbody tr")]
        assert len(rows) == 2
        assert all(word in rows[1] for word in ("Ann Lee", ANN, "Editor", "Never"))
        assert all(word in rows[0] for word in ("Ada Obi", "You", "Admin", str(clock.now().year)))

    def test_a_disabled_account_is_marked(self, admin: AuditedClient, ann: int) -> None:
        with writing():
            staff_roles.disable_account(ann, COMMAND)
        assert "Disabled" in admin.page(HERE).text("main tbody")


class TestRole:
    def test_a_role_is_changed(self, admin: AuditedClient, ann: int) -> None:
        assert set_role(admin, ann, "viewer").location == HERE
        assert role_of(ann) == "viewer"
        assert "Ann Lee: Viewer" in admin.page(HERE).text("main")

    @pytest.mark.parametrize("role", ["", "owner"])
    def test_no_other_role_is_taken(self, admin: AuditedClient, ann: int, role: str) -> None:
        assert set_role(admin, ann, role).status_code == 422
        assert role_of(ann) == "editor"

    def test_the_last_admin_stays_one(self, admin: AuditedClient, ann: int) -> None:
        me = id_of("admin-0@oakwood.example")
        answer = set_role(admin, me, "viewer")
        assert answer.status_code == 422
        assert "Make someone else an admin first" in Page(answer.text).text("#error-summary")
        assert role_of(me) == "admin"

    def test_with_another_admin_one_may_step_down(self, admin: AuditedClient, ann: int) -> None:
        set_role(admin, ann, "admin")
        answer = set_role(admin, id_of("admin-0@oakwood.example"), "viewer")
        assert answer.location == "/oakwood/staff/"
        assert admin.get(HERE).status_code == 403

    def test_an_admin_whose_account_is_disabled_is_none(
        self, admin: AuditedClient, ann: int
    ) -> None:
        set_role(admin, ann, "admin")
        with writing():
            staff_roles.disable_account(ann, COMMAND)
        me = id_of("admin-0@oakwood.example")
        assert set_role(admin, me, "viewer").status_code == 422


class TestRemove:
    def test_it_asks_first_and_then_the_school_is_closed_to_them(
        self, admin: AuditedClient, browser: Browser, ann: int
    ) -> None:
        theirs = sign_in(browser(), ANN)
        assert "Remove Ann Lee" in admin.page(f"{HERE}/{ann}/remove").text("h1")
        assert role_of(ann) == "editor"
        assert remove(admin, ann).location == HERE
        assert theirs.get("/oakwood/staff/").status_code == 404
        assert admin.get(f"{HERE}/{ann}").status_code == 404
        assert db.session.get(Account, ann) is not None

    def test_other_schools_stay(
        self, admin: AuditedClient, browser: Browser, ann: int, other_school: SchoolRow
    ) -> None:
        make_account(ANN, other_school.slug, StaffRole.VIEWER)
        remove(admin, ann)
        assert sign_in(browser(), ANN).get("/birchwood/staff/").status_code == 200

    def test_the_last_admin_is_not_removed(self, admin: AuditedClient) -> None:
        me = id_of("admin-0@oakwood.example")
        answer = remove(admin, me)
        assert answer.status_code == 422
        assert "Make someone else an admin first" in answer.text
        assert role_of(me) == "admin"

    def test_an_admin_may_leave_when_there_is_another(self, admin: AuditedClient, ann: int) -> None:
        set_role(admin, ann, "admin")
        assert remove(admin, id_of("admin-0@oakwood.example")).location == "/staff/"


class TestInvite:
    def test_who_has_no_account_makes_one_by_the_link_and_is_signed_in(
        self, admin: AuditedClient, browser: Browser
    ) -> None:
        assert invite(admin, NEW).location == HERE
        guest = browser()
        assert accept(guest, link()).location == "/oakwood/staff/"
        assert guest.get("/oakwood/staff/").status_code == 200
        assert role_of(id_of(NEW)) == "editor"
        sign_in(browser(), NEW, STRONG)
        assert browser().get(link()).status_code == 410, "it works once"

    def test_who_has_an_account_signs_in_and_accepts(
        self, admin: AuditedClient, browser: Browser, other_school: SchoolRow
    ) -> None:
        make_account(NEW, other_school.slug, StaffRole.VIEWER)
        invite(admin, NEW, "admin")
        guest = browser()
        sent = guest.get(link())
        assert sent.location == f"/staff/sign-in?next={link()}"
        typed = guest.form(sent.location) | {"email": NEW, "password": PASSWORD}
        assert guest.post("/staff/sign-in", data=typed).location == link()
        path = link()
        assert not guest.page(path).query("input[type=password]")
        assert guest.post(path, data=guest.form(path)).location == "/oakwood/staff/"
        roles = dict(
            db.session.execute(
                select(Membership.school_id, Membership.role).where(
                    Membership.account_id == id_of(NEW)
                )
            ).all()
        )
        assert sorted(roles.values()) == ["admin", "viewer"]

    def test_page_and_email_are_the_same_whether_or_not_there_is_an_account(
        self, admin: AuditedClient, other_school: SchoolRow
    ) -> None:
        make_account("has@birchwood.example", other_school.slug, StaffRole.VIEWER)
        seen = set()
        for email in ("has@birchwood.example", "not@birchwood.example"):
            invite(admin, email)
            page = admin.page(HERE)
            mail = newest_mail(email)
            path = link(email)
            told = page.text("main [role=status]").replace(email, "")
            row = page.query("section[aria-labelledby=invited] tbody tr")[0].to_text()
            said = (told, row.replace(email, ""), mail.subject, mail.body.replace(path, ""))
            seen.add(said)
        assert len(seen) == 1

    def test_an_invitation_that_did_not_arrive_says_so(
        self, admin: AuditedClient, school: SchoolRow
    ) -> None:
        invite(admin, NEW)
        assert "Email refused" not in admin.page(HERE).text("[aria-labelledby=invited]")
        mail = newest_mail(NEW)
        with writing():
            claimed = mail_queue.claim_next("portal@example.org")
            assert claimed is not None
            assert claimed.id == mail.id
            outcomes.record_failure(claimed, "550 5.1.1 No such user", final=True)
        shown = admin.page(HERE).text("[aria-labelledby=invited]")
        assert "Email refused" in shown
        assert "no such mailbox" in shown
        invite(admin, NEW)
        assert "Email refused" not in admin.page(HERE).text("[aria-labelledby=invited]")

    def test_the_button_pressed_twice_leads_where_it_led(
        self, app: Flask, admin: AuditedClient, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        invite(admin, NEW)
        guest, path = browser(), link()
        typed = {"name": "Nia New", "password": STRONG, "again": STRONG}
        posted = guest.form(path) | typed
        before = guest.get_cookie("portal")
        assert before is not None
        assert accept(guest, path).location == "/oakwood/staff/"
        assert guest.post(path, data=posted).location == "/oakwood/staff/"
        slow = browser()
        slow.set_cookie("portal", before.value)
        assert slow.post(path, data=posted).location == "/staff/sign-in?next=/oakwood/staff/"
        assert browser().get(path).status_code == 410, "another browser"
        now = clock.now()
        monkeypatch.setattr(clock, "now", lambda: now + timedelta(seconds=61))
        assert slow.post(path, data=posted).status_code == 410

    def test_a_busy_server_asks_to_try_again_and_the_link_still_works(
        self, admin: AuditedClient, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        invite(admin, NEW)
        guest = browser()
        monkeypatch.setattr(accounts, "HASHING_WAIT_SECONDS", 0.01)
        with accounts.hashing_slot(), accounts.hashing_slot():
            answer = accept(guest, link())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "Many people are signing in right now" in answer.text
        assert accept(guest, link()).location == "/oakwood/staff/"

    def test_an_invitation_that_is_taken_back_meanwhile_makes_no_account(
        self, admin: AuditedClient, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        invite(admin, NEW)
        monkeypatch.setattr(staff_invitations, "make_invited", lambda *_args: None)
        answer = accept(browser(), link())
        assert answer.status_code == 410
        assert "This link has expired" in answer.text

    def test_an_invitation_that_is_taken_back_meanwhile_joins_no_school(
        self,
        admin: AuditedClient,
        browser: Browser,
        other_school: SchoolRow,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        make_account(NEW, other_school.slug, StaffRole.VIEWER)
        invite(admin, NEW)
        guest = sign_in(browser(), NEW)
        monkeypatch.setattr(staff_invitations, "join_school", lambda *_args: None)
        answer = guest.post(link(), data=guest.form(link()))
        assert answer.status_code == 410
        assert "This link has expired" in answer.text

    def test_only_the_account_that_was_invited_may_accept(
        self, admin: AuditedClient, browser: Browser, ann: int, other_school: SchoolRow
    ) -> None:
        make_account(NEW, other_school.slug, StaffRole.VIEWER)
        invite(admin, NEW, "admin")
        path = link()
        other = sign_in(browser(), ANN)
        page = other.page(path)
        assert "you are signed in as ann@oakwood.example" in page.text("main")
        other.post(path, data=other.form("/staff/password"))
        assert role_of(ann) == "editor"
        assert other.get(path).status_code == 200, "it still waits for whoever it is for"

    def test_a_canceled_or_old_link_does_not_work(
        self, admin: AuditedClient, browser: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        invite(admin, NEW)
        canceled = link()
        (form,) = admin.page(HERE).query("section[aria-labelledby=invited] form")
        admin.post(form.attrs["action"], data=admin.form(HERE))
        assert "Its link no longer works" in admin.page(HERE).text("main")
        assert browser().get(canceled).status_code == 410
        invite(admin, NEW)
        old = link()
        now = clock.now() + timedelta(days=8)
        monkeypatch.setattr(clock, "now", lambda: now)
        assert browser().get(old).status_code == 410

    def test_a_newer_invitation_replaces_the_one_before(
        self, admin: AuditedClient, browser: Browser
    ) -> None:
        invite(admin, NEW, "admin")
        first = link()
        invite(admin, NEW, "viewer")
        assert browser().get(first).status_code == 410
        accept(browser(), link())
        assert role_of(id_of(NEW)) == "viewer"

    def test_an_address_gets_three_invitations_a_day(self, admin: AuditedClient) -> None:
        statuses = [invite(admin, NEW).status_code for _ in range(4)]
        assert statuses == [303, 303, 303, 422]
        assert mails() == 3

    def test_who_is_on_the_list_is_not_invited(self, admin: AuditedClient, ann: int) -> None:
        answer = invite(admin, ANN.upper())
        assert answer.status_code == 422
        assert "already on the list" in Page(answer.text).text("#error-summary")
        assert mails() == 0

    @pytest.mark.parametrize(
        ("email", "role", "words"),
        [
            ("", "editor", "Enter their email"),
            ("ann", "editor", "full email address"),
            (NEW, "", "Choose a role"),
            (NEW, "owner", "Choose a role"),
        ],
    )
    def test_what_is_missing_is_asked_for(
        self, admin: AuditedClient, email: str, role: str, words: str
    ) -> None:
        answer = invite(admin, email, role)
        assert answer.status_code == 422
        assert words in Page(answer.text).text("#error-summary")
        assert mails() == 0

    def test_a_weak_password_or_no_name_makes_no_account(
        self, admin: AuditedClient, browser: Browser
    ) -> None:
        invite(admin, NEW)
        guest = browser()
        assert "too easy to guess" in accept(guest, link(), password="oakwood school").text
        assert "Enter your name" in accept(guest, link(), name=" ").text
        assert db.session.scalar(select(func.count()).select_from(Account)) == 1
        assert accept(guest, link()).status_code == 303

    def test_the_link_cannot_be_read_from_the_tables(self, admin: AuditedClient) -> None:
        invite(admin, NEW)
        token = link().rpartition("/")[2]
        assert db.session.scalars(select(StaffInvitation.token_hash)).all() == [token_hash(token)]

    def test_what_was_typed_is_shown_again_after_the_session_ended(
        self, admin: AuditedClient
    ) -> None:
        fields = admin.form(HERE, f"form[action='{HERE}']")
        kept = {"email": NEW, "role": "viewer", "review": "1"}
        page = Page(admin.post(HERE, data=fields | kept).text)
        assert page.query("#email")[0].attrs["value"] == NEW
        assert "Not sent yet" in page.text("main")
        assert mails() == 0
