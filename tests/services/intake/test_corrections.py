"""The same form, or the same session, puts right what it said."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.enums import (
    Slot,
)
from portal.extensions import db, writing
from portal.form_answers import ChildAnswer
from portal.models import (
    Contact,
    Enrollment,
    ParentLink,
    Phone,
    Submission,
)
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sessions
from portal.services.proposals import review
from tests.support.families import make_parent, phone, stop
from tests.support.intake import (
    ANA,
    BEN_S,
    NO,
    OLD,
    YES,
    Take,
    cell,
    count,
    parent,
    ruiz,
    state,
    waiting,
)


def test_the_same_page_with_other_answers_corrects_what_it_made(
    school: SchoolRow, take: Take
) -> None:
    take(ruiz())
    take(ruiz(parent("Anna", "anna@example.com", cell(OLD, YES)), child="Matteo"))
    names = db.session.scalars(select(Contact.first_name).order_by(Contact.first_name)).all()
    assert names == ["Anna", "Matteo"]
    assert db.session.scalars(select(Phone.number)).all() == [OLD]
    assert (state(ANA), state(OLD)) == ("not_asked", "opted_in")
    assert db.session.scalars(select(Submission.revision).order_by(Submission.revision)).all() == [
        1,
        2,
    ]
    assert not waiting()


def test_a_no_just_given_may_be_corrected_in_the_same_session(take: Take) -> None:
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, NO))))
    take(ruiz())
    assert state(ANA) == "opted_in"


def test_another_session_corrects_nothing(take: Take) -> None:
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, NO))))
    take(ruiz(), session="two")
    assert state(ANA) == "opted_out"


def test_a_no_is_not_corrected_after_a_quarter_of_an_hour(
    take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, NO))))
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    take(ruiz())
    assert state(ANA) == "opted_out"


def test_a_no_that_a_stop_followed_is_not_corrected(school: SchoolRow, take: Take) -> None:
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, NO))))
    stop(school, ANA)
    take(ruiz())
    assert state(ANA) == "opted_out"


def test_what_staff_have_changed_since_is_on_file_and_no_longer_corrected(
    school: SchoolRow, take: Take
) -> None:
    take(ruiz())
    ana = db.session.scalars(select(Contact).where(Contact.first_name == "Ana")).one()
    with writing():
        review.contacts.note_edit(school.id, ana.id, "Pat", [])
    take(ruiz(parent("Anna")))
    assert db.session.scalars(select(Contact.first_name).where(Contact.id == ana.id)).one() == "Ana"
    assert [p.subject for p in waiting()] == ["first_name"]


def test_a_no_is_corrected_from_a_fresh_page_of_the_same_session_too(take: Take) -> None:
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, NO))), key="a")
    take(ruiz(), key="b")
    assert state(ANA) == "opted_in"


def test_a_no_that_won_against_a_yes_on_the_same_form_is_corrected_too(take: Take) -> None:
    both = (cell(ANA, NO), cell(ANA, YES, Slot.SECONDARY))
    take(ruiz(parent("Ana", "ana@example.com", *both)))
    assert state(ANA) == "opted_out"
    take(ruiz())
    assert state(ANA) == "opted_in"


def test_a_yes_of_an_earlier_form_is_a_decision_before_the_no(take: Take) -> None:
    take(ruiz(), key="a")
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, NO))), key="a")
    take(ruiz(), key="a")
    assert state(ANA) == "opted_out"


def test_a_fresh_page_of_another_session_corrects_nothing(take: Take) -> None:
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, NO))), key="a")
    take(ruiz(), key="b", session="two")
    assert state(ANA) == "opted_out"


def test_who_is_taken_off_a_corrected_form_loses_ties_and_phones(take: Take) -> None:
    answers = ruiz(parent(), parent("Ben", "ben@example.com", cell(BEN_S, YES)))
    answers.children[2] = ChildAnswer("Lucia", "Ruiz", None)
    take(answers)
    assert state(BEN_S) == "opted_in"
    take(ruiz())
    assert count(ParentLink) == 1
    assert db.session.scalars(select(Phone.number)).all() == [ANA]
    assert state(BEN_S) == "not_asked"
    assert sorted(db.session.scalars(select(Enrollment.status))) == ["inquiry", "withdrawn"]


@pytest.mark.parametrize("key", ["the same page", "another page"])
def test_correcting_ones_own_no_opts_in_no_number_on_another_record(
    school: SchoolRow, take: Take, key: str
) -> None:
    """Seen: a stranger said no and yes about another family's number, and it was opted in."""
    make_parent(school, "Ben Moss", email="ben@example.com", phones=[phone(BEN_S)])
    for said, page in ((NO, "the same page"), (YES, key)):
        form = ruiz(parent("Eve", "eve@example.com", cell(BEN_S, said)), child="Lia")
        take(form, key=page, session="eve's")
    assert state(BEN_S) == "opted_out"


def test_a_record_is_no_longer_its_makers_once_its_parent_has_signed_in(
    school: SchoolRow, take: Take
) -> None:
    """A form in somebody else's name said no; its maker says yes from a record of their own."""
    take(ruiz(parent("Ben", "ben@example.com", cell(BEN_S, NO))), key="one", session="eve's")
    ben = db.session.scalars(select(Phone.contact_id).where(Phone.number == BEN_S)).one()
    with writing():
        assert parent_sessions.open_session(school.id, ben, "ben@example.com", "en")
    form = ruiz(parent("Eve", "eve@example.com", cell(BEN_S, YES)), child="Lia")
    take(form, key="two", session="eve's")
    assert state(BEN_S) == "opted_out"
