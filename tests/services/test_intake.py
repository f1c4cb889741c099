"""What a contact form does to the records: a new family, a known one, a correction."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import times
from portal.answers import ChildAnswer, ContactAnswers, ParentAnswer, PhoneAnswer
from portal.consent.wording import consent_wording
from portal.enums import (
    Answer,
    ConsentState,
    Grade,
    PhoneType,
    ProposalKind,
    ProposalState,
    Relationship,
    Slot,
    Source,
)
from portal.extensions import db, writing
from portal.models import (
    ConsentEvent,
    ConsentStatus,
    Contact,
    Enrollment,
    ParentLink,
    Phone,
    Proposal,
    Submission,
    Wording,
)
from portal.queries.schools import SchoolRow
from portal.services import intake, proposals
from portal.services.intake import Receipt, Sent
from portal.services.proposals_apply import Actor
from tests.support.families import make_parent, make_student, phone, say, stop

YES, NO = Answer.YES, Answer.NO
ANA, BEN_S, OLD = "+14155550182", "+14155550183", "+14155550190"
PAT = Actor(7, "Pat Fields")


def cell(number: str, answer: Answer | None, slot: Slot = Slot.PRIMARY) -> PhoneAnswer:
    return PhoneAnswer(slot, PhoneType.CELL, number, None, answer)


def parent(first: str = "Ana", email: str | None = "ana@example.com", *phones: PhoneAnswer):
    return ParentAnswer(first, "Ruiz", Relationship.MOTHER, email, phones or (cell(ANA, YES),))


def ruiz(*parents: ParentAnswer, child: str = "Mateo") -> ContactAnswers:
    return ContactAnswers(
        children={1: ChildAnswer(child, "Ruiz", Grade.G3)},
        parents=dict(enumerate(parents or (parent(),), 1)),
    )


@pytest.fixture
def take(school: SchoolRow) -> Callable[..., Receipt]:
    def take(answers: ContactAnswers, key: str = "a", session: str = "one") -> Receipt:
        sent = Sent(
            form_key=key.ljust(32, "0"),
            session_digest=session,
            language="en",
            evidence={"ip": "127.0.0.1", "browser": "Test", "name": "Ana Ruiz"},
            wording=consent_wording(school.name, school.texting_number, school.country),
        )
        with writing():
            return intake.take(school, answers, sent)

    return take


Take = Callable[..., Receipt]


def state(number: str) -> str:
    return db.session.scalar(select(ConsentStatus.state).where(ConsentStatus.number == number)) or (
        ConsentState.NOT_ASKED
    )


def waiting(kind: ProposalKind | None = None) -> list[Proposal]:
    query = select(Proposal).where(Proposal.state == ProposalState.WAITING).order_by(Proposal.id)
    found = db.session.scalars(query).all()
    return [p for p in found if kind is None or p.kind == kind]


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def accept_all(school: SchoolRow) -> list[proposals.Outcome]:
    ids = [p.id for p in waiting()]
    with writing():
        return proposals.accept(school, ids, PAT)


def on_file(school: SchoolRow, *phones: object, typed: bool = False) -> tuple[int, int]:
    """Mateo and Ana Ruiz, known to the school."""
    child = make_student(school, "Mateo Ruiz")
    ana = make_parent(
        school,
        "Ana Ruiz",
        child,
        email="ana@example.com",
        phones=list(phones) or [phone(ANA)],
        typed=typed,
    )
    return child, ana


def test_a_family_that_is_not_on_file_becomes_an_inquiry_at_once(take: Take) -> None:
    take(ruiz(parent(), parent("Ben", "ben@example.com", cell(BEN_S, NO))))
    assert db.session.scalars(select(Enrollment.status)).all() == ["inquiry"]
    positions = db.session.execute(
        select(ParentLink.position, Contact.first_name)
        .join(Contact, Contact.id == ParentLink.parent_id)
        .order_by(ParentLink.position)
    ).all()
    assert [tuple(p) for p in positions] == [(1, "Ana"), (2, "Ben")]
    assert state(ANA) == "opted_in"
    assert state(BEN_S) == "opted_out"
    assert not waiting()


def test_the_event_keeps_the_words_that_were_shown_and_the_evidence(take: Take) -> None:
    take(ruiz())
    take(ruiz(child="Lucia"), key="b", session="two")
    event = db.session.scalars(select(ConsentEvent).order_by(ConsentEvent.seq)).first()
    assert event is not None
    assert (event.source, event.answer, event.language) == ("public_form", "yes", "en")
    assert event.submission_id is not None
    assert event.evidence_digest
    kept = db.session.scalars(select(Wording)).all()
    assert len(kept) == 1, "the same words are kept once"
    assert "Oakwood School" in kept[0].text
    assert "(206) 555-0147" in kept[0].text


def test_the_same_answers_again_from_the_same_page_change_nothing(take: Take) -> None:
    first = take(ruiz())
    again = take(ruiz())
    assert again == Receipt(first.submission_id, repeated=True)
    assert (count(Submission), count(Contact), count(ConsentEvent)) == (1, 2, 1)


def test_the_same_answer_on_another_form_is_new_evidence(take: Take) -> None:
    take(ruiz(), key="a")
    take(ruiz(), key="b", session="two")
    assert count(ConsentEvent) == 2
    assert count(Contact) == 2


def test_of_two_answers_about_one_number_no_wins_and_both_are_kept(take: Take) -> None:
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, NO), cell(ANA, YES, Slot.SECONDARY))))
    events = db.session.scalars(select(ConsentEvent.answer).order_by(ConsentEvent.seq)).all()
    assert events == ["yes", "no"]
    assert state(ANA) == "opted_out"


def test_what_differs_from_a_family_on_file_waits_for_staff(school: SchoolRow, take: Take) -> None:
    child, ana = on_file(school)
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
    on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(ANA, NO), cell(OLD, NO, Slot.OTHER))))
    assert [p.subject for p in waiting()] == ["other_phone"]
    assert state(ANA) == state(OLD) == "opted_out"


def test_accepted_proposals_are_applied_with_the_forms_own_answer(
    school: SchoolRow, take: Take
) -> None:
    child, ana = on_file(school)
    take(
        ruiz(
            parent("Ana", "ana@example.com", cell(OLD, YES)),
            parent("Ben", "ben@example.com", cell(BEN_S, YES)),
        )
    )
    outcomes = accept_all(school)
    assert all(o.accepted for o in outcomes)
    assert not waiting()
    assert state(OLD) == state(BEN_S) == "opted_in"
    sources = db.session.scalars(select(ConsentEvent.source).where(ConsentEvent.number == OLD))
    assert sources.all() == ["public_form"]
    linked = select(func.count()).select_from(ParentLink).where(ParentLink.student_id == child)
    assert db.session.scalar(linked) == 2
    assert db.session.scalars(select(Phone.number).where(Phone.contact_id == ana)).all() == [OLD]


def test_a_replaced_number_that_stands_nowhere_else_loses_its_yes(
    school: SchoolRow, take: Take
) -> None:
    on_file(school, phone(ANA), typed=True)
    assert state(ANA) == "opted_in"
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    assert state(ANA) == "opted_in", "nothing changes before staff accept"
    accept_all(school)
    assert state(ANA) == "not_asked"


def test_a_yes_about_a_number_that_opted_out_waits_for_its_parent(
    school: SchoolRow, take: Take
) -> None:
    on_file(school)
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
    on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    stop(school, OLD)
    [outcome] = accept_all(school)
    assert outcome.still_out == (OLD,)
    assert state(OLD) == "opted_out"
    assert [p.kind for p in waiting()] == ["consent"]


def test_a_yes_about_a_number_on_file_that_was_never_asked_waits(
    school: SchoolRow, take: Take
) -> None:
    on_file(school)
    take(ruiz())
    assert state(ANA) == "not_asked"
    accept_all(school)
    assert state(ANA) == "opted_in"


def test_a_strangers_new_family_does_not_turn_another_familys_circle(
    school: SchoolRow, take: Take
) -> None:
    on_file(school)
    stranger = parent("Eve", "eve@example.com", cell(ANA, YES))
    take(ruiz(stranger, child="Ada"))
    assert state(ANA) == "not_asked"
    assert [p.kind for p in waiting()] == ["consent"]


def test_a_yes_that_lifts_nothing_is_not_taken_from_a_new_family(
    school: SchoolRow, take: Take
) -> None:
    stop(school, ANA)
    take(ruiz())
    assert state(ANA) == "opted_out"
    assert [p.kind for p in waiting()] == ["consent"]


def test_an_unsigned_yes_does_not_weaken_the_parents_own(school: SchoolRow, take: Take) -> None:
    _, ana = on_file(school)
    say(school, ANA, Source.PARENT_FORM, YES, ana)
    take(ruiz())
    assert say(school, ANA, Source.CARRIER, NO).state is ConsentState.OPTED_IN


def test_a_new_child_of_a_parent_on_file_is_an_inquiry_and_the_link_waits(
    school: SchoolRow, take: Take
) -> None:
    _, ana = on_file(school)
    take(ruiz(child="Lucia"))
    lucia = db.session.scalars(select(Contact).where(Contact.first_name == "Lucia")).one()
    [link] = waiting(ProposalKind.LINK)
    assert (link.contact_id, link.subject) == (lucia.id, str(ana))
    accept_all(school)
    links = select(ParentLink.parent_id).where(ParentLink.student_id == lucia.id)
    assert db.session.scalars(links).all() == [ana]


def test_a_couple_with_one_email_is_told_apart_by_name(school: SchoolRow, take: Take) -> None:
    child = make_student(school, "Mateo Ruiz")
    make_parent(school, "Ana Ruiz", child, email="home@example.com", phones=[phone(ANA)])
    ben = make_parent(school, "Ben Ruiz", child, email="home@example.com", phones=[])
    take(ruiz(parent("Ben", "home@example.com", cell(BEN_S, YES))))
    assert [p.contact_id for p in waiting(ProposalKind.PHONE)] == [ben]
    assert not waiting(ProposalKind.FIELD)


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
    later = times.now() + timedelta(minutes=16)
    monkeypatch.setattr(times, "now", lambda: later)
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
        proposals.contacts.note_edit(school.id, ana.id, "Pat", [])
    take(ruiz(parent("Anna")))
    assert db.session.scalars(select(Contact.first_name).where(Contact.id == ana.id)).one() == "Ana"
    assert [p.subject for p in waiting()] == ["first_name"]


def test_a_corrected_form_takes_its_proposals_back(school: SchoolRow, take: Take) -> None:
    on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    take(ruiz(parent("Ana", "ana@example.com", cell(BEN_S, YES))))
    assert [p.new["number"] for p in waiting()] == [BEN_S]


def test_declined_proposals_change_nothing_and_stand_in_the_history(
    school: SchoolRow, take: Take
) -> None:
    on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    with writing():
        assert proposals.decline(school, [p.id for p in waiting()], PAT) == 1
    assert not waiting()
    assert state(OLD) == "not_asked"


def test_a_proposal_is_decided_once_and_only_at_its_school(
    school: SchoolRow, other_school: SchoolRow, take: Take
) -> None:
    on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES))))
    ids = [p.id for p in waiting()]
    with pytest.raises(proposals.GoneError), writing():
        proposals.accept(other_school, ids, PAT)
    accept_all(school)
    with pytest.raises(proposals.GoneError), writing():
        proposals.accept(school, ids, PAT)


def test_a_cell_that_came_in_while_texting_was_off_is_not_asked(
    school: SchoolRow, take: Take
) -> None:
    off = replace(school, texting_on=False)
    sent = Sent("b" * 32, "one", "en", {"name": "Ana Ruiz"}, None)
    with writing():
        intake.take(off, ruiz(parent("Ana", "ana@example.com", cell(ANA, None))), sent)
    assert state(ANA) == "not_asked"
    assert count(ConsentEvent) == 0


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


def test_a_waiting_yes_is_put_aside_once_its_number_is_no_cell_there(
    school: SchoolRow, take: Take
) -> None:
    _, ana = on_file(school)
    take(ruiz())
    assert [p.kind for p in waiting()] == ["consent"]
    with writing():
        proposals.contacts.set_phones(school.id, ana, [phone(ANA, PhoneType.HOME)])
    [outcome] = accept_all(school)
    assert not outcome.accepted
    assert state(ANA) == "not_asked"
    assert not waiting()


def test_a_phone_that_staff_typed_meanwhile_is_not_overwritten_unseen(
    school: SchoolRow, take: Take
) -> None:
    _, ana = on_file(school)
    take(ruiz(parent("Ana", "ana@example.com", cell(OLD, YES, Slot.SECONDARY))))
    newer = [phone(ANA), phone(BEN_S, slot=1)]
    with writing():
        proposals.contacts.set_phones(school.id, ana, newer)
    [outcome] = accept_all(school)
    assert outcome.refusal == "changed_since"
    assert BEN_S in db.session.scalars(select(Phone.number)).all()
    [seen] = waiting()
    assert seen.old is not None
    assert seen.old["number"] == BEN_S
    assert accept_all(school)[0].accepted
    assert OLD in db.session.scalars(select(Phone.number)).all()


def test_families_that_come_in_at_once_from_several_pages_are_one(app: Flask, take: Take) -> None:
    together = Barrier(4)

    def send(n: int) -> None:
        with app.app_context():
            together.wait()
            take(ruiz(), key=str(n), session=str(n))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(4)))
    assert count(Contact) == 2
