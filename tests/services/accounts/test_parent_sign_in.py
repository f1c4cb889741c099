"""Codes and links by mail: guessed at, flooded, and read from the table."""

import threading
from contextlib import suppress

import pytest
from flask import Flask

from portal.extensions import db, writing
from portal.models import Contact
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sessions, parent_sign_in
from portal.services.accounts.parent_sign_in import ELSEWHERE_FACTOR
from portal.services.contacts import contacts
from portal.services.contacts.email_changes import ChangedBy
from tests.support.families import make_parent, make_student
from tests.support.long import examples

SECRET = "a secret of the installation"
EMAIL = "ana.ruiz@example.com"
LIMIT = 5


@pytest.fixture
def ana(school: SchoolRow) -> int:
    return make_parent(school, "Ana Ruiz", make_student(school, "Mateo Ruiz"), email=EMAIL)


def ask(
    school: SchoolRow, limit: int = LIMIT, network: str = "192.0.2.1"
) -> parent_sign_in.CodeRequest:
    with writing():
        return parent_sign_in.request_code(school.id, EMAIL, network, SECRET, limit)


@pytest.mark.usefixtures("ana")
@examples(few=1_000, many=10_000)
def test_guesses_at_all_the_codes_of_an_hour_find_none(school: SchoolRow, examples: int) -> None:
    asked = [
        ask(school, network=f"192.0.2.{elsewhere}")
        for elsewhere in range(ELSEWHERE_FACTOR)
        for _ in range(LIMIT)
    ]
    with pytest.raises(parent_sign_in.TooManyCodesError):
        ask(school, network="198.51.100.1")
    codes = {a.code for a in asked}
    guesses = [f"{n:06d}" for n in range(10_100) if f"{n:06d}" not in codes][:examples]
    with writing():
        for n, guess in enumerate(guesses):
            key = asked[n % len(asked)].key_id
            assert parent_sign_in.redeem_code(school.id, key, guess, SECRET) is None
    for one in asked:
        with writing():
            assert parent_sign_in.redeem_code(school.id, one.key_id, one.code, SECRET) is None


@pytest.mark.usefixtures("ana")
def test_asking_for_somebody_elses_codes_from_elsewhere_locks_nobody_out(
    school: SchoolRow,
) -> None:
    for _ in range(LIMIT):
        ask(school, network="203.0.113.9")
    with pytest.raises(parent_sign_in.TooManyCodesError):
        ask(school, network="203.0.113.9")
    assert ask(school, network="192.0.2.1").known


def test_codes_asked_for_at_the_same_moment_are_counted_too(app: Flask, school: SchoolRow) -> None:
    asked: list[parent_sign_in.CodeRequest] = []

    def ask_at_once() -> None:
        with app.app_context(), suppress(parent_sign_in.TooManyCodesError):
            asked.append(ask(school))
            db.session.remove()

    threads = [threading.Thread(target=ask_at_once) for _ in range(4 * LIMIT)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == LIMIT


def test_a_code_is_good_at_its_own_school_and_key_only(
    school: SchoolRow, other_school: SchoolRow, ana: int
) -> None:
    first, second = ask(school), ask(school)
    with writing():
        assert parent_sign_in.redeem_code(other_school.id, first.key_id, first.code, SECRET) is None
        assert parent_sign_in.redeem_code(school.id, first.key_id, second.code, SECRET) is None
        opened = parent_sign_in.redeem_code(school.id, second.key_id, f" {second.code} ", SECRET)
    assert opened is not None
    assert opened.contact_ids == (ana,)


@pytest.mark.parametrize(
    "zero",
    [
        "\u0660",  # Arabic
        "\u06f0",  # Persian
        "\u0966",  # Devanagari
        "\u09e6",  # Bengali
        "\u0a66",  # Gurmukhi
        "\u0be6",  # Tamil
        "\u0e50",  # Thai
        "\u1040",  # Burmese
        "\u17e0",  # Khmer
        "\uff10",  # full-width
        "\U0001d7ce",  # bold
    ],
    ids=ascii,
)
@pytest.mark.parametrize("parted", ["{}{}", "{} {}", "\u200f{}\u2060{}\ufe0f", "\u3164{}-{}."])
@pytest.mark.usefixtures("ana")
def test_a_code_is_read_in_the_digits_of_any_script(
    school: SchoolRow, zero: str, parted: str
) -> None:
    asked = ask(school, limit=0)
    typed = "".join(chr(ord(zero) + int(digit)) for digit in asked.code)
    with writing():
        opened = parent_sign_in.redeem_code(
            school.id, asked.key_id, parted.format(typed[:3], typed[3:]), SECRET
        )
    assert opened is not None


def test_a_link_is_looked_at_without_being_used_and_used_once(
    school: SchoolRow, other_school: SchoolRow, ana: int
) -> None:
    with writing():
        token = parent_sign_in.make_link(school.id, EMAIL.upper(), "invitation")
        assert parent_sign_in.peek_link(school.id, token)
        assert not parent_sign_in.peek_link(other_school.id, token)
    with writing():
        opened = parent_sign_in.redeem_link(school.id, token)
        assert opened is not None
        assert opened.contact_ids == (ana,)
    with writing():
        assert parent_sign_in.redeem_link(school.id, token) is None
        assert not parent_sign_in.peek_link(school.id, token)


def test_an_email_that_was_changed_meanwhile_opens_no_session(school: SchoolRow, ana: int) -> None:
    with writing():
        opened = parent_sign_in.redeem_link(
            school.id, parent_sign_in.make_link(school.id, EMAIL, "invitation")
        )
    assert opened is not None
    with writing():
        contact = db.session.get_one(Contact, (school.id, ana))
        contacts.set_fields(contact, {"email": "new@example.com"}, ChangedBy("Pat Fields"))
    with writing():
        assert parent_sessions.open_session(school.id, ana, opened.email_key, "en") is None
        assert parent_sessions.open_session(school.id, ana, "new@example.com", "en") is not None


def test_an_email_that_is_not_on_file_signs_nobody_in(school: SchoolRow) -> None:
    asked = ask(school)
    assert not asked.known
    with writing():
        assert parent_sign_in.redeem_code(school.id, asked.key_id, asked.code, SECRET) is None
