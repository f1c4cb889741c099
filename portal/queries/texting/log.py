"""The log of texts: sent, failed and received, newest first, a page at a time by id."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, or_, select

from portal.consent.reactions import Reaction, reaction_in
from portal.enums import (
    Answer,
    ConsentState,
    InboundKind,
    MessageKind,
    MessageState,
    PauseReason,
    Source,
)
from portal.extensions import db
from portal.models import Batch, ConsentEvent, ConsentStatus, InboundMessage, Message, same_school
from portal.phone import is_e164, show_number
from portal.queries.records.names import ContactName, children_of, people_with
from portal.queries.schools import SchoolRow
from portal.queries.texting.batches import contacts_of
from portal.queries.texting.log_filter import LogFilter, SchoolId, came_ids, out_ids
from portal.queries.texting.replies import TextBefore, texts_before

PAGE = 50
_NEED_A_YES = {MessageKind.BATCH, MessageKind.WELCOME}
"""Texts that rely on one; the others answer a text."""
_MAY_REACT = {InboundKind.REPLY, InboundKind.NEAR_MISS}


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text, in or out."""

    id: int
    inbound: bool
    at: datetime
    """Time when it was sent, failed, or came in."""
    recorded_at: datetime
    number: str | None
    shown: str
    body: str
    kind: str
    contacts: list[ContactName] = field(default_factory=list)
    """Ids and names of whom it was for; of who has the number now, where it came in."""
    children: list[str] = field(default_factory=list)
    """The names of their children, where it came in."""
    circle: ConsentState | None = None
    """The number's state as it is now."""
    paused: PauseReason | None = None
    """The reason why the school itself does not text it now."""
    state: str = ""
    reason: str | None = None
    error_code: int | None = None
    segments: int = 0
    who: str | None = None
    batch_id: int | None = None
    event_seq: int | None = None
    relied_on: tuple[str, datetime] | None = None
    """Source and moment of the yes that it relied on; None if it failed."""
    via: str = ""
    code: str | None = None
    unread: bool = False
    read_by: str | None = None
    media: int = 0
    reaction: Reaction | None = None
    before: TextBefore | None = None
    """The text that it may answer, where that was asked for."""

    @property
    def digits(self) -> str:
        """The number in the address of its conversation. Empty if it is no phone number."""
        return (self.number or "")[1:] if is_e164(self.number or "") else ""


@dataclass(frozen=True, slots=True)
class TextPage:
    rows: list[TextRow]
    more: bool


def texts(
    school: SchoolRow, log_filter: LogFilter, limit: int = PAGE, before: bool = False
) -> TextPage:
    """A page of the log. Six queries at most, however long it is; one more with `before`, for the
    text before each that came in."""
    rows: list[TextRow] = []
    if log_filter.out:
        found = db.session.execute(out_texts(school.id, log_filter, limit + 1))
        rows += [sent_text(school, row) for row in found]
    if log_filter.came:
        found = db.session.execute(came_texts(school.id, log_filter, limit + 1))
        rows += [received_text(school, row) for row in found]
    rows.sort(key=lambda row: row.id, reverse=True)
    found_rows = _with_details(school, rows[:limit])
    if before:
        earlier = texts_before(school.id, [row.id for row in found_rows if row.inbound])
        found_rows = [replace(row, before=earlier.get(row.id)) for row in found_rows]
    return TextPage(found_rows, more=len(rows) > limit)


def out_texts(school_id: SchoolId, log_filter: LogFilter, limit: int) -> Select[*tuple[Any, ...]]:
    """The newest texts out; see sent_text."""
    return (
        select(
            Message.id,
            Message.made_at,
            Message.sent_at,
            Message.settled_at,
            Message.number,
            Message.body,
            Message.kind,
            Message.state,
            Message.reason,
            Message.error_code,
            Message.segments,
            Message.batch_id,
            Message.event_seq,
            Batch.actor_name,
            ConsentStatus.state.label("number_state"),
            ConsentStatus.paused,
        )
        .outerjoin(Batch, same_school(Batch, Message, Batch.id == Message.batch_id))
        .outerjoin(
            ConsentStatus,
            same_school(ConsentStatus, Message, ConsentStatus.number == Message.number),
        )
        .where(
            Message.school_id == school_id, Message.id.in_(out_ids(school_id, log_filter, limit))
        )
        .order_by(Message.id.desc())
        .limit(limit)
    )


def sent_text(school: SchoolRow, row: Row[Any]) -> TextRow:
    return TextRow(
        id=row.id,
        inbound=False,
        at=row.sent_at or row.settled_at or row.made_at,
        recorded_at=row.made_at,
        number=row.number,
        shown=show_number(row.number or "", school.country),
        body=row.body,
        kind=row.kind,
        circle=_circle(school, row),
        paused=PauseReason(row.paused) if row.paused else None,
        state=row.state,
        reason=row.reason,
        error_code=row.error_code,
        segments=row.segments,
        who=row.actor_name,
        batch_id=row.batch_id,
        event_seq=row.event_seq if row.kind in _NEED_A_YES else None,
    )


def came_texts(school_id: SchoolId, log_filter: LogFilter, limit: int) -> Select[*tuple[Any, ...]]:
    """The newest texts that came in; see received_text."""
    came = InboundMessage
    return (
        select(
            came.id,
            came.happened_at,
            came.recorded_at,
            came.number,
            came.body,
            came.kind,
            came.via,
            came.code,
            came.read_at,
            came.read_by,
            came.media,
            ConsentStatus.state.label("number_state"),
            ConsentStatus.paused,
        )
        .outerjoin(
            ConsentStatus, same_school(ConsentStatus, came, ConsentStatus.number == came.number)
        )
        .where(came.school_id == school_id, came.id.in_(came_ids(school_id, log_filter, limit)))
        .order_by(came.id.desc())
        .limit(limit)
    )


def received_text(school: SchoolRow, row: Row[Any]) -> TextRow:
    return TextRow(
        id=row.id,
        inbound=True,
        at=row.happened_at,
        recorded_at=row.recorded_at,
        number=row.number,
        shown=show_number(row.number or "", school.country),
        body=row.body,
        kind=row.kind,
        circle=_circle(school, row),
        paused=PauseReason(row.paused) if row.paused else None,
        via=row.via,
        code=row.code,
        unread=row.read_at is None,
        read_by=row.read_by,
        media=row.media,
        reaction=reaction_in(row.body) if row.kind in _MAY_REACT else None,
    )


def _circle(school: SchoolRow, row: Row[Any]) -> ConsentState | None:
    """The number's state as it is now; none at a school that does not text, or of a short code."""
    if not school.texting_on or not (row.number or "").startswith("+"):
        return None
    return ConsentState(row.number_state or ConsentState.NOT_ASKED)


def _with_details(school: SchoolRow, rows: list[TextRow]) -> list[TextRow]:
    """Return the rows with what a page shows beside them: names, children, what they relied on."""
    for_whom = contacts_of(school.id, [row.id for row in rows if not row.inbound])
    holders = people_with(school.id, {row.number for row in rows if row.inbound and row.number})
    parents = {contact_id for found in holders.values() for contact_id, _ in found}
    children = children_of(school.id, parents)
    said = _answers(school.id, {row.number for row in rows if row.number and row.event_seq})
    told = []
    for row in rows:
        number = row.number or ""
        contacts = holders.get(number, []) if row.inbound else for_whom.get(row.id, [])
        names = [name for contact_id, _ in contacts for name in children.get(contact_id, [])]
        told.append(
            replace(
                row,
                contacts=contacts,
                children=list(dict.fromkeys(names)) if row.inbound else [],
                relied_on=_relied_on(row, said.get(number, [])),
            )
        )
    return told


@dataclass(frozen=True, slots=True)
class _Answered:
    """An answer that counted."""

    seq: int
    answer: str
    source: str
    at: datetime


def _answers(school_id: int, numbers: Iterable[str]) -> dict[str, list[_Answered]]:
    """Return all answers of these numbers. A START is no answer."""
    log_filter = list(numbers)
    if not log_filter:
        return {}
    rows = db.session.execute(
        select(
            ConsentEvent.number,
            ConsentEvent.seq,
            ConsentEvent.answer,
            ConsentEvent.source,
            ConsentEvent.happened_at,
        )
        .where(
            ConsentEvent.school_id == school_id,
            ConsentEvent.number.in_(log_filter),
            or_(ConsentEvent.answer == Answer.NO, ConsentEvent.source != Source.TEXT_REPLY),
        )
        .order_by(ConsentEvent.number, ConsentEvent.seq)
    )
    found: dict[str, list[_Answered]] = {}
    for row in rows:
        said = _Answered(row.seq, row.answer, row.source, row.happened_at)
        found.setdefault(row.number, []).append(said)
    return found


def _relied_on(row: TextRow, said: list[_Answered]) -> tuple[str, datetime] | None:
    """Return the last yes before the gate let the text pass. A message keeps the number's last
    event at that moment, which may be a no that came in too late to change anything."""
    if row.event_seq is None or row.state == MessageState.FAILED:
        return None
    before = [one for one in said if one.seq <= row.event_seq and one.answer == Answer.YES]
    return (before[-1].source, before[-1].at) if before else None
