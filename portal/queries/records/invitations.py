"""Parents whom the school may email the form: not all of their cell phone numbers are opted in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select

from portal.consent import restrictions
from portal.enums import ConsentState, ContactRole, PhoneType
from portal.extensions import db
from portal.models import (
    ConsentStatus,
    Contact,
    ContactRoleAssignment,
    Phone,
    SignInKey,
    has_role,
    same_school,
)
from portal.queries.schools import SchoolRow

PURPOSE = "invitation"


@dataclass(frozen=True, slots=True)
class Invitee:
    contact_id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Invitees:
    """The first of them, and how many there are in all."""

    rows: list[Invitee]
    total: int


def invitees(
    school: SchoolRow, since: datetime, limit: int, among: Iterable[int] | None = None
) -> Invitees:
    """Parents with an email and a cell phone that opted out or was never asked, oldest record
    first.

    Not those who had such an email `since`; where texting is off, nobody. `among`: only these.
    """
    if not school.texting_on:
        return Invitees([], 0)
    conditions = [
        Contact.school_id == school.id,
        Contact.email_key.is_not(None),
        _has_a_cell_to_ask_about(),
        ~_was_invited(since),
        ~restrictions.sees_no_child(Contact),
        ~restrictions.has_blocked_email(Contact),
    ]
    if among is not None:
        conditions.append(Contact.id.in_(list(among)))
    rows = db.session.execute(
        select(Contact.id, Contact.full_name, Contact.email, func.count().over())
        .join(ContactRoleAssignment, has_role(Contact, Contact.id, ContactRole.PARENT))
        .where(*conditions)
        .order_by(Contact.id)
        .limit(limit)
    ).all()
    found = [Invitee(row[0], row[1], row[2] or "") for row in rows]
    return Invitees(found, total=rows[0][3] if rows else 0)


def _has_a_cell_to_ask_about() -> ColumnElement[bool]:
    opted_in = exists().where(
        same_school(ConsentStatus, Phone, ConsentStatus.number == Phone.number),
        ConsentStatus.state == ConsentState.OPTED_IN,
    )
    return exists().where(
        same_school(Phone, Contact, Phone.contact_id == Contact.id),
        Phone.type == PhoneType.CELL,
        ~opted_in,
    )


def _was_invited(since: datetime) -> ColumnElement[bool]:
    return exists().where(
        same_school(SignInKey, Contact, SignInKey.email_key == Contact.email_key),
        SignInKey.created_at > since,
        SignInKey.purpose == PURPOSE,
    )
