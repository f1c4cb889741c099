"""Headers, cookies and caching of every answer."""

from collections.abc import Iterator
from ipaddress import ip_address

import pytest
from flask import Flask

from portal import create_app
from portal.extensions import db, writing
from portal.queries.schools import SchoolRow
from portal.services.schools import schools
from portal.views.responses import asset, client_address, client_network
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import RUIZ, send, sent
from tests.support.databases import Database, settings
from tests.support.families import make_parent, make_student
from tests.support.people import SignIn, parent_signed_in

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
        ("/oakwood/privacy", "private, no-cache"),
        ("/oakwood/forms/contact/sent", "no-store"),
        ("/oakwood/sign-in/link/none", "no-store"),
        ("/oakwood/sign-in/email/none", "no-store"),
        ("/oakwood/t/none", "no-store"),
        ("/oakwood/forms/contact?correct=1", "no-store"),
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


def test_nothing_of_a_signed_in_parents_is_stored_and_signing_out_clears_the_rest(
    app: Flask, school: SchoolRow
) -> None:
    make_parent(school, "Ana Ruiz", make_student(school, "Mateo Ruiz"), email="ana@example.com")
    ana = parent_signed_in(app, "ana@example.com")
    form = "/oakwood/forms/contact"
    for path in ("/oakwood/household", "/oakwood/household/phones", form):
        answer = ana.get(path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert "Clear-Site-Data" not in answer.headers
    refused = ana.post(form, data=ana.form(form) | {"parent1-email": "none"})
    assert (refused.status_code, refused.headers["Cache-Control"]) == (422, "no-store")

    token = {"csrf_token": ana.form("/oakwood/household")["csrf_token"]}
    out = ana.post("/oakwood/sign-out", data=token)
    assert out.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert ana.get(form).headers["Cache-Control"] == "private, no-cache"
    assert "Ruiz" not in ana.page(form).text("main")


def test_a_form_of_nobody_in_particular_that_comes_back_is_kept(
    client: AuditedClient, school: SchoolRow
) -> None:
    refused = send(client, RUIZ | {"parent1-email": "none"})
    assert (refused.status_code, refused.headers["Cache-Control"]) == (422, "private, no-cache")


def test_signing_out_as_staff_clears_what_the_browser_kept(
    staff: SignIn, school: SchoolRow
) -> None:
    client = staff("viewer")
    token = client.form("/oakwood/staff/", "form.account")
    out = client.post("/staff/sign-out", data=token)
    assert out.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_clearing_a_shared_computer_leaves_staff_signed_in(
    staff: SignIn, school: SchoolRow
) -> None:
    client = staff("viewer")
    sent(client, RUIZ)
    thanks = "/oakwood/forms/contact/sent"
    assert "Mateo" in client.page(thanks).text("main")
    page = client.page(thanks)
    assert "Mateo" not in page.text("main")
    token = form_values(page, "main form[action$=sent]")
    assert client.post(thanks, data=token).location == thanks
    assert "Mateo" in client.page(thanks).text("main")
    assert "Mateo" not in client.page(thanks).text("main")

    cleared = client.post(f"{thanks}/clear", data=token, follow_redirects=True)
    assert "We cleared your answers from this computer." in cleared.text
    assert not client.page(thanks).query("main form")
    client.post(thanks, data=token)
    assert "Mateo" not in client.page(thanks).text("main")
    assert "Mateo" not in client.get("/oakwood/forms/contact?correct=1").text
    assert client.get("/oakwood/staff/").status_code == 200


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
        ("192.0.2.7:51234", "192.0.2.7"),
        ("192.0.2.7:", "192.0.2.7"),
        (" 192.0.2.7:51234 ", "192.0.2.7"),
        ('"192.0.2.7:51234"', "192.0.2.7"),
        ("[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::/64"),
        ('"[2001:db8:1:2:3:4:5:6]:443"', "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3:4:5:6]", "2001:db8:1:2::/64"),
        ("[::ffff:192.0.2.7]:51234", "192.0.2.7"),
        ("[fe80::1%eth0]:51234", "fe80::/64"),
        ("", "unknown"),
        ("unknown:51234", "unknown"),
        ("_hidden", "unknown"),
        ("192.0.2.7:51234:1", "unknown"),
        ("192.0.2.7.1:80", "unknown"),
    ],
)
def test_a_network_is_an_address_or_what_one_customer_gets(address: str, network: str) -> None:
    app = Flask("bare")
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert client_network() == network


@pytest.mark.parametrize(
    ("forwarded", "network"),
    [
        ("192.0.2.{0}:5000{0}", "192.0.2.{0}"),
        ("198.51.100.1, 192.0.2.{0}:5000{0}", "192.0.2.{0}"),
        ("[2001:db8:0:{0}::9]:5000{0}", "2001:db8:0:{0}::/64"),
    ],
)
def test_an_address_with_a_port_is_a_network_of_its_own_and_evidence_without_the_port(
    database: Database, forwarded: str, network: str
) -> None:
    app = create_app(settings(database.url, proxies=1))
    seen = []

    @app.get("/probe")
    def probe() -> str:
        seen.append((client_network(), client_address()))
        return ""

    client = app.test_client()
    for n in (1, 2):
        client.get("/probe", headers={"X-Forwarded-For": forwarded.format(n)})
    assert [one for one, _ in seen] == [network.format(1), network.format(2)]
    assert all(ip_address(address) for _, address in seen)
