"""Contacts: students and parents, how they belong together, their phones, and what was changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    Index,
    String,
    false,
    literal_column,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.functions import GenericFunction

from portal.enums import (
    Answer,
    ContactRole,
    EnrollmentStatus,
    Grade,
    PhoneType,
    ProofKind,
    Relationship,
    Slot,
)
from portal.extensions import Base
from portal.models.columns import (
    BigRef,
    IdKey,
    Moment,
    Name,
    Number,
    SchoolKey,
    ShortString,
    code_points,
    new_id,
    one_of,
    same_school,
)
from portal.models.school import school_fk


class Contact(Base):
    __tablename__ = "contact"

    school_id: Mapped[SchoolKey]
    id: Mapped[IdKey] = mapped_column(default=new_id)
    first_name: Mapped[Name]
    last_name: Mapped[Name]
    search_name: Mapped[str] = mapped_column(String(420))
    """Both names folded (text.fold), a space before each word, for looking up."""
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

    __table_args__ = (
        one_of("grade", Grade),
        Index("ix_contact_email", "school_id", "email_key"),
        # A name by its id, without the table: exports read ten thousands.
        Index("ix_contact_called", "school_id", "id", "first_name", "last_name"),
        Index("ix_contact_sort", "school_id", "last_key", "first_key", "id"),
    )


class ContactWord(Base):
    """A word that a contact is looked up by: of a name, or of the email (the whole one too).

    The index serves a word and its start.
    """

    __tablename__ = "contact_word"

    school_id: Mapped[SchoolKey]
    word: Mapped[str] = mapped_column(code_points(254), primary_key=True)
    contact_id: Mapped[BigRef] = mapped_column(primary_key=True)
    of_name: Mapped[bool]
    """False: of the email only."""

    __table_args__ = (
        school_fk(["contact_id"], "contact", ["id"]),
        Index("ix_contact_word_contact", "school_id", "contact_id", "word"),
    )


class NameWord(Base):
    """Every word of the names at a school, once: a part inside of a word, or a near miss, is
    looked for among these few, and never among all contacts. Words that nobody has anymore stay.
    """

    __tablename__ = "name_word"

    school_id: Mapped[SchoolKey]
    word: Mapped[str] = mapped_column(code_points(254), primary_key=True)


class ContactRoleAssignment(Base):
    __tablename__ = "contact_role"

    school_id: Mapped[SchoolKey]
    contact_id: Mapped[BigRef] = mapped_column(primary_key=True)
    role: Mapped[ShortString] = mapped_column(primary_key=True)

    __table_args__ = (
        school_fk(["contact_id"], "contact", ["id"]),
        one_of("role", ContactRole),
        Index("ix_contact_role_role", "school_id", "role", "contact_id"),
    )


class ParentLink(Base):
    """A parent of a student, at position 1 to 4: at most one at each, and each at most once."""

    __tablename__ = "parent_link"

    school_id: Mapped[SchoolKey]
    student_id: Mapped[BigRef] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[BigRef]
    relationship: Mapped[ShortString]

    __table_args__ = (
        school_fk(["student_id"], "contact", ["id"]),
        school_fk(["parent_id"], "contact", ["id"]),
        CheckConstraint("position BETWEEN 1 AND 4", name="position_1_to_4"),
        CheckConstraint("student_id <> parent_id", name="not_ones_own_parent"),
        one_of("relationship", Relationship),
        Index("uq_parent_link_parent", "school_id", "parent_id", "student_id", unique=True),
    )


class Phone(Base):
    __tablename__ = "phone"

    school_id: Mapped[SchoolKey]
    contact_id: Mapped[BigRef] = mapped_column(primary_key=True)
    slot: Mapped[ShortString] = mapped_column(primary_key=True)
    type: Mapped[ShortString]
    number: Mapped[Number]
    extension: Mapped[str | None] = mapped_column(String(8))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    """Time when the parent last said that it is still right."""
    of_parent: Mapped[bool] = mapped_column(server_default=false())
    """True if the contact is a parent, whose cell phones need an answer. A search over them need
    not look up the role of each; kept by `portal.services.contacts`, under the contact's lock."""

    __table_args__ = (
        school_fk(["contact_id"], "contact", ["id"]),
        one_of("slot", Slot),
        one_of("type", PhoneType),
        CheckConstraint("type <> 'cell' OR extension IS NULL", name="cell_has_no_extension"),
        CheckConstraint("number LIKE '+%' AND length(number) > 6", name="number_is_e164"),
        # Whose a number is, as what: without a look at the table, for counting thousands.
        Index("ix_phone_number", "school_id", "number", "type", "slot", "contact_id", "of_parent"),
        # The parents' cell phones alone, whose answers are counted and searched by the ten
        # thousand. SQLite would not make use of it where the type is a bound value.
        Index(
            "ix_phone_cell",
            "school_id",
            "number",
            "contact_id",
            "slot",
            postgresql_where=text("type = 'cell' AND of_parent"),
            info={"only_on": "postgresql"},
        ).ddl_if(dialect="postgresql"),
    )


TAILS = range(3, 12)
"""Any part of a number, of 3 digits and more, starts one of its last 3 to 11: an index serves each
of them. Numbers of more digits than that are found by their start too."""


class tail(GenericFunction[str]):  # noqa: N801 -- named as SQL functions are
    """`tail(number, n)`: the number's last n characters, by the index of that n."""

    type = String()
    inherit_cache = True
    name = "tail"

    def __init__(self, number: Any, n: int) -> None:
        # Not as a bound value: a statement that was compiled for one n would be used for another.
        super().__init__(number, literal_column(str(int(n))))


@compiles(tail, "sqlite")
def _sqlite_tail(element: tail, compiler: Any, **kw: Any) -> str:
    number, n = element.clauses
    return f"substr({compiler.process(number, **kw)}, -{compiler.process(n, **kw)})"


@compiles(tail, "postgresql")
def _postgresql_tail(element: tail, compiler: Any, **kw: Any) -> str:
    number, n = element.clauses
    return f'right({compiler.process(number, **kw)}, {compiler.process(n, **kw)}) COLLATE "C"'


class Holding(Base):
    """A number on a contact's record, from when to when, and the proof that it is theirs.

    The `..._seq` columns are places in the number's log: its `ConsentStatus.last_seq` at that
    moment. They, and not the clocks, tell what came before what. `portal.consent.holdings` alone
    writes these rows, and `portal.services.contacts.bulk` those of new contacts.
    """

    __tablename__ = "holding"

    school_id: Mapped[SchoolKey]
    id: Mapped[IdKey] = mapped_column(default=new_id)
    contact_id: Mapped[BigRef]
    number: Mapped[Number]
    since: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime | None] = mapped_column(Moment)
    began_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    ended_seq: Mapped[int | None]
    proven_by: Mapped[str | None] = mapped_column(code_points(20))
    """A ProofKind, while the number is proven or was; see `lost_seq`."""
    proven_seq: Mapped[int | None]
    proven_at: Mapped[datetime | None] = mapped_column(Moment)
    proven_actor: Mapped[str | None] = mapped_column(String(100))
    """The person who proved it: a member of staff by name, or the parent."""
    proof_note: Mapped[str | None] = mapped_column(String(300))
    lost_seq: Mapped[int | None]
    """The event that ended the proof."""
    handset_seq: Mapped[int | None]
    """The event by which the phone last confirmed the number for this person."""
    handset_at: Mapped[datetime | None] = mapped_column(Moment)
    handset_email_key: Mapped[str | None] = mapped_column(code_points(254))
    """The address that the person signed in with at that time."""
    said: Mapped[str | None] = mapped_column(String(3))
    """This person's last answer about the number, whatever its effect."""
    said_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        school_fk(["contact_id"], "contact", ["id"]),
        one_of("proven_by", ProofKind),
        one_of("said", Answer),
        Index("ix_holding_contact", "school_id", "contact_id", "number"),
        Index(
            "uq_holding_open",
            "school_id",
            "number",
            "contact_id",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
    )


class Enrollment(Base):
    """A student's status in a term, as it is now."""

    __tablename__ = "enrollment"

    school_id: Mapped[SchoolKey]
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


class EnrollmentChange(Base):
    """A status that a student had in a term, from when: `was ever` needs them all."""

    __tablename__ = "enrollment_change"

    school_id: Mapped[SchoolKey]
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


class RecordEdit(Base):
    """A change to a record and the person who made it: the history beside the consent events."""

    __tablename__ = "record_edit"

    school_id: Mapped[SchoolKey]
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
