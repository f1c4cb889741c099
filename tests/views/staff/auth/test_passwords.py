"""Staff change their password, or set a new one by email; whatever the old one opened ends."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal import clock
from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Account, Mail, Membership, PasswordReset, StaffSession
from portal.queries.schools import SchoolRow
from portal.services.accounts import accounts, password_reset
from portal.services.accounts.tokens import token_hash
from portal.views import responses
from tests.support.audit import Page
from tests.support.client import AuditedClient
from tests.support.people import PASSWORD, make_account, newest_mail, sign_in

EMAIL = "ann@oakwood.example"
NEW = "purple tractor seven lakes"
Browser = Callable[[], AuditedClient]
Busy = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def ann(school: SchoolRow) -> str:
    make_account(EMAIL, school.slug, StaffRole.EDITOR, "Ann Lee")
    return EMAIL


@pytest.fixture
def browser(app: Flask) -> Browser:
    """One more browser, which is nobody's yet."""

    def new() -> AuditedClient:
        client = app.test_client()
        assert isinstance(client, AuditedClient)
        return client

    return new


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Busy:
    """Others take all places at which a password may be hashed."""
    monkeypatch.setattr(accounts, "HASHING_WAIT_SECONDS", 0.01)

    @contextmanager
    def taken() -> Iterator[None]:
        with accounts.hashing_slot(), accounts.hashing_slot():
            yield

    return taken


def change(client: AuditedClient, current: str = PASSWORD, new: str = NEW, again: str = NEW):
    typed = {"current": current, "password": new, "again": again}
    return client.post("/staff/password", data=client.form("/staff/password") | typed)


def ask(client: AuditedClient, email: str):
    return client.post("/staff/forgot", data=client.form("/staff/forgot") | {"email": email})


def link() -> str:
    found = re.search(r"http://localhost(/staff/reset/\S+)", newest_mail(EMAIL).body)
    assert found is not None
    return found[1]


def set_new(client: AuditedClient, path: str, new: str = NEW):
    return client.post(path, data=client.form(path) | {"password": new, "again": new})


def errors(answer) -> str:
    return Page(answer.text).text("#error-summary")


def mails(kind: str) -> int:
    return db.session.scalar(select(func.count()).where(Mail.kind == kind)) or 0


def later(monkeypatch: pytest.MonkeyPatch, span: timedelta) -> None:
    now = clock.now() + span
    monkeypatch.setattr(clock, "now", lambda: now)


class TestChange:
    def test_the_new_password_signs_in_and_the_old_one_does_not(
        self, client: AuditedClient, browser: Browser, ann: str
    ) -> None:
        assert change(sign_in(client, ann)).location == "/staff/"
        sign_in(browser(), ann, NEW)
        with pytest.raises(AssertionError, match="refused"):
            sign_in(browser(), ann, PASSWORD)

    def test_all_other_sessions_end_and_this_one_stays(
        self, client: AuditedClient, browser: Browser, ann: str
    ) -> None:
        elsewhere = sign_in(browser(), ann)
        change(sign_in(client, ann))
        assert client.get("/oakwood/staff/").status_code == 200
        assert elsewhere.get("/oakwood/staff/").status_code == 303

    def test_the_current_password_is_asked_for(self, client: AuditedClient, ann: str) -> None:
        answer = change(sign_in(client, ann), current="not the password")
        assert answer.status_code == 422
        assert "not your current password" in errors(answer)
        assert "not the password" not in answer.text

    def test_guessing_the_current_password_is_slowed(
        self, app: Flask, client: AuditedClient, ann: str
    ) -> None:
        sign_in(client, ann)
        app.config["PORTAL"] = replace(app.config["PORTAL"], sign_in_limit=2)
        statuses = [change(client, current="not it").status_code for _ in range(3)]
        assert statuses == [422, 422, 429]

    @pytest.mark.parametrize(
        ("new", "words"),
        [
            ("short", "at least 8 characters"),
            ("password123", "too easy to guess"),
            ("Annlee2026", "Leave out your name"),
            ("oakwoodschool1", "Leave out your name, your email, and the name of your school"),
        ],
    )
    def test_a_password_that_is_easy_to_guess_is_refused_in_plain_words(
        self, client: AuditedClient, ann: str, new: str, words: str
    ) -> None:
        answer = change(sign_in(client, ann), new=new, again=new)
        assert answer.status_code == 422
        assert words in errors(answer)

    def test_both_fields_must_hold_the_same(self, client: AuditedClient, ann: str) -> None:
        answer = change(sign_in(client, ann), again=NEW + "x")
        assert "same password in both fields" in errors(answer)

    def test_whoever_has_the_account_is_told_by_email(
        self, client: AuditedClient, ann: str
    ) -> None:
        change(sign_in(client, ann))
        mail = newest_mail(ann)
        assert mail.subject == "Your password was changed"
        assert NEW not in mail.body

    def test_a_browser_that_is_not_signed_in_signs_in_first(self, client: AuditedClient) -> None:
        assert client.get("/staff/password").location == "/staff/sign-in?next=/staff/password"

    def test_a_busy_server_asks_to_try_again_and_takes_that_for_no_guess(
        self, app: Flask, client: AuditedClient, ann: str, busy: Busy
    ) -> None:
        sign_in(client, ann)
        app.config["PORTAL"] = replace(app.config["PORTAL"], sign_in_limit=1)
        with busy():
            answers = [change(client) for _ in range(3)]
        assert [(a.status_code, a.headers["Retry-After"]) for a in answers] == [(503, "5")] * 3
        assert "Many people are signing in right now" in errors(answers[0])
        assert change(client).status_code == 303


class TestForgotten:
    def test_a_busy_server_asks_to_try_again_and_the_link_still_works(
        self, client: AuditedClient, ann: str, busy: Busy
    ) -> None:
        ask(client, ann)
        path = link()
        with busy():
            answer = set_new(client, path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "Many people are signing in right now" in errors(answer)
        assert set_new(client, path).status_code == 303

    def test_of_two_who_use_a_link_at_the_same_time_one_is_told_that_it_has_expired(
        self, client: AuditedClient, ann: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ask(client, ann)
        path = link()
        monkeypatch.setattr(password_reset, "use_reset", lambda _token: None)
        answer = set_new(client, path)
        assert answer.status_code == 410
        assert "This link has expired" in answer.text

    def test_a_link_by_email_sets_a_new_password_and_signs_in(
        self, client: AuditedClient, browser: Browser, ann: str
    ) -> None:
        elsewhere = sign_in(browser(), ann)
        assert ask(client, ann.upper()).location == "/staff/forgot/sent"
        assert set_new(client, link()).location == "/staff/"
        assert client.get("/oakwood/staff/").status_code == 200
        assert elsewhere.get("/oakwood/staff/").status_code == 303
        sign_in(browser(), ann, NEW)

    def test_nobody_can_see_whether_an_email_has_an_account(
        self, app: Flask, client: AuditedClient, ann: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slept: list[float] = []
        app.config["PORTAL"] = replace(app.config["PORTAL"], level_seconds=0.5)
        monkeypatch.setattr(responses.time, "sleep", slept.append)
        make_account("gone@oakwood.example", "oakwood", StaffRole.EDITOR)
        with writing():
            gone = update(Account).where(Account.email != ann)
            db.session.execute(gone.values(disabled_at=clock.now()))
        asked = [ann, "nobody@oakwood.example", "gone@oakwood.example", "no email", "\x00"]
        answers = {(a.status_code, a.location) for a in (ask(client, email) for email in asked[:4])}
        assert len(answers) == 1
        assert len(slept) == 4
        assert mails("password_reset") == 1
        assert "If you have an account" in client.page("/staff/forgot/sent").text("main")

    def test_a_link_works_once(self, client: AuditedClient, ann: str) -> None:
        ask(client, ann)
        path = link()
        client.page(path)
        set_new(client, path)
        answer = client.get(path)
        assert answer.status_code == 410
        assert "This link has expired" in answer.text
        assert client.post(path, data={}).status_code in {400, 410}

    def test_a_button_that_is_pressed_twice_leads_to_the_sign_in_with_the_new_password(
        self, client: AuditedClient, ann: str
    ) -> None:
        ask(client, ann)
        path = link()
        fields = client.form(path) | {"password": NEW, "again": NEW}
        before = client.get_cookie("portal")
        assert before is not None
        client.post(path, data=fields)
        client.set_cookie("portal", before.value)  # its answer is lost on a slow line
        again = Page(client.post(path, data=fields).text)
        assert "If you just set a new password with it, sign in." in again.text("main")
        assert again.query("main a[href='/staff/sign-in']")
        sign_in(client, ann, NEW)

    def test_a_link_works_for_an_hour(
        self, client: AuditedClient, ann: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ask(client, ann)
        path = link()
        later(monkeypatch, timedelta(minutes=59))
        client.page(path)
        later(monkeypatch, timedelta(minutes=2))
        client.page(path, status=410)

    @pytest.mark.parametrize("how", ["another link", "by the account itself", "disabled"])
    def test_a_link_is_void_once_it_is_not_needed(
        self, client: AuditedClient, browser: Browser, ann: str, how: str
    ) -> None:
        ask(client, ann)
        first = link()
        if how == "another link":
            ask(client, ann)
            set_new(browser(), link())
        elif how == "disabled":
            with writing():
                db.session.execute(update(Account).values(disabled_at=clock.now()))
        else:
            change(sign_in(browser(), ann))
        client.page(first, status=410)

    def test_a_weak_password_is_refused_and_the_link_still_works(
        self, client: AuditedClient, ann: str
    ) -> None:
        ask(client, ann)
        path = link()
        assert set_new(client, path, "password1").status_code == 422
        assert set_new(client, path).status_code == 303

    def test_three_links_an_hour_are_sent_and_no_more(
        self, client: AuditedClient, ann: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answers = [ask(client, ann).location for _ in range(5)]
        assert set(answers) == {"/staff/forgot/sent"}
        assert mails("password_reset") == 3
        later(monkeypatch, timedelta(minutes=61))
        ask(client, ann)
        assert mails("password_reset") == 4

    def test_all_links_that_were_sent_work_so_that_asking_keeps_nobody_out(
        self, client: AuditedClient, ann: str
    ) -> None:
        ask(client, ann)
        first = link()
        ask(client, ann)
        assert set_new(client, first).status_code == 303

    def test_the_link_cannot_be_read_from_the_tables(self, client: AuditedClient, ann: str) -> None:
        ask(client, ann)
        token = link().rpartition("/")[2]
        assert db.session.scalars(select(PasswordReset.token_hash)).all() == [token_hash(token)]

    def test_an_account_that_was_locked_out_gets_in_by_email(
        self, app: Flask, client: AuditedClient, browser: Browser, ann: str
    ) -> None:
        app.config["PORTAL"] = replace(app.config["PORTAL"], sign_in_limit=1)
        stranger = browser()
        fields = stranger.form("/staff/sign-in") | {"email": ann, "password": "wrong"}
        statuses = [stranger.post("/staff/sign-in", data=fields).status_code for _ in range(2)]
        assert statuses == [422, 429]
        ask(client, ann)
        set_new(client, link())
        sign_in(browser(), ann, NEW)

    def test_an_account_of_no_school_gets_no_email(self, client: AuditedClient, ann: str) -> None:
        with writing():
            db.session.delete(db.session.scalars(select(Membership)).one())
        assert ask(client, ann).status_code == 303
        assert mails("password_reset") == 0


def test_a_new_password_makes_every_device_unknown_but_the_one_it_was_set_on(
    app: Flask, client: AuditedClient, browser: Browser, ann: str
) -> None:
    elsewhere = sign_in(browser(), ann)
    change(sign_in(client, ann))
    app.config["PORTAL"] = replace(app.config["PORTAL"], sign_in_limit=1)
    for device in (elsewhere, client):
        device.delete_cookie("portal")
    stranger = browser()
    typed = {"email": ann, "password": "wrong"}
    stranger.post("/staff/sign-in", data=stranger.form("/staff/sign-in") | typed)
    right = {"email": ann, "password": NEW}
    statuses = [
        device.post("/staff/sign-in", data=device.form("/staff/sign-in") | right).status_code
        for device in (elsewhere, client)
    ]
    assert statuses == [429, 303]


def test_no_session_is_left_open_but_the_one_that_changed_it(
    client: AuditedClient, browser: Browser, ann: str
) -> None:
    for _ in range(3):
        sign_in(browser(), ann)
    change(sign_in(client, ann))
    still = select(func.count()).select_from(StaffSession).where(StaffSession.ended_at.is_(None))
    assert db.session.scalar(still) == 1
