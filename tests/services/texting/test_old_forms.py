"""A phone texts from an old form of its number, as texting services still send it."""

import pytest
from sqlalchemy import select

from portal.enums import Answer, ConsentState, MessageFault, PhoneType, Slot, Source
from portal.extensions import db, writing
from portal.models import ConsentEvidence, Message, TextedLink
from portal.queries.schools import SchoolRow
from portal.services.actor import COMMAND
from portal.services.contacts.phones import PhoneValue, enter_phones
from portal.services.schools.schools import set_school
from portal.services.texting import delivery_reports
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
