"""A clear wish to stop in other words than STOP: it pauses, is answered once, and staff decide."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.consent import gate, pauses
from portal.enums import Answer, ConsentState, MessageFault, MessageKind, PauseReason, Source
from portal.extensions import db, writing
from portal.models import ConsentStatus, Message
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.schools.schools import set_school
from portal.services.texting import queue as text_queue
from portal.services.texting import reply_wishes
from portal.services.texting.queue import ClaimedMessage
from tests.support.families import make_parent, phone, say
from tests.support.incoming import ANA, events, newest, state, take

ADMIN = Actor(1, "Ada", is_admin=True)
EDITOR = Actor(2, "Ed")


@pytest.fixture
def ana(school: SchoolRow) -> int:
    return make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)


def paused(school: SchoolRow) -> str | None:
    db.session.rollback()
    return db.session.get_one(ConsentStatus, (school.id, ANA)).paused


def notices() -> list[Message]:
    db.session.rollback()
    found = select(Message).where(Message.kind == MessageKind.PAUSE_NOTICE)
    return list(db.session.scalars(found))


def decide(school: SchoolRow, stop: bool, actor: Actor) -> bool:
    text_id = newest().id
    db.session.rollback()
    by = reply_wishes.confirm_wish if stop else reply_wishes.reject_wish
    with writing():
        return by(school, text_id, "they meant the bus", actor, lambda token: token)


def claim() -> ClaimedMessage | None:
    """The next text that may go out."""
    while True:
        with writing():
            claimed = text_queue.claim_next()
        if claimed is None or isinstance(claimed, ClaimedMessage):
            return claimed


def test_a_clear_wish_pauses_at_once_and_is_answered_once(school: SchoolRow, ana: int) -> None:
    take("please stop texting me", provider_id="SM1")
    assert (paused(school), state()) == (PauseReason.LIKELY_STOP, ConsentState.OPTED_IN)
    event = events()[-1]
    assert (event.source, event.answer, event.actor) == (Source.REPLY_PAUSE, None, "handset")
    assert (event.message_id, newest().event_seq, newest().read_at) == ("SM1", event.seq, None)
    assert gate.preview(school.id, [ANA])[ANA] is MessageFault.PAUSED
    take("I said stop texting me!", provider_id="SM2")
    assert len(events()) == event.seq + 1, "each is evidence"
    [answer] = notices()
    assert answer.reply_to == "SM1"
    assert "STOP" in answer.body
    assert answer.body.endswith("[link]")
    claimed = claim()
    assert claimed is not None
    assert claimed.id == answer.id, "the gate lets the answer pass"
    say(school, ANA, Source.HANDSET, Answer.YES, ana)
    assert paused(school) is None
    take("please stop texting me")
    assert len(notices()) == 2, "a new wish after a yes is answered again"


def test_a_wrong_number_pauses_until_the_phone_itself_says_yes(school: SchoolRow, ana: int) -> None:
    take("wrong number")
    assert paused(school) == PauseReason.WRONG_NUMBER
    assert not decide(school, stop=False, actor=EDITOR) or paused(school)
    say(school, ANA, Source.PARENT_FORM, Answer.YES, ana)
    assert paused(school) == PauseReason.WRONG_NUMBER


@pytest.mark.usefixtures("ana")
def test_a_start_of_a_paused_number_is_for_staff_to_read(school: SchoolRow) -> None:
    """It ends no pause, so its sender still gets no texts."""
    take("START")
    assert newest().read_at is not None, "they get texts"
    take("please stop texting me")
    take("START")
    assert (paused(school), newest().read_at) == (PauseReason.LIKELY_STOP, None)


@pytest.mark.usefixtures("ana")
def test_a_confirmed_wish_is_one_pause_and_not_two(school: SchoolRow) -> None:
    """Nobody undoes it, and its end by an admin is the end of all."""
    take("please stop texting me")
    take("I said stop texting me!")
    for _ in range(2):
        assert decide(school, stop=True, actor=EDITOR)
    status = db.session.get_one(ConsentStatus, (school.id, ANA))
    [pause] = pauses.open_pauses(status)
    assert (pause.reason, pause.by_reply) == (PauseReason.ASKED_TO_STOP, True)
    assert pauses.staff_ending(pause, EDITOR.key, is_admin=False) is None


@pytest.mark.usefixtures("ana")
def test_staff_decide_what_a_wish_was(school: SchoolRow) -> None:
    take("please stop texting me")
    take("stop texting this number")
    assert not decide(school, stop=False, actor=EDITOR), "only an admin"
    assert paused(school) == PauseReason.LIKELY_STOP
    assert decide(school, stop=False, actor=ADMIN)
    assert (paused(school), newest().read_by) == (None, "Ada")
    take("please stop texting me")
    assert decide(school, stop=True, actor=EDITOR)
    assert (paused(school), newest().read_by) == (PauseReason.ASKED_TO_STOP, "Ed")


@pytest.mark.parametrize("body", ["STOP", "please stop texting me", "HELP"])
@pytest.mark.usefixtures("ana")
def test_an_answer_goes_within_five_minutes_or_not_at_all(
    school: SchoolRow, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(body)
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=5, seconds=1))
    assert claim() is None
    [message] = db.session.scalars(select(Message)).all()
    assert message.reason == MessageFault.OUTDATED
    take("please stop texting me", happened_at=now - timedelta(minutes=1))
    assert len(db.session.scalars(select(Message)).all()) == 1, "too late to be answered at all"


@pytest.mark.usefixtures("ana")
def test_help_is_answered_for_a_paused_number_with_how_to_reach_the_office(
    school: SchoolRow,
) -> None:
    with writing():
        set_school("oakwood", office_phone="206 555 0100", office_email="office@oakwood.example")
    take("please stop texting me")
    take("HELP")
    take("HELP")
    [answer] = db.session.scalars(select(Message).where(Message.kind == MessageKind.HELP))
    for part in ("(206) 555-0100", "office@oakwood.example", "/oakwood/forms/contact"):
        assert part in answer.body
    db.session.rollback()
    assert [claim() is not None for _ in range(2)] == [True, True]
