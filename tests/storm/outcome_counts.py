"""The outcome of a storm's texts: what the provider took, beside what the portal says of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf

from portal.enums import MessageFault, MessageKind, MessageState
from portal.models import Message
from tests.support.twilio_stand_in import Text

WENT = {MessageState.SENT, MessageState.DELIVERED, MessageState.UNDELIVERED}
"""The provider took it, whatever became of it there."""


@dataclass(frozen=True)
class OutcomeCounts:
    texts: int
    """The texts that were queued."""
    sent: int
    twice: int
    """Texts that the provider took more than once."""
    lost: int
    """Texts that did not go out without staff being told, or are called sent and are not."""
    after_stop: int
    """Texts, but for the confirmation, that were taken after their number's STOP was answered, or
    after it was paused."""
    stopped: int
    """Texts that failed because their number had opted out or was paused."""
    failed: int
    """Texts that failed for any other reason, and are shown with it."""
    not_known: int
    """Of which staff are told that it is not known whether they went."""
    stops: int
    pauses: int
    unconfirmed: int
    """STOPs that were not confirmed exactly once."""


def count_outcomes(
    messages: Iterable[Message],
    taken: Iterable[Text],
    acknowledged: Mapping[str, float],
    paused: Mapping[str, float] | None = None,
) -> OutcomeCounts:
    """`acknowledged`: by number, when its STOP was answered, by time.monotonic. `paused`: when its
    pause was on record."""
    noted = paused or {}
    rows = list(messages)
    texts = list(taken)
    asked = [row for row in rows if row.kind != MessageKind.STOP_CONFIRMATION]
    confirmations = {
        (row.number, row.body) for row in rows if row.kind == MessageKind.STOP_CONFIRMATION
    }
    times = Counter((text.to, text.body) for text in texts)
    confirmed = Counter(text.to for text in texts if (text.to, text.body) in confirmations)
    ends = Counter(_end(row, times, acknowledged, noted) for row in asked)
    return OutcomeCounts(
        texts=len(asked),
        sent=ends["sent"],
        twice=sum(count - 1 for count in times.values()),
        lost=ends["lost"],
        after_stop=sum(
            text.clock > min(acknowledged.get(text.to, inf), noted.get(text.to, inf))
            for text in texts
            if (text.to, text.body) not in confirmations
        ),
        stopped=ends["stopped"],
        failed=ends["failed"],
        not_known=ends["not_known"],
        stops=len(acknowledged),
        pauses=len(noted),
        unconfirmed=sum(confirmed[number] != 1 for number in acknowledged),
    )


def _end(
    row: Message,
    times: Mapping[tuple[str, str], int],
    acknowledged: Mapping[str, float],
    paused: Mapping[str, float],
) -> str:
    went = times.get((row.number or "", row.body), 0) > 0
    if row.state in WENT:
        return "sent" if went else "lost"
    if row.state == MessageState.NOT_KNOWN:
        return "not_known"
    if row.state == MessageState.FAILED and not went:
        opted_out = row.reason == MessageFault.OPTED_OUT and row.number in acknowledged
        held_back = row.reason == MessageFault.PAUSED and row.number in paused
        return "stopped" if opted_out or held_back else "failed"
    return "lost"
