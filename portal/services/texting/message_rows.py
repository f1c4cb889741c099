"""Rows of `message`, as the queue takes them: written in bulk, each with whom it is for."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from portal import clock
from portal.enums import MessageKind, MessageState
from portal.extensions import db, in_chunks, insert_new, insert_rows
from portal.models import Contact, Message, MessageContact, Phone, same_school
from portal.models.columns import new_id
from portal.queries.schools import SchoolRow
from portal.services.texting import segments
from portal.services.texting.link_texts import at_full_length
from portal.services.texting.standard_messages import body_of

RANKS = {
    MessageKind.STOP_CONFIRMATION: 0,
    MessageKind.PAUSE_NOTICE: 0,
    MessageKind.HELP: 0,
    MessageKind.WELCOME: 1,
    MessageKind.BATCH: 2,
}
EMERGENCY_RANK = 0
"""The rank of an emergency: it goes out at any hour and waits for no welcome."""


def own(
    school: SchoolRow,
    kind: MessageKind,
    number: str,
    language: str,
    opted_out: bool = False,
    for_all: bool = False,
    typed: bool = False,
) -> dict[str, Any]:
    """A text of the portal's own. `opted_out`, `for_all`, and `typed` are those of `body_of`."""
    body = body_of(kind, school, language, opted_out, for_all, typed)
    row = values(school, kind, number, body, language)
    return row | {"segments": segments.count(at_full_length(school, body)).segments}


def values(
    school: SchoolRow, kind: MessageKind, number: str | None, body: str, language: str
) -> dict[str, Any]:
    """A row of `message`; every one has the same keys, so many go in at once."""
    now: datetime = clock.now()
    return {
        "school_id": school.id,
        "id": new_id(),
        "batch_id": None,
        "kind": kind,
        "rank": RANKS[kind],
        "number": number,
        "texting_number": school.texting_number,
        "body": body,
        "language": language,
        "segments": segments.count(body).segments,
        "state": MessageState.QUEUED,
        "reason": None,
        "reply_to": None,
        "made_at": now,
        "due_at": now,
        "settled_at": None,
    }


def contact_row(message: dict[str, Any], contact_id: int) -> dict[str, Any]:
    return {
        "school_id": message["school_id"],
        "message_id": message["id"],
        "contact_id": contact_id,
    }


def insert_once(rows: list[dict[str, Any]]) -> list[int]:
    """Insert those that no other transaction has inserted meanwhile; the ids of these."""
    if not rows:
        return []
    ids = insert_new(Message, "id", *rows)
    holders = holders_of(rows[0]["school_id"], [row["number"] for row in rows])
    contacts = [
        contact_row(row, holder)
        for row in rows
        if row["id"] in set(ids)
        for holder in holders.get(row["number"], [])
    ]
    insert_rows(MessageContact, *contacts)
    return ids


def holders_of(school_id: int, numbers: list[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for some in in_chunks(numbers):
        rows = db.session.execute(_HOLDERS, {"school": school_id, "numbers": some})
        for number, contact_id in rows:
            found.setdefault(number, []).append(contact_id)
    return found


_OF_NUMBERS = (
    Phone.school_id == bindparam("school"),
    Phone.number.in_(bindparam("numbers", expanding=True)),
)
_HOLDERS = (
    select(Phone.number, Phone.contact_id).where(*_OF_NUMBERS).distinct().order_by(Phone.contact_id)
)
_LANGUAGES = (
    select(Phone.number, func.min(Contact.language))
    .join(Contact, same_school(Contact, Phone, Contact.id == Phone.contact_id))
    .where(*_OF_NUMBERS, Contact.language.in_(bindparam("languages", expanding=True)))
    .group_by(Phone.number)
)


def language_of(school: SchoolRow, number: str) -> str:
    return languages_of(school, [number])[number]


def languages_of(school: SchoolRow, numbers: list[str]) -> dict[str, str]:
    """Return the language of each number's owner, if known, or the school's first language."""
    known: dict[str, str] = {}
    for some in in_chunks(numbers):
        named = {"school": school.id, "numbers": some, "languages": school.languages}
        rows = db.session.execute(_LANGUAGES, named)
        known |= {row[0]: row[1] for row in rows if row[1]}
    return {number: known.get(number, school.languages[0]) for number in numbers}
