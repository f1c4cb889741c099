"""A small storm, so that every run of the tests sees one: `make storm` is the large one."""

from datetime import UTC, datetime

import pytest

from portal.enums import MessageFault, MessageKind, MessageState
from portal.models import Message
from tests.storm.outcome_counts import count_outcomes
from tests.storm.run import run
from tests.storm.scenario import Plan
from tests.support.databases import Database
from tests.support.twilio_stand_in import Text

ANA, STOP_WORDS = "+14155550101", "You will get no more texts."


def test_with_workers_killed_and_stops_coming_in_nothing_is_twice_lost_or_after_a_stop(
    database: Database,
) -> None:
    plan = Plan(texts=100, workers=2, stops=10, pauses=2, kill_every=0, moody=False, hasten=True)
    story = run(database, plan)
    found = story.outcomes
    assert (found.twice, found.lost, found.after_stop) == (0, 0, 0), story
    assert (found.texts, found.failed, found.unconfirmed) == (100, 0, 0), story
    assert found.sent + found.stopped + found.not_known == 100, story
    assert found.sent >= 40, story  # of eight numbers with five texts each, all else goes
    assert story.kills == 1
    assert (found.stops >= 5, found.pauses) == (True, 2), story
    assert (story.refused_stops, story.forged_taken) == (0, 0), story
    assert story.callbacks > 130, story
    assert story.refused_callbacks < story.callbacks / 10, story  # SQLite may be busy for too long
    assert story.forged >= 3, story


def message(
    state: MessageState, body: str = "Hello", reason: MessageFault | None = None
) -> Message:
    return Message(number=ANA, body=body, kind=MessageKind.BATCH, state=state, reason=reason)


def text(clock: float = 1.0, body: str = "Hello") -> Text:
    return Text("SM1", ANA, "", body, "outbound-api", datetime.now(UTC), clock)


@pytest.mark.parametrize(
    ("row", "taken", "acknowledged", "counted"),
    [
        (message(MessageState.SENT), [text()], {}, "sent"),
        (message(MessageState.DELIVERED), [text()], {ANA: 2.0}, "sent"),
        (message(MessageState.UNDELIVERED), [text()], {}, "sent"),
        (message(MessageState.UNDELIVERED), [], {}, "lost"),
        (message(MessageState.SENT), [text(), text()], {}, "twice"),
        (message(MessageState.SENT), [], {}, "lost"),
        (message(MessageState.QUEUED), [], {}, "lost"),
        (message(MessageState.FAILED, reason=MessageFault.GAVE_UP), [text()], {}, "lost"),
        (message(MessageState.FAILED, reason=MessageFault.GAVE_UP), [], {}, "failed"),
        (message(MessageState.FAILED, reason=MessageFault.OPTED_OUT), [], {}, "failed"),
        (message(MessageState.FAILED, reason=MessageFault.OPTED_OUT), [], {ANA: 2.0}, "stopped"),
        (message(MessageState.FAILED, reason=MessageFault.PAUSED), [], {}, "failed"),
        (message(MessageState.NOT_KNOWN), [], {}, "not_known"),
        (message(MessageState.SENT), [text(clock=3.0)], {ANA: 2.0}, "after_stop"),
    ],
)
def test_the_counts_would_see_it(
    row: Message, taken: list[Text], acknowledged: dict[str, float], counted: str
) -> None:
    assert getattr(count_outcomes([row], taken, acknowledged), counted) == 1


def test_the_counts_would_see_a_text_to_a_paused_number() -> None:
    held_back = message(MessageState.FAILED, reason=MessageFault.PAUSED)
    assert count_outcomes([held_back], [], {}, {ANA: 2.0}).stopped == 1
    late = count_outcomes([message(MessageState.SENT)], [text(clock=3.0)], {}, {ANA: 2.0})
    assert late.after_stop == 1


def test_the_counts_let_the_confirmation_through_and_counts_those_that_are_missing() -> None:
    confirmation = message(MessageState.SENT, STOP_WORDS)
    confirmation.kind = MessageKind.STOP_CONFIRMATION
    confirmed = count_outcomes([confirmation], [text(3.0, STOP_WORDS)], {ANA: 2.0})
    assert (confirmed.after_stop, confirmed.unconfirmed) == (0, 0)
    assert count_outcomes([confirmation], [], {ANA: 2.0}).unconfirmed == 1
