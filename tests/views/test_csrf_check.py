"""Forms that another website sends are refused, and ours are not, whatever a browser or proxy
leaves out; and the page says the true cause."""

import logging
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import create_app
from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Submission
from portal.services.schools import schools
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import PATH, RUIZ, hidden, sent
from tests.support.databases import Database, settings
from tests.support.people import PASSWORD, make_account

HTTPS = "https://portal.example.org"
WITH_PORT = f"{HTTPS}:8443"
EVIL = "https://evil.example"
SIGN_IN = "/staff/sign-in"
ANN = "ann@oakwood.example"


class Behind:
    """A portal over https, and a browser that sees it at PORTAL_PUBLIC_URL."""

    def __init__(self, database: Database, public_url: str) -> None:
        self.app: Flask = create_app(settings(database.url, public_url=public_url, proxies=1))
        self.app.test_client_class = AuditedClient
        client = self.app.test_client()
        assert isinstance(client, AuditedClient)
        self.client = client

    def sign_in(self, host: str = "portal.example.org", **headers: str) -> int:
        """Sign in by a proxy that hands on this host; gives the status."""
        base = f"https://{host}"
        fields = form_values(Page(self.client.get(SIGN_IN, base_url=base).text), "main form")
        typed = fields | {"email": ANN, "password": PASSWORD}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(SIGN_IN, data=typed, base_url=base, headers=named).status_code


@pytest.fixture(params=[HTTPS, WITH_PORT])
def behind(request: pytest.FixtureRequest, database: Database) -> Iterator[Behind]:
    behind = Behind(database, request.param)
    with behind.app.app_context():
        with writing():
            schools.create_school("oakwood", "Oakwood School", "+12065550147")
        make_account(ANN, "oakwood", StaffRole.EDITOR)
        yield behind
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Referer": ""},
        {"Referer": "about:blank"},
        {"Referer": f"{HTTPS}/"},
        {"Referer": f"{WITH_PORT}/staff/sign-in"},
        {"Referer": "http://portal.example.org/staff/sign-in"},
        {"Referer": "https://www.google.com/"},
        {"Origin": ""},
        {"Origin": "null"},
        {"Origin": "null", "Sec_Fetch_Site": "same-origin"},
        {"Origin": "https://PORTAL.example.org"},
        {"Origin": "https://portal.example.org:443"},
        {"Sec_Fetch_Site": "same-origin"},
        {"Sec_Fetch_Site": "none"},
    ],
    ids=str,
)
def test_over_https_staff_sign_in_whatever_became_of_the_referer(
    behind: Behind, headers: dict[str, str]
) -> None:
    assert behind.sign_in(**headers) == 303


@pytest.mark.parametrize(
    "host", ["portal.example.org", "portal.example.org:8443", "127.0.0.1:8000", "backend"]
)
def test_behind_a_proxy_that_changes_the_host_staff_sign_in(
    database: Database, behind: Behind, host: str
) -> None:
    public = behind.app.config["PORTAL"].public_url
    assert behind.sign_in(host, Origin=public, Referer=f"{public}{SIGN_IN}") == 303


def test_a_second_name_of_the_server_is_good_if_the_proxy_hands_it_on(behind: Behind) -> None:
    assert behind.sign_in("www.example.org", Origin="https://www.example.org") == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "http://portal.example.org"},
        {"Origin": "https://portal.example.org.evil.example"},
        {"Origin": "https://portal.example.org:9"},
        {"Origin": "https://portal.example.org@evil.example"},
        {"Origin": "https://portal.example.org:x"},
        {"Origin": "portal.example.org"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "null"},
        {"Sec_Fetch_Site": "cross-site", "Origin": HTTPS},
    ],
    ids=str,
)
def test_the_origin_stops_a_form_of_another_website_that_has_the_cookie_and_the_token(
    behind: Behind, headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert behind.sign_in(**headers) == 400
    assert "does a proxy change the host?" in caplog.text


def test_the_token_stops_a_form_of_another_website_in_a_browser_that_names_none(
    behind: Behind,
) -> None:
    """One that sends cookies along from everywhere, as before SameSite."""
    other = behind.app.test_client()
    theirs = form_values(Page(other.get(SIGN_IN, base_url=HTTPS).text), "main form")
    behind.client.get(SIGN_IN, base_url=HTTPS)
    typed = {"email": ANN, "password": PASSWORD}
    for token in ({}, theirs, {"csrf_token": "made up"}):
        answer = behind.client.post(SIGN_IN, data=typed | token, base_url=HTTPS)
        assert answer.status_code == 400


def test_same_site_keeps_the_cookie_from_what_another_website_sends(behind: Behind) -> None:
    """The browser does: see tests/browser/test_other_websites.py."""
    cookie = behind.client.get(SIGN_IN, base_url=HTTPS).headers["Set-Cookie"]
    assert "SameSite=Lax" in cookie


def test_a_contact_form_of_another_website_is_refused_in_words(
    client: AuditedClient, school: object
) -> None:
    fields = hidden(client) | RUIZ
    answer = client.post(PATH, data=fields, headers={"Origin": EVIL})
    assert answer.status_code == 400
    assert Page(answer.text).text("h1") == "Another website sent this form"
    assert "Mateo" not in answer.text
    assert db.session.scalar(select(func.count()).select_from(Submission)) == 0


def test_the_provider_names_no_page_and_is_asked_for_none(client: AuditedClient) -> None:
    answer = client.post("/webhooks/twilio/inbound", headers={"Origin": EVIL})
    assert answer.status_code == 403


COOKIE = "Your browser didn't send our cookie"
TAB = "You opened another tab, or signed in or out there."
LONG = "This page was open for a long time."


def summary(client: AuditedClient, fields: dict[str, str]) -> str:
    answer = client.post(PATH, data=fields)
    assert answer.status_code == 422
    assert Page(answer.text).query("[id='child1-first_name']")[0].attrs["value"] == "Mateo"
    return Page(answer.text).text("#error-summary")


@pytest.mark.usefixtures("school")
class TestTheContactFormSaysTheTrueCause:
    def test_of_blocked_cookies_each_time(self, client: AuditedClient) -> None:
        fields = hidden(client) | RUIZ
        for _ in range(3):
            client.delete_cookie("portal")
            said = summary(client, fields)
            assert COOKIE in said
            assert "allow cookies for this website" in said
            assert LONG not in said

    def test_of_a_browser_that_was_closed_and_then_sends_it(self, client: AuditedClient) -> None:
        fields = hidden(client) | RUIZ
        client.delete_cookie("portal")
        again = client.post(PATH, data=fields)
        assert COOKIE in Page(again.text).text("#error-summary")
        sent(client, RUIZ, form_values(Page(again.text), "#contact"))

    def test_of_two_tabs_that_began_at_the_same_moment(
        self, app: Flask, client: AuditedClient
    ) -> None:
        first = hidden(client) | RUIZ
        other = app.test_client()
        assert isinstance(other, AuditedClient)
        second = hidden(other) | RUIZ
        cookie = other.get_cookie("portal")
        assert cookie is not None
        client.set_cookie("portal", cookie.value)
        assert TAB in summary(client, first)
        assert client.post(PATH, data=second).status_code == 303

    def test_of_a_page_that_was_open_too_long(
        self, client: AuditedClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fields = hidden(client) | RUIZ
        client.application.config["WTF_CSRF_TIME_LIMIT"] = -1
        assert LONG in summary(client, fields)


@pytest.mark.usefixtures("school")
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_parent_with_blocked_cookies_who_signs_in_is_told_so(
    client: AuditedClient, language: str
) -> None:
    fields = client.form("/oakwood/sign-in") | {"email": "ana@example.com"}
    client.delete_cookie("portal")
    answer = client.post("/oakwood/sign-in", data=fields, headers={"Accept-Language": language})
    assert answer.status_code == 400
    title = {"en": COOKIE, "es": "Su navegador no envió nuestra cookie"}
    assert Page(answer.text).text("h1") == title[language]


def test_staff_with_blocked_cookies_are_told_so(client: AuditedClient) -> None:
    fields = client.form(SIGN_IN) | {"email": ANN, "password": PASSWORD}
    client.delete_cookie("portal")
    answer = client.post(SIGN_IN, data=fields)
    assert answer.status_code == 400
    assert COOKIE in Page(answer.text).text("#error-summary")


def test_staff_who_signed_in_or_out_in_another_tab_are_told_so(client: AuditedClient) -> None:
    fields = client.form(SIGN_IN)
    client.delete_cookie("portal")
    client.page(SIGN_IN)
    answer = client.post(SIGN_IN, data=fields | {"email": ANN, "password": PASSWORD})
    assert TAB in Page(answer.text).text("#error-summary")
