"""The log of texts: sent, failed and received, newest first, a page at a time by id.

Every filter is served by an index: a contact by message_contact and holding, a number by its own,
a state by (school, state, id), unread ones by a partial one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from portal.enums import ConsentState, InboundKind, MessageState
from portal.extensions import db
from portal.models import (
    Batch,
    ConsentEvent,
    ConsentStatus,
    Contact,
    Holding,
    InboundText,
    Message,
    MessageContact,
    Phone,
)
from portal.models.contact import TAILS, tail
from portal.phone import show_number
from portal.queries.batches import contacts_of
from portal.queries.schools import SchoolRow

PAGE = 50
MOST_NUMBERS = 100
SHOWS = ("all", "sent", "failed", "received", "unread", "no_record")
_FAILED = (MessageState.FAILED, MessageState.UNDELIVERED, MessageState.NOT_KNOWN)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the log is asked for."""

    show: str = "all"
    contact_ids: tuple[int, ...] | None = None
    numbers: tuple[str, ...] | None = None
    """E.164; None: any."""
    reason: str | None = None
    batch_id: int | None = None
    before: int | None = None
    """The id that the page comes before."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text, in or out."""

    id: int
    inbound: bool
    at: datetime
    recorded_at: datetime
    number: str | None
    shown: str
    body: str
    kind: str
    contacts: list[tuple[int, str]] = field(default_factory=list)
    """Ids and names of whom it was for; of who has the number now, where it came in."""
    circle: ConsentState | None = None
    """The number's state as it is now."""
    state: str = ""
    reason: str | None = None
    error_code: int | None = None
    segments: int = 0
    who: str | None = None
    batch_id: int | None = None
    relied_on: tuple[str, datetime] | None = None
    """Source and moment of the consent event that it relied on."""
    via: str = ""
    code: str | None = None
    unread: bool = False
    media: int = 0


@dataclass(frozen=True, slots=True)
class TextPage:
    rows: list[TextRow]
    more: bool


def texts(school: SchoolRow, wanted: Wanted, limit: int = PAGE) -> TextPage:
    """A page of the log. Seven queries at most, however long it is."""
    out = [] if wanted.show in {"received", "unread", "no_record"} else _out(school, wanted, limit)
    came = [] if _only_out(wanted) else _came(school, wanted, limit)
    rows = sorted([*out, *came], key=lambda row: row.id, reverse=True)
    return TextPage(_with_circles(school, rows[:limit]), more=len(rows) > limit)


def newest_texts(school: SchoolRow, contact_ids: list[int], limit: int) -> list[TextRow]:
    """The newest texts of some contacts, in and out, while the numbers stood on their records."""
    return texts(school, Wanted(contact_ids=tuple(contact_ids)), limit).rows


def unread_count(school_id: int) -> int:
    unread = select(func.count()).where(
        InboundText.school_id == school_id, InboundText.read_at.is_(None)
    )
    return db.session.scalar(unread) or 0


def failed_since(school_id: int, since: int) -> int:
    """How many texts failed of those made since the moment of an id; stopped ones don't count."""
    failed = select(func.count()).where(
        Message.school_id == school_id,
        Message.state.in_(_FAILED),
        Message.id > since,
        or_(Message.reason.is_(None), Message.reason != "cancelled"),
    )
    return db.session.scalar(failed) or 0


def numbers_like(school_id: int, digits: str) -> list[str]:
    """Numbers on record that these digits are any part of."""
    parts = [
        select(Phone.number).where(
            Phone.school_id == school_id,
            tail(Phone.number, n) >= digits,
            tail(Phone.number, n) < digits + "\U0010ffff",
        )
        for n in TAILS
        if n >= len(digits)
    ]
    if len(digits) < TAILS[0] or not parts:
        return []
    found = parts[0].union(*parts[1:]).limit(MOST_NUMBERS)
    return sorted(db.session.scalars(found))


def _only_out(wanted: Wanted) -> bool:
    return wanted.show in {"sent", "failed"} or bool(wanted.reason) or wanted.batch_id is not None


def _out(school: SchoolRow, wanted: Wanted, limit: int) -> list[TextRow]:
    rows = db.session.execute(
        select(Message, Batch.actor_name, ConsentEvent.source, ConsentEvent.happened_at)
        .outerjoin(Batch, (Batch.school_id == Message.school_id) & (Batch.id == Message.batch_id))
        .outerjoin(
            ConsentEvent,
            (ConsentEvent.school_id == Message.school_id)
            & (ConsentEvent.number == Message.number)
            & (ConsentEvent.seq == Message.event_seq),
        )
        .where(Message.school_id == school.id, *_of_message(school, wanted))
        .order_by(Message.id.desc())
        .limit(limit + 1)
    ).all()
    names = contacts_of(school.id, [row[0].id for row in rows])
    return [
        TextRow(
            id=message.id,
            inbound=False,
            at=message.sent_at or message.settled_at or message.made_at,
            recorded_at=message.made_at,
            number=message.number,
            shown=show_number(message.number, school.country) if message.number else "",
            body=message.body,
            kind=message.kind,
            contacts=names.get(message.id, []),
            state=message.state,
            reason=message.reason,
            error_code=message.error_code,
            segments=message.segments,
            who=who,
            batch_id=message.batch_id,
            relied_on=(source, happened_at) if source else None,
        )
        for message, who, source, happened_at in rows
    ]


def _of_message(school: SchoolRow, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.before is not None:
        found.append(Message.id < wanted.before)
    if wanted.show == "failed":
        found.append(Message.state.in_(_FAILED))
    if wanted.show == "sent":
        found.append(Message.state.in_([MessageState.SENT, MessageState.DELIVERED]))
    if wanted.reason:
        found += [Message.state == MessageState.FAILED, Message.reason == wanted.reason]
    if wanted.batch_id is not None:
        found.append(Message.batch_id == wanted.batch_id)
    if wanted.numbers is not None:
        found.append(Message.number.in_(wanted.numbers))
    if wanted.contact_ids is not None:
        mine = select(MessageContact.message_id).where(
            MessageContact.school_id == school.id,
            MessageContact.contact_id.in_(wanted.contact_ids),
        )
        found.append(Message.id.in_(mine))
    return found


def _came(school: SchoolRow, wanted: Wanted, limit: int) -> list[TextRow]:
    rows = db.session.scalars(
        select(InboundText)
        .where(InboundText.school_id == school.id, *_of_inbound(school, wanted))
        .order_by(InboundText.id.desc())
        .limit(limit + 1)
    ).all()
    names = _holders(school.id, {row.number for row in rows})
    return [
        TextRow(
            id=row.id,
            inbound=True,
            at=row.happened_at,
            recorded_at=row.recorded_at,
            number=row.number,
            shown=show_number(row.number, school.country)
            if row.number.startswith("+")
            else row.number,
            body=row.body,
            kind=row.kind,
            contacts=names.get(row.number, []),
            via=row.via,
            code=row.code,
            unread=row.read_at is None,
            media=row.media,
        )
        for row in rows
    ]


def _of_inbound(school: SchoolRow, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.before is not None:
        found.append(InboundText.id < wanted.before)
    if wanted.show == "unread":
        found.append(InboundText.read_at.is_(None))
    if wanted.show == "no_record":
        on_record = select(Phone.number).where(
            Phone.school_id == school.id, Phone.number == InboundText.number
        )
        found += [InboundText.kind == InboundKind.STOP, ~on_record.exists()]
    if wanted.numbers is not None:
        found.append(InboundText.number.in_(wanted.numbers))
    if wanted.contact_ids is not None:
        while_held = select(Holding.id).where(
            Holding.school_id == school.id,
            Holding.contact_id.in_(wanted.contact_ids),
            Holding.number == InboundText.number,
            Holding.since <= InboundText.recorded_at,
            or_(Holding.until.is_(None), Holding.until >= InboundText.recorded_at),
        )
        held = select(Holding.number).where(
            Holding.school_id == school.id, Holding.contact_id.in_(wanted.contact_ids)
        )
        found += [InboundText.number.in_(held), while_held.exists()]
    return found


def _holders(school_id: int, numbers: set[str]) -> dict[str, list[tuple[int, str]]]:
    """Who has these numbers on their record now."""
    if not numbers:
        return {}
    rows = db.session.execute(
        select(Phone.number, Contact.id, Contact.first_name + " " + Contact.last_name)
        .join(Contact, (Contact.school_id == Phone.school_id) & (Contact.id == Phone.contact_id))
        .where(Phone.school_id == school_id, Phone.number.in_(numbers))
        .distinct()
        .order_by(Contact.id)
    )
    found: dict[str, list[tuple[int, str]]] = {}
    for number, contact_id, name in rows:
        found.setdefault(number, []).append((contact_id, name))
    return found


def _with_circles(school: SchoolRow, rows: Sequence[TextRow]) -> list[TextRow]:
    """Each with its number's state as it is now; none where the school does not text."""
    numbers = {row.number for row in rows if row.number}
    if not numbers:
        return list(rows)
    statuses = db.session.execute(
        select(ConsentStatus.number, ConsentStatus.state).where(
            ConsentStatus.school_id == school.id, ConsentStatus.number.in_(numbers)
        )
    )
    states = {row.number: row.state for row in statuses}
    return [
        replace(row, circle=ConsentState(states.get(row.number) or ConsentState.NOT_ASKED))
        if row.number and row.number.startswith("+") and school.texting_on
        else row
        for row in rows
    ]
