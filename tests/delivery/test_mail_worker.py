"""Mail on its way out, to a real SMTP server: after the commit, once, again later, or given up."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock, create_app
from portal.delivery import mail_worker
from portal.extensions import db, writing
from portal.models import Mail
from portal.queries.schools import SchoolRow
from portal.services.mail import queue as mail_queue
from tests.support.databases import Database, settings
from tests.support.post import Post, mail_server

TO = "ana.ruiz@example.com"


@pytest.fixture
def post(app: Flask) -> Iterator[Post]:
    """A mail server, and the app sends by it."""
    with mail_server() as post:
        use(app, post)
        yield post


def use(app: Flask, post: Post) -> None:
    app.config["PORTAL"] = replace(app.config["PORTAL"], mail=post.url)


def write(school: SchoolRow, kind: str = "receipt", **given: str) -> None:
    words = {"to": TO, "subject": "A subject", "body": "Hello,\n\nthis is it.\n"} | given
    with writing():
        mail_queue.enqueue(school.id, kind, words["to"], "en", words["subject"], words["body"])


def undone(school: SchoolRow) -> None:
    """A transaction that posts a mail, and fails."""
    with writing():
        mail_queue.enqueue(school.id, "receipt", TO, "en", "Rolled back", "A body")
        raise RuntimeError


def rows() -> list[Mail]:
    db.session.rollback()
    return list(db.session.scalars(select(Mail).order_by(Mail.id)))


def later(monkeypatch: pytest.MonkeyPatch, **ahead: float) -> None:
    moment = clock.now() + timedelta(**ahead)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_a_mail_arrives_as_it_was_written(app: Flask, school: SchoolRow, post: Post) -> None:
    write(school)
    assert mail_worker.deliver(app) == 1
    [message] = post.mails
    assert (message["From"], message["To"]) == ("office@oakwood.example", TO)
    assert message["Subject"] == "A subject"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@oakwood.example>")
    assert message.get_content().replace("\r\n", "\n") == "Hello,\n\nthis is it.\n"
    assert mail_worker.deliver(app) == 0
    assert len(post.mails) == 1
    assert rows()[0].sent_at is not None


def test_letters_of_every_language_arrive(app: Flask, school: SchoolRow, post: Post) -> None:
    body = "¿Quieres mensajes? Sí. 你好 " + "x" * 1200 + "\n"
    write(school, to="josé@example.com", subject="Tu código: " + "ñ" * 90, body=body)
    assert mail_worker.deliver(app) == 1
    [message] = post.mails
    assert post.recipients == ["josé@example.com"]
    assert message["Subject"] == "Tu código: " + "ñ" * 90
    assert message.get_content().replace("\r\n", "\n") == body


def test_an_address_that_the_server_cannot_take_is_given_up(app: Flask, school: SchoolRow) -> None:
    with mail_server(international=False) as post:
        use(app, post)
        write(school, to="josé@example.com")
        write(school)
        assert mail_worker.deliver(app) == 1
    assert [bool(row.failed) for row in rows()] == [True, False]


def test_what_is_rolled_back_is_not_sent(app: Flask, school: SchoolRow, post: Post) -> None:
    with pytest.raises(RuntimeError):
        undone(school)
    assert mail_worker.deliver(app) == 0
    assert post.mails == []


def test_mail_leaves_by_itself_after_the_commit_and_not_before(
    database: Database, school: SchoolRow
) -> None:
    with mail_server() as post:
        live = create_app(settings(database.url, testing=False, mail=post.url))
        with live.app_context():
            with pytest.raises(RuntimeError):
                undone(school)
            with writing():
                mail_queue.enqueue(school.id, "receipt", TO, "en", "Committed", "A body")
                time.sleep(0.3)  # whoever would send it early has the time to
                assert post.mails == []
            _wait_for(lambda: bool(post.mails))
            _wait_for(lambda: rows()[0].sent_at is not None)
            db.engine.dispose()
        assert [message["Subject"] for message in post.mails] == ["Committed"]


def _wait_for(ready: Any) -> None:
    until = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.05)  # between two looks at another thread


def test_several_carriers_at_once_send_each_mail_once(
    app: Flask, school: SchoolRow, post: Post
) -> None:
    with writing():
        for n in range(12):
            mail_queue.enqueue(school.id, "receipt", TO, "en", f"Number {n}", "A body")
    carriers = [threading.Thread(target=mail_worker.deliver, args=[app]) for _ in range(3)]
    for thread in carriers:
        thread.start()
    for thread in carriers:
        thread.join()
    assert sorted(m["Subject"] for m in post.mails) == sorted(f"Number {n}" for n in range(12))


def test_a_mail_whose_carrier_died_is_taken_up_by_another(
    app: Flask, school: SchoolRow, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(school)
    with writing():
        assert mail_queue.claim_next("office@oakwood.example") is not None
    assert mail_worker.deliver(app) == 0
    later(monkeypatch, minutes=3)
    assert mail_worker.deliver(app) == 1


@pytest.mark.parametrize("where", ["answers", "data_answers"])
def test_a_refusal_that_may_pass_is_tried_again_ever_later(
    app: Flask, school: SchoolRow, post: Post, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    getattr(post, where).extend(["451 Busy, come back"] * 2)
    write(school)
    assert mail_worker.deliver(app) == 0
    [row] = rows()
    first = row.due_at - clock.now()
    assert row.failed is None
    assert mail_worker.deliver(app) == 0, "it is not due yet"
    later(monkeypatch, seconds=first.total_seconds() + 1)
    assert mail_worker.deliver(app) == 0
    second = rows()[0].due_at - clock.now()
    assert second > first * 1.5
    later(monkeypatch, seconds=second.total_seconds() + 1)
    assert mail_worker.deliver(app) == 1


def test_after_many_attempts_it_is_given_up(
    app: Flask, school: SchoolRow, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.answers.extend(["451 Busy"] * 20)
    write(school)
    for _ in range(mail_queue.MOST_ATTEMPTS):
        mail_worker.deliver(app)
        later(monkeypatch, days=1)
    assert rows()[0].failed
    assert mail_worker.deliver(app) == 0
    assert len(post.answers) == 20 - mail_queue.MOST_ATTEMPTS


@pytest.mark.parametrize("where", ["answers", "data_answers"])
def test_a_refusal_for_good_is_given_up_with_its_reason(
    app: Flask, school: SchoolRow, post: Post, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    getattr(post, where).append("550 No such user here")
    write(school)
    assert mail_worker.deliver(app) == 0
    write(school, to="ben@example.com")
    assert mail_worker.deliver(app) == 1
    refused, _ = rows()
    assert refused.failed == "550 No such user here"
    later(monkeypatch, days=1)
    assert mail_worker.deliver(app) == 0
    assert post.recipients == ["ben@example.com"]


def test_a_server_that_is_away_is_tried_again(
    app: Flask, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as gone:
        use(app, gone)
    write(school)
    assert mail_worker.deliver(app) == 0
    assert rows()[0].failed is None
    later(monkeypatch, minutes=5)
    with mail_server() as post:
        use(app, post)
        assert mail_worker.deliver(app) == 1


def test_a_code_that_is_too_old_is_not_sent(
    app: Flask, school: SchoolRow, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(school, "code", subject="123456 is your code", body="123456")
    write(school, "receipt")
    later(monkeypatch, minutes=11)
    assert mail_worker.deliver(app) == 1
    code, _ = rows()
    assert "expired" in (code.failed or "")
    assert "123456" not in code.subject + code.body
    assert [m["Subject"] for m in post.mails] == ["A subject"]


def test_what_signs_in_is_not_kept_once_it_is_sent(
    app: Flask, school: SchoolRow, post: Post
) -> None:
    write(school, "code", subject="123456 is your code", body="123456")
    write(school, "receipt", body="https://portal.example.org/oakwood/sign-in/link/abc")
    assert mail_worker.deliver(app) == 2
    assert sum("123456" in mail.get_content() for mail in post.mails) == 1
    assert [(row.subject, row.body) for row in rows()] == [("", ""), ("A subject", "")]


def test_the_outbox_keeps_what_it_shows(app: Flask, school: SchoolRow) -> None:
    write(school, "code", subject="123456 is your code", body="123456")
    assert mail_worker.deliver(app) == 1
    assert rows()[0].body == "123456"


def test_a_password_is_not_sent_in_the_clear(app: Flask, school: SchoolRow, post: Post) -> None:
    address = post.url.replace("smtp://", "smtp://office:secret@")
    app.config["PORTAL"] = replace(app.config["PORTAL"], mail=address)
    write(school)
    assert mail_worker.deliver(app) == 0
    assert post.mails == []
    assert rows()[0].failed is None, "another day the server may be set up"


def test_a_mail_that_cannot_be_composed_does_not_hold_up_the_rest(
    app: Flask, school: SchoolRow, post: Post
) -> None:
    write(school, to="ana\n@example.com")
    write(school)
    assert mail_worker.deliver(app) == 1
    assert [bool(row.failed) for row in rows()] == [True, False]


def test_the_command_sends_what_is_due(app: Flask, school: SchoolRow, post: Post) -> None:
    write(school)
    result = app.test_cli_runner().invoke(args=["mail", "work", "--once"])
    assert (result.exit_code, result.output) == (0, "1 email sent\n")
    assert len(post.mails) == 1
