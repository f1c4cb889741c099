"""The texts of a trial, as the phones that they went to would show them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.enums import ContactRole, PhoneType
from portal.extensions import db
from portal.models import (
    ConsentStatus,
    Contact,
    ContactRoleAssignment,
    InboundMessage,
    Message,
    Phone,
    School,
    has_role,
    same_school,
)
from portal.phone import show_number
from portal.queries.records.phones import Circle, circle_of

Filled = Callable[[Iterable[Message]], dict[int, str]]


@dataclass(frozen=True, slots=True)
class Handset:
    """A number that a text went to, or that stands as a parent's cell phone."""

    number: str
    shown: str
    name: str
    """Of who has it, if anybody has."""
    texts: int


@dataclass(frozen=True, slots=True)
class Bubble:
    school_id: int
    inbound: bool
    """From the handset to the school."""
    body: str
    at: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Thread:
    """The texts between a demo phone and one school."""

    slug: str
    school: str
    timezone: str
    texting_number: str
    """The number that the phone's answer goes to."""
    circle: Circle
    bubbles: list[Bubble]
    """Oldest first."""


def handsets(limit: int) -> list[Handset]:
    """Those that got texts first, then parents' cell phones."""
    counts = (
        select(Message.number, func.count().label("texts"), func.max(Message.id).label("newest"))
        .where(Message.number.is_not(None), Message.sent_at.is_not(None))
        .group_by(Message.number)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Phone.number,
            School.country,
            func.min(Contact.full_name),
            func.coalesce(func.max(counts.c.texts), 0),
        )
        .join(Contact, same_school(Contact, Phone, Contact.id == Phone.contact_id))
        .join(ContactRoleAssignment, has_role(Phone, Phone.contact_id, ContactRole.PARENT))
        .join(School, School.id == Phone.school_id)
        .outerjoin(counts, counts.c.number == Phone.number)
        .where(Phone.type == PhoneType.CELL)
        .group_by(Phone.number, School.country)
        .order_by(func.coalesce(func.max(counts.c.newest), 0).desc(), Phone.number)
        .limit(limit)
    )
    return [Handset(row[0], show_number(row[0], row[1]), row[2], row[3]) for row in rows]


def threads(
    number: str, schools: list[tuple[int, str, str, str, str]], filled: Filled
) -> list[Thread]:
    """Return the texts between the phone and each school. `schools`: id, slug, name, zone, number.
    `filled` holds texts with their links, by id."""
    sent = db.session.scalars(
        select(Message).where(Message.number == number, Message.sent_at.is_not(None))
    ).all()
    words = filled(sent)
    bubbles = [
        Bubble(m.school_id, False, words[m.id], m.sent_at or m.made_at, m.kind) for m in sent
    ]
    came = db.session.scalars(select(InboundMessage).where(InboundMessage.number == number))
    bubbles += [Bubble(t.school_id, True, t.body, t.recorded_at, t.kind) for t in came]
    circles = {
        row.school_id: circle_of(row.state, row.paused)
        for row in db.session.scalars(select(ConsentStatus).where(ConsentStatus.number == number))
    }
    return [
        Thread(
            slug=slug,
            school=name,
            timezone=timezone,
            texting_number=texting_number,
            circle=circles.get(school_id, circle_of(None, None)),
            bubbles=sorted(
                (b for b in bubbles if b.school_id == school_id), key=lambda b: (b.at, b.inbound)
            ),
        )
        for school_id, slug, name, timezone, texting_number in schools
    ]


def newest_texts(limit: int) -> list[tuple[Message, str, str]]:
    """The newest texts that went out, of every school, with its name and time zone."""
    rows = db.session.execute(
        select(Message, School.name, School.timezone)
        .join(School, School.id == Message.school_id)
        .where(Message.sent_at.is_not(None))
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]
