"""Names of contacts, for pages about something else."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select

from portal.extensions import db
from portal.models import Contact, ParentLink, Phone, same_school


class ContactName(NamedTuple):
    contact_id: int
    name: str


def contact_names(school_id: int, ids: Collection[int]) -> list[ContactName]:
    """The names of these contacts, oldest first."""
    rows = db.session.execute(
        select(Contact.id, Contact.full_name)
        .where(Contact.school_id == school_id, Contact.id.in_(ids))
        .order_by(Contact.created_at, Contact.id)
    )
    return [ContactName(*row) for row in rows]


def people_with(school_id: int, numbers: Collection[str]) -> dict[str, list[ContactName]]:
    """The people who have these numbers on their record now, by number."""
    found: dict[str, list[ContactName]] = defaultdict(list)
    if numbers:
        rows = db.session.execute(
            select(Phone.number, Contact.id, Contact.full_name)
            .join(Contact, same_school(Contact, Phone, Contact.id == Phone.contact_id))
            .where(Phone.school_id == school_id, Phone.number.in_(numbers))
            .distinct()
            .order_by(Contact.id)
        )
        for number, contact_id, name in rows:
            found[number].append(ContactName(contact_id, name))
    return found


def children_of(school_id: int, parent_ids: Collection[int]) -> dict[int, list[str]]:
    """The names of these parents' children, by parent."""
    found: dict[int, list[str]] = defaultdict(list)
    if parent_ids:
        rows = db.session.execute(
            select(ParentLink.parent_id, Contact.full_name)
            .join(Contact, same_school(Contact, ParentLink, Contact.id == ParentLink.student_id))
            .where(ParentLink.school_id == school_id, ParentLink.parent_id.in_(parent_ids))
            .order_by(Contact.last_key, Contact.first_key, Contact.id)
        )
        for parent_id, name in rows:
            found[parent_id].append(name)
    return found
