"""The gate, with a no that waits and links in texts as they are on file."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from portal import clock as times
from portal import extensions
from portal.consent import gate, ledger, texted_links
from portal.consent.gate import SendPermit
from portal.enums import (
    Answer,
    FormOptOutState,
    MessageFault,
    MessageKind,
    PhoneType,
    Slot,
    Source,
)
from portal.extensions import db
from portal.models import ConsentStatus, FormOptOut, School
from portal.services.contacts.phones import PhoneValue, set_phones
from portal.services.texting import link_texts
from tests.consent.consent_school import NUMBER, ConsentSchool, answer_with_link

OTHER = "+12065550198"
WAITING = FormOptOutState.WAITING


def holds_back(world: ConsentSchool, number: str, state: FormOptOutState = WAITING) -> None:
    """Note a no that a form gave about a number."""
    made = FormOptOut(
        school_id=world.school.id,
        number=number,
        state=state,
        actor="visitor",
        network="192.0.2.0",
        session_digest="",
        unknown=False,
        texting_number=world.school.texting_number,
        evidence={},
        said_at=times.now(),
    )
    db.session.add(made)
    db.session.flush()


def ask(
    world: ConsentSchool, kind: MessageKind = MessageKind.BATCH, message_id: int | None = None
) -> SendPermit | MessageFault:
    return gate.authorize(world.school.id, NUMBER, kind, message_id)


def test_a_number_whose_no_waits_gets_no_text(world: ConsentSchool) -> None:
    world.parent(NUMBER)
    world.opted_in()
    holds_back(world, NUMBER)
    assert ask(world) is MessageFault.NO_WAITING
    assert gate.preview(world.school.id, [NUMBER]) == {NUMBER: MessageFault.NO_WAITING}


def test_a_no_that_waits_holds_back_texts_to_an_old_form_too(world: ConsentSchool) -> None:
    old, now = "+541123456789", "+5491123456789"
    world.parent(old)
    world.opted_in(old)
    holds_back(world, now)
    assert gate.preview(world.school.id, [old]) == {old: MessageFault.NO_WAITING}
    assert gate.authorize(world.school.id, old) is MessageFault.NO_WAITING


def test_a_yes_about_one_form_must_be_later_than_the_no_about_another(
    world: ConsentSchool,
) -> None:
    old, now = "+541123456789", "+5491123456789"
    world.parent(now)
    at = times.now()
    world.says(Source.TEXT_REPLY, Answer.NO, old, happened_at=at)
    world.says(Source.HANDSET, Answer.YES, now, happened_at=at)
    assert gate.preview(world.school.id, [now]) == {now: MessageFault.OPTED_OUT}
    world.says(Source.HANDSET, Answer.YES, now, happened_at=at + timedelta(seconds=1))
    assert gate.preview(world.school.id, [now]) == {now: MessageFault.COUNTRY}


def test_all_forms_that_a_text_depends_on_are_locked(world: ConsentSchool) -> None:
    old, now = "+541123456789", "+5491123456789"
    assert gate.authorize(world.school.id, old) is MessageFault.NOT_ASKED
    locked = db.session.scalars(select(ConsentStatus.number).order_by(ConsentStatus.number))
    assert locked.all() == [old, now]


@pytest.mark.parametrize(
    ("on_record", "other"),
    [("+5491123456789", "+541123456789"), ("+541123456789", "+5491123456789")],
)
def test_a_no_that_waits_holds_back_texts_to_all_forms_of_its_number(
    world: ConsentSchool, on_record: str, other: str
) -> None:
    ledger.lock_status(world.school.id, other)
    holds_back(world, other)
    assert gate.preview(world.school.id, [on_record]) == {on_record: MessageFault.NO_WAITING}


def test_a_no_holds_back_texts_of_its_own_school_and_number_only_and_only_while_it_waits(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    world.parent(NUMBER)
    world.opted_in()
    holds_back(elsewhere, NUMBER)
    holds_back(world, OTHER)
    for state in set(FormOptOutState) - {WAITING}:
        holds_back(world, NUMBER, state)
    assert ask(world) == SendPermit(world.school.id, NUMBER, 1)
    assert gate.preview(world.school.id, [NUMBER]) == {NUMBER: None}


def test_an_answer_with_a_good_link_goes_to_a_number_that_opted_out(world: ConsentSchool) -> None:
    world.opted_out()
    message_id = answer_with_link(world)
    assert ask(world, MessageKind.HELP, message_id) == SendPermit(world.school.id, NUMBER, 1)
    texted_links.void(world.school.id, [NUMBER])
    assert ask(world, MessageKind.HELP, message_id) is MessageFault.OPTED_OUT


def test_an_answer_without_a_link_of_its_own_goes_to_no_number_that_opted_out(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    world.opted_out()
    elsewhere.opted_out()
    of_other_school = answer_with_link(elsewhere)
    assert ask(world, MessageKind.HELP) is MessageFault.OPTED_OUT
    assert ask(world, MessageKind.HELP, of_other_school) is MessageFault.OPTED_OUT


def test_a_link_whose_text_is_sent_again_opens_no_way_for_another_text(
    world: ConsentSchool,
) -> None:
    world.opted_out()
    link_texts.detach(world.school.id, [answer_with_link(world)])
    assert ask(world, MessageKind.HELP) is MessageFault.OPTED_OUT


def test_the_type_of_a_phone_at_another_school_does_not_matter(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    parent = elsewhere.parent()
    set_phones(elsewhere.school.id, parent, [PhoneValue(Slot.PRIMARY, PhoneType.HOME, NUMBER)])
    world.opted_in()
    assert ask(world) == SendPermit(world.school.id, NUMBER, 1)


@pytest.mark.parametrize("kind", [MessageKind.BATCH, MessageKind.WELCOME])
def test_a_link_opens_the_way_to_a_number_that_opted_out_only_for_the_answer_to_a_text(
    world: ConsentSchool, kind: MessageKind
) -> None:
    world.opted_out()
    message_id = answer_with_link(world)
    assert ask(world, kind, message_id) is MessageFault.OPTED_OUT


def test_the_gate_reads_the_schools_settings_anew(world: ConsentSchool) -> None:
    world.parent(NUMBER)
    world.opted_in()
    school = db.session.get_one(School, world.school.id)
    assert school.texting_on
    db.session.execute(
        text("UPDATE school SET texting_on = :off WHERE id = :id"),
        {"off": False, "id": world.school.id},
    )
    assert ask(world) is MessageFault.TEXTING_OFF


def test_many_numbers_are_read_in_parts_and_none_is_left_out(
    world: ConsentSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "MOST_VALUES", 2)
    numbers = [f"+1206555010{n}" for n in range(5)]
    for number in numbers:
        world.opted_out(number)
    assert gate.preview(world.school.id, numbers) == dict.fromkeys(numbers, MessageFault.OPTED_OUT)
