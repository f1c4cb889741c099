"""Searches that are kept, and a school's own names for fields."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.columns import IdKey, Moment, Name, new_id
from portal.models.school import SchoolTable


class SavedSearch(SchoolTable):
    __tablename__ = "saved_search"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    name: Mapped[Name]
    query_string: Mapped[str] = mapped_column("address", Text)
    """The search as its web address has it, after the question mark."""
    owner_id: Mapped[int | None] = mapped_column(BigInteger)
    """The account that saved it; None: it came with the school."""
    owner_name: Mapped[str | None] = mapped_column(String(100))
    shared: Mapped[bool]
    """With all staff of the school; else it is its owner's alone."""
    made_at: Mapped[datetime] = mapped_column(Moment)
    last_run_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (Index("ix_saved_search_name", "school_id", "name"),)


class FieldLabel(SchoolTable):
    """A school's own name for a field."""

    __tablename__ = "field_label"

    field: Mapped[str] = mapped_column(String(60), primary_key=True)
    label: Mapped[str] = mapped_column(String(60))

    __table_args__ = (UniqueConstraint("school_id", "label"),)
