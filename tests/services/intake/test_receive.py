"""Effects of a contact form on the records of a new family and of a known one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

from flask import Flask
from sqlalchemy import select

from portal.enums import (
    ConsentState,
    ProposalKind,
    Slot,
    Source,
)
from portal.extensions import db, writing
from portal.models import (
    ConsentEvent,
    Contact,
    Enrollment,
    ParentLink,
    Submission,
    Wording,
)
from portal.queries.schools import SchoolRow
from portal.services.intake import receive
from portal.services.intake.receive import FormContext
from portal.services.intake.submissions import Receipt
from tests.support.families import make_parent, make_student, phone, say, stop
from tests.support.intake import (
    ANA,
    BEN_S,
    NO,
    YES,
    Take,
    cell,
    count,
    family_on_file,
    parent,
    ruiz,
    state,
    waiting,
)


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
    assert events == ["no"], "the yes is evidence with its form"
    form = db.session.scalars(select(Submission)).one()
    assert [p["answer"] for p in form.answers["parents"]["1"]["phones"]] == ["no", "yes"]
    assert state(ANA) == "opted_out"


def test_a_strangers_new_family_does_not_turn_another_familys_circle(
    school: SchoolRow, take: Take
) -> None:
    family_on_file(school)
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
    _, ana = family_on_file(school)
    say(school, ANA, Source.PARENT_FORM, YES, ana)
    take(ruiz())
    assert say(school, ANA, Source.CARRIER, NO).state is ConsentState.OPTED_IN


def test_a_couple_with_one_email_is_told_apart_by_name(school: SchoolRow, take: Take) -> None:
    child = make_student(school, "Mateo Ruiz")
    make_parent(school, "Ana Ruiz", child, email="home@example.com", phones=[phone(ANA)])
    ben = make_parent(school, "Ben Ruiz", child, email="home@example.com", phones=[])
    take(ruiz(parent("Ben", "home@example.com", cell(BEN_S, YES))))
    assert [p.contact_id for p in waiting(ProposalKind.PHONE)] == [ben]
    assert not waiting(ProposalKind.FIELD)


def test_a_cell_that_came_in_while_texting_was_off_is_not_asked(
    school: SchoolRow, take: Take
) -> None:
    off = replace(school, texting_on=False)
    sent = FormContext("b" * 32, "one", "en", {"name": "Ana Ruiz"}, None)
    with writing():
        receive.receive_form(off, ruiz(parent("Ana", "ana@example.com", cell(ANA, None))), sent)
    assert state(ANA) == "not_asked"
    assert count(ConsentEvent) == 0


def test_families_that_come_in_at_once_from_several_pages_are_one(app: Flask, take: Take) -> None:
    together = Barrier(4)

    def send(n: int) -> None:
        with app.app_context():
            together.wait()
            take(ruiz(), key=str(n), session=str(n))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(4)))
    assert count(Contact) == 2


def test_a_stranger_opts_in_no_form_of_a_number_on_somebody_elses_record(
    school: SchoolRow, take: Take
) -> None:
    """A record from before may have another form of it."""
    make_parent(school, "Ben Moss", phones=[phone("+541123456789")])
    take(ruiz(parent("Ana", "ana@example.com", cell("+5491123456789", YES))))
    assert state("+5491123456789") == ConsentState.NOT_ASKED
    take(ruiz(parent("Lia", "lia@example.com", cell("+5491123456780", YES))), "b")
    assert state("+5491123456780") == ConsentState.OPTED_IN
