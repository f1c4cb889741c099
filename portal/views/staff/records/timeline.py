"""A record's history as the page shows it: the results of one submission are together."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from portal.normalize import full_name
from portal.phone import show_number
from portal.queries.records.history import EntryKind, HistoryEntry
from portal.queries.records.record import Record
from portal.queries.records.submissions import SubmissionOnRecord
from portal.views.staff.records.labels import change_words, event_words


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """`about` is whose number or record, where the line alone does not say."""

    text: str
    about: str | None = None
    number: str | None = None
    recorded_at: datetime | None = None
    """Time of the recording, if that is not when it happened."""


@dataclass(slots=True)
class TimelineMoment:
    at: datetime
    who: str | None
    submission_id: int | None
    lines: list[TimelineLine] = field(default_factory=list)


def timeline(
    entries: Iterable[HistoryEntry], country: str, alone: bool = False
) -> list[TimelineMoment]:
    """Newest first, as the entries are. `alone`: all are about one contact, who goes unnamed."""
    moments = []
    for _, together in groupby(entries, key=_together):
        found = list(together)
        who = next((entry.who for entry in found if entry.who), None)
        moment = TimelineMoment(found[-1].at, who, found[-1].submission_id)
        for entry in reversed(found):
            moment.lines += _lines(entry, country, None if alone else entry.contact)
        moments.append(moment)
    return moments


def _together(entry: HistoryEntry) -> tuple[object, ...]:
    """Group by one form, or by one person within a minute: that is one moment."""
    minute = entry.at.replace(second=0, microsecond=0)
    if entry.submission_id is not None:
        return minute, entry.submission_id
    return (minute, entry.who) if entry.who else (entry.at, entry.number)


def _lines(entry: HistoryEntry, country: str, about: str | None) -> list[TimelineLine]:
    if entry.kind is EntryKind.SUBMISSION:
        return [TimelineLine("sent the contact form", about=sender(entry.content))]
    if entry.kind is EntryKind.EDIT:
        return [TimelineLine(change_words(change), about=about) for change in entry.content]
    number = show_number(entry.number, country) if entry.number else None
    late = abs((entry.recorded_at - entry.at).total_seconds()) > 60
    return [TimelineLine(event_words(entry), about, number, entry.recorded_at if late else None)]


def sender(answers: object) -> str:
    """The name that the one who filled a form in gave."""
    if not isinstance(answers, dict):
        return ""
    first = answers.get("parents", {}).get("1", {})
    return full_name(first.get("first_name", ""), first.get("last_name", ""))


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """A submission on a record, with what it says in words."""

    id: int
    revision: int
    received_at: datetime
    sender: str
    children: list[dict[str, str]]
    parents: list[dict[str, object]]


def said(submission: SubmissionOnRecord) -> AnswerGiven:
    answers = submission.answers
    return AnswerGiven(
        id=submission.id,
        revision=submission.revision,
        received_at=submission.received_at,
        sender=sender(answers),
        children=list(answers.get("children", {}).values()),
        parents=list(answers.get("parents", {}).values()),
    )


def kind_of(record: Record) -> str:
    """Return a contact's kind, in a word."""
    if record.contact.is_student:
        return "Student"
    return "Parent" if record.contact.is_parent else "Contact"
