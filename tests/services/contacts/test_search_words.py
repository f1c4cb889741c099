"""Whichever way a name or an email changes, the look-up follows."""

from collections.abc import Callable

import pytest

from portal.extensions import db, writing
from portal.models import Contact, ContactWord
from portal.normalize import words_to_find
from portal.queries.lookup.families import look_up
from portal.queries.schools import SchoolRow
from portal.services.intake import household as household_service
from portal.services.intake.household import AnsweringParent
from tests.support.intake import (
    ANA,
    YES,
    Take,
    accept_all,
    cell,
    family_on_file,
    parent,
    ruiz,
    waiting,
)


def said(first: str, email: str) -> object:
    return ruiz(parent(first, email, cell(ANA, YES)))


def by_staff(school: SchoolRow, take: Take) -> None:
    """Staff accept what an unsigned form says."""
    family_on_file(school)
    take(said("Đurđa", "ana@example.com"))
    accept_all(school)


def by_themselves(school: SchoolRow, take: Take) -> None:
    """A parent who signs in says that the form was theirs."""
    _, ana = family_on_file(school)
    take(said("Đurđa", "ana@example.com"))
    with writing():
        household_service.confirm_proposals(
            school,
            AnsweringParent(ana, "Ana Ruiz", {}, str),
            [one.id for one in waiting()],
        )


def by_correction(school: SchoolRow, take: Take) -> None:
    """The same form is sent again with other answers."""
    take(said("Ana", "ana@example.com"))
    take(said("Đurđa", "durda@example.com"))


@pytest.mark.parametrize("change", [by_staff, by_themselves, by_correction])
def test_the_words_are_those_of_the_names_and_emails_as_they_are_now(
    school: SchoolRow, take: Take, change: Callable[[SchoolRow, Take], None]
) -> None:
    change(school, take)
    assert [one.name for one in look_up(school, "durda").found] == ["Mateo Ruiz"]
    kept: dict[int, dict[str, bool]] = {}
    for row in db.session.query(ContactWord):
        kept.setdefault(row.contact_id, {})[row.word] = row.of_name
    assert kept == {
        one.id: words_to_find(one.first_name, one.last_name, one.email_key)
        for one in db.session.query(Contact)
    }
