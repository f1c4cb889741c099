"""Staff sign in: one answer to every failure, guessing slowed over all workers, no way off-site."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import clock, create_app
from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Account, SignInFailure, StaffSession
from portal.queries.schools import SchoolRow
from portal.services.accounts import accounts
from portal.views import responses
from portal.views.staff.auth.resume import local_path
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.databases import Database, settings
from tests.support.people import PASSWORD, make_account, sign_in

EMAIL = "ann@oakwood.example"
HTTPS = "https://localhost"
NO_MATCH = "That email and password don't match. Check both and try again."


@pytest.fixture
def ann(school: SchoolRow) -> str:
    """The email of an account at Oakwood."""
    make_account(EMAIL, school.slug, StaffRole.EDITOR, "Ann Lee")
    return EMAIL


def _send(client: AuditedClient, email: str, password: str = PASSWORD, next_: str = "") -> Page:
    """Send the sign-in form; the page that answers, which must not let in."""
    answer = _post(client, email, password, next_)
    assert answer.status_code == 422
    return Page(answer.text)


def _post(client: AuditedClient, email: str, password: str = PASSWORD, next_: str = ""):
    fields = client.form(f"/staff/sign-in?next={next_}")
    return client.post("/staff/sign-in", data=fields | {"email": email, "password": password})


def test_the_right_password_opens_the_schools_page(client: AuditedClient, ann: str) -> None:
    assert _post(client, ann.upper()).location == "/staff/"
    assert client.get("/staff/").location == "/oakwood/staff/"


def test_with_several_schools_one_is_chosen(
    client: AuditedClient, ann: str, other_school: SchoolRow
) -> None:
    make_account(ann, other_school.slug, StaffRole.VIEWER)
    sign_in(client, ann)

    page = client.page("/staff/")
    assert [a.attrs["href"] for a in page.query("main a.button")] == [
        "/birchwood/staff/",
        "/oakwood/staff/",
    ]


def test_every_failure_gets_the_same_answer(client: AuditedClient, ann: str) -> None:
    make_account("gone@oakwood.example", "oakwood", StaffRole.EDITOR)
    with writing():
        db.session.execute(
            update(Account).where(Account.name != "Ann Lee").values(disabled_at=clock.now())
        )
    told = {
        _send(client, email, password).text("main").replace(email, "")
        for email, password in [
            (ann, "wrong password"),
            ("nobody@oakwood.example", "wrong password"),
            ("nobody@oakwood.example", "a password that nobody has"),
            ("gone@oakwood.example", PASSWORD),
            ("no email at all", PASSWORD),
            ("nul\x00@oakwood.example", PASSWORD),
            ("x" * 300, PASSWORD),
            (ann, "x" * 2000),
        ]
    }
    assert len(told) == 1
    assert NO_MATCH in told.pop()


def test_what_is_missing_is_asked_for_and_the_email_stays(client: AuditedClient, ann: str) -> None:
    page = _send(client, "", "")
    assert [a.attrs["href"] for a in page.query("#error-summary a")] == ["#email", "#password"]

    page = _send(client, ann, "")
    assert page.query("#email")[0].attrs["value"] == ann
    assert "value" not in page.query("#password")[0].attrs


def test_a_password_is_never_sent_back(client: AuditedClient, ann: str) -> None:
    assert "wrong-but-secret" not in _post(client, ann, "wrong-but-secret").text


class TestLimit:
    """After five failures an email has to wait, but not on a device that signed in before."""

    @pytest.fixture
    def workers(self, database: Database, ann: str) -> Iterator[list[AuditedClient]]:
        """Two processes' worth of app over one database."""
        apps = [create_app(settings(database.url, sign_in_limit=5)) for _ in range(2)]
        clients = []
        for app in apps:
            app.test_client_class = AuditedClient
            clients.append(app.test_client())
        yield clients
        for app in apps:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()

    def test_failures_count_over_all_workers(self, workers: list[AuditedClient]) -> None:
        for n in range(5):
            _send(workers[n % 2], EMAIL, "wrong password")
        for worker in workers:
            answer = _post(worker, EMAIL, PASSWORD)
            assert answer.status_code == 429
            assert "Wait 30 seconds, then try again" in Page(answer.text).text("#error-summary")
            assert 20 < int(answer.headers["Retry-After"]) <= 30

    def test_an_email_without_an_account_is_limited_alike(
        self, workers: list[AuditedClient]
    ) -> None:
        told = set()
        for email in (EMAIL, "nobody@oakwood.example"):
            for _ in range(5):
                _send(workers[0], email, "wrong password")
            answer = _post(workers[1], email)
            words = Page(answer.text).text("main").replace(email, "")
            told.add((answer.status_code, re.sub(r"[0-9]+ seconds", "", words)))
        assert len(told) == 1
        assert told.pop()[0] == 429

    def test_whoever_signed_in_here_before_signs_in_whatever_others_guess(
        self, workers: list[AuditedClient]
    ) -> None:
        home, stranger = workers
        assert _post(home, EMAIL).status_code == 303
        _leave(home)
        for _ in range(5):
            _send(stranger, EMAIL, "wrong password")
        assert _post(stranger, EMAIL).status_code == 429
        assert _post(home, EMAIL).status_code == 303

    def test_made_up_emails_from_the_schools_network_lock_nobody_out(
        self, workers: list[AuditedClient]
    ) -> None:
        fields = workers[0].form("/staff/sign-in")
        told = set()
        for n in range(60):
            made_up = {"email": f"made{n:02}@up.example", "password": "a wrong password"}
            answer = workers[0].post("/staff/sign-in", data=fields | made_up)
            told.add((answer.status_code, Page(answer.text).text("main")))
        assert len(told) == 1, "that a network is over its budget can't be seen"
        assert told.pop()[0] == 422
        assert _post(workers[1], EMAIL).status_code == 303

    def test_also_when_many_sign_in_at_once_nobody_sees_which_email_has_an_account(
        self, workers: list[AuditedClient], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fields = workers[0].form("/staff/sign-in")

        def guess(email: str) -> int:
            typed = fields | {"email": email, "password": "a wrong password"}
            return workers[0].post("/staff/sign-in", data=typed).status_code

        for n in range(50):
            guess(f"made{n}@up.example")
        monkeypatch.setattr(accounts, "HASHING_WAIT_SECONDS", 0.01)
        with accounts.hashing_slot(), accounts.hashing_slot():
            assert [guess(EMAIL), guess("one.more@up.example")] == [503, 503]
        assert [guess(EMAIL), guess("one.more@up.example")] == [422, 422]

    @pytest.mark.parametrize("forged", ["", "x", "ImFiYyI.AAAA", "\u00e9"])
    def test_a_device_cookie_that_we_did_not_sign_is_no_device(
        self, workers: list[AuditedClient], forged: str
    ) -> None:
        workers[0].set_cookie("portal-device", forged)
        for _ in range(5):
            _send(workers[0], EMAIL, "wrong password")
        assert _post(workers[0], EMAIL).status_code == 429

    def test_a_device_cookie_alone_signs_nobody_in(self, workers: list[AuditedClient]) -> None:
        _post(workers[0], EMAIL)
        _leave(workers[0])
        assert workers[0].get("/oakwood/staff/").status_code == 303

    def test_the_device_cookie_is_hidden_from_scripts_and_lasts(
        self, workers: list[AuditedClient]
    ) -> None:
        cookies = _post(workers[0], EMAIL).headers.getlist("Set-Cookie")
        (cookie,) = [cookie for cookie in cookies if cookie.startswith("portal-device=")]
        assert {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={400 * 86400}"} <= set(
            cookie.split("; ")
        )

    def test_over_https_no_other_host_or_path_can_set_the_device_cookie(
        self, database: Database, ann: str
    ) -> None:
        app = create_app(settings(database.url, public_url="https://localhost"))
        app.test_client_class = AuditedClient
        client = app.test_client()
        fields = form_values(Page(client.get("/staff/sign-in", base_url=HTTPS).text))
        typed = fields | {"email": ann, "password": PASSWORD}
        referrer = {"Referer": f"{HTTPS}/staff/sign-in"}
        answer = client.post("/staff/sign-in", data=typed, base_url=HTTPS, headers=referrer)
        cookies = answer.headers.getlist("Set-Cookie")
        (cookie,) = [c for c in cookies if c.startswith("__Host-portal-device=")]
        assert {"Secure", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        with app.app_context():
            db.engine.dispose()

    def test_success_forgets_the_failures(self, workers: list[AuditedClient]) -> None:
        for _ in range(2):
            for _ in range(4):
                _send(workers[0], EMAIL, "wrong password")
            assert _post(workers[1], EMAIL).status_code == 303
            workers[1].delete_cookie("portal")
            workers[1].delete_cookie("portal-device")
        assert db.session.scalars(select(SignInFailure)).all() == []


def _leave(client: AuditedClient) -> None:
    """Close the browser, so that only what lasts stays: the device cookie."""
    client.delete_cookie("portal")


def test_refusals_are_answered_at_whole_steps_of_time(
    app: Flask, client: AuditedClient, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    app.config["PORTAL"] = replace(app.config["PORTAL"], level_seconds=0.5, sign_in_limit=1)
    monkeypatch.setattr(responses.time, "sleep", slept.append)
    for status in (422, 429):
        for email in (EMAIL, "nobody@oakwood.example"):
            assert _post(client, email, "wrong password").status_code == status
    assert len(slept) == 4
    assert all(0 < seconds <= 0.5 for seconds in slept)


def test_when_too_many_sign_in_at_once_they_are_asked_to_wait(
    client: AuditedClient, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "HASHING_WAIT_SECONDS", 0.01)
    fields = client.form("/staff/sign-in")
    with accounts.hashing_slot(), accounts.hashing_slot():
        answer = client.post("/staff/sign-in", data=fields | {"email": ann, "password": PASSWORD})

    assert answer.status_code == 503
    assert "Wait a moment, then try again" in answer.text
    assert Page(answer.text).query("#email")[0].attrs["value"] == ann
    assert db.session.scalars(select(SignInFailure)).all() == []


@pytest.mark.parametrize("path", ["/oakwood/staff/", "/oakwood/staff/?q=Ana%20Ru%C3%ADz&x=1"])
def test_who_is_not_signed_in_is_sent_to_do_so_and_back(
    client: AuditedClient, ann: str, path: str
) -> None:
    sent = client.get(path)
    assert sent.status_code == 303

    fields = client.form(sent.location)
    answer = client.post("/staff/sign-in", data=fields | {"email": ann, "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, path)


def test_a_failure_on_the_way_does_not_lose_the_way(client: AuditedClient, ann: str) -> None:
    page = _send(client, ann, "wrong password", next_="/oakwood/staff/contacts/5")
    assert form_values(page)["next"] == "/oakwood/staff/contacts/5"


EVIL = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/%0a/evil.example".replace("%0a", "\n"),
    " //evil.example",
    "evil.example",
    "/staff/\x00",
    "/" + "x" * 3000,
    "",
    None,
]


@pytest.mark.parametrize("target", EVIL)
def test_no_address_off_the_site_is_a_way_back(target: str | None) -> None:
    assert local_path(target) is None


@pytest.mark.parametrize("target", ["/", "/staff/", "/oakwood/staff/?q=a%2F%2Fb&x=//c"])
def test_a_path_on_the_site_is_a_way_back(target: str) -> None:
    assert local_path(target) == target


@pytest.mark.parametrize("target", ["//evil.example/x", "/\\evil.example", "https://evil.example"])
def test_signing_in_never_leads_off_the_site(client: AuditedClient, ann: str, target: str) -> None:
    fields = client.form("/staff/sign-in")
    answer = client.post(
        "/staff/sign-in", data=fields | {"email": ann, "password": PASSWORD, "next": target}
    )
    assert answer.location == "/staff/"
    assert client.get("/staff/sign-in", query_string={"next": target}).location == "/staff/"


def test_a_form_without_its_token_signs_nobody_in_and_is_shown_again(
    client: AuditedClient, ann: str
) -> None:
    answer = client.post("/staff/sign-in", data={"email": ann, "password": PASSWORD, "next": "/a"})

    assert answer.status_code == 400
    values = form_values(Page(answer.text))
    assert (values["email"], values["next"], values["password"]) == (ann, "/a", "")
    assert db.session.scalars(select(StaffSession)).all() == []


def test_what_was_in_the_browser_before_is_not_carried_over(
    client: AuditedClient, ann: str
) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by someone else"
    client.page("/staff/sign-in")
    with client.session_transaction() as session:
        before = session["csrf_token"]
    sign_in(client, ann)
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session.get("csrf_token") != before


def test_next_to_the_form_it_is_said_whom_to_ask(client: AuditedClient) -> None:
    assert "Forgot your password" in client.page("/staff/sign-in").text("main")
