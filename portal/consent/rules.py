"""The rules of consent, as a pure function. docs/consent.md has them in words,
tests/cases as tables.

Nothing here reads a database or a clock; the ledger gathers the facts and asks.
"""

from dataclasses import dataclass

from portal.enums import Answer, ConsentState, PhoneType, Refusal, Source

IN, OUT, UNASKED = ConsentState.OPTED_IN, ConsentState.OPTED_OUT, ConsentState.NOT_ASKED

PARENT_SOURCES = frozenset({Source.PARENT_FORM, Source.HANDSET})
"""Sources that are surely the parent: their yes is not undone by what happened before it."""

PAUSE_SOURCES = frozenset({Source.STAFF_PAUSE, Source.STAFF_RESUME, Source.REPLY_PAUSE})
"""Sources that begin or end a pause, and leave what the parent said as it is."""

_NO_ANSWER = PAUSE_SOURCES | {Source.NUMBER_LEFT}
_ENTRY = frozenset({Source.STAFF_ENTRY, Source.ROSTER_IMPORT})
_NEVER_SAID = frozenset(
    {(Source.HANDSET, Answer.NO), (Source.OPT_OUT_LIST, Answer.YES), (Source.CARRIER, Answer.YES)}
)
_RECORDED_ONCE = frozenset({Source.OPT_OUT_LIST, Source.CARRIER})


@dataclass(frozen=True, slots=True)
class Facts:
    """The state of a number, and the relation of the person who answers to it."""

    state: ConsentState = UNASKED
    decided_by: Source | None = None
    """The source of the current decision."""
    holder: bool = False
    """True if the answerer may lift the present opt-out. See `holdings.is_holder`."""
    older: bool = False
    """True if this answer was given before the present decision was."""
    corrects: bool = False
    """True if this corrects the number's first no, in the same session, within 15 minutes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    state: ConsentState
    event: bool
    code: Refusal | None = None
    decided_by: Source | None = None
    """The source of the decision from now on."""


def needs_answer(phone_type: PhoneType | str | None, texting_on: bool) -> bool:
    """True if a phone of this type must come with an answer. Form, page and ledger all ask here."""
    return texting_on and phone_type == PhoneType.CELL


def decide(facts: Facts, source: Source, answer: Answer | None) -> Outcome:
    """Decide the effect of a source's answer on a number. `answer` is None where the number leaves
    its last record, and for pauses.

    Raises ValueError for an answer that the source cannot give: a carrier never says yes.
    """
    if (answer is None) != (source in _NO_ANSWER) or (source, answer) in _NEVER_SAID:
        raise ValueError(f"{source} cannot say {answer}")
    if source in PAUSE_SOURCES:
        return Outcome(facts.state, event=True, decided_by=facts.decided_by)
    if source is Source.NUMBER_LEFT:
        return _left(facts)
    if answer is Answer.YES:
        return _yes(facts, source)
    return _no(facts, source)


def _left(facts: Facts) -> Outcome:
    """Numbers change hands: a yes lapses with the last record it stood on, a no never does."""
    if facts.state is IN:
        return Outcome(UNASKED, event=True, decided_by=Source.NUMBER_LEFT)
    return _unchanged(facts)


def _yes(facts: Facts, source: Source) -> Outcome:
    if source is Source.TEXT_REPLY:
        return _unchanged(facts, Refusal.START_IS_NOT_CONSENT)
    if source in _ENTRY:
        return _entry(facts, source)
    if facts.state is OUT and source is Source.HANDSET and facts.older:
        return _unchanged(facts, Refusal.OLDER_THAN_STOP)
    if facts.state is OUT and not _lifts(facts, source):
        if source is Source.PARENT_FORM:
            return _unchanged(facts, Refusal.HANDSET_MUST_CONFIRM)
        return _unchanged(facts, Refusal.OWNER_MUST_SIGN_IN)
    return Outcome(IN, event=True, decided_by=_standing(facts, source))


def _lifts(facts: Facts, source: Source) -> bool:
    if source is Source.PUBLIC_FORM:
        return facts.corrects
    return source is Source.HANDSET or (source is Source.PARENT_FORM and facts.holder)


def _standing(facts: Facts, source: Source) -> Source:
    """An unsigned or older yes is evidence beside a parent's own; it does not take its place."""
    own_yes = facts.state is IN and facts.decided_by in PARENT_SOURCES
    if own_yes and facts.decided_by and (facts.older or source not in PARENT_SOURCES):
        return facts.decided_by
    return source


def _entry(facts: Facts, source: Source) -> Outcome:
    if facts.state is UNASKED:
        return Outcome(IN, event=True, decided_by=source)
    return _unchanged(facts, Refusal.ONLY_THE_PARENT if facts.state is OUT else None)


def _no(facts: Facts, source: Source) -> Outcome:
    if source in _ENTRY:
        return _unchanged(facts, Refusal.STAFF_CANNOT_OPT_OUT)
    if facts.state is IN and facts.decided_by in PARENT_SOURCES:
        if source is Source.CARRIER:
            return _unchanged(facts, Refusal.BLOCKED_BY_CARRIER)
        if facts.older:
            return Outcome(IN, event=True, code=Refusal.OLDER_THAN_YES, decided_by=facts.decided_by)
    if facts.state is OUT and source in _RECORDED_ONCE:
        return _unchanged(facts)
    stays = facts.decided_by if facts.state is OUT and facts.older else None
    return Outcome(OUT, event=True, decided_by=stays or source)


def _unchanged(facts: Facts, code: Refusal | None = None) -> Outcome:
    return Outcome(facts.state, event=False, code=code, decided_by=facts.decided_by)
