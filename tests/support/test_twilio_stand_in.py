"""The stand-in does with a text what it was told to."""

import http.client
import urllib.error
import urllib.parse
import urllib.request
from base64 import b64encode
from datetime import UTC, datetime

import pytest

from tests.support.twilio_stand_in import ACCOUNT, TOKEN, StandIn, Text, stand_in

POSTED = {"To": "+14155550101", "From": "+12065550147", "Body": "Hello", "StatusCallback": "there"}


def hand_over(provider: StandIn) -> int:
    """The status of its answer; 0 if it gave none."""
    url = f"{provider.url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    request = urllib.request.Request(url, urllib.parse.urlencode(POSTED).encode())
    who = b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    request.add_header("Authorization", f"Basic {who}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except (http.client.HTTPException, urllib.error.URLError):
        return 0


@pytest.mark.parametrize(
    ("plan", "answer", "before", "after"),
    [
        ("ok", 201, None, 1),
        ("hang", 0, 0, 0),
        ("hang after", 0, 1, 1),
        ("late", 0, 0, 1),
        ("drop", 0, None, 0),
        ("drop after", 0, None, 1),
    ],
)
def test_it_takes_a_text_before_it_hangs_or_after_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, plan: str, answer: int, before: int | None, after: int
) -> None:
    """`before`: the texts that it has while it hangs."""
    with stand_in() as provider:
        while_it_hangs: list[int] = []
        told: list[Text] = []
        monkeypatch.setattr(
            "tests.support.twilio_stand_in.time.sleep",
            lambda _seconds: while_it_hangs.append(len(provider.taken)),
        )
        provider.on_taken = told.append
        provider.plan.append(plan)
        asked_at = datetime.now(UTC)
        assert hand_over(provider) == answer
        assert while_it_hangs == ([] if before is None else [before])
        assert told == provider.taken
        assert [text.callback for text in told] == ["there"] * after
        assert all(text.at >= asked_at for text in told)
