"""The gate: which text may go to which number, and why not."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.consent import gate
from portal.consent.gate import NumberStatus, SendPermit
from portal.enums import (
    Answer,
    ConsentState,
    MessageFault,
    MessageKind,
    PauseReason,
    PhoneType,
    Slot,
    Source,
)
from portal.extensions import db, writing
from portal.models import ConsentStatus, School
from portal.queries.schools import SchoolRow
from portal.services.contacts.phones import PhoneValue, enter_phones
from portal.services.schools.schools import set_school
from tests.support.families import HOME, WORK, make_parent, make_student, phone, say, stop

BATCH, WELCOME = MessageKind.BATCH, MessageKind.WELCOME
CONFIRMATION, HELP = MessageKind.STOP_CONFIRMATION, MessageKind.HELP
IN, OUT, UNASKED = ConsentState.OPTED_IN, ConsentState.OPTED_OUT, ConsentState.NOT_ASKED
ANA, BEN = "+14155550101", "+14155550102"
BRITISH, CANADIAN, PUERTO_RICAN = "+447400123456", "+16045550123", "+17872345678"

CELL = NumberStatus(IN, blocked=False, since_seq=1, last_seq=1, cell=True, phone=True)
OPTED_OUT = replace(CELL, state=OUT)
NOT_ASKED = replace(CELL, state=UNASKED)
BLOCKED = replace(CELL, blocked=True)
PAUSED = replace(CELL, paused=PauseReason.LIKELY_STOP)
WAITS = replace(CELL, opt_out_waits=True)
HOME_PHONE = replace(CELL, cell=False)
ON_NO_RECORD = replace(CELL, state=UNASKED, cell=False, phone=False)
STRANGER_OUT = replace(ON_NO_RECORD, state=OUT)
YES_ON_NO_RECORD = replace(ON_NO_RECORD, state=IN)


ANSWERS = {CONFIRMATION: OPTED_OUT, MessageKind.PAUSE_NOTICE: PAUSED}
"""A number that gets an answer of a kind. Other kinds go to one that is opted in."""


def school_with(**settings: Any) -> School:
    return School(**{"country": "US", "texting_on": True, "text_countries": None} | settings)


@pytest.mark.parametrize(
    ("standing", "batch", "confirmation", "help_"),
    [
        # what a batch, a STOP's confirmation and the answer to HELP get
        (CELL, None, MessageFault.OUTDATED, None),
        (OPTED_OUT, MessageFault.OPTED_OUT, None, MessageFault.OPTED_OUT),
        (STRANGER_OUT, MessageFault.OPTED_OUT, None, MessageFault.OPTED_OUT),
        (NOT_ASKED, MessageFault.NOT_ASKED, MessageFault.OUTDATED, None),
        (ON_NO_RECORD, MessageFault.NOT_ASKED, MessageFault.OUTDATED, None),
        (BLOCKED, MessageFault.BLOCKED, MessageFault.OUTDATED, MessageFault.BLOCKED),
        (WAITS, MessageFault.NO_WAITING, MessageFault.OUTDATED, None),
        (replace(WAITS, state=OUT), MessageFault.OPTED_OUT, None, MessageFault.OPTED_OUT),
        (replace(WAITS, state=UNASKED), MessageFault.NO_WAITING, MessageFault.OUTDATED, None),
        (HOME_PHONE, MessageFault.NO_CELL, MessageFault.OUTDATED, None),
        (replace(HOME_PHONE, state=OUT), MessageFault.OPTED_OUT, None, MessageFault.OPTED_OUT),
        (PAUSED, MessageFault.PAUSED, MessageFault.OUTDATED, None),
        (replace(PAUSED, state=OUT), MessageFault.OPTED_OUT, None, MessageFault.OPTED_OUT),
    ],
)
def test_what_may_go_to_a_number_as_it_stands(
    standing: NumberStatus,
    batch: MessageFault | None,
    confirmation: MessageFault | None,
    help_: MessageFault | None,
) -> None:
    notice = MessageFault.OPTED_OUT if standing.state is OUT else MessageFault.OUTDATED
    if standing.paused and standing.state is not OUT:
        notice = None
    expected = {BATCH: batch, WELCOME: batch, CONFIRMATION: confirmation, HELP: help_}
    expected[MessageKind.PAUSE_NOTICE] = notice
    assert set(expected) == set(MessageKind), "a new kind of text: say what it may"
    for kind, fault in expected.items():
        assert gate.check(school_with(), ANA, standing, kind) is fault, kind


@pytest.mark.parametrize(
    ("standing", "good", "void"),
    [
        (OPTED_OUT, None, MessageFault.OPTED_OUT),
        (STRANGER_OUT, None, MessageFault.OPTED_OUT),
        (replace(HOME_PHONE, state=OUT), None, MessageFault.OPTED_OUT),
        (CELL, MessageFault.OUTDATED, MessageFault.OUTDATED),
        (NOT_ASKED, MessageFault.OUTDATED, MessageFault.OUTDATED),
        (ON_NO_RECORD, MessageFault.OUTDATED, MessageFault.OUTDATED),
        (BLOCKED, MessageFault.OUTDATED, MessageFault.OUTDATED),
    ],
)
def test_an_answer_with_a_link_goes_only_to_who_opted_out_and_while_the_link_is_good(
    standing: NumberStatus, good: MessageFault | None, void: MessageFault | None
) -> None:
    judged = [gate.check(school_with(), ANA, standing, HELP, link) for link in (True, False)]
    assert judged == [good, void]


@pytest.mark.parametrize("kind", MessageKind)
@pytest.mark.parametrize("standing", [CELL, OPTED_OUT, NOT_ASKED])
def test_where_texting_is_off_nothing_goes(kind: MessageKind, standing: NumberStatus) -> None:
    off = school_with(texting_on=False)
    assert gate.check(off, ANA, standing, kind) is MessageFault.TEXTING_OFF


@pytest.mark.parametrize(
    ("school", "may", "may_not"),
    [
        ({}, [ANA, CANADIAN, PUERTO_RICAN], [BRITISH]),
        ({"country": "GB"}, [BRITISH], [ANA, CANADIAN]),
        ({"country": "US", "text_countries": "US,GB"}, [ANA, BRITISH], [CANADIAN, PUERTO_RICAN]),
        ({"country": "CA"}, [CANADIAN, ANA], [BRITISH]),
    ],
)
@pytest.mark.parametrize("kind", MessageKind)
def test_a_text_goes_only_to_countries_that_the_texting_number_can_text(
    school: dict[str, str], may: list[str], may_not: list[str], kind: MessageKind
) -> None:
    standing = ANSWERS.get(kind, CELL)
    judged = {n: gate.check(school_with(**school), n, standing, kind) for n in [*may, *may_not]}
    assert judged == dict.fromkeys(may) | dict.fromkeys(may_not, MessageFault.COUNTRY)


@pytest.mark.parametrize("number", ["+19005550123", "+18005550123", "+15005550123", "+17005550123"])
@pytest.mark.parametrize("kind", MessageKind)
def test_nothing_goes_to_a_number_that_costs_money_or_is_no_phone(
    number: str, kind: MessageKind
) -> None:
    standing = ANSWERS.get(kind, CELL)
    assert gate.check(school_with(), number, standing, kind) is MessageFault.NO_CELL


@pytest.mark.parametrize("area", ["861", "679", "565"])
def test_a_number_with_a_new_area_code_gets_texts(area: str) -> None:
    assert gate.check(school_with(), f"+1{area}5550123", CELL, BATCH) is None


def ask(school: SchoolRow, number: str, kind: MessageKind = BATCH) -> SendPermit | MessageFault:
    with writing():
        return gate.authorize(school.id, number, kind)


def test_the_gate_goes_by_what_is_on_file_now_and_a_preview_says_the_same(
    school: SchoolRow, other_school: SchoolRow
) -> None:
    child = make_student(school, "Mateo Ruiz")
    holder = make_parent(
        school,
        "Ana Ruiz",
        child,
        phones=[phone(ANA), phone("+14155550103", HOME, 1), phone("+14155550104", WORK, 2)],
        typed=True,
    )
    make_parent(school, "Ben Ruiz", child, phones=[phone(BEN)])
    say(school, "+14155550103", Source.PUBLIC_FORM, Answer.YES)
    say(school, "+14155550104", Source.PUBLIC_FORM, Answer.YES)
    expected = {
        ANA: None,
        BEN: MessageFault.NOT_ASKED,
        "+14155550103": MessageFault.NO_CELL,
        "+14155550104": MessageFault.NO_CELL,
        "+14155550199": MessageFault.NOT_ASKED,
    }
    assert gate.preview(school.id, expected) == expected
    assert ask(school, ANA) == SendPermit(school.id, ANA, 1)
    assert {n: ask(school, n) for n in expected if n != ANA} == {
        number: fault for number, fault in expected.items() if fault
    }
    assert ask(other_school, ANA) is MessageFault.NOT_ASKED, "consent is one school's"

    say(school, ANA, Source.PARENT_FORM, Answer.YES, holder)
    assert ask(school, ANA) == SendPermit(school.id, ANA, 2), "the pass names the newest yes"
    say(school, ANA, Source.CARRIER, Answer.NO)
    assert ask(school, ANA) is MessageFault.BLOCKED
    say(school, ANA, Source.TEXT_REPLY, Answer.YES)
    assert ask(school, ANA) == SendPermit(school.id, ANA, 2)

    stop(school, ANA)
    assert ask(school, ANA) is MessageFault.OPTED_OUT
    assert ask(school, ANA, CONFIRMATION) == SendPermit(school.id, ANA, 3)
    assert ask(school, ANA, HELP) is MessageFault.OPTED_OUT


def test_a_number_that_left_its_record_gets_nothing(school: SchoolRow) -> None:
    parent = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    stays = make_parent(school, "Ben Ruiz", phones=[phone(BEN)], typed=True)
    assert isinstance(ask(school, ANA), SendPermit)
    with writing():
        enter_phones(school, parent, [], "account:1")
    with writing():
        as_home = [PhoneValue(Slot.PRIMARY, PhoneType.HOME, BEN, None)]
        enter_phones(school, stays, as_home, "account:1")
    assert ask(school, ANA) is MessageFault.NOT_ASKED
    assert ask(school, BEN) is MessageFault.NO_CELL, "a Cell that became a Home phone"


def test_texting_that_is_turned_off_holds_at_once(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        set_school("oakwood", texting_on=False)
    assert ask(school, ANA) is MessageFault.TEXTING_OFF
    assert gate.preview(school.id, [ANA]) == {ANA: MessageFault.TEXTING_OFF}


def test_a_preview_of_many_numbers_asks_little_and_writes_nothing(
    school: SchoolRow, count_queries: Any
) -> None:
    many = [f"+1415555{n:04}" for n in range(1200)]
    with count_queries() as queries:
        judged = gate.preview(school.id, many)
    assert set(judged.values()) == {MessageFault.NOT_ASKED}
    assert len(judged) == len(many)
    assert len(queries) <= 7
    assert db.session.scalar(select(func.count()).select_from(ConsentStatus)) == 0


OLD_AND_NOW = [("+541123456789", "+5491123456789"), ("+5491123456789", "+541123456789")]


@pytest.mark.parametrize(("on_record", "other"), OLD_AND_NOW)
def test_a_no_about_one_form_of_a_number_ends_texts_to_the_other_until_its_parent_says_yes(
    school: SchoolRow, on_record: str, other: str
) -> None:
    with writing():
        set_school("oakwood", text_countries="US,AR")
    parent = make_parent(school, "Ana Ruiz", phones=[phone(on_record)], typed=True)
    assert ask(school, on_record) == SendPermit(school.id, on_record, 1)
    stop(school, other)
    say(school, on_record, Source.PUBLIC_FORM, Answer.YES)
    assert ask(school, on_record) is MessageFault.OPTED_OUT, "anybody may have said yes"
    assert gate.preview(school.id, [on_record]) == {on_record: MessageFault.OPTED_OUT}
    say(school, on_record, Source.HANDSET, Answer.YES, parent)
    assert ask(school, on_record) == SendPermit(school.id, on_record, 3)
    stop(school, other)
    assert ask(school, on_record) is MessageFault.OPTED_OUT


def test_a_no_about_an_old_form_holds_at_its_school_only(
    school: SchoolRow, other_school: SchoolRow
) -> None:
    old, now = OLD_AND_NOW[0]
    with writing():
        set_school("oakwood", text_countries="US,AR")
    make_parent(school, "Ana Ruiz", phones=[phone(now)], typed=True)
    stop(other_school, old)
    assert ask(school, now) == SendPermit(school.id, now, 1)
