"""The words that contacts are looked up by: as they were before, and there and back again."""

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import select, text

from portal.delivery import form_worker
from portal.extensions import db, writing
from portal.models import Contact, ContactWord, NameWord
from portal.queries.lookup.families import look_up
from portal.queries.schools import SchoolRow
from tests.support.families import make_parent, make_student, phone

BEFORE = "0003"


@pytest.fixture
def families(app: Flask, school: SchoolRow, other_school: SchoolRow) -> None:
    """Of many letters, with and without an email."""
    dang = make_student(school, "Đặng Thị Hồng")
    make_parent(
        school,
        "Łukasz O'Brien-Núñez",
        dang,
        email="Luk.OBrien+school@Example.com",
        phones=[phone("+12065550182")],
    )
    make_student(school, "山田 太郎")
    make_student(school, "\ufdfa" * 40 + " Ruiz")  # each folds to 18 letters
    make_parent(other_school, "Ana Ana", email="ana@example.com")


def kept() -> dict[str, list[tuple[object, ...]]]:
    """All that is derived from names and emails."""
    keys = select(Contact.id, Contact.search_name, Contact.first_key, Contact.last_key)
    words = select(ContactWord.contact_id, ContactWord.word, ContactWord.of_name)
    asked = {"keys": keys, "words": words, "names": select(NameWord.school_id, NameWord.word)}
    found = {what: sorted(map(tuple, db.session.execute(one))) for what, one in asked.items()}
    db.session.rollback()
    return found


@pytest.mark.usefixtures("families")
def test_contacts_from_before_get_the_words_that_new_ones_get(school: SchoolRow) -> None:
    live = kept()
    assert len(live["words"]) > 12
    flask_migrate.downgrade(revision=BEFORE)
    with writing():
        old = "UPDATE contact SET search_name = ' łukasz obrien nunez' WHERE first_name = 'Łukasz'"
        db.session.execute(text(old))
    flask_migrate.upgrade()
    assert kept() == live
    for typed in ("dang", "lukasz", "nunez", "0182", "luk.obrien"):
        assert [one.name for one in look_up(school, typed).found] == ["Đặng Thị Hồng"], typed


@pytest.mark.usefixtures("families")
def test_what_a_server_of_the_version_before_writes_gets_the_words_of_this_one(
    school: SchoolRow,
) -> None:
    """It goes on for a while beside the new schema, and keeps the words that it knows of."""
    live = kept()
    assert form_worker.refold_names() == 0
    with writing():
        old = "UPDATE contact SET search_name = ' lukasz obrien nunez' WHERE first_name = 'Łukasz'"
        db.session.execute(text(old))
        db.session.execute(text("DELETE FROM contact_word WHERE word LIKE '%obriennunez'"))
        db.session.execute(text("DELETE FROM name_word WHERE word LIKE '%obriennunez'"))
    assert kept() != live
    assert form_worker.refold_names(most=1) == 1
    assert kept() == live
    assert [one.name for one in look_up(school, "obriennunez").found] == ["Đặng Thị Hồng"]


@pytest.mark.usefixtures("families")
def test_an_upgrade_that_has_nothing_to_change_repairs_the_words_too() -> None:
    live = kept()
    with writing():
        db.session.execute(text("UPDATE contact SET search_name = rtrim(search_name)"))
        db.session.execute(text("DELETE FROM contact_word"))
    flask_migrate.upgrade()
    assert kept() == live
