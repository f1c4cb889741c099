"""Switches that staff turned off for a parent: texts about a child, and seeing the child.

Only `portal/services/contacts/restrictions.py` changes it. A row stays when the parent leaves the
child's record. Nobody may sign in by an address that a parent who may not see a child shares with
another parent: whoever reads it could be either of them.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import aliased

from portal.enums import ContactRole
from portal.extensions import db, in_chunks
from portal.models import (
    BatchStudent,
    Contact,
    ContactRoleAssignment,
    Message,
    MessageContact,
    ParentLink,
    ParentRestriction,
    has_role,
    same_school,
)


def hides(links: Any) -> ColumnElement[bool]:
    """True if the parent of a link may not see its child."""
    return exists().where(of_link(links), ParentRestriction.may_see.is_(False))


def of_link(links: Any) -> ColumnElement[bool]:
    """The condition that joins the restriction of a link, if there is one."""
    return same_school(
        ParentRestriction,
        links,
        ParentRestriction.parent_id == links.parent_id,
        ParentRestriction.student_id == links.student_id,
    )


def sees_no_child(parents: Any) -> ColumnElement[bool]:
    """True if a parent may not see a child, and has no other one that they may see."""
    return and_(
        exists().where(
            same_school(ParentRestriction, parents, ParentRestriction.parent_id == parents.id),
            ParentRestriction.may_see.is_(False),
        ),
        ~exists().where(
            same_school(ParentLink, parents, ParentLink.parent_id == parents.id), ~hides(ParentLink)
        ),
    )


def has_blocked_email(parents: Any) -> ColumnElement[bool]:
    """The condition of `blocks_email`, for rows of contacts."""
    restricted, other = aliased(Contact), aliased(Contact)
    return exists().where(
        same_school(restricted, parents, restricted.email_key == parents.email_key),
        same_school(ParentRestriction, restricted, ParentRestriction.parent_id == restricted.id),
        ParentRestriction.may_see.is_(False),
        same_school(other, restricted, other.email_key == restricted.email_key),
        other.id != restricted.id,
        has_role(other, other.id, ContactRole.PARENT),
    )


def blocks_email(school_id: int, key: str) -> bool:
    """True if parents share this address (folded), and one of them may not see a child: no code and
    no link goes there, and none opens anything, until staff enter different addresses."""
    row = db.session.execute(
        select(func.count(Contact.id.distinct()), func.count(ParentRestriction.parent_id))
        .join(ContactRoleAssignment, has_role(Contact, Contact.id, ContactRole.PARENT))
        .outerjoin(
            ParentRestriction,
            same_school(
                ParentRestriction,
                Contact,
                ParentRestriction.parent_id == Contact.id,
                ParentRestriction.may_see.is_(False),
            ),
        )
        .where(Contact.school_id == school_id, Contact.email_key == key)
    ).one()
    return bool(row[0] > 1 and row[1])


def is_restricted(school_id: int, parent_id: int) -> bool:
    """True if there is a child whom the parent may not see."""
    found = select(ParentRestriction.student_id).where(
        ParentRestriction.school_id == school_id,
        ParentRestriction.parent_id == parent_id,
        ParentRestriction.may_see.is_(False),
    )
    return db.session.scalar(found.limit(1)) is not None


def switched_off(
    school_id: int,
    parent_ids: Collection[int],
    chosen: Collection[int],
    positions: Collection[int] = (1, 2, 3, 4),
) -> set[int]:
    """Return the parents who get no text that is meant for the chosen students and parents.

    A student is a reason to text the parents at these positions who get texts about them. A chosen
    parent needs a child about whom they get texts. One query, and another if any is off.
    """
    off = _without_texts(school_id, parent_ids)
    wanted, places = set(chosen), set(positions)
    reached: set[int] = set()
    for some in in_chunks(sorted(off)):
        links = db.session.execute(
            select(ParentLink.parent_id, ParentLink.student_id, ParentLink.position).where(
                ParentLink.school_id == school_id, ParentLink.parent_id.in_(some)
            )
        )
        for parent_id, student_id, position in links:
            reason = parent_id in wanted or (student_id in wanted and position in places)
            if reason and student_id not in off[parent_id]:
                reached.add(parent_id)
    return set(off) - reached


def _without_texts(school_id: int, parent_ids: Collection[int]) -> dict[int, set[int]]:
    """Return the children about whom these parents get no texts, by parent."""
    off: dict[int, set[int]] = {}
    for some in in_chunks(sorted(parent_ids)):
        rows = db.session.execute(
            select(ParentRestriction.parent_id, ParentRestriction.student_id).where(
                ParentRestriction.school_id == school_id,
                ParentRestriction.parent_id.in_(some),
                ParentRestriction.gets_texts.is_(False),
            )
        )
        for parent_id, student_id in rows:
            off.setdefault(parent_id, set()).add(student_id)
    return off


def text_is_switched_off(school_id: int, message_id: int) -> bool:
    """True if nobody is left whom a text was for, because each of them gets no texts about the
    children that it is about. Asked for every text, when it is sent."""
    message = db.session.execute(
        select(Message.batch_id).where(Message.school_id == school_id, Message.id == message_id)
    ).one()
    parents = set(
        db.session.scalars(
            select(MessageContact.contact_id).where(
                MessageContact.school_id == school_id, MessageContact.message_id == message_id
            )
        )
    )
    if not parents or not _without_texts(school_id, parents):
        return False
    about = set(
        db.session.scalars(
            select(BatchStudent.student_id).where(
                BatchStudent.school_id == school_id, BatchStudent.batch_id == message.batch_id
            )
        )
    )
    return parents == switched_off(school_id, parents, about or parents)
