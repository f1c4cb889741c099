"""How staff are told where a consent came from, and what happened on a record."""

from datetime import datetime
from typing import Any

from flask import g

from portal import clock
from portal.consent.ledger import Result
from portal.enums import Answer, ConsentState, ProofKind, Refusal, Source
from portal.forms.contact import GRADE_WORDS
from portal.phone import show_number
from portal.queries.records.history import HistoryEntry
from portal.queries.records.phones import PhoneRow
from portal.views.staff import bp

Message = tuple[str, str]
"""The kind of a notice (info, good, warn, bad), and its words."""

SOURCE_WORDS = {
    Source.PARENT_FORM: "on a form, signed in",
    Source.HANDSET: "texted from the phone itself",
    Source.PUBLIC_FORM: "on the contact form",
    Source.STAFF_ENTRY: "typed by staff",
    Source.ROSTER_IMPORT: "on a roster",
    Source.OPT_OUT_LIST: "on an opt-out list brought over",
    Source.TEXT_REPLY: "replied STOP",
    Source.CARRIER: "refused by the carrier",
    Source.NUMBER_LEFT: "taken off the last record it stood on",
}

STATE_WORDS = {
    ConsentState.OPTED_IN: "Opted in",
    ConsentState.OPTED_OUT: "Opted out",
    ConsentState.NOT_ASKED: "Not asked",
}

ONLY_THE_PARENT = "Only the parent can opt back in, on the form."


@bp.app_template_global()
def how(source: Source | str | None, at: datetime | None) -> str:
    """`replied STOP, 12 Oct 2026`: what stands beside a circle; nothing if nobody ever said."""
    if source is None:
        return ""
    words = SOURCE_WORDS[Source(source)]
    return f"{words}, {clock.say_date(at, g.school.timezone)}" if at else words


PROOF_WORDS = {
    ProofKind.HANDSET: "Confirmed by a text from the phone",
    ProofKind.STAFF_TYPED: "Typed by staff",
    ProofKind.STAFF_TOLD: "The parent told us this number",
}


@bp.app_template_global()
def proof_words(phone: PhoneRow) -> str:
    """`Typed by staff, 3 Sep 2026`: how a number was shown to be the person's, if it was."""
    if phone.proven_by is None:
        return ""
    words = PROOF_WORDS[phone.proven_by]
    if phone.proven_at is None:
        return words
    return f"{words}, {clock.say_date(phone.proven_at, g.school.timezone)}"


def saved_words(number: str, result: Result, phone: PhoneRow | None) -> Message:
    """What saving a Cell that staff typed meant. `phone` is the number as it stands now."""
    shown = show_number(number, g.school.country)
    since = how(phone.decided_by, phone.since) if phone else ""
    if result.code is Refusal.ONLY_THE_PARENT:
        return "warn", f"{shown} stays opted out: {since}. {ONLY_THE_PARENT}"
    if result.changed:
        return "good", f"{shown} is opted in. You typed it as a Cell."
    return "info", f"{shown} was opted in already: {since}."


def event_words(entry: HistoryEntry) -> str:
    """`Opted out: replied STOP`."""
    if entry.source is None or entry.state is None:
        return ""
    source = SOURCE_WORDS[entry.source]
    if entry.code is Refusal.OLDER_THAN_YES:
        return f"Stays opted in: a no from before the parent's own yes came in late ({source})"
    if entry.answer is Answer.YES and entry.state is ConsentState.OPTED_IN:
        return f"Opted in: {source}"
    return f"{STATE_WORDS[entry.state]}: {source}"


def change_words(change: dict[str, Any]) -> str:
    """One change of an edit: `Email changed from a to b`."""
    what, old, new = (change.get(key) for key in ("what", "old", "new"))
    old, new = _value(what, old), _value(what, new)
    if old and new:
        return f"{what} changed from {old} to {new}"
    if new:
        return f"{what}: {new}"
    return f"{what}: {old} taken out"


def _value(what: Any, value: Any) -> str:
    if what == "Grade" and value:
        return grade_words(value)
    return str(value) if value else ""


@bp.app_template_global()
def grade_words(grade: str | None) -> str:
    """`Grade 3`, `Kindergarten`, or nothing."""
    return next((words for key, words in GRADE_WORDS.items() if key == grade), "")
