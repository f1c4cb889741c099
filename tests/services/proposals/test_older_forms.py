"""A waiting form that is older than the value on file is shown as such, and overwrites nothing
unless staff accept it by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.enums import ProposalKind
from portal.extensions import db, writing
from portal.models import Contact, ParentLink, Phone, Proposal
from portal.queries.records.proposals import newer_values
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.contacts import add, edit
from portal.services.contacts.contacts import lock_contact
from portal.services.contacts.edit import ContactValues
from portal.services.contacts.phones import PhoneValue
from portal.services.intake import household
from portal.services.intake.household import AnsweringParent
from portal.services.proposals import review
from tests.support.families import phone
from tests.support.intake import ANA, NO, OLD, PAT, YES, Take, cell, family_on_file, parent, ruiz
from tests.support.intake import waiting as all_waiting
from tests.support.people import SignIn

NEWER = "+14155550199"


def waiting(*kinds: ProposalKind) -> list[Proposal]:
    return [p for p in all_waiting() if p.kind in kinds]


def change_phone(school: SchoolRow, ana: int, number: str = NEWER) -> None:
    """The parent gives another number, signed in."""
    me = AnsweringParent(ana, "Ana Ruiz", {}, str)
    with writing():
        household.change_phones(school, me, [phone(number)], {number: NO}, None, {})


def primary() -> str:
    return db.session.scalars(select(Phone.number).where(Phone.slot == "primary_phone")).one()


def accept_all_shown(school: SchoolRow) -> None:
    with writing():
        review.accept_together(school, [p.id for p in all_waiting()], PAT)


def test_accept_all_leaves_a_form_that_is_older_than_the_signed_in_number(
    school: SchoolRow, take: Take
) -> None:
    _child, ana = family_on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    [proposal] = waiting(ProposalKind.PHONE)
    change_phone(school, ana)
    assert set(newer_values(school.id, [proposal])) == {proposal.id}
    for _ in range(2):  # the first time, the record differed from what the form was compared with
        accept_all_shown(school)
    assert primary() == NEWER
    assert len(waiting(ProposalKind.PHONE)) == 1


def test_a_form_that_was_applied_after_the_newer_value_is_older_too(
    school: SchoolRow, take: Take
) -> None:
    _child, ana = family_on_file(school)
    change_phone(school, ana)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    [proposal] = waiting(ProposalKind.PHONE)
    assert newer_values(school.id, [proposal]) == {}
    with writing():
        earlier = clock.now() - timedelta(days=1)
        db.session.execute(update(Proposal).values(proposed_at=earlier))
    db.session.expire_all()
    accept_all_shown(school)
    assert primary() == NEWER


def test_staff_may_accept_an_older_value_by_itself(school: SchoolRow, take: Take) -> None:
    _child, ana = family_on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    change_phone(school, ana)
    [proposal] = waiting(ProposalKind.PHONE)
    for _ in range(2):
        with writing():
            review.accept(school, [proposal.id], PAT)
    assert primary() == OLD


def test_a_number_that_the_parent_confirmed_since_is_newer(school: SchoolRow, take: Take) -> None:
    _child, ana = family_on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    with writing():
        household.confirm_phones(school.id, ana)
    accept_all_shown(school)
    assert primary() == ANA


def test_a_name_and_a_relationship_that_staff_set_since_are_newer(
    school: SchoolRow, take: Take
) -> None:
    child, ana = family_on_file(school)
    with writing():
        db.session.execute(update(ParentLink).values(relationship="guardian"))
    take(ruiz(parent("Anna", "ana@example.com", cell(ANA, YES))))
    found = waiting(ProposalKind.FIELD, ProposalKind.LINK)
    assert {p.kind for p in found} == {"field", "link"}
    with writing():
        values = ContactValues("Annie", "Ruiz", "ana@example.com", None, None, {})
        edit.save_contact(school, ana, values, lock_contact(school.id, ana).version, PAT)
        version = lock_contact(school.id, child).version
        kept = ContactValues("Mateo", "Ruiz", None, None, None, {ana: None})
        edit.save_contact(school, child, kept, version, PAT)
    assert set(newer_values(school.id, found)) == {p.id for p in found}
    for _ in range(2):
        accept_all_shown(school)
    assert db.session.get_one(Contact, (school.id, ana)).first_name == "Annie"
    assert db.session.scalars(select(ParentLink.relationship)).one() is None


def test_a_link_that_staff_removed_since_is_not_made_again(school: SchoolRow, take: Take) -> None:
    child, ana = family_on_file(school)
    with writing():
        db.session.execute(update(ParentLink).values(relationship="guardian"))
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, YES))))
    assert len(waiting(ProposalKind.LINK)) == 1
    with writing():
        add.unlink_parent(school, child, ana, PAT)
    for _ in range(2):
        accept_all_shown(school)
    assert db.session.scalars(select(ParentLink)).all() == []


def test_what_was_accepted_is_as_old_as_its_form(school: SchoolRow, take: Take) -> None:
    """A form that came in between, and waits still, is newer than what staff just accepted."""
    _child, _ana = family_on_file(school)
    take(ruiz(parent("Anna", "ana@example.com", cell(ANA, YES))), "a", "one")
    take(ruiz(parent("Annie", "ana@example.com", cell(ANA, YES))), "b", "two")
    first, second = waiting(ProposalKind.FIELD)
    with writing():
        review.accept(school, [first.id], PAT)
    assert newer_values(school.id, [second]) == {}
    with writing():
        review.accept(school, [second.id], PAT)
        review.accept(school, [second.id], PAT)
    names = db.session.scalars(select(Contact.first_name)).all()
    assert "Annie" in names


def test_the_older_of_two_waiting_forms_is_older_than_the_one_that_was_accepted(
    school: SchoolRow, take: Take
) -> None:
    _child, _ana = family_on_file(school)
    take(ruiz(parent("Anna", "ana@example.com", cell(ANA, YES))), "a", "one")
    take(ruiz(parent("Annie", "ana@example.com", cell(ANA, YES))), "b", "two")
    first, second = waiting(ProposalKind.FIELD)
    with writing():
        review.accept(school, [second.id], PAT)
    assert set(newer_values(school.id, [first])) == {first.id}


def test_a_parent_is_not_asked_to_confirm_what_is_older_than_their_own_word(
    school: SchoolRow, take: Take
) -> None:
    _child, ana = family_on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    change_phone(school, ana)
    me = AnsweringParent(ana, "Ana Ruiz", {}, str)
    with writing():
        household.confirm_proposals(school, me, [p.id for p in waiting(ProposalKind.PHONE)])
    assert primary() == NEWER


def test_the_record_says_which_change_is_older_and_accept_all_leaves_it(
    school: SchoolRow, take: Take, staff: SignIn
) -> None:
    child, ana = family_on_file(school)
    answers = ruiz(parent("Anna", "ana@example.com", cell(OLD, YES)))
    take(answers)
    change_phone(school, ana)
    desk = staff()
    path = f"/oakwood/staff/contacts/{child}"
    waits = desk.page(path).text(".waiting")
    assert "Newer than this form." in waits
    assert "(415) 555-0199" in waits  # what is on file by now
    assert "Accept all but the older change" in waits
    desk.post(f"{path}/proposals", data=desk.form(path, ".waiting form") | {"accept": "all"})
    assert primary() == NEWER


@pytest.mark.parametrize("slot", ["primary_phone"])
def test_phones_on_file_are_compared_by_their_slot(
    school: SchoolRow, take: Take, slot: str
) -> None:
    """A change of another slot makes nothing newer."""
    _child, ana = family_on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    with writing():
        version = lock_contact(school.id, ana).version
        phones: list[PhoneValue] = [phone(ANA), phone(NEWER, slot=1)]
        edit.save_phones(school, ana, phones, version, {}, Actor(7, "Pat Fields"))
    [proposal] = waiting(ProposalKind.PHONE)
    assert proposal.subject == slot
    assert newer_values(school.id, [proposal]) == {}


def test_the_first_accept_of_what_the_page_shows_is_enough(
    school: SchoolRow, take: Take, staff: SignIn
) -> None:
    """Staff set the name after the form came in. The page shows the name that they set."""
    _child, ana = family_on_file(school)
    take(ruiz(parent("Anna", "ana@example.com", cell(NEWER, YES))))
    with writing():
        values = ContactValues("Annie", "Ruiz", "ana@example.com", None, None, {})
        edit.save_contact(school, ana, values, lock_contact(school.id, ana).version, PAT)
    change_phone(school, ana, OLD)
    desk = staff()
    path = f"/oakwood/staff/contacts/{ana}"
    for button in ("button[name=accept]",) * 2:
        accept = {"accept": desk.page(path).query(button)[0].attrs["value"] or ""}
        desk.post(f"{path}/proposals", data=desk.form(path, ".waiting form") | accept)
    assert all_waiting() == []
    assert db.session.get_one(Contact, (school.id, ana)).first_name == "Anna"
    assert primary() == NEWER


def test_an_accept_on_a_page_that_shows_an_earlier_value_is_asked_again(
    school: SchoolRow, take: Take, staff: SignIn
) -> None:
    _child, ana = family_on_file(school)
    take(ruiz(parent("Anna", "ana@example.com", cell(ANA, YES))))
    desk = staff()
    path = f"/oakwood/staff/contacts/{ana}"
    shown = desk.form(path, ".waiting form")
    accept = {"accept": desk.page(path).query("button[name=accept]")[0].attrs["value"] or ""}
    with writing():
        values = ContactValues("Annie", "Ruiz", "ana@example.com", None, None, {})
        edit.save_contact(school, ana, values, lock_contact(school.id, ana).version, PAT)
    desk.post(f"{path}/proposals", data=shown | accept)
    assert len(waiting(ProposalKind.FIELD)) == 1
    assert db.session.get_one(Contact, (school.id, ana)).first_name == "Annie"
