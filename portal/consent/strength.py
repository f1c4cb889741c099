"""The strength of consent: how a number's opt-in came about, as a pure function of its events.

A number that is not opted in has none. While it is opted in, an answer may make it stronger, and
nothing makes it weaker. docs/consent.md has the table.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from portal.enums import Answer, ConsentState, ConsentStrength, Source

UNANSWERED = frozenset({ConsentStrength.STAFF_TYPED, ConsentStrength.ROSTER})
"""No parent has answered yet."""
_ORDER = tuple(ConsentStrength)
_OF_SOURCE = {
    Source.HANDSET: ConsentStrength.CONFIRMED,
    Source.PARENT_FORM: ConsentStrength.CONFIRMED,
    Source.PUBLIC_FORM: ConsentStrength.FORM,
    Source.STAFF_ENTRY: ConsentStrength.STAFF_TYPED,
    Source.ROSTER_IMPORT: ConsentStrength.ROSTER,
}


class Event(Protocol):
    """The parts of an event that matter here."""

    @property
    def source(self) -> str: ...
    @property
    def answer(self) -> str | None: ...
    @property
    def state(self) -> str:
        """The number's state after it."""

    @property
    def code(self) -> str | None: ...
    @property
    def actor(self) -> str: ...


def replay(events: Iterable[Event]) -> ConsentStrength | None:
    """Return the strength after these events, all of the number's, in their order."""
    strength: ConsentStrength | None = None
    noes: list[Event] = []
    for event in events:
        strength = after(strength, event, noes)
        if event.state != ConsentState.OPTED_OUT:
            noes = []
        elif event.answer == Answer.NO:
            noes.append(event)
    return strength


def after(
    before: ConsentStrength | None, event: Event, lifted: Sequence[Event]
) -> ConsentStrength | None:
    """Return the strength after one more event. `before` is None unless the number was opted in.
    `lifted`: the "no" answers of the opt-out that lasted until then, if there was one."""
    if event.state != ConsentState.OPTED_IN:
        return None
    if event.answer != Answer.YES or event.code is not None:
        return before
    return min({before, _of(event, lifted)} - {None}, key=_ORDER.index, default=None)


def _of(event: Event, lifted: Sequence[Event]) -> ConsentStrength | None:
    if event.source == Source.PARENT_FORM and _only_takes_back(event, lifted):
        return ConsentStrength.FORM
    return _OF_SOURCE.get(Source(event.source))


def _only_takes_back(event: Event, lifted: Sequence[Event]) -> bool:
    """True if a signed-in parent takes back their own "no", and all of the opt-out was theirs. They
    may, but it proves nothing: the number was not proven to be theirs when they said no."""
    return (
        bool(lifted)
        and lifted[0].source == Source.PUBLIC_FORM
        and all(no.actor == event.actor for no in lifted)
    )
