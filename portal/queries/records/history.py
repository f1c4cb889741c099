"""A record's history: consent events, edits and submissions, as one list.

What staff decided about a proposed change is an edit too.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from portal.enums import Answer, ConsentState, PauseReason, Refusal, Source
from portal.extensions import db
from portal.models import (
    Account,
    ConsentEvent,
    Contact,
    Holding,
    RecordEdit,
    Submission,
    SubmissionContact,
    same_school,
)
from portal.models.columns import Moment
from portal.queries.stacked import IDS, SCHOOL

_PAUSES = frozenset(PauseReason)


class EntryKind(StrEnum):
    EVENT = "event"
    EDIT = "edit"
    SUBMISSION = "submission"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    kind: EntryKind
    at: datetime
    """Time when it happened."""
    recorded_at: datetime
    who: str | None
    """The name of who did it, where that is known."""
    contact: str | None
    """The name of whom it is about."""
    submission_id: int | None
    content: Any
    """An edit's changes, or a submission's answers."""
    number: str | None = None
    answer: Answer | None = None
    source: Source | None = None
    state: ConsentState | None = None
    code: Refusal | None = None
    pause: PauseReason | None = None
    """The reason of the pause that began or ended."""


@dataclass(frozen=True, slots=True)
class History:
    entries: list[HistoryEntry]
    """Newest first."""
    more: bool


def history_of(
    school_id: int, contact_ids: list[int], limit: int, offset: int = 0, events: bool = True
) -> History:
    """Return the events on the contacts' records, and of numbers while they were on them. One
    query.

    `events=False` leaves consent out, for a school that does not text.
    """
    statement = newest_entries(events).limit(limit + 1).offset(offset)
    bound = {"school_id": school_id, "ids": contact_ids}
    rows = db.session.execute(statement, bound).all()
    return History([history_entry(row) for row in rows[:limit]], more=len(rows) > limit)


@cache
def newest_entries(events: bool) -> Select[*tuple[Any, ...]]:
    """The entries of the contacts IDS, the newest first; see history_entry."""
    parts = [_edits(), _submissions()]
    if events:
        parts.append(_events())
    everything = union_all(*parts).subquery("history")
    return select(everything).order_by(everything.c.at.desc(), everything.c.ref.desc())


def edits_since(school_id: int, contact_id: int, versions: int) -> list[HistoryEntry]:
    """The newest edits of a record, as many as its version has moved on by."""
    newest = _edits().order_by(RecordEdit.at.desc(), RecordEdit.id.desc())
    bound = {"school_id": school_id, "ids": [contact_id]}
    rows = db.session.execute(newest.limit(min(versions, 20)), bound)
    return [history_entry(row) for row in rows]


def _columns(**given: Any) -> list[Any]:
    """The union's columns in their order, NULL where a part of it has none."""
    types: dict[str, Any] = {
        "kind": String,
        "at": Moment,
        "recorded_at": Moment,
        "ref": BigInteger,
        "who": String,
        "contact": String,
        "submission_id": BigInteger,
        "content": JSON,
        "number": String,
        "answer": String,
        "source": String,
        "state": String,
        "code": String,
    }
    return [given.get(name, cast(null(), kind)).label(name) for name, kind in types.items()]


def _events() -> Select[*tuple[Any, ...]]:
    held = (
        select(ConsentEvent.number, ConsentEvent.seq, func.min(Holding.contact_id).label("holder"))
        .join(Holding, same_school(Holding, ConsentEvent, Holding.number == ConsentEvent.number))
        .where(Holding.school_id == SCHOOL, Holding.contact_id.in_(IDS), _while_held())
        .group_by(ConsentEvent.number, ConsentEvent.seq)
        .subquery("held")
    )
    holder, actor = aliased(Contact, name="holder"), aliased(Contact, name="actor")
    return (
        select(
            *_columns(
                kind=literal(EntryKind.EVENT.value),
                at=ConsentEvent.happened_at,
                recorded_at=ConsentEvent.recorded_at,
                ref=cast(ConsentEvent.seq, BigInteger),
                who=func.coalesce(Account.name, actor.full_name),
                contact=holder.full_name,
                submission_id=ConsentEvent.submission_id,
                number=ConsentEvent.number,
                answer=ConsentEvent.answer,
                source=ConsentEvent.source,
                state=ConsentEvent.state,
                code=ConsentEvent.code,
            )
        )
        .join(held, (held.c.number == ConsentEvent.number) & (held.c.seq == ConsentEvent.seq))
        .join(holder, (holder.school_id == SCHOOL) & (holder.id == held.c.holder))
        .outerjoin(Account, Account.id == _actor_id("account:"))
        .outerjoin(actor, (actor.school_id == SCHOOL) & (actor.id == _actor_id("contact:")))
        .where(ConsentEvent.school_id == SCHOOL)
    )


def _while_held() -> ColumnElement[bool]:
    """While the number stood on the record; and its leaving, which is recorded right after."""
    later = aliased(Holding, name="later")
    left_last = (
        select(func.max(later.until))
        .where(
            same_school(later, ConsentEvent, later.number == ConsentEvent.number),
            later.until <= ConsentEvent.recorded_at,
        )
        .correlate(ConsentEvent)
        .scalar_subquery()
    )
    return or_(
        and_(
            ConsentEvent.recorded_at >= Holding.since,
            or_(Holding.until.is_(None), ConsentEvent.recorded_at <= Holding.until),
        ),
        and_(ConsentEvent.source == Source.NUMBER_LEFT, Holding.until == left_last),
    )


def _actor_id(prefix: str) -> ColumnElement[int | None]:
    return case(
        (
            ConsentEvent.actor.startswith(prefix),
            cast(func.substr(ConsentEvent.actor, len(prefix) + 1), BigInteger),
        ),
        else_=None,
    )


def _edits() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *_columns(
                kind=literal(EntryKind.EDIT.value),
                at=RecordEdit.at,
                recorded_at=RecordEdit.at,
                ref=RecordEdit.id,
                who=RecordEdit.actor,
                contact=Contact.full_name,
                content=RecordEdit.changes,
            )
        )
        .join(Contact, same_school(Contact, RecordEdit, Contact.id == RecordEdit.contact_id))
        .where(RecordEdit.school_id == SCHOOL, RecordEdit.contact_id.in_(IDS))
    )


def _submissions() -> Select[*tuple[Any, ...]]:
    about = select(SubmissionContact.submission_id).where(
        SubmissionContact.school_id == SCHOOL, SubmissionContact.contact_id.in_(IDS)
    )
    return select(
        *_columns(
            kind=literal(EntryKind.SUBMISSION.value),
            at=Submission.received_at,
            recorded_at=Submission.received_at,
            ref=cast(literal(0), BigInteger),
            submission_id=Submission.id,
            content=Submission.answers,
        )
    ).where(Submission.school_id == SCHOOL, Submission.id.in_(about))


def history_entry(row: Row[Any]) -> HistoryEntry:
    return HistoryEntry(
        kind=EntryKind(row.kind),
        at=row.at,
        recorded_at=row.recorded_at,
        who=row.who,
        contact=row.contact,
        submission_id=row.submission_id,
        content=row.content,
        number=row.number,
        answer=Answer(row.answer) if row.answer else None,
        source=Source(row.source) if row.source else None,
        state=ConsentState(row.state) if row.state else None,
        code=Refusal(row.code) if row.code and row.code not in _PAUSES else None,
        pause=PauseReason(row.code) if row.code in _PAUSES else None,
    )
