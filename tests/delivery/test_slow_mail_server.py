"""A mail server that is slow, hangs, or dies: no email twice, and codes don't wait for others."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.delivery import mail_worker, smtp
from portal.extensions import db, writing
from portal.models import Mail
from portal.queries.schools import SchoolRow
from portal.services.mail import queue as mail_queue
from tests.support.slow_post import SlowPost, slow_server

RECEIPTS = 8


@pytest.fixture
def post(app: Flask) -> Iterator[SlowPost]:
    with slow_server() as post:
        app.config["PORTAL"] = replace(app.config["PORTAL"], mail=post.url)
        yield post


def write(school: SchoolRow, kind: str, subject: str) -> None:
    with writing():
        mail_queue.enqueue(school.id, kind, "ana@example.com", "en", subject, "Hello")


def start(app: Flask) -> threading.Thread:
    thread = threading.Thread(target=mail_worker.deliver, args=[app])
    thread.start()
    return thread


def test_a_server_that_takes_longer_than_a_claim_gets_the_email_once(
    app: Flask, school: SchoolRow, post: SlowPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_queue, "CLAIM_LASTS", timedelta(seconds=3))
    monkeypatch.setattr(mail_worker, "RENEW_EVERY", 0.2)
    taken, answer = threading.Event(), threading.Event()
    post.before = lambda step, _: step == "taken" and (taken.set() or answer.wait(20))
    write(school, "receipt", "Slow")
    first = start(app)
    assert taken.wait(20)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        assert mail_worker.deliver(app) == 0, "another process has it"
        time.sleep(0.1)  # the claim of the first one would be over
    answer.set()
    first.join()
    assert [message["Subject"] for message in post.mails] == ["Slow"]
    assert mail_worker.deliver(app) == 0


def test_an_email_that_is_sent_again_has_the_same_message_id(
    app: Flask, school: SchoolRow, post: SlowPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server took it, and died before it said so."""

    def die(step: str, _text: str) -> None:
        if step == "QUIT" or (step == "taken" and post.mails):
            return
        if step == "taken":
            post.mails.append(None)  # type: ignore[arg-type]
            raise OSError

    write(school, "receipt", "Twice")
    ids = []
    seen = mail_queue.compose
    monkeypatch.setattr(
        mail_queue, "compose", lambda c, s: ids.append((m := seen(c, s))["Message-ID"]) or m
    )
    post.before = die
    assert mail_worker.deliver(app) == 0
    moment = clock.now() + timedelta(minutes=5)
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert mail_worker.deliver(app) == 1
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert post.mails[-1]["Message-ID"].strip() == ids[0]
    assert ids[0] == db.session.scalar(select(Mail.message_id))


@pytest.mark.parametrize("goodbye", ["421 Too busy to say goodbye", "nonsense", ""])
def test_a_server_that_says_an_odd_goodbye_has_the_email(
    app: Flask, school: SchoolRow, post: SlowPost, goodbye: str
) -> None:
    post.goodbye = goodbye
    write(school, "receipt", "Once")
    assert mail_worker.deliver(app) == 1
    assert len(post.mails) == 1


def test_the_server_may_take_long_to_say_that_it_has_the_email(
    app: Flask, school: SchoolRow, post: SlowPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.4)
    post.before = lambda step, _: time.sleep(1.0 if step == "taken" else 0)
    write(school, "receipt", "Slow")
    assert mail_worker.deliver(app) == 1
    post.before = lambda step, _: time.sleep(1.0 if step == "RCPT" else 0)
    write(school, "receipt", "Slower")
    assert mail_worker.deliver(app) == 0


@pytest.mark.parametrize("step", ["RCPT", "DATA", "taken"])
def test_a_code_does_not_wait_for_emails_that_hang(
    app: Flask, school: SchoolRow, post: SlowPost, step: str
) -> None:
    release = threading.Event()
    hangs = threading.Semaphore(RECEIPTS)

    def hang(at: str, subject: str) -> None:
        if at == step and (subject != "Code" if step == "taken" else hangs.acquire(blocking=False)):
            release.wait(30)

    post.before = hang
    for n in range(RECEIPTS):
        write(school, "receipt", f"Receipt {n}")
    carrier = start(app)
    try:
        time.sleep(1.0)  # all places that receipts may have are taken
        hangs = threading.Semaphore(0)
        for n in range(2):
            asked = time.monotonic()
            write(school, "code", "Code")
            while len(post.mails) <= n:
                assert time.monotonic() - asked < 2, "the code waits"
                time.sleep(0.01)
            print(f"{step}: the code arrived after {post.came_at[n] - asked:.2f} s")
        assert {message["Subject"] for message in post.mails} == {"Code"}
    finally:
        release.set()
        carrier.join()
    assert len(post.mails) == RECEIPTS + 2


def test_what_anybody_can_cause_leaves_room_for_what_must_not_wait_for_it(
    app: Flask, school: SchoolRow, post: SlowPost
) -> None:
    release = threading.Event()
    post.before = lambda step, _: step == "RCPT" and release.wait(30)
    for kind in ["invitation"] * 9 + ["receipt"] * 9 + ["owner_notice"] * 9:
        write(school, kind, kind)
    carrier = start(app)
    time.sleep(1.0)  # until nothing more is taken
    taken = select(Mail.rank).where(Mail.claimed_until.is_not(None)).order_by(Mail.rank)
    try:
        assert list(db.session.scalars(taken)) == [1, 1, 1, 1]
    finally:
        db.session.rollback()
        release.set()
        carrier.join()
    assert len(post.mails) == 27


def test_an_email_that_an_older_version_queued_gets_its_message_id_when_it_is_sent(
    app: Flask, school: SchoolRow, post: SlowPost
) -> None:
    write(school, "receipt", "Old")
    assert db.session.scalar(select(Mail.message_id)) is None
    db.session.rollback()
    assert mail_worker.deliver(app) == 1
    assert post.mails[0]["Message-ID"].strip() == db.session.scalar(select(Mail.message_id))


def test_a_server_that_can_is_asked_to_send_the_mark_back_without_the_text(
    app: Flask, school: SchoolRow, post: SlowPost
) -> None:
    post.extensions = ("DSN",)
    write(school, "receipt", "With a mark")
    assert mail_worker.deliver(app) == 1
    [message] = post.mails
    mark = message["X-Portal-Mail"]
    assert message["Message-ID"].strip() == f"<{mark}@oakwood.example>"
    [sender] = [line for line in post.commands if line.startswith("mail FROM")]
    [recipient] = [line for line in post.commands if line.startswith("rcpt TO")]
    assert sender.endswith(f" RET=HDRS ENVID={mark}")
    assert recipient.endswith(" NOTIFY=FAILURE")
