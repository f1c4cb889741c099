"""A phone texts from an old form of its number, as texting services still send it."""

import pytest
from sqlalchemy import select

from portal import clock
from portal.consent import ledger, ledger_bulk
from portal.consent.wording import consent_wording
from portal.enums import (
    Answer,
    ConsentState,
    FormOptOutState,
    MessageFault,
    PhoneType,
    Slot,
    Source,
)
from portal.extensions import db, writing
from portal.models import ConsentEvidence, FormOptOut, Message, TextedLink
from portal.queries.records.phones import phones_of_ids
from portal.queries.schools import SchoolRow
from portal.services.actor import COMMAND
from portal.services.contacts.phones import PhoneValue, enter_phones
from portal.services.schools.schools import set_school
from portal.services.texting import delivery_reports, handset_confirmation
from portal.services.texting import queue as text_queue
from portal.services.texting import send as texting
from portal.services.texting.delivery_reports import Report
from portal.services.texting.queue import ClaimedMessage
from tests.conftest import TEXTING_NUMBER
from tests.support.families import make_parent, phone, say
from tests.support.incoming import events, newest, state, take

MEXICO, MEXICO_BEFORE = "+525541637145", "+5215541637145"
ARGENTINA, ARGENTINA_BEFORE = "+5491123456789", "+541123456789"
FORMS = [
    (MEXICO, MEXICO_BEFORE),
    (ARGENTINA, ARGENTINA_BEFORE),
    ("+5511982345678", "+551182345678"),
    ("+2290190123456", "+22990123456"),
]


@pytest.mark.parametrize(("on_record", "sent_from"), FORMS)
def test_a_stop_from_an_old_form_opts_the_number_out(
    school: SchoolRow, on_record: str, sent_from: str
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(on_record)], typed=True)
    assert state(on_record) == "opted_in"
    take("STOP", number=sent_from, provider_id="SM1")
    assert (state(on_record), state(sent_from)) == ("opted_out", None)
    assert newest().number == on_record
    event = events(on_record)[-1]
    assert (event.source, event.message_id) == (Source.TEXT_REPLY, "SM1")
    evidence = select(ConsentEvidence.content).where(ConsentEvidence.seq == event.seq)
    assert db.session.scalar(evidence) == {"number": sent_from}
    confirmation = select(Message.number).where(Message.kind == "stop_confirmation")
    assert db.session.scalar(confirmation) == on_record


def test_a_stop_from_the_number_as_it_is_kept_has_no_evidence(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(MEXICO)], typed=True)
    take("STOP", number=MEXICO)
    assert state(MEXICO) == "opted_out"
    assert db.session.scalar(select(ConsentEvidence.content)) is None


def test_a_stop_from_an_old_form_on_no_record_is_kept_under_the_number_of_today(
    school: SchoolRow,
) -> None:
    take("STOP", number=MEXICO_BEFORE)
    assert (state(MEXICO), state(MEXICO_BEFORE)) == ("opted_out", None)
    make_parent(school, "Ana Ruiz", phones=[phone(MEXICO)], typed=True)
    assert state(MEXICO) == "opted_out"


def test_a_stop_opts_out_both_forms_where_a_record_has_the_old_one(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ARGENTINA_BEFORE)], typed=True)
    take("STOP", number=ARGENTINA, provider_id="SM1")
    assert state(ARGENTINA_BEFORE) == state(ARGENTINA) == "opted_out"
    assert newest().number == ARGENTINA_BEFORE
    for _ in range(2):
        take("STOP", number=ARGENTINA, provider_id="SM1")
    assert [event.message_id for event in events(ARGENTINA_BEFORE)] == [None, "SM1"]
    assert len(events(ARGENTINA)) == 1


def test_an_old_form_at_another_school_stays_as_it_is(
    school: SchoolRow, other_school: SchoolRow
) -> None:
    make_parent(other_school, "Ana Ruiz", phones=[phone(ARGENTINA_BEFORE)], typed=True)
    take("STOP", number=ARGENTINA)
    assert state(ARGENTINA, school.id) == "opted_out"
    assert state(ARGENTINA_BEFORE, school.id) is None
    assert state(ARGENTINA_BEFORE, other_school.id) == "opted_in"


def test_a_text_that_may_mean_stop_voids_the_links_to_the_number(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(MEXICO)], typed=True)
    take("STOP", number=MEXICO_BEFORE)
    assert db.session.scalar(select(TextedLink.voided_at)) is None
    take("please stop it", number=MEXICO_BEFORE)
    assert newest().kind == "wish"
    assert db.session.scalars(select(TextedLink.voided_at)).one() is not None


def test_start_from_an_old_form_ends_the_carriers_block(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(MEXICO)], typed=True)
    say(school, MEXICO, Source.PARENT_FORM, Answer.YES, ana)
    result = say(school, MEXICO, Source.CARRIER, Answer.NO)
    assert result.state is ConsentState.OPTED_IN
    take("START", number=MEXICO_BEFORE)
    with writing():
        set_school("oakwood", text_countries="US,MX", welcome_on=False)
    with writing():
        assert texting.send_to_number(school, COMMAND, MEXICO, "Hello") is None


def test_a_text_on_its_way_to_a_number_is_waited_for_in_every_form(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(MEXICO)], typed=True)
    in_hand(school)
    assert text_queue.is_being_sent(school.id, MEXICO_BEFORE)
    assert not text_queue.is_being_sent(school.id, "+525541637146")


def in_hand(school: SchoolRow) -> ClaimedMessage:
    with writing():
        set_school("oakwood", text_countries="US,MX", welcome_on=False)
    with writing():
        texting.send_to_number(school, COMMAND, MEXICO, "Hello")
    with writing():
        claimed = text_queue.claim_next()
    assert isinstance(claimed, ClaimedMessage)
    return claimed


def test_a_report_about_an_old_form_is_about_the_text_to_the_number(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(MEXICO)], typed=True)
    claimed = in_hand(school)
    told = Report("SM1", TEXTING_NUMBER, MEXICO_BEFORE, "failed", 21610, claimed.id)
    with writing():
        assert delivery_reports.receive_report(told)
    for one in delivery_reports.unsubscribed():
        with writing():
            delivery_reports.settle_unsubscribed(one)
    assert state(MEXICO) == "opted_out"
    message = db.session.scalars(select(Message).where(Message.id == claimed.id)).one()
    assert (message.state, message.reason) == ("failed", MessageFault.OPTED_OUT)


def test_an_opted_out_number_stays_so_however_it_is_typed_again(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz")
    take("STOP", number=MEXICO_BEFORE)
    with writing():
        cell = PhoneValue(Slot.PRIMARY, PhoneType.CELL, MEXICO, None)
        enter_phones(school, ana, [cell], "account:1")
    assert state(MEXICO) == "opted_out"


@pytest.mark.parametrize(("now", "before"), FORMS)
def test_a_no_about_a_number_turns_the_circle_of_its_old_form_red(
    school: SchoolRow, now: str, before: str
) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(before)], typed=True)
    say(school, now, Source.PUBLIC_FORM, Answer.NO)
    [shown] = phones_of_ids(school, [ana])[ana]
    assert shown.state is ConsentState.OPTED_OUT
    evidence = select(ConsentEvidence.content).where(ConsentEvidence.number == before)
    assert db.session.scalar(evidence) == {"number": now}


def test_a_no_of_an_imported_list_is_about_all_forms_on_file(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(MEXICO_BEFORE)], typed=True)
    listed = [
        ledger.Decision(
            school_id=school.id,
            number=number,
            source=Source.OPT_OUT_LIST,
            answer=Answer.NO,
            actor="cli",
            texting_number=school.texting_number,
        )
        for number in ("+12065550101", MEXICO)
    ]
    with writing():
        assert [one.changed for one in ledger_bulk.decide_many(listed)] == [True, True]
    assert state(MEXICO) == state(MEXICO_BEFORE) == "opted_out"


def test_a_yes_by_the_numbers_holder_is_about_all_forms_on_file(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(MEXICO)], typed=True)
    make_parent(school, "Ben Ruiz", phones=[phone(MEXICO_BEFORE)], typed=True)
    say(school, MEXICO, Source.PUBLIC_FORM, Answer.NO)
    assert state(MEXICO) == state(MEXICO_BEFORE) == "opted_out"
    say(school, MEXICO, Source.PUBLIC_FORM, Answer.YES)
    assert state(MEXICO) == state(MEXICO_BEFORE) == "opted_out", "a stranger lifts neither"
    say(school, MEXICO, Source.PARENT_FORM, Answer.YES, ana)
    assert state(MEXICO) == state(MEXICO_BEFORE) == "opted_in"


def test_the_locks_of_a_number_are_those_of_all_its_forms_on_file(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ARGENTINA_BEFORE)])
    with writing():
        assert [*ledger.lock_in_order(school.id, [ARGENTINA])] == [ARGENTINA]
        assert not ledger.is_new(school.id, ARGENTINA_BEFORE)
        locked = db.session.info["locked numbers"]
        assert {number for _, number in locked} == {ARGENTINA, ARGENTINA_BEFORE}


def test_a_no_that_waits_is_shown_beside_every_form_of_its_number(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(MEXICO_BEFORE)], typed=True)
    with writing():
        db.session.add(
            FormOptOut(
                school_id=school.id,
                number=MEXICO,
                state=FormOptOutState.WAITING,
                actor="visitor",
                network="192.0.2.0",
                session_digest="",
                unknown=False,
                texting_number=school.texting_number,
                evidence={},
                said_at=clock.now(),
            )
        )
    [shown] = phones_of_ids(school, [ana])[ana]
    assert shown.opt_out_waits


@pytest.mark.parametrize("sent_from", [MEXICO, MEXICO_BEFORE])
def test_a_word_for_an_old_form_is_taken_from_the_phone_whatever_else_is_on_file(
    school: SchoolRow, sent_from: str
) -> None:
    make_parent(school, "Ben Ruiz", phones=[phone(MEXICO)], typed=True)
    ana = make_parent(school, "Ana Ruiz", phones=[phone(MEXICO_BEFORE)], typed=True)
    take("STOP", number=sent_from)
    assert state(MEXICO) == state(MEXICO_BEFORE) == "opted_out"
    with writing():
        wording = consent_wording(school.name, school.texting_number, school.country)
        word = handset_confirmation.issue_confirmation_word(school, ana, MEXICO_BEFORE, wording)
    take(word, number=sent_from)
    assert newest().kind == "word"
    assert state(MEXICO) == state(MEXICO_BEFORE) == "opted_in"


def test_a_reply_from_an_old_form_may_quote_a_text_to_the_number(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(MEXICO)], typed=True)
    with writing():
        ours = "Oakwood School: Please stop at the office."
        texting.send_to_number(school, COMMAND, MEXICO, ours)
    take(f"“{ours}” We will", number=MEXICO_BEFORE)
    assert newest().kind == "reply"
