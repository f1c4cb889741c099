"""A public portal that keeps texts or email instead of sending them says so on every staff page."""

from dataclasses import replace

import pytest
from flask import Flask

from tests.support.people import SignIn

BAR = "This portal does not send"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"public_url": "https://portal.example.org"}, f"{BAR} email and texts."),
        ({"public_url": "https://portal.example.org", "sms": "twilio"}, f"{BAR} email."),
        ({}, None),
    ],
)
def test_staff_see_on_each_page_that_nothing_is_sent(
    app: Flask, staff: SignIn, changes: dict[str, str], words: str | None
) -> None:
    client = staff("viewer")
    app.config["PORTAL"] = replace(app.config["PORTAL"], **changes)
    for path in ("/oakwood/staff/", "/oakwood/staff/search", "/oakwood/staff/texts"):
        page = client.get(path).text
        assert (words or "") in page
        assert (BAR in page) == (words is not None)
