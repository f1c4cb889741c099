"""Records are saved by one editor at a time, on both databases."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.enums import ConsentState, ContactRole, Refusal, Relationship
from portal.extensions import db, writing
from portal.models import Contact, Phone, RecordEdit
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.contacts import add as add_contacts
from portal.services.contacts import contacts
from portal.services.contacts import edit as edit_contacts
from portal.services.contacts.add import FamilyPosition, ParentValues
from portal.services.contacts.edit import ContactValues, PhonesSaved, StaleRecordError
from portal.services.contacts.phones import set_phones
from tests.support.families import (
    HOME,
    make_parent,
    make_student,
    phone,
    stop,
    wrongly_marked,
)

JO = Actor(1, "Jo Park")


def values(first_name: str) -> ContactValues:
    return ContactValues(first_name, "Ruiz", None, None, None, {})


def together(app: Flask, *tasks: Callable[[], object]) -> list[object]:
    """Run the tasks at the same time, each in an app context of its own; what came of each."""
    results: list[object] = [None] * len(tasks)
    start = threading.Barrier(len(tasks))

    def run(n: int) -> None:
        with app.app_context():
            start.wait()
            try:
                results[n] = tasks[n]()
            except Exception as error:
                results[n] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_who_save_at_once_the_second_is_told(app: Flask, school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz")

    def save(name: str) -> bool:
        with writing():
            return edit_contacts.save_contact(school, ana, values(name), 1, JO)

    results = together(app, lambda: save("Anna"), lambda: save("Anne"))
    assert sum(result is True for result in results) == 1
    [stale] = [result for result in results if isinstance(result, StaleRecordError)]
    assert stale.version == 2
    assert [entry.who for entry in stale.edits] == ["Jo Park"]
    assert len(db.session.scalars(select(RecordEdit)).all()) == 1


def test_of_two_who_add_a_parent_at_one_position_the_second_is_told(
    app: Flask, school: SchoolRow
) -> None:
    student = make_student(school, "Mateo Ruiz")

    def add(name: str) -> int:
        place = FamilyPosition(student, 1, Relationship.MOTHER)
        with writing():
            return add_contacts.add_parent(
                school, place, ParentValues(name, "Ruiz", None, []), JO
            ).id

    results = together(app, lambda: add("Ana"), lambda: add("Bea"))
    assert sum(isinstance(result, add_contacts.PositionTakenError) for result in results) == 1
    assert len(db.session.scalars(select(Contact)).all()) == 2


def test_who_is_made_a_parent_while_their_phones_are_edited_has_a_parents_phones(
    app: Flask, school: SchoolRow
) -> None:
    """A search goes by the mark on each phone, and not by whose it is."""
    student = make_student(school, "Mateo Ruiz")
    with writing():
        kit = contacts.create_contact(school.id, "Kit", "Coach", ContactRole.CONSULTANT, "staff").id
        set_phones(school.id, kit, [phone("+12065550182")])
    assert not db.session.scalars(select(Phone.of_parent)).one()
    db.session.rollback()

    def make_parent_of_them() -> None:
        with writing():
            place = FamilyPosition(student, 1, Relationship.OTHER)
            add_contacts.link_parent(school, place, kit, JO)

    def edit() -> object:
        with writing():
            typed = [phone("+12065550183"), phone("+12065550184", slot=1)]
            return edit_contacts.save_phones(school, kit, typed, 1, {}, JO)

    results = together(app, make_parent_of_them, edit)
    assert results[0] is None
    assert isinstance(results[1], PhonesSaved | StaleRecordError)
    assert db.session.scalars(select(Phone.of_parent)).unique().all() == [True]
    assert wrongly_marked() == []


def test_what_each_typed_cell_came_to_is_given(school: SchoolRow) -> None:
    stop(school, "+12065550183")
    ana = make_parent(school, "Ana Ruiz", phones=[phone("+12065550182", HOME)])
    typed = [phone("+12065550182"), phone("+12065550183", slot=1)]
    with writing():
        saved = edit_contacts.save_phones(school, ana, typed, 1, {}, JO)
    assert saved.results["+12065550182"].state is ConsentState.OPTED_IN
    assert saved.results["+12065550183"].code is Refusal.ONLY_THE_PARENT


def test_a_consent_that_changed_meanwhile_saves_nothing(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone("+12065550182")], typed=True)
    stop(school, "+12065550182")
    with pytest.raises(StaleRecordError) as stale, writing():
        edit_contacts.save_phones(school, ana, [], 1, {"+12065550182": 1}, JO)
    assert stale.value.numbers == ["+12065550182"]
    assert len(db.session.scalars(select(Phone)).all()) == 1


def test_saving_the_same_phones_changes_nothing_whatever_was_seen(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone("+12065550182")])
    with writing():
        saved = edit_contacts.save_phones(school, ana, [phone("+12065550182")], 0, {}, JO)
    assert saved == PhonesSaved(changed=False, results={})


def test_a_contact_of_another_school_cannot_be_saved(
    school: SchoolRow, other_school: SchoolRow
) -> None:
    ana = make_parent(school, "Ana Ruiz")
    with pytest.raises(contacts.NoSuchContactError), writing():
        edit_contacts.save_contact(other_school, ana, values("Anna"), 1, JO)
    with pytest.raises(contacts.NoSuchContactError), writing():
        edit_contacts.save_phones(other_school, ana, [], 1, {}, JO)
