"""The parent who is signed in."""

from dataclasses import dataclass

from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models import Contact, ParentSession, same_school


@dataclass(frozen=True, slots=True)
class SignedInParent:
    """A signed-in parent."""

    contact_id: int
    first_name: str
    last_name: str
    email: str | None
    session_hash: str


def find_signed_in_parent(school_id: int, session_hash: str) -> SignedInParent | None:
    """The parent whose session this is, while it lasts. One query."""
    row = db.session.execute(
        select(Contact.id, Contact.first_name, Contact.last_name, Contact.email)
        .join(
            ParentSession,
            same_school(ParentSession, Contact, ParentSession.contact_id == Contact.id),
        )
        .where(
            ParentSession.school_id == school_id,
            ParentSession.token_hash == session_hash,
            ParentSession.ended_at.is_(None),
            ParentSession.ends_at > clock.now(),
        )
    ).one_or_none()
    if row is None:
        return None
    return SignedInParent(row.id, row.first_name, row.last_name, row.email, session_hash)


@dataclass(frozen=True, slots=True)
class ParentName:
    contact_id: int
    name: str


def parent_names(school_id: int, ids: list[int]) -> list[ParentName]:
    """Names of parents, for one of a couple that shares an email to say who they are."""
    rows = db.session.execute(
        select(Contact.id, Contact.first_name, Contact.last_name)
        .where(Contact.school_id == school_id, Contact.id.in_(ids))
        .order_by(Contact.id)
    )
    return [ParentName(row.id, f"{row.first_name} {row.last_name}") for row in rows]
