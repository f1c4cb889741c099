"""Emails that come back after a server took them: staff see them, if they are ours."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.delivery import mail_worker
from portal.extensions import db, writing
from portal.models import EmailRefusal, Mail
from portal.queries.records.history import history_of
from portal.queries.records.record import get_record
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from portal.services.contacts.email_changes import ChangedBy
from portal.services.mail import queue as mail_queue
from tests.support.bounces import FIELDS, bounce, make_mailbox
from tests.support.families import make_parent

ANA = "ana@example.com"
Read = Callable[..., str]


@pytest.fixture
def read(app: Flask, tmp_path: Path) -> Read:
    """Run the command over a mailbox with these messages."""

    def read(*messages: str) -> str:
        file = make_mailbox(tmp_path / "mbox", *messages)
        result = app.test_cli_runner().invoke(args=["mail", "bounces", str(file)])
        file.unlink()
        db.session.rollback()
        assert result.exit_code == 0, result.output
        return result.output

    return read


@pytest.fixture
def ana(school: SchoolRow) -> int:
    return make_parent(school, "Ana Ruiz", email=ANA)


def send(app: Flask, school: SchoolRow, to: str = ANA, kind: str = "receipt") -> str:
    """Send an email; gives its Message-ID."""
    with writing():
        mail_queue.enqueue(school.id, kind, to, "en", "A subject", "Hello")
    assert mail_worker.deliver(app) == 1
    found = db.session.scalar(select(Mail.message_id).order_by(Mail.id.desc()).limit(1))
    db.session.rollback()
    assert found
    return found


def refused() -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.execute(select(EmailRefusal.email_key, EmailRefusal.fault))
    return [tuple(row) for row in rows]


def said(school: SchoolRow, contact_id: int) -> list[str]:
    entries = history_of(school.id, [contact_id], 20).entries
    return [f"{c['what']}: {c['new']}" for entry in entries for c in entry.content]


def test_a_bounce_marks_the_address_and_is_in_the_history(
    app: Flask, school: SchoolRow, ana: int, read: Read
) -> None:
    message_id = send(app, school)
    assert read(bounce(message_id)) == "1 email came back, 0 known already, 0 others skipped\n"
    assert refused() == [(ANA, "no_mailbox")]
    assert said(school, ana) == ["Email refused: ana@example.com (no such mailbox)"]
    assert read(bounce(message_id)) == "0 emails came back, 1 known already, 0 others skipped\n"
    assert len(said(school, ana)) == 1


SHAPES = {
    "the whole email": {"returned": "message/rfc822"},
    "capital letters": {"kind": "MESSAGE/Delivery-Status", "returned": "Text/RFC822-Headers"},
    "international": {"kind": "message/global-delivery-status", "returned": "message/global"},
    "global headers": {"returned": "message/global-headers"},
    "no words": {"fields": "Reporting-MTA: dns; x\n\nAction: failed\nStatus: 5.1.1\n"},
    "no action": {"fields": "Reporting-MTA: dns; x\n\nStatus: 5.1.1\n"},
    "given up after days": {
        "fields": FIELDS.replace("5.1.1", "4.4.7").replace("550 4.4.7", "422 4.4.7")
    },
    "another recipient, as where email is forwarded": {"to": "ana@elsewhere.example"},
    "folded": {"fields": FIELDS.replace("smtp; 550", "smtp;\n 550")},
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_bounces_of_all_shapes_are_read(
    app: Flask, school: SchoolRow, read: Read, shape: dict[str, str]
) -> None:
    read(bounce(send(app, school), **shape))
    assert [key for key, _ in refused()] == [ANA]


def test_a_bounce_is_known_by_the_mark_where_the_email_did_not_come_back(
    app: Flask, school: SchoolRow, read: Read
) -> None:
    mark = send(app, school).strip("<>").partition("@")[0]
    fields = FIELDS.replace("Reporting-MTA", f"Original-Envelope-Id: {mark}\nReporting-MTA")
    read(bounce("<other@relay.example>", fields=fields))
    assert len(refused()) == 1


def test_a_bounce_is_known_where_a_service_changed_the_message_id(
    app: Flask, school: SchoolRow, read: Read
) -> None:
    mark = send(app, school).strip("<>").partition("@")[0]
    read(bounce(f"<changed@service.example>\nX-Portal-Mail: {mark}"))
    assert len(refused()) == 1


def forged(message_id: str) -> dict[str, str]:
    """By name: messages of people who know Ana's address, and not the email's secret."""
    school, mail, secret = message_id.strip("<>").partition("@")[0].split(".")
    return {
        "a made-up Message-ID": bounce("<20261129.1@oakwood.example>"),
        "no secret": bounce(f"<{school}.{mail}@oakwood.example>"),
        "another secret": bounce(f"<{school}.{mail}.{'0' * 24}@oakwood.example>"),
        "a part of the secret": bounce(f"<{school}.{mail}.{secret[:-1]}@oakwood.example>"),
        "another email": bounce(f"<{school}.{int(mail) + 1}.{secret}@oakwood.example>"),
        "another school": bounce(f"<2.{mail}.{secret}@oakwood.example>"),
        "an id that no database has": bounce(f"<{'9' * 10}.{'9' * 19}.{secret}@x.example>"),
        "no email at all": bounce(""),
        "a wildcard": bounce(f"<{school}.{mail}.{'%' * 24}@oakwood.example>"),
    }


def test_nobody_can_mark_somebody_elses_address(
    app: Flask, school: SchoolRow, other_school: SchoolRow, ana: int, read: Read
) -> None:
    theirs = forged(send(app, school))
    for name, text in theirs.items():
        assert read(text).startswith("0 emails came back, 0 known"), name
    assert (refused(), said(school, ana)) == ([], [])


def test_the_secret_of_a_strangers_own_email_marks_their_own_address_alone(
    app: Flask, school: SchoolRow, ana: int, read: Read
) -> None:
    mine = send(app, school, "stranger@example.net")
    read(bounce(mine, to=ANA))
    assert refused() == [("stranger@example.net", "no_mailbox")]
    assert said(school, ana) == []


NOT_FAILED = {
    "a delay": {"fields": FIELDS.replace("failed", "delayed").replace("5.1.1", "4.4.1")},
    "a delivery": {"fields": FIELDS.replace("failed", "delivered").replace("5.1.1", "2.0.0")},
    "a relay": {"fields": FIELDS.replace("failed", "relayed").replace("5.1.1", "2.0.0")},
    "an answer": {"kind": "text/plain", "headers": "Auto-Submitted: auto-replied\n"},
    "a read receipt": {"kind": "message/disposition-notification"},
}


@pytest.mark.parametrize("shape", NOT_FAILED.values(), ids=NOT_FAILED)
def test_what_is_no_failure_marks_nothing(
    app: Flask, school: SchoolRow, read: Read, shape: dict[str, str]
) -> None:
    message_id = send(app, school)
    for also in ("", f"In-Reply-To: {message_id}\n"):
        more = shape | {"headers": shape.get("headers", "") + also}
        assert "1 other skipped\n" in read(bounce(message_id, **more))
    assert refused() == []


def test_odd_mailboxes_are_read_to_the_end(app: Flask, school: SchoolRow, read: Read) -> None:
    message_id = send(app, school)
    odd = [
        "",
        "no headers at all",
        "Content-Type: multipart/report; boundary=x\n\n--y\n",
        "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n@@@\n",
        "Content-Type: message/delivery-status; charset=nope\n\nAction: failed\n",
        bounce(message_id, fields="Action: failed\nDiagnostic-Code: smtp; \x00\x07\n"),
    ]
    assert read(*odd) == "1 email came back, 0 known already, 5 others skipped\n"
    assert refused() == [(ANA, "other")]


def test_it_ends_when_the_address_is_changed(
    app: Flask, school: SchoolRow, ana: int, read: Read
) -> None:
    read(bounce(send(app, school)))
    record = get_record(school, ana)
    assert record is not None
    assert record.contact.email_refused is not None
    db.session.rollback()
    with writing():
        contact = contacts.lock_contact(school.id, ana)
        contacts.set_fields(contact, {"email": "ana@example.org"}, ChangedBy("Pat"))
    record = get_record(school, ana)
    assert record is not None
    assert record.contact.email_refused is None


def test_it_ends_when_a_later_email_is_taken(app: Flask, school: SchoolRow, read: Read) -> None:
    read(bounce(send(app, school)))
    assert len(refused()) == 1
    send(app, school, "ANA@Example.com")
    assert refused() == []


def test_a_bounce_that_is_read_late_does_not_mark_an_address_that_took_a_later_email(
    app: Flask, school: SchoolRow, ana: int, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = send(app, school)
    moment = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: moment)
    second = send(app, school)
    read(bounce(first))
    assert refused() == []
    assert len(said(school, ana)) == 1, "the history still tells of it"
    read(bounce(second))
    assert len(refused()) == 1


def test_only_a_file_that_is_there_is_read(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["mail", "bounces", "/no/such/file"])
    assert result.exit_code == 2
