"""Texts that are sent, or known to be unsent, when the provider is hard to reach."""

import logging
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import pytest
from flask import Flask

from portal.delivery.text_sender import reconcile
from portal.delivery.text_worker import send_due
from portal.queries.schools import SchoolRow
from tests.conftest import TEXTING_NUMBER
from tests.delivery.text_provider import ANA, later, newest, queue
from tests.support.twilio_stand_in import StandIn

SLOW = "127.0.0.2"


def reach_at(app: Flask, url: str) -> None:
    app.config["PORTAL"] = replace(app.config["PORTAL"], twilio_api_url=url)


@pytest.fixture
def slow_address(provider: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the provider a second address, tried first, that never answers: its queue is full."""
    port = urlsplit(provider.url).port
    resolve = socket.getaddrinfo

    def both(host: str, *args: Any, **kwargs: Any) -> Any:
        found = resolve(host, *args, **kwargs)
        return [(*entry[:4], (SLOW, port)) for entry in found] + found

    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind((SLOW, port))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((SLOW, port))
        monkeypatch.setattr(socket, "getaddrinfo", both)
        yield


@pytest.mark.usefixtures("ana", "slow_address")
def test_nothing_is_sent_over_a_connection_that_took_too_long(
    app: Flask, school: SchoolRow, provider: StandIn
) -> None:
    queue(school)
    send_due(app)
    assert (newest().state, newest().in_doubt, provider.asked) == ("queued", False, 0)


@pytest.mark.usefixtures("ana")
def test_what_was_never_sent_is_not_in_doubt(
    app: Flask, school: SchoolRow, provider: StandIn
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        no_tls = provider.url.replace("http:", "https:")
        for url in (refused, no_tls, "http://nowhere.invalid"):
            reach_at(app, url)
            queue(school)
            send_due(app)
            assert (newest().state, newest().in_doubt) == ("queued", False), url
            assert provider.asked == 0


@pytest.mark.usefixtures("ana")
def test_no_library_logs_a_phone_number(
    app: Flask, school: SchoolRow, provider: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.plan.append("hang")
    queue(school)
    send_due(app)
    reconcile(app)
    assert provider.asked == 1
    said = unquote_plus(caplog.text)
    assert ANA not in said
    assert TEXTING_NUMBER not in said


@pytest.mark.usefixtures("ana")
def test_a_connection_that_the_provider_closed_meanwhile_is_made_anew(
    app: Flask, school: SchoolRow, provider: StandIn
) -> None:
    for trouble in ("ok", "drop", "ok"):
        provider.plan.append(trouble)
        queue(school)
        send_due(app)
        later()
        send_due(app)
    assert len(provider.taken) == 3
