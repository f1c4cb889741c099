"""The parent who is signed in, and the parents who have an email."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from portal import clock
from portal.email_address import email_key
from portal.enums import ContactRole
from portal.extensions import db, fetch
from portal.models import Contact, ContactRoleAssignment, ParentSession, has_role, same_school
from portal.normalize import clean


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


def mailbox(school_id: int, address: str) -> str:
    """Return the address to send to: the one on the oldest record, if there is one, or else the
    given one. Two addresses can be the same mailbox and still look different."""
    return oldest_address(school_id, email_key(address)) or clean(address)


def oldest_address(school_id: int, key: str) -> str | None:
    """The address with this key (folded) as the oldest record of a parent has it."""
    return fetch(_ADDRESS, {"school": school_id, "key": key}).scalar()


def parents_with(school_id: int, key: str) -> tuple[int, ...]:
    """The parents on file with an email (folded), oldest first."""
    return tuple(fetch(_PARENTS, {"school": school_id, "key": key}).scalars())


_PARENTS = (
    select(Contact.id)
    .join(ContactRoleAssignment, has_role(Contact, Contact.id, ContactRole.PARENT))
    .where(Contact.school_id == bindparam("school"), Contact.email_key == bindparam("key"))
    .order_by(Contact.created_at, Contact.id)
)
_ADDRESS = _PARENTS.with_only_columns(Contact.email).limit(1)
