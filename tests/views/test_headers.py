"""Headers, cookies and caching of every answer."""

from collections.abc import Iterator

import pytest
from flask import Flask

from portal import create_app
from portal.extensions import db, writing
from portal.queries.schools import SchoolRow
from portal.services import schools
from portal.views.web import asset, client_network
from tests.support.client import AuditedClient
from tests.support.databases import Database, settings

PATHS = ["/", "/nosuch/", "/staff/sign-in", "/healthz", "/static/portal.css", "/staff/"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_forbids_what_the_portal_never_does(client: AuditedClient, path: str) -> None:
    headers = client.get(path).headers

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(
    ("path", "caching"),
    [
        ("/oakwood/", "private, no-cache"),
        ("/oakwood/forms/contact", "private, no-cache"),
        ("/staff/sign-in", "no-store"),
        ("/oakwood/staff/", "no-store"),
        ("/nosuch/", "no-store"),
        ("/healthz", "no-store"),
    ],
)
def test_only_what_parents_see_may_wait_in_the_browser(
    client: AuditedClient, school: SchoolRow, path: str, caching: str
) -> None:
    assert client.get(path).headers["Cache-Control"] == caching


def test_a_static_file_is_kept_for_ever_under_the_address_of_its_content(
    app: Flask, client: AuditedClient
) -> None:
    with app.test_request_context():
        address = asset("portal.css")

    assert "immutable" in client.get(address).headers["Cache-Control"]
    for other in ("/static/portal.css", "/static/portal.css?v=000000000000"):
        assert client.get(other).headers["Cache-Control"] == "public, no-cache"


@pytest.fixture
def https_client(database: Database) -> Iterator[AuditedClient]:
    app = create_app(settings(database.url, public_url="https://portal.example.org"))
    app.test_client_class = AuditedClient
    with app.app_context():
        with writing():
            schools.create_school("oakwood", "Oakwood School", "+12065550147")
        client = app.test_client()
        assert isinstance(client, AuditedClient)
        yield client
        db.session.remove()
        db.engine.dispose()


def test_with_https_cookies_are_bound_to_the_host_and_the_browser_stays_with_https(
    https_client: AuditedClient,
) -> None:
    answer = https_client.get("/staff/sign-in", base_url="https://portal.example.org")

    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-portal=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_without_https_the_cookie_is_plain(client: AuditedClient) -> None:
    cookie = client.get("/staff/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("portal=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("", "unknown"),
    ],
)
def test_a_network_is_an_address_or_what_one_customer_gets(address: str, network: str) -> None:
    app = Flask("bare")
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert client_network() == network
