"""Parents on file who may be the one that staff are about to add to a student."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, or_, select

from portal.enums import ContactRole
from portal.extensions import db
from portal.models import Contact, ContactRoleAssignment, ContactWord, ParentLink
from portal.queries.lookup.matching import hits
from portal.queries.lookup.parameters import shapes, values
from portal.queries.lookup.terms import Word, terms_of
from portal.queries.records.names import children_of
from portal.queries.schools import SchoolRow

MOST = 6
MANY = 20_000


@dataclass(frozen=True, slots=True)
class Match:
    id: int
    name: str
    email: str | None
    children: list[str]


def same_person(school: SchoolRow, student_id: int, email: str, name: str) -> list[Match]:
    """Those with the same email or the same name; both as they are compared (email_key and
    search_name)."""
    words = select(ContactWord.contact_id).where(
        ContactWord.school_id == school.id, ContactWord.word.in_(name.split()[-1:])
    )
    same = and_(Contact.search_name.in_((name, name.rstrip())), Contact.id.in_(words))
    if email:
        same = or_(same, Contact.email_key == email)
    return _matches(school, student_id, same)


def parents_like(school: SchoolRow, student_id: int, typed: str) -> list[Match]:
    """Those whose name or email matches every word of what was typed."""
    words = [term for term in terms_of(typed, school.country) if isinstance(term, Word)]
    if not words:
        return []
    found = [hits(word, parts=True, most=MANY) for word in shapes(words)]
    everywhere = and_(*(Contact.id.in_(hit) for hit in found))
    return _matches(school, student_id, everywhere, values(school.id, words))


def _matches(
    school: SchoolRow,
    student_id: int,
    condition: ColumnElement[bool],
    bound: Mapping[str, str | int] | None = None,
) -> list[Match]:
    """Adults who are not the student's parents yet, with their children. Two queries."""
    others_role = (
        select(ContactRoleAssignment.contact_id)
        .where(
            ContactRoleAssignment.school_id == school.id,
            ContactRoleAssignment.contact_id == Contact.id,
            ContactRoleAssignment.role != ContactRole.STUDENT,
        )
        .exists()
    )
    linked = (
        select(ParentLink.parent_id)
        .where(
            ParentLink.school_id == school.id,
            ParentLink.student_id == student_id,
            ParentLink.parent_id == Contact.id,
        )
        .exists()
    )
    rows = db.session.execute(
        select(Contact.id, Contact.full_name, Contact.email)
        .where(Contact.school_id == school.id, condition, others_role, ~linked)
        .order_by(Contact.last_name, Contact.first_name, Contact.id)
        .limit(MOST),
        bound,
    ).all()
    children = children_of(school.id, [row.id for row in rows])
    return [Match(row.id, row.full_name, row.email, children.get(row.id, [])) for row in rows]
