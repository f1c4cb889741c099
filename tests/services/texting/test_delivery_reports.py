"""The provider's reports on texts have the same effect in whatever order they come."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy import func, select

from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentStatus, Message, MessageReport
from portal.queries.schools import SchoolRow
from portal.services.actor import COMMAND
from portal.services.schools.schools import set_school
from portal.services.texting import delivery_reports, outcomes
from portal.services.texting import queue as text_queue
from portal.services.texting import send as texting
from portal.services.texting.delivery_reports import Report
from portal.services.texting.queue import ClaimedMessage
from tests.conftest import TEXTING_NUMBER
from tests.support.families import make_parent, phone, say

ANA, BEN = "+14155550101", "+14155550102"
CLI = COMMAND


@pytest.fixture
def ana(school: SchoolRow) -> int:
    """Ana Ruiz, who is texted without a welcome, as often as a test likes."""
    with writing():
        set_school("oakwood", welcome_on=False, per_second=1000)
    return make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)


@pytest.fixture
def in_hand(school: SchoolRow, ana: int) -> Callable[[], ClaimedMessage]:
    """A text to Ana that is in the provider's hands; nobody has said yet what came of it."""

    def take() -> ClaimedMessage:
        with writing():
            texting.send_to_number(replace(school, welcome_on=False), CLI, ANA, "Hello")
        with writing():
            taken = text_queue.claim_next()
        assert isinstance(taken, ClaimedMessage)
        return taken

    return take


def report(status: str, sid: str = "SM1", code: int | None = None, ours: int | None = None) -> bool:
    with writing():
        known = delivery_reports.receive_report(
            Report(sid, TEXTING_NUMBER, ANA, status, code, ours)
        )
    for one in delivery_reports.unsubscribed():
        with writing():
            delivery_reports.settle_unsubscribed(one)
    return known


def message(hand: ClaimedMessage) -> Message:
    db.session.rollback()
    return db.session.scalars(select(Message).where(Message.id == hand.id)).one()


def came(hand: ClaimedMessage) -> tuple[str, str | None, int | None]:
    row = message(hand)
    return row.state, row.reason, row.error_code


def consent() -> tuple[str, bool, int]:
    db.session.rollback()
    status = db.session.scalars(select(ConsentStatus).where(ConsentStatus.number == ANA)).one()
    events = select(func.count()).select_from(ConsentEvent)
    return status.state, status.blocked_at is not None, db.session.scalar(events) or 0


def test_in_every_order_and_twice_it_is_delivered_once_it_was(
    in_hand: Callable[[], ClaimedMessage],
) -> None:
    for n, order in enumerate(permutations(["queued", "sent", "delivered"])):
        hand = in_hand()
        with writing():
            outcomes.mark_sent(hand, f"SM{n}")
        for status in [*order, *order]:
            assert report(status, f"SM{n}")
        assert came(hand) == ("delivered", None, None), order
    assert db.session.scalar(select(func.count()).select_from(MessageReport)) == 3 * 6


def test_the_last_word_of_the_provider_stands_with_its_code_and_is_no_opt_out(
    in_hand: Callable[[], ClaimedMessage],
) -> None:
    last_words = {
        "delivered": ("delivered", None, None),
        "undelivered": ("undelivered", None, 30003),
        "failed": ("failed", "provider", 30003),
    }
    for status, expected in last_words.items():
        hand = in_hand()
        with writing():
            outcomes.mark_sent(hand, f"SM-{status}")
        report(status, f"SM-{status}", 30003 if status != "delivered" else None)
        for late in ("sent", "sending", "delivered", "undelivered", "failed"):
            report(late, f"SM-{status}")
        assert came(hand) == expected
    assert consent() == ("opted_in", False, 1), "who can't be reached has not opted out"


def test_what_is_reported_before_the_providers_id_is_known_counts(
    in_hand: Callable[[], ClaimedMessage],
) -> None:
    with_ours, without = in_hand(), in_hand()
    report("delivered", "SM1", ours=with_ours.id)
    assert came(with_ours)[0] == "delivered"
    report("delivered", "SM2")
    assert came(without)[0] == "sending"
    for sid, hand in (("SM1", with_ours), ("SM2", without)):
        with writing():
            outcomes.mark_sent(hand, sid)
        assert came(hand)[0] == "delivered"
        assert message(hand).provider_id == sid
        assert message(hand).sent_at is not None


def test_a_text_that_is_tried_again_in_doubt_is_not_sent_again_once_it_is_reported(
    in_hand: Callable[[], ClaimedMessage],
) -> None:
    hand = in_hand()
    with writing():
        outcomes.reschedule(hand, in_doubt=True)
    report("sent", "SM1", ours=hand.id)
    row = message(hand)
    assert (row.state, row.provider_id, row.in_doubt) == ("sent", "SM1", False)
    with writing():
        row.due_at = row.made_at
    with writing():
        assert text_queue.claim_next() is None


def test_a_report_tells_what_came_of_a_text_that_nobody_knows_of_or_that_was_cancelled_in_doubt(
    school: SchoolRow, in_hand: Callable[[], ClaimedMessage]
) -> None:
    lost, cancelled = in_hand(), in_hand()
    with writing():
        outcomes.reschedule(cancelled, in_doubt=True)
        batch_id = message_batch(cancelled)
        assert texting.cancel(school, batch_id, "Pat Fields") == 1
    with writing():
        db.session.get_one(Message, (school.id, lost.id)).state = "not_known"
    report("delivered", "SM1", ours=lost.id)
    report("undelivered", "SM2", 30005, ours=cancelled.id)
    assert came(lost) == ("delivered", None, None)
    assert came(cancelled) == ("undelivered", None, 30005)


def message_batch(hand: ClaimedMessage) -> int:
    batch_id = db.session.scalar(select(Message.batch_id).where(Message.id == hand.id))
    assert batch_id is not None
    return batch_id


def test_a_report_moves_no_other_text(
    school: SchoolRow, other_school: SchoolRow, in_hand: Callable[[], ClaimedMessage]
) -> None:
    known, waits = in_hand(), in_hand()
    with writing():
        outcomes.mark_sent(known, "SM1")
    with writing():
        outcomes.release(waits)
    report("delivered", "SM9", ours=known.id)  # it has another id
    report("delivered", "SM9", ours=waits.id)  # it was never tried
    with writing():
        for to, from_ in ((BEN, TEXTING_NUMBER), (ANA, other_school.texting_number)):
            told = Report("SM8", from_, to, "delivered", message_id=waits.id)
            assert delivery_reports.receive_report(told)
    assert (came(known)[0], came(waits)[0]) == ("sent", "queued")


def test_a_late_word_that_the_number_is_unsubscribed_opts_it_out_once(
    in_hand: Callable[[], ClaimedMessage],
) -> None:
    hand = in_hand()
    with writing():
        outcomes.mark_sent(hand, "SM1")
    for status in ("failed", "undelivered", "failed"):
        report(status, code=21610)
    assert came(hand) == ("failed", "opted_out", 21610)
    assert consent() == ("opted_out", False, 2)
    newest = select(ConsentEvent).order_by(ConsentEvent.seq.desc())
    event = db.session.scalars(newest).first()
    assert event is not None
    assert (event.source, event.actor, event.message_id) == ("carrier", "provider", "SM1")


def test_a_late_word_of_the_carrier_blocks_a_number_that_its_parent_said_yes_for(
    school: SchoolRow, ana: int, in_hand: Callable[[], ClaimedMessage]
) -> None:
    say(school, ANA, Source.PARENT_FORM, Answer.YES, ana)
    hand = in_hand()
    report("undelivered", code=21610)  # its id is not known yet
    assert consent() == ("opted_in", True, 2)
    with writing():
        outcomes.mark_sent(hand, "SM1")
    assert came(hand) == ("undelivered", "blocked_by_carrier", 21610)


@pytest.mark.usefixtures("school")
def test_a_report_of_nobodys_texting_number_is_not_kept() -> None:
    for texting_number in ("+12065550100", "", "+1206555\x000147"):
        with writing():
            assert not delivery_reports.receive_report(Report("SM1", texting_number, ANA, "sent"))
    with writing():
        assert delivery_reports.receive_report(
            Report("SM\x00" * 40, TEXTING_NUMBER, "x\x00", "o\x00" * 30)
        )
    assert db.session.scalar(select(func.count()).select_from(MessageReport)) == 1
