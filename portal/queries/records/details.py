"""History, changes to review, forms, and texts of a record, in one query."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, Row

from portal.enums import ProposalKind
from portal.extensions import fetch
from portal.queries.records.history import HistoryEntry, history_entry, newest_entries
from portal.queries.records.proposals import WAITING, ProposalRow, newer_values, proposal_row
from portal.queries.records.record import Record, RecordPerson
from portal.queries.records.submissions import ABOUT_CONTACT, SubmissionOnRecord, on_record
from portal.queries.schools import SchoolRow
from portal.queries.stacked import IDS, SCHOOL, stacked
from portal.queries.texting.log import TextRow, came_texts, out_texts, received_text, sent_text
from portal.queries.texting.log_filter import LogFilter

MOST_MOMENTS = 8
MOST_TEXTS = 5


@dataclass(frozen=True, slots=True)
class RecordDetails:
    history: list[HistoryEntry]
    """The newest entries, newest first; so are the lists below, but for the proposals."""
    proposals: list[ProposalRow]
    """The oldest first."""
    submissions: list[SubmissionOnRecord]
    """The forms about the contact alone."""
    texts: list[TextRow]
    """To and from its numbers while they were on its record; without the names beside them."""


def details_of(school: SchoolRow, record: Record) -> RecordDetails:
    """The details of a contact and its parents. A school that does not text has no consent and no
    texts in it."""
    ids = record.ids
    bound = {
        "school_id": school.id,
        "contact_id": record.contact.id,
        "ids": ids,
        "subjects": [str(i) for i in ids],
    }
    found: dict[str, list[Row[Any]]] = {}
    for row in fetch(_details(school.texting_on), bound):
        found.setdefault(row.part, []).append(row)
    texts = [sent_text(school, row) for row in found.get("out", ())]
    texts += [received_text(school, row) for row in found.get("came", ())]
    return RecordDetails(
        history=[history_entry(row) for row in _newest(found.get("history", ()), "at", "ref")],
        proposals=_as_of_now(
            school.id,
            record,
            [proposal_row(row) for row in reversed(_newest(found.get("proposal", ()), "id"))],
        ),
        submissions=[
            on_record(row) for row in _newest(found.get("submission", ()), "received_at", "id")
        ],
        texts=sorted(texts, key=lambda text: text.id, reverse=True)[:MOST_TEXTS],
    )


@cache
def _details(texting_on: bool) -> CompoundSelect[Any]:
    parts = {
        "history": newest_entries(events=texting_on).limit(MOST_MOMENTS),
        "proposal": WAITING,
        "submission": ABOUT_CONTACT,
    }
    if texting_on:
        theirs = LogFilter(contact_ids=IDS)
        parts["out"] = out_texts(SCHOOL, theirs, MOST_TEXTS)
        parts["came"] = came_texts(SCHOOL, theirs, MOST_TEXTS)
    return stacked(parts)


def _newest(rows: Iterable[Row[Any]], *keys: str) -> list[Row[Any]]:
    """In the order that the database chose the rows by."""
    return sorted(rows, key=lambda row: [getattr(row, key) for key in keys], reverse=True)


def _as_of_now(school_id: int, record: Record, proposals: list[ProposalRow]) -> list[ProposalRow]:
    """Return the proposals with the values on file now, and the times of those that are newer."""
    newer = newer_values(school_id, proposals)
    people = {person.id: person for person in (record.contact, *record.parents)}
    return [
        replace(p, old=_on_file(people, record, p), newer_at=newer.get(p.id)) for p in proposals
    ]


def _on_file(
    people: dict[int, RecordPerson], record: Record, proposal: ProposalRow
) -> dict[str, Any] | None:
    person = people.get(proposal.contact_id)
    if person is not None and proposal.kind is ProposalKind.FIELD:
        return {"value": getattr(person, proposal.subject)}
    if person is not None and proposal.kind is ProposalKind.PHONE:
        phones = (p for p in person.phones if p.slot == proposal.subject)
        return next(
            ({"type": p.type, "number": p.number, "extension": p.extension} for p in phones), None
        )
    if proposal.kind is ProposalKind.LINK and proposal.contact_id == record.contact.id:
        parents = (p for p in record.parents if str(p.id) == proposal.subject)
        return next(({"relationship": p.relationship} for p in parents), None)
    return proposal.old
