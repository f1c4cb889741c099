"""Contacts: students and parents, how they belong together, and what was changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, Index, String, func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from portal.enums import ContactRole, EnrollmentStatus, Grade, Relationship
from portal.models.columns import (
    BigRef,
    IdKey,
    Moment,
    Name,
    ShortString,
    code_points,
    new_contact_id,
    new_id,
    one_of,
    partial_index,
    same_school,
)
from portal.models.school import SchoolTable, school_fk
from portal.normalize import full_name

UNFOLDED = "search_name = rtrim(search_name)"
"""SQLite uses the index only for this exact wording."""


class Contact(SchoolTable):
    __tablename__ = "contact"

    id: Mapped[IdKey] = mapped_column(default=new_contact_id)
    first_name: Mapped[Name]
    last_name: Mapped[Name]
    search_name: Mapped[str] = mapped_column(String(420))
    """Both names folded (normalize.fold), a space before each word, for comparing; and one at the
    end if this version made the contact's search words. A server of another version writes none
    there, so `refold_names` finds its rows."""
    first_key: Mapped[str] = mapped_column(code_points(209), server_default="")
    last_key: Mapped[str] = mapped_column(code_points(209), server_default="")
    """The names folded, for sorting and for criteria."""
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(code_points(254))
    grade: Mapped[str | None] = mapped_column(String(2))
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every change of the contact or its phones: two editors notice each other."""
    language: Mapped[str | None] = mapped_column(String(5))
    """Language of emails to them: that of the last form or page they used."""
    origin: Mapped[ShortString]
    """`form`, `staff`, `roster` or `demo`."""
    created_at: Mapped[datetime] = mapped_column(Moment)

    @hybrid_property
    def full_name(self) -> str:
        return full_name(self.first_name, self.last_name)

    @full_name.inplace.expression
    @classmethod
    def _full_name(cls) -> ColumnElement[str]:
        return func.trim(cls.first_name + " " + cls.last_name, type_=String()).label("full_name")

    __table_args__ = (
        one_of("grade", Grade),
        Index("ix_contact_email", "school_id", "email_key"),
        # A name by its id, without the table: exports read ten thousands.
        Index("ix_contact_called", "school_id", "id", "first_name", "last_name"),
        partial_index("ix_contact_refold", "school_id", "id", where=UNFOLDED),
        Index("ix_contact_sort", "school_id", "last_key", "first_key", "id"),
    )


class ContactWord(SchoolTable):
    """A word that a contact is looked up by: of a name, or of the email (the whole one too).

    The index serves a word and its start.
    """

    __tablename__ = "contact_word"

    word: Mapped[str] = mapped_column(code_points(254), primary_key=True)
    contact_id: Mapped[BigRef] = mapped_column(primary_key=True)
    of_name: Mapped[bool]
    """False: of the email only."""

    __table_args__ = (
        school_fk(["contact_id"], "contact", ["id"]),
        Index("ix_contact_word_contact", "school_id", "contact_id", "word"),
    )


class NameWord(SchoolTable):
    """Every word of the names at a school, once: a part inside of a word, or a near miss, is
    looked for among these few, and never among all contacts. Words that nobody has anymore stay.
    """

    __tablename__ = "name_word"

    word: Mapped[str] = mapped_column(code_points(254), primary_key=True)


class ContactRoleAssignment(SchoolTable):
    __tablename__ = "contact_role"

    contact_id: Mapped[BigRef] = mapped_column(primary_key=True)
    role: Mapped[ShortString] = mapped_column(primary_key=True)

    __table_args__ = (
        school_fk(["contact_id"], "contact", ["id"]),
        one_of("role", ContactRole),
        Index("ix_contact_role_role", "school_id", "role", "contact_id"),
    )


class ParentLink(SchoolTable):
    """A parent of a student, at position 1 to 4: at most one at each, and each at most once."""

    __tablename__ = "parent_link"

    student_id: Mapped[BigRef] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[BigRef]
    relationship: Mapped[str | None] = mapped_column(code_points(20))
    """None if nobody said."""

    __table_args__ = (
        school_fk(["student_id"], "contact", ["id"]),
        school_fk(["parent_id"], "contact", ["id"]),
        CheckConstraint("position BETWEEN 1 AND 4", name="position_1_to_4"),
        CheckConstraint("student_id <> parent_id", name="not_ones_own_parent"),
        one_of("relationship", Relationship),
        Index("uq_parent_link_parent", "school_id", "parent_id", "student_id", unique=True),
    )


class ParentRestriction(SchoolTable):
    """A child whom a parent gets no texts about, or may not see. Only staff write a row. It stays
    when the parent leaves the child's record, so no form that adds them again loosens it."""

    __tablename__ = "parent_restriction"

    parent_id: Mapped[BigRef] = mapped_column(primary_key=True)
    student_id: Mapped[BigRef] = mapped_column(primary_key=True)
    gets_texts: Mapped[bool]
    may_see: Mapped[bool]

    __table_args__ = (
        school_fk(["parent_id"], "contact", ["id"]),
        school_fk(["student_id"], "contact", ["id"]),
        Index("ix_parent_restriction_student", "school_id", "student_id"),
    )


class Enrollment(SchoolTable):
    """A student's status in a term, as it is now."""

    __tablename__ = "enrollment"

    student_id: Mapped[BigRef] = mapped_column(primary_key=True)
    term_id: Mapped[BigRef] = mapped_column(primary_key=True)
    status: Mapped[ShortString]
    since: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        school_fk(["student_id"], "contact", ["id"]),
        school_fk(["term_id"], "term", ["id"]),
        one_of("status", EnrollmentStatus),
        Index("ix_enrollment_status", "school_id", "term_id", "status", "student_id"),
    )


class EnrollmentChange(SchoolTable):
    """A status that a student had in a term, from when: `was ever` needs them all."""

    __tablename__ = "enrollment_change"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    student_id: Mapped[BigRef]
    term_id: Mapped[BigRef]
    status: Mapped[ShortString]
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[Name]

    __table_args__ = (
        school_fk(["student_id"], "contact", ["id"]),
        school_fk(["term_id"], "term", ["id"]),
        one_of("status", EnrollmentStatus),
        Index("ix_enrollment_change_student", "school_id", "student_id"),
        Index("ix_enrollment_change_status", "school_id", "term_id", "status", "student_id"),
    )


class RecordEdit(SchoolTable):
    """A change to a record and the person who made it: the history beside the consent events."""

    __tablename__ = "record_edit"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    contact_id: Mapped[BigRef]
    at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[Name]
    """The person's name as it was then, or `Contact form`."""
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """`[{"what": "Email", "old": ..., "new": ...}]`, in words that staff read."""

    __table_args__ = (
        school_fk(["contact_id"], "contact", ["id"]),
        Index("ix_record_edit_contact", "school_id", "contact_id", "id"),
    )


def has_role(rows: Any, contact_id: Any, role: ContactRole) -> ColumnElement[bool]:
    """The condition that joins a contact's role to rows that have the contact's id."""
    assigned = ContactRoleAssignment
    return same_school(assigned, rows, assigned.contact_id == contact_id, assigned.role == role)
