"""Changes from an unsigned form that wait, and their outcome."""

import pytest
from sqlalchemy import func, select

from portal.consent import holdings
from portal.enums import (
    Grade,
    PhoneType,
    ProposalKind,
    Slot,
)
from portal.extensions import db, writing
from portal.form_answers import ChildAnswer
from portal.models import (
    ConsentEvent,
    Contact,
    ParentLink,
    Phone,
)
from portal.queries.schools import SchoolRow
from portal.services.contacts.phones import set_phones
from portal.services.proposals import review
from tests.support.families import phone, stop
from tests.support.intake import (
    ANA,
    BEN_S,
    NO,
    OLD,
    PAT,
    YES,
    Take,
    accept_all,
    cell,
    count,
    family_on_file,
    parent,
    ruiz,
    state,
    waiting,
)


def test_what_differs_from_a_family_on_file_waits_for_staff(school: SchoolRow, take: Take) -> None:
    child, ana = family_on_file(school)
    answers = ruiz(
        parent("Anna", "ANA@example.com", cell("+14155550111", YES), cell(ANA, None, Slot.OTHER)),
        parent("Ben", "ben@example.com", cell(BEN_S, YES)),
    )
    answers.children[1] = ChildAnswer("mateo", "RUIZ", Grade.G4)
    take(answers)
    assert count(Contact) == 2
    assert db.session.get_one(Contact, (school.id, ana)).first_name == "Ana"
    assert db.session.scalars(select(Phone.number)).all() == [ANA]
    found = {(p.kind, p.subject, p.contact_id) for p in waiting()}
    assert found == {
        ("field", "first_name", ana),
        ("field", "grade", child),
        ("phone", "primary_phone", ana),
        ("new_parent", "parent2", child),
    }
    assert state("+14155550111") == state(BEN_S) == "not_asked"


def test_an_empty_slot_filled_waits_too_and_its_no_counts_at_once(
    school: SchoolRow, take: Take
) -> None:
    family_on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, NO), cell(OLD, NO, Slot.OTHER))))
    assert [p.subject for p in waiting()] == ["other_phone"]
    assert state(ANA) == state(OLD) == "opted_out"


def test_accepted_proposals_are_applied_with_the_forms_own_answer(
    school: SchoolRow, take: Take
) -> None:
    child, ana = family_on_file(school)
    take(
        ruiz(
            parent("Ana", "ana@example.com", cell(OLD, YES)),
            parent("Ben", "ben@example.com", cell(BEN_S, YES)),
        )
    )
    outcomes = accept_all(school)
    assert outcomes
    assert all(o.accepted for o in outcomes)
    assert not waiting()
    assert state(OLD) == state(BEN_S) == "opted_in"
    sources = db.session.scalars(select(ConsentEvent.source).where(ConsentEvent.number == OLD))
    assert sources.all() == ["public_form"]
    linked = select(func.count()).select_from(ParentLink).where(ParentLink.student_id == child)
    assert db.session.scalar(linked) == 2
    assert db.session.scalars(select(Phone.number).where(Phone.contact_id == ana)).all() == [OLD]
    assert not holdings.is_proven(school.id, ana, OLD), "accepting proves nothing"


def test_a_replaced_number_that_stands_nowhere_else_loses_its_yes(
    school: SchoolRow, take: Take
) -> None:
    family_on_file(school, phone(ANA), typed=True)
    assert state(ANA) == "opted_in"
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    assert state(ANA) == "opted_in", "nothing changes before staff accept"
    accept_all(school)
    assert state(ANA) == "not_asked"


def test_a_yes_about_a_number_that_opted_out_waits_for_its_parent(
    school: SchoolRow, take: Take
) -> None:
    family_on_file(school)
    stop(school, ANA)
    take(ruiz())
    assert state(ANA) == "opted_out"
    [proposal] = waiting(ProposalKind.CONSENT)
    [outcome] = accept_all(school)
    assert not outcome.accepted
    assert state(ANA) == "opted_out"
    assert waiting() == [proposal]


def test_an_accepted_phone_stays_out_if_its_number_opted_out_meanwhile(
    school: SchoolRow, take: Take
) -> None:
    family_on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    stop(school, OLD)
    [outcome] = accept_all(school)
    assert outcome.still_out == (OLD,)
    assert state(OLD) == "opted_out"
    assert [p.kind for p in waiting()] == ["consent"]


def test_a_yes_about_a_number_on_file_that_was_never_asked_waits(
    school: SchoolRow, take: Take
) -> None:
    family_on_file(school)
    take(ruiz())
    assert state(ANA) == "not_asked"
    accept_all(school)
    assert state(ANA) == "opted_in"


def test_a_new_child_of_a_parent_on_file_is_an_inquiry_and_the_link_waits(
    school: SchoolRow, take: Take
) -> None:
    _, ana = family_on_file(school)
    take(ruiz(child="Lucia"))
    lucia = db.session.scalars(select(Contact).where(Contact.first_name == "Lucia")).one()
    [link] = waiting(ProposalKind.LINK)
    assert (link.contact_id, link.subject) == (lucia.id, str(ana))
    accept_all(school)
    links = select(ParentLink.parent_id).where(ParentLink.student_id == lucia.id)
    assert db.session.scalars(links).all() == [ana]


def test_a_corrected_form_takes_its_proposals_back(school: SchoolRow, take: Take) -> None:
    family_on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    take(ruiz(parent("Ana", "ana@example.com", cell(BEN_S, YES))))
    assert [p.new["number"] for p in waiting()] == [BEN_S]


def test_declined_proposals_change_nothing_and_stand_in_the_history(
    school: SchoolRow, take: Take
) -> None:
    family_on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    with writing():
        assert review.decline(school, [p.id for p in waiting()], PAT) == 1
    assert not waiting()
    assert state(OLD) == "not_asked"


def test_a_proposal_is_decided_once_and_only_at_its_school(
    school: SchoolRow, other_school: SchoolRow, take: Take
) -> None:
    family_on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    ids = [p.id for p in waiting()]
    with pytest.raises(review.ProposalsChangedError), writing():
        review.accept(other_school, ids, PAT)
    accept_all(school)
    with pytest.raises(review.ProposalsChangedError), writing():
        review.accept(school, ids, PAT)


def test_a_waiting_yes_is_put_aside_once_its_number_is_no_cell_there(
    school: SchoolRow, take: Take
) -> None:
    _, ana = family_on_file(school)
    take(ruiz())
    assert [p.kind for p in waiting()] == ["consent"]
    with writing():
        set_phones(school.id, ana, [phone(ANA, PhoneType.HOME)])
    [outcome] = accept_all(school)
    assert not outcome.accepted
    assert state(ANA) == "not_asked"
    assert not waiting()


def test_a_phone_that_staff_typed_meanwhile_is_not_overwritten_unseen(
    school: SchoolRow, take: Take
) -> None:
    _, ana = family_on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES, Slot.SECONDARY))))
    newer = [phone(ANA), phone(BEN_S, slot=1)]
    with writing():
        set_phones(school.id, ana, newer)
    [outcome] = accept_all(school)
    assert outcome.refusal == "changed_since"
    assert BEN_S in db.session.scalars(select(Phone.number)).all()
    [seen] = waiting()
    assert seen.old is not None
    assert seen.old["number"] == BEN_S
    assert accept_all(school)[0].accepted
    assert OLD in db.session.scalars(select(Phone.number)).all()
