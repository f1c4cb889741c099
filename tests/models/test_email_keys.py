"""Bringing a database up to date keys its emails anew: nothing is merged, nobody gets in by it."""

from datetime import timedelta
from typing import Any

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select, text

from portal import clock
from portal.delivery.form_worker import refold_names
from portal.enums import Answer, NoticeKind, Source, StaffRole
from portal.extensions import db, write_mode, writing
from portal.models import Contact, ContactWord, EmailRefusal
from portal.models.columns import new_id
from portal.queries.lookup.families import look_up
from portal.queries.records.staff_notices import open_notices
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sign_in
from portal.services.accounts.staff_sign_in import begin
from portal.services.contacts.phones import set_phones
from portal.services.texting import handset_confirmation
from tests.support.families import make_parent, phone, say
from tests.support.people import make_account

PLAIN, SHARP, ASCII = "jo@massmail.example", "jo@maßmail.example", "jo@xn--mamail-cta.example"


def run(statement: str, **values: Any) -> Any:
    with write_mode():
        found = db.session.execute(text(statement), values)
        rows = found.all() if found.returns_rows else []
        db.session.commit()
    return rows


def before() -> None:
    db.session.rollback()
    flask_migrate.downgrade(revision="0006")


def after() -> None:
    db.session.rollback()
    flask_migrate.upgrade()


@pytest.fixture
def jo(school: SchoolRow) -> dict[str, int]:
    named = {"Plain": PLAIN, "Sharp": SHARP, "Ascii": ASCII, "Up": PLAIN.upper()}
    return {email: make_parent(school, f"Jo {n}", email=email) for n, email in named.items()}


def key_of(contact_id: int) -> str:
    return run("SELECT email_key FROM contact WHERE id = :id", id=contact_id)[0].email_key


def test_records_are_keyed_anew_and_look_the_same_to_a_search(
    school: SchoolRow, jo: dict[str, int]
) -> None:
    before()
    assert key_of(jo[PLAIN]) == key_of(jo[SHARP]) == PLAIN
    after()
    assert [key_of(i) for i in jo.values()] == [PLAIN, ASCII, ASCII, PLAIN]
    for typed in (SHARP, "jo@maß", "JO@MAß", ASCII):
        names = [found.name for found in look_up(school, typed).found]
        assert "Jo Sharp" in names, typed
        assert "Jo Plain" not in names, typed


def confirmed_under() -> list[str]:
    rows = run("SELECT handset_email_key FROM holding ORDER BY contact_id")
    return [row.handset_email_key for row in rows]


def test_a_phones_word_stays_good_under_the_same_sign_in_email(
    school: SchoolRow, jo: dict[str, int]
) -> None:
    for n, contact_id in enumerate(jo.values()):
        number = f"+1415555019{n}"
        with writing():
            set_phones(school.id, contact_id, [phone(number)])
        say(school, number, Source.HANDSET, Answer.YES, contact_id)
        with writing():
            handset_confirmation.confirm_number(school, contact_id, number)
    keys = [key_of(contact_id) for contact_id in jo.values()]
    assert confirmed_under() == keys == [PLAIN, ASCII, ASCII, PLAIN]
    db.session.rollback()
    flask_migrate.downgrade(revision="0008")
    assert confirmed_under() == [PLAIN, PLAIN, ASCII, PLAIN]
    after()
    assert confirmed_under() == keys
    before()
    after()
    assert confirmed_under() == keys


def test_emails_that_were_one_or_are_one_now_are_listed_and_nothing_is_merged(
    school: SchoolRow, jo: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    before()
    after()
    found = [n.detail["emails"] for n in open_notices(school.id, [NoticeKind.EMAILS_ALIKE])]
    assert sorted(found) == sorted([[PLAIN, SHARP, PLAIN.upper()], [SHARP, ASCII]])
    assert SHARP in capsys.readouterr().out
    assert len(run("SELECT id FROM contact WHERE email IS NOT NULL")) == 4


def make_key(school: SchoolRow, key: str, token: str, to_address: str | None) -> None:
    now = clock.now()
    run(
        "INSERT INTO sign_in_key (school_id, id, purpose, email_key, token_hash, network,"
        " created_at, expires_at, attempts)"
        " VALUES (:school, :id, 'receipt', :key, :hash, '', :now, :then, 0)",
        school=school.id,
        id=new_id(),
        key=key,
        hash=parent_sign_in.token_hash(token),
        now=now,
        then=now + timedelta(days=7),
    )
    if to_address is not None:
        run(
            "INSERT INTO mail (school_id, id, kind, to_address, language, subject, body,"
            " created_at, due_at, attempts)"
            " VALUES (:school, :id, 'receipt', :to, 'en', '', '', :now, :now, 1)",
            school=school.id,
            id=new_id(),
            to=to_address,
            now=now,
        )


def redeemed(school: SchoolRow, token: str) -> tuple[int, ...]:
    opened = parent_sign_in.redeem_link(school.id, token)
    db.session.rollback()
    return opened.contact_ids if opened else ()


def test_a_link_that_was_sent_to_a_lookalike_opens_its_own_record_at_most(
    school: SchoolRow, jo: dict[str, int]
) -> None:
    before()
    make_key(school, PLAIN, "of sharp", SHARP)
    after()
    assert redeemed(school, "of sharp") == (jo[SHARP], jo[ASCII])


def test_a_link_goes_on_working_unless_it_is_not_certain_whom_it_was_sent_to(
    school: SchoolRow, jo: dict[str, int]
) -> None:
    before()
    make_key(school, "ana@example.com", "of ana", "Ana@example.com")
    make_key(school, PLAIN, "of one of two", PLAIN)
    make_key(school, PLAIN, "of one of two as well", SHARP)
    make_key(school, "ben@example.com", "of nobody known", None)
    after()
    ana = make_parent(school, "Ana Ruiz", email="ana@example.com")
    make_parent(school, "Ben Ruiz", email="ben@example.com")
    assert redeemed(school, "of ana") == (ana,)
    for token in ("of one of two", "of one of two as well", "of nobody known"):
        assert redeemed(school, token) == ()


@pytest.mark.usefixtures("school")
def test_of_accounts_with_one_key_now_the_older_keeps_it_and_neither_is_lost(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    make_account(SHARP, "oakwood", StaffRole.ADMIN)
    before()
    run(
        "INSERT INTO account (id, email, email_key, name, password_hash, created_at)"
        " VALUES (:id, :email, :email, 'Second', 'x', :now)",
        id=new_id(),
        email=ASCII,
        now=clock.now(),
    )
    after()
    assert f"Account {ASCII}" in capsys.readouterr().out
    rows = run("SELECT email, email_key FROM account ORDER BY id")
    assert [row.email for row in rows] == [SHARP, ASCII]
    assert rows[0].email_key == ASCII
    assert rows[1].email_key.startswith(f"{ASCII} #")
    credentials = begin(SHARP, "", 0).credentials
    assert credentials is not None
    assert credentials.password_hash != "x"
    before()
    after()
    assert len(run("SELECT id FROM account")) == 2


def test_odd_emails_get_the_form_that_the_contact_form_takes(school: SchoolRow) -> None:
    taken, free = "o'neil@example.com", "o'brien@example.com"
    made = {
        email: make_parent(school, "Ana Ruiz", email="x@example.com")
        for email in (
            "o\u2019brien@example.com",
            "\uff41na@example.com",
            "o\u2019neil@example.com",
            taken,
            "a\u2022na@example.com",
            "jos\u00e9@example.com",
        )
    }
    with writing():
        for email, contact_id in made.items():
            contact = db.session.get_one(Contact, (school.id, contact_id))
            contact.email = contact.email_key = email
    db.session.rollback()
    for _ in range(2):
        flask_migrate.downgrade(revision="0022")
        flask_migrate.upgrade()
        db.session.rollback()
        found = {
            email: db.session.get_one(Contact, (school.id, contact_id))
            for email, contact_id in made.items()
        }
        assert [contact.email for contact in found.values()] == [
            free,
            "ana@example.com",
            "o\u2019neil@example.com",
            taken,
            "a\u2022na@example.com",
            "jos\u00e9@example.com",
        ]
        assert all(contact.email_key == contact.email for contact in found.values())
        refused = db.session.scalars(select(EmailRefusal.email_key)).all()
        assert set(refused) == {"o\u2019neil@example.com", "a\u2022na@example.com"}
        db.session.rollback()  # a migration waits for every transaction that has read
    refold_names()
    words = select(ContactWord.word).where(
        ContactWord.contact_id == made["o\u2019brien@example.com"]
    )
    assert free in set(db.session.scalars(words))
