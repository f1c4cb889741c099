"""Posts that the webhooks take: signed, whole, for a number that a school has."""

from dataclasses import replace

import pytest
from flask import Flask

from portal import create_app
from portal.queries.schools import SchoolRow
from tests.conftest import TEXTING_NUMBER
from tests.support.databases import settings
from tests.support.twilio_stand_in import ACCOUNT, TOKEN, signature
from tests.support.webhooks import ANA, INBOUND, STATUS, Post, kept, sid_of, signed


@pytest.mark.parametrize("case", ["unsigned", "forged", "other body", "other account", "no token"])
def test_what_the_provider_has_not_signed_is_refused(
    app: Flask, school: SchoolRow, case: str
) -> None:
    posted = {
        "MessageSid": sid_of("1"),
        "AccountSid": ACCOUNT,
        "From": ANA,
        "To": TEXTING_NUMBER,
        "Body": "STOP",
    }
    token = {"forged": "another", "no token": ""}.get(case, TOKEN)
    if case == "other account":
        posted["AccountSid"] = "AC" + "9" * 32
    signed_for = signature(f"http://localhost{INBOUND}", posted, token)
    if case == "other body":
        posted["Body"] = "START"
    if case == "no token":
        app.config["PORTAL"] = settings("sqlite:////nowhere")
    headers = {} if case == "unsigned" else {"X-Twilio-Signature": signed_for}
    answer = app.test_client().post(INBOUND, data=posted, headers=headers)
    assert (answer.status_code, answer.text) == (403, "")
    assert kept() == []


def test_the_signature_is_for_the_public_address_and_not_the_one_behind_a_proxy(
    app: Flask, school: SchoolRow
) -> None:
    public = "https://portal.example.org"
    app.config["PORTAL"] = replace(app.config["PORTAL"], public_url=public)
    posted = {
        "MessageSid": sid_of("1"),
        "AccountSid": ACCOUNT,
        "From": ANA,
        "To": TEXTING_NUMBER,
        "Body": "STOP",
    }
    answers = {
        url: app.test_client().post(
            INBOUND,
            base_url="http://127.0.0.1:8000",
            data=posted,
            headers={"X-Twilio-Signature": signature(f"{url}{INBOUND}", posted)},
        )
        for url in ("http://127.0.0.1:8000", public, f"{public}:443")
    }
    assert [answer.status_code for answer in answers.values()] == [403, 200, 200]
    assert len(kept()) == 1


def test_what_is_not_whole_is_refused(app: Flask, school: SchoolRow) -> None:
    whole = {"MessageSid": sid_of("1"), "AccountSid": ACCOUNT, "From": ANA, "To": TEXTING_NUMBER}
    for path, posted in (
        (INBOUND, whole | {"Body": "STOP"}),
        (STATUS, whole | {"From": TEXTING_NUMBER, "To": ANA, "MessageStatus": "sent"}),
    ):
        for missing in {*posted} - {"AccountSid", "Body"}:
            less = {name: value for name, value in posted.items() if name != missing}
            answer = signed(app, path, less)
            assert (answer.status_code, answer.text) == (400, ""), (path, missing)
        assert signed(app, path, posted).status_code == 200


@pytest.mark.parametrize(
    "sid",
    [
        "SM1",
        "SM" + "0" * 31,
        "SM" + "0" * 33,
        "SM" + "g" * 32,
        "AC" + "0" * 32,
        "sm" + "0" * 32,
        "SM" + "0" * 32 + "\n",
        " SM" + "0" * 32,
        "SM" + "\u0660" * 32,
        "handset-" + "0" * 32,
    ],
    ids=ascii,
)
def test_an_id_that_the_provider_does_not_make_is_refused(
    app: Flask, school: SchoolRow, sid: str
) -> None:
    posted = {"MessageSid": sid, "AccountSid": ACCOUNT, "From": ANA, "To": TEXTING_NUMBER}
    assert signed(app, INBOUND, posted | {"Body": "STOP"}).status_code == 400
    report = posted | {"From": TEXTING_NUMBER, "To": ANA, "MessageStatus": "sent"}
    assert signed(app, STATUS, report).status_code == 400
    assert kept() == []


def test_ids_of_both_kinds_are_taken_under_either_name(app: Flask, school: SchoolRow) -> None:
    for n, (name, sid) in enumerate([("MessageSid", "MM"), ("SmsSid", "SM")], 1):
        posted = {name: sid + "aB" * 16, "AccountSid": ACCOUNT, "From": ANA, "To": TEXTING_NUMBER}
        assert signed(app, INBOUND, posted | {"Body": "hello"}).status_code == 200
        assert len(kept()) == n


@pytest.mark.parametrize("account", [None, "", "AC" + "9" * 32])
def test_where_an_account_is_set_a_post_must_name_it(
    app: Flask, school: SchoolRow, account: str | None
) -> None:
    posted = {"MessageSid": sid_of("1"), "From": ANA, "To": TEXTING_NUMBER, "Body": "STOP"}
    if account is not None:
        posted["AccountSid"] = account
    assert signed(app, INBOUND, posted).status_code == 403
    assert kept() == []


def test_a_text_to_nobodys_number_is_not_found(
    app: Flask, school: SchoolRow, text: Post, caplog: pytest.LogCaptureFixture
) -> None:
    answer = text("STOP", To="+12065550199")
    assert (answer.status_code, answer.text) == (404, "")
    assert "+12065550199" in caplog.text
    posted = {
        "MessageSid": sid_of("1"),
        "AccountSid": ACCOUNT,
        "From": "+12065550199",
        "To": ANA,
        "MessageStatus": "sent",
    }
    assert signed(app, STATUS, posted).status_code == 404


@pytest.mark.parametrize("path", [INBOUND, STATUS])
def test_the_addresses_take_posts_alone(nowhere: Flask, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"):
        answer = nowhere.test_client().open(path, method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST"), method


@pytest.mark.parametrize("path", [INBOUND, STATUS])
def test_while_the_database_is_away_the_provider_is_asked_to_deliver_again(
    nowhere: Flask, path: str
) -> None:
    posted = {
        "MessageSid": sid_of("1"),
        "AccountSid": ACCOUNT,
        "From": ANA,
        "To": TEXTING_NUMBER,
        "MessageStatus": "sent",
    }
    answer = signed(nowhere, path, posted)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


@pytest.fixture
def nowhere() -> Flask:
    """The app over a database that does not answer."""
    url = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    return create_app(settings(url, twilio_account_sid=ACCOUNT, twilio_auth_token=TOKEN))
