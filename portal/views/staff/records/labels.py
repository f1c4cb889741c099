"""Words for staff: the source of a consent, and the history of a record."""

from datetime import datetime
from typing import Any

from flask import g

from portal import clock
from portal.consent.ledger import Result
from portal.consent.strength import UNANSWERED
from portal.enums import Answer, ConsentState, Refusal, Source
from portal.labels import (
    EMAIL_FAULT_WORDS,
    GRADE_WORDS,
    ONLY_THE_PARENT,
    PAUSE_WORDS,
    PROOF_WORDS,
    SOURCE_WORDS,
    STATE_WORDS,
    STRENGTH_WORDS,
    english,
    refusal_label,
)
from portal.phone import show_number
from portal.queries.records.history import HistoryEntry
from portal.queries.records.phones import PhoneRow
from portal.queries.records.record import RefusedEmail
from portal.views.staff import bp

_GRADES = english(GRADE_WORDS)
Message = tuple[str, str]
"""The kind of a notice (info, good, warn, bad), and its words."""


@bp.app_template_global()
def how(source: Source | str | None, at: datetime | None) -> str:
    """`replied STOP, Oct 12, 2026`, to go next to a circle. Empty if we have no answer."""
    if source is None:
        return ""
    words = SOURCE_WORDS[Source(source)]
    return f"{words}, {clock.say_date(at, g.school.timezone)}" if at else words


@bp.app_template_global()
def consent_words(phone: PhoneRow) -> str:
    """`how`, for a phone of a record. It says so if the parent has not answered yet."""
    if phone.strength not in UNANSWERED or phone.since is None:
        return how(phone.decided_by, phone.since)
    day = clock.say_date(phone.since, g.school.timezone)
    return f"{STRENGTH_WORDS[phone.strength]} ({day})"


@bp.app_template_global()
def proof_words(phone: PhoneRow) -> str:
    """`Typed by staff, Sep 3, 2026`: how a number was shown to be the person's, if it was."""
    if phone.proven_by is None:
        return ""
    words = PROOF_WORDS[phone.proven_by]
    if phone.proven_at is None:
        return words
    return f"{words}, {clock.say_date(phone.proven_at, g.school.timezone)}"


@bp.app_template_global()
def refused_words(refused: RefusedEmail) -> str:
    """`Email refused, Nov 29: no such mailbox`."""
    day = clock.say_day(refused.at, g.school.timezone)
    return f"{refusal_label(refused.fault)}, {day}: {EMAIL_FAULT_WORDS[refused.fault]}"


def saved_words(number: str, result: Result, phone: PhoneRow | None) -> Message:
    """Say if a cell phone number that staff saved is opted in. `phone` is the number now."""
    shown = show_number(number, g.school.country)
    words = how(phone.decided_by, phone.since) if phone else ""
    since = f" ({words})" if words else ""
    if result.code is Refusal.ONLY_THE_PARENT:
        return "warn", f"{shown} is still opted out{since}. {ONLY_THE_PARENT}"
    if result.changed:
        return "good", f"{shown} is now opted in to texts because you saved it as a cell phone."
    return "info", f"{shown} was already opted in{since}."


def event_words(entry: HistoryEntry) -> str:
    """`Opted out (replied STOP)`."""
    if entry.source is None or entry.state is None:
        return ""
    source = SOURCE_WORDS[entry.source]
    if entry.code is Refusal.OLDER_THAN_YES:
        return (
            f"Still opted in: an earlier opt-out arrived after the parent said yes again ({source})"
        )
    if entry.pause is not None:
        reason = PAUSE_WORDS[entry.pause]
        return "Pause ended" if entry.source is Source.STAFF_RESUME else f"{reason} ({source})"
    if entry.answer is Answer.YES and entry.state is ConsentState.OPTED_IN:
        return f"Opted in ({source})"
    return f"{STATE_WORDS[entry.state]} ({source})"


def change_words(change: dict[str, Any]) -> str:
    """One change of an edit: `Email changed from a to b`."""
    what, old, new = (change.get(key) for key in ("what", "old", "new"))
    old, new = _value(what, old), _value(what, new)
    if old and new:
        return f"{what} changed from {old} to {new}"
    if new:
        return f"{what}: {new}"
    return f"{what} removed: {old}"


def _value(what: Any, value: Any) -> str:
    if what == "Grade" and value:
        return grade_words(value)
    return str(value) if value else ""


@bp.app_template_global()
def grade_words(grade: str | None) -> str:
    """`Grade 3`, `Kindergarten`, or nothing."""
    return _GRADES[grade] if grade else ""
