"""A batch: what was sent, how far it is, and what became of each number."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.enums import MessageState
from portal.extensions import db
from portal.models import Batch, Contact, Message, MessageContact, TextingNumber, same_school
from portal.phone import show_number
from portal.queries.records.names import ContactName
from portal.queries.records.phones import Circle, circles_of
from portal.queries.schools import SchoolRow

PAGE = 100
SHOWS = {
    "all": None,
    "waiting": (MessageState.QUEUED, MessageState.SENDING),
    "sent": (MessageState.SENT, MessageState.DELIVERED),
    "problems": (MessageState.FAILED, MessageState.UNDELIVERED, MessageState.NOT_KNOWN),
    "not_known": (MessageState.NOT_KNOWN,),
}


@dataclass(frozen=True, slots=True)
class BatchRow:
    id: int
    body: str
    segments: int
    about: str
    who: str
    made_at: datetime
    cancelled_at: datetime | None
    cancelled_by: str | None
    counts: dict[MessageState, int]
    reasons: dict[str, int]
    """The number of failed texts, by reason."""
    waits_until: datetime | None
    """Time when the next waiting one is due, if that is later than now."""
    per_second: float
    send_at: datetime | None
    not_after: datetime | None
    purpose: str | None
    """The emergency. None if it is none."""
    approved_at: datetime | None
    approved_by: str | None

    @property
    def needs_approval(self) -> bool:
        """True if an emergency text waits for an admin."""
        return self.purpose is not None and self.approved_at is None and self.of("waiting") > 0

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def of(self, show: str) -> int:
        states = SHOWS[show]
        return self.total if states is None else sum(self.counts.get(s, 0) for s in states)


@dataclass(frozen=True, slots=True)
class BatchMessage:
    id: int
    number: str | None
    shown: str | None
    circle: Circle | None
    """The number's state as it is now; None where there is no circle."""
    contacts: list[ContactName]
    """Ids and names of whom it was for."""
    state: str
    reason: str | None
    error_code: int | None
    at: datetime
    """Time when it came to this state."""


def get_batch(school: SchoolRow, batch_id: int, now: datetime) -> BatchRow | None:
    """None if there is no such batch at the school. Three queries."""
    batch = db.session.get(Batch, (school.id, batch_id))
    if batch is None:
        return None
    mine = (Message.school_id == school.id, Message.batch_id == batch_id)
    rows = db.session.execute(
        select(Message.state, Message.reason, func.count(), func.min(Message.due_at))
        .where(*mine)
        .group_by(Message.state, Message.reason)
    ).all()
    counts: dict[MessageState, int] = {}
    for row in rows:
        state = MessageState(row[0])
        counts[state] = counts.get(state, 0) + row[2]
    due = min((row[3] for row in rows if row[0] == MessageState.QUEUED), default=None)
    rate = select(TextingNumber.per_second).where(
        TextingNumber.school_id == school.id, TextingNumber.number == school.texting_number
    )
    return BatchRow(
        id=batch.id,
        body=batch.body,
        segments=batch.segments,
        about=batch.about,
        who=batch.actor_name,
        made_at=batch.made_at,
        cancelled_at=batch.cancelled_at,
        cancelled_by=batch.cancelled_by,
        counts=counts,
        reasons={row[1]: row[2] for row in rows if row[0] == MessageState.FAILED and row[1]},
        waits_until=due if due and due > now else None,
        per_second=db.session.scalar(rate) or 1.0,
        send_at=batch.send_at,
        not_after=batch.not_after,
        purpose=batch.purpose,
        approved_at=batch.approved_at,
        approved_by=batch.approved_by,
    )


def messages_of(
    school: SchoolRow, batch_id: int, show: str, after: int = 0
) -> tuple[list[BatchMessage], bool]:
    """A page of a batch's texts, in the order of their ids, and whether there are more."""
    wanted = [Message.school_id == school.id, Message.batch_id == batch_id, Message.id > after]
    states = SHOWS[show]
    if states is not None:
        wanted.append(Message.state.in_(states))
    rows = db.session.scalars(
        select(Message).where(*wanted).order_by(Message.id).limit(PAGE + 1)
    ).all()
    names = contacts_of(school.id, [row.id for row in rows[:PAGE]])
    circles = circles_of(school, {row.number for row in rows[:PAGE] if row.number})
    found = [
        BatchMessage(
            id=row.id,
            number=row.number,
            shown=show_number(row.number, school.country) if row.number else None,
            circle=circles.get(row.number or ""),
            contacts=names.get(row.id, []),
            state=row.state,
            reason=row.reason,
            error_code=row.error_code,
            at=row.settled_at or row.taken_at or row.made_at,
        )
        for row in rows[:PAGE]
    ]
    return found, len(rows) > PAGE


def contacts_of(school_id: int, message_ids: list[int]) -> dict[int, list[ContactName]]:
    """Return the contacts whom these texts were for: ids and names, by text."""
    if not message_ids:
        return {}
    rows = db.session.execute(
        select(MessageContact.message_id, Contact.id, Contact.full_name)
        .join(
            Contact, same_school(Contact, MessageContact, Contact.id == MessageContact.contact_id)
        )
        .where(MessageContact.school_id == school_id, MessageContact.message_id.in_(message_ids))
        .order_by(Contact.last_key, Contact.first_key, Contact.id)
    )
    found: dict[int, list[ContactName]] = {}
    for message_id, contact_id, name in rows:
        found.setdefault(message_id, []).append(ContactName(contact_id, name))
    return found


def contacts_in(school_id: int, batch_id: int, show: str) -> list[int]:
    """Return the contacts of a batch's texts in these states, to text them again."""
    states = SHOWS[show] or tuple(MessageState)
    return list(
        db.session.scalars(
            select(MessageContact.contact_id)
            .join(
                Message,
                same_school(Message, MessageContact, Message.id == MessageContact.message_id),
            )
            .where(
                Message.school_id == school_id,
                Message.batch_id == batch_id,
                Message.state.in_(states),
            )
            .distinct()
        )
    )
