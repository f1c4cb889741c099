"""The outbox of a trial: readable there, and nowhere else."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from portal.config import Settings
from portal.extensions import writing
from portal.queries.schools import SchoolRow
from portal.services.mail import queue as mail_queue
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import PRIMARY, RUIZ, sent
from tests.support.people import newest_link

PATH = "/demo/outbox"


def change(app: Flask, **settings: Any) -> None:
    app.config["PORTAL"] = replace(app.config["PORTAL"], **settings)


@pytest.fixture
def trial(app: Flask) -> None:
    change(app, demo=True)


@pytest.mark.usefixtures("trial")
def test_mails_can_be_read_and_their_links_followed(
    client: AuditedClient, school: SchoolRow
) -> None:
    assert "No email yet" in client.get(PATH).text
    sent(client, RUIZ)
    page = client.page(PATH)
    [link] = page.query("article a")
    assert (link.attrs["href"] or "").endswith(newest_link(RUIZ["parent1-email"]))
    assert client.get(link.attrs["href"]).status_code == 200


@pytest.mark.usefixtures("trial")
def test_what_a_mail_says_is_shown_and_not_obeyed(client: AuditedClient, school: SchoolRow) -> None:
    with writing():
        mail_queue.enqueue(
            school.id, "receipt", "a@example.com", "en", "<b>Hi", "<script>\n\nÉ https://x.y/<i"
        )
    page = client.get(PATH)
    assert "<script>\n" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "noindex" in page.text
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "settings", [{"demo": False}, {"demo": True, "mail": "smtp://mail.example.org"}]
)
def test_there_is_no_outbox_but_in_a_trial(
    app: Flask, client: AuditedClient, school: SchoolRow, settings: dict[str, Any]
) -> None:
    change(app, **settings)
    sent(client, RUIZ)
    assert client.get(PATH).status_code == 404
    assert PATH not in client.get("/oakwood/forms/contact/sent").text


@pytest.mark.usefixtures("trial")
def test_pages_that_tell_of_a_mail_lead_to_it(
    client: AuditedClient, school: SchoolRow, other_school: SchoolRow
) -> None:
    sent(client, RUIZ)
    token = form_values(client.page("/oakwood/sign-in"))
    client.post("/oakwood/sign-in", data=token | {"email": "ana@example.com"})
    for path in ("/", "/oakwood/forms/contact/sent", "/oakwood/sign-in/code"):
        assert PATH in client.get(path).text, path


@pytest.mark.parametrize(
    ("url", "demo", "there"),
    [
        ("http://127.0.0.1:8000", "on", True),
        ("http://localhost:8000", "on", True),
        ("http://127.0.0.1:8000", "", False),
        ("http://127.0.0.1:8000", "off", False),
        ("https://portal.example.org", "on", False),
    ],
)
def test_a_trial_is_on_the_machine_itself(url: str, demo: str, there: bool) -> None:
    environ = {
        "PORTAL_SECRET_KEY": "only for tests, not a secret",
        "PORTAL_PUBLIC_URL": url,
        "PORTAL_DEMO": demo,
        "PORTAL_MAIL": "outbox",
        "PORTAL_SMS": "outbox",
    }
    assert Settings.from_environ(environ).demo is there


@pytest.mark.usefixtures("trial")
def test_the_outbox_is_not_there_for_whoever_asks_from_elsewhere(client: AuditedClient) -> None:
    assert client.get(PATH).status_code == 200
    assert client.get(PATH, headers={"Host": "portal.example.org"}).status_code == 404
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get(PATH, environ_overrides=elsewhere).status_code == 404


@pytest.mark.usefixtures("trial")
@pytest.mark.parametrize(
    "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Anything", "Via"]
)
def test_what_came_through_a_proxy_finds_no_demo(
    client: AuditedClient, school: SchoolRow, header: str
) -> None:
    """A tunnel to the machine makes all the world look like it."""
    through = {header: "for=127.0.0.1"}
    play = "/demo/handset/14155550182"
    for path in (PATH, "/demo/handset", play):
        assert client.get(path).status_code == 200
        assert client.get(path, headers=through).status_code == 404
    token = client.form(play)["csrf_token"]
    said = {"csrf_token": token, "body": "STOP", "to": school.texting_number}
    assert client.post(play, data=said, headers=through).status_code == 404
    assert PATH not in client.get("/", headers=through).text


def test_the_thank_you_page_tells_of_the_mail_after_a_yes(
    client: AuditedClient, school: SchoolRow
) -> None:
    told = "If texts to your phone were ever turned off, do this"
    sent(client, RUIZ)
    assert told in client.get("/oakwood/forms/contact/sent").text
    sent(client, RUIZ | {f"{PRIMARY}-consent": "no"})
    assert told not in client.get("/oakwood/forms/contact/sent").text
