"""Texts that come in: kept once, taken for what they are, brought to the ledger."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clock
from portal.enums import Answer, InboundKind, Source
from portal.extensions import db, writing
from portal.models import ConsentStatus, InboundMessage, Message
from portal.queries.records.overview import late_noes
from portal.queries.schools import SchoolRow
from portal.services.actor import COMMAND
from portal.services.contacts.phones import enter_phones
from portal.services.exports.csv import opt_out_lines
from portal.services.schools.schools import set_school
from portal.services.texting import send as texting
from portal.services.texting.inbound import InboundResult
from tests.conftest import TEXTING_NUMBER
from tests.support.families import make_parent, phone, say
from tests.support.incoming import ANA, events, newest, state, take

NEW_NUMBER = "+12065550149"


def answers(kind: str = "stop_confirmation") -> list[Message]:
    return list(db.session.scalars(select(Message).where(Message.kind == kind)))


def kept() -> int:
    return db.session.scalar(select(func.count()).select_from(InboundMessage)) or 0


@pytest.fixture
def ana(school: SchoolRow) -> int:
    """Ana Ruiz, opted in as staff typed her Cell."""
    return make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)


def test_a_stop_opts_out_at_once_and_is_confirmed_once(school: SchoolRow, ana: int) -> None:
    taken = take("Stop.", provider_id="SM1")

    assert taken == InboundResult(school, InboundKind.STOP, new=True)
    assert state() == "opted_out"
    event = events()[-1]
    assert (event.source, event.answer, event.actor) == ("text_reply", "no", "handset")
    assert (event.message_id, event.texting_number) == ("SM1", TEXTING_NUMBER)
    row = newest()
    assert (row.kind, row.via, row.event_seq, row.code) == ("stop", "webhook", event.seq, None)
    assert row.read_at is not None
    [confirmation] = answers()
    assert (confirmation.number, confirmation.reply_to, confirmation.rank) == (ANA, "SM1", 0)

    take("STOP")
    assert len(events()) == 3, "said again it is evidence"
    assert len(answers()) == 1, "it changed nothing: there is nothing to confirm"


@pytest.mark.usefixtures("ana")
def test_what_is_delivered_again_changes_nothing(school: SchoolRow) -> None:
    bodies = ("STOP", "START", "hello", "HELP")
    for _ in range(2):
        taken = [take(body, provider_id=f"SM{body}") for body in bodies]
    assert [one.new for one in taken if one] == [False] * 4
    assert kept() == 4
    assert len(events()) == 2
    assert len(answers()) == 1


@pytest.mark.usefixtures("ana")
def test_what_failed_halfway_is_taken_whole_when_it_is_delivered_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(texting, "queue_reply", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            take("STOP", provider_id="SM1")
    assert (kept(), len(events()), state()) == (0, 1, "opted_in")
    taken = take("STOP", provider_id="SM1")
    assert taken is not None
    assert taken.new
    assert (kept(), len(events()), len(answers()), state()) == (1, 2, 1, "opted_out")


@pytest.mark.usefixtures("ana")
def test_of_eight_deliveries_at_once_one_counts_though_the_first_is_rolled_back(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, first = threading.Barrier(8), threading.Lock()
    answer = texting.queue_reply

    def fails_once(*args: Any, **kwargs: Any) -> bool:
        if first.acquire(blocking=False):
            raise RuntimeError("the first one fails")
        return answer(*args, **kwargs)

    def deliver(_n: int) -> bool | str:
        with app.app_context():
            try:
                start.wait(60)
                taken = take("STOP", provider_id="SM1")
                assert taken is not None
                return taken.new
            except RuntimeError:
                return "failed"
            finally:
                db.session.remove()

    monkeypatch.setattr(texting, "queue_reply", fails_once)
    db.session.rollback()
    with ThreadPoolExecutor(8) as pool:
        came = list(pool.map(deliver, range(8)))
    assert sorted(map(str, came)) == ["False"] * 6 + ["True", "failed"]
    assert (kept(), len(events()), len(answers()), state()) == (1, 2, 1, "opted_out")


@pytest.mark.parametrize(
    ("how", "late", "confirmed"),
    [
        ({}, None, True),
        ({}, timedelta(minutes=4), True),
        ({}, timedelta(minutes=6), False),
        ({"opt_out_type": "STOP"}, None, False),
        ({"stop_confirmation": "provider"}, None, False),
        ({"texting_on": False}, None, False),
    ],
)
@pytest.mark.usefixtures("ana")
def test_an_answer_goes_where_nobody_else_has_answered_and_not_minutes_after(
    how: dict[str, Any], late: timedelta | None, confirmed: bool
) -> None:
    told = how.get("opt_out_type")
    with writing():
        set_school("oakwood", **{k: v for k, v in how.items() if k != "opt_out_type"})
    happened = {"happened_at": clock.now() - late} if late else {}
    take("HELP", **happened, opt_out_type=told and "HELP")
    take("STOP", **happened, opt_out_type=told)
    assert state() == "opted_out"
    assert (len(answers()), len(answers("help"))) == (int(confirmed), int(confirmed))


def test_a_stop_to_a_former_number_finds_its_school_and_is_answered_from_there(
    school: SchoolRow, other_school: SchoolRow, ana: int
) -> None:
    with writing():
        set_school("oakwood", texting_number=NEW_NUMBER)
    taken = take("STOP")
    assert taken is not None
    assert (taken.school.id, taken.school.texting_number) == (school.id, NEW_NUMBER)
    assert state() == "opted_out"
    assert newest().texting_number == TEXTING_NUMBER
    assert [message.texting_number for message in answers()] == [TEXTING_NUMBER]


@pytest.mark.usefixtures("school")
def test_a_text_to_nobodys_number_is_not_kept() -> None:
    for to in ("+12065550100", "", "12065550147", "+1206555\x000147"):
        assert take("STOP", texting_number=to) is None
    assert kept() == 0


def test_a_stop_at_one_school_says_nothing_to_another(
    school: SchoolRow, other_school: SchoolRow
) -> None:
    for there in (school, other_school):
        make_parent(there, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    take("STOP", provider_id="SM1")
    assert state(ANA, school.id) == "opted_out"
    assert state(ANA, other_school.id) == "opted_in"
    other = take("STOP", provider_id="SM1", texting_number=other_school.texting_number)
    assert other is not None
    assert other.new, "ids are told apart by school"
    assert state(ANA, other_school.id) == "opted_out"


def test_a_stop_from_a_number_on_no_record_holds_when_the_number_is_entered(
    school: SchoolRow,
) -> None:
    take("stop")
    assert ANA in "".join(opt_out_lines(school, with_unknown=True)).replace(
        "(415) 555-0101", ANA
    ), "it is listed"
    parent = make_parent(school, "Ana Ruiz")
    with writing():
        refused = enter_phones(school, parent, [phone(ANA)], "account:1")
    assert refused
    assert state() == "opted_out"
    assert len(events()) == 1


@pytest.mark.parametrize(
    ("before", "unread"),
    [
        ("opted out", True),  # they want texts, and only the form turns them on
        ("not asked", True),
        ("opted in", False),
        ("blocked", False),
    ],
)
def test_a_start_changes_nothing_but_a_carriers_block(
    school: SchoolRow, before: str, unread: bool
) -> None:
    parent = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=before == "opted out")
    if before == "opted out":
        take("STOP")
    elif before != "not asked":
        say(school, ANA, Source.PARENT_FORM, Answer.YES, parent)
    if before == "blocked":
        say(school, ANA, Source.CARRIER, Answer.NO)
    was, said = state(), len(events())

    take("UNSTOP")

    assert (state(), len(events())) == (was if was else "not_asked", said)
    status = db.session.get_one(ConsentStatus, (school.id, ANA))
    assert status.blocked_at is None
    row = newest()
    assert (row.kind, row.event_seq, row.code) == ("start", None, "start_is_not_consent")
    assert (row.read_at is None) == unread


def test_a_plain_yes_is_a_reply_that_clears_the_carriers_block_too(
    school: SchoolRow, ana: int
) -> None:
    say(school, ANA, Source.PARENT_FORM, Answer.YES, ana)
    for body in ("Yes", " YES!\n"):
        say(school, ANA, Source.CARRIER, Answer.NO)
        take(body)
        assert db.session.get_one(ConsentStatus, (school.id, ANA)).blocked_at is None
        row = newest()
        assert (row.kind, row.read_at, row.code) == ("reply", None, None)
    say(school, ANA, Source.CARRIER, Answer.NO)
    take("yes, we will come")
    assert db.session.get_one(ConsentStatus, (school.id, ANA)).blocked_at is not None


@pytest.mark.parametrize(("body", "kind"), [("which bus stop?", "near_miss"), ("Thanks!", "reply")])
@pytest.mark.usefixtures("ana")
def test_what_is_no_keyword_is_for_staff_to_read_and_decides_nothing(body: str, kind: str) -> None:
    take(body, media=2)
    row = newest()
    assert (row.kind, row.read_at, row.body, row.media) == (kind, None, body, 2)
    assert (row.event_seq, row.code, state(), len(events())) == (None, None, "opted_in", 1)
    assert not db.session.scalars(select(Message)).all()


@pytest.mark.usefixtures("ana")
def test_help_is_answered_once_a_day_and_decides_nothing() -> None:
    for word in ("HELP", "ayuda"):
        take(word)
        assert (newest().kind, newest().read_at is not None) == ("help", True)
    assert len(answers("help")) == 1
    assert len(events()) == 1


NO_NUMBERS = [
    "87223",
    "Twilio",
    "whatsapp:+14155550101",
    "+99912345678",
    "+1４15５５５０１０１",
    "+1 415 555 0101",
    "4155550101",
    "a\x00b",
    "+" + "1" * 60,
]


@pytest.mark.usefixtures("school")
def test_a_text_from_what_is_no_number_is_kept_for_staff_and_decides_nothing() -> None:
    for number in NO_NUMBERS:
        for body in ("STOP", "HELP", "YES"):
            taken = take(body, number=number)
            assert taken is not None
            assert taken.new
            assert newest().read_at is None
    assert kept() == 3 * len(NO_NUMBERS)
    assert not db.session.scalars(select(ConsentStatus)).all()
    assert not db.session.scalars(select(Message)).all()


@pytest.mark.usefixtures("school")
def test_a_body_is_kept_without_what_nobody_types_and_no_longer_than_texts_are() -> None:
    take("Hi\x00 there\x1b\n" + "é" * 2000, opt_out_type="X\x00" * 20, provider_id="SM" + "9" * 90)
    row = newest()
    assert row.body.startswith("Hi there\né")
    assert len(row.body) == 1600
    take("S\x00TOP")
    assert newest().kind == "stop"


def test_a_stop_that_comes_late_changes_nothing_and_is_put_in_front_of_staff(
    school: SchoolRow, ana: int
) -> None:
    earlier = clock.now()
    say(school, ANA, Source.PARENT_FORM, Answer.YES, ana)
    take("STOP", via="reconcile", happened_at=earlier)
    row = newest()
    assert (row.kind, row.via, row.code) == ("stop", "reconcile", "older_than_the_parents_yes")
    assert (row.event_seq, row.happened_at) == (3, earlier)
    assert events()[-1].happened_at == earlier
    assert (state(), answers()) == ("opted_in", [])
    assert [late.name for late in late_noes(school.id, earlier)] == ["Ana Ruiz"]


def test_where_texting_is_off_a_stop_still_counts(school: SchoolRow, ana: int) -> None:
    with writing():
        set_school("oakwood", texting_on=False)
    take("STOP")
    assert (state(), answers()) == ("opted_out", [])


@pytest.mark.parametrize(
    "form", ["Понравилось «{}»", "“{}”が気に入りました", "Gefällt „{}“", "Liked “{}”"]
)
def test_a_quotation_of_our_text_is_no_wish_to_stop_in_any_language(
    school: SchoolRow, ana: int, form: str
) -> None:
    with writing():
        texting.send_to_number(school, COMMAND, ANA, "No school today. Reply STOP to cancel.")
    ours = "Oakwood School: No school today. Reply STOP to cancel."
    assert take(form.format(ours)) == InboundResult(school, InboundKind.REPLY, new=True)
    assert newest().body == form.format(ours), "kept as it came: it is evidence"
    assert take(form.format("Birch School: Reply STOP to end.")).kind == (
        InboundKind.REPLY if form.startswith("Liked") else InboundKind.NEAR_MISS
    )
    assert take(f"Please stop. “{ours}”").kind == InboundKind.WISH
    assert state() == "opted_in"
