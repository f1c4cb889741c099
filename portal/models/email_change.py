"""A change of the address that a parent signs in with, to which the old address may object."""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.columns import BigRef, IdKey, Moment, Name, new_id
from portal.models.school import SchoolTable, school_fk


class EmailChange(SchoolTable):
    """One change. The email to the old address holds the token, this row its hash."""

    __tablename__ = "email_change"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    contact_id: Mapped[BigRef]
    seq: Mapped[int]
    """1 is the contact's first change."""
    old_email: Mapped[str | None] = mapped_column(String(254))
    new_email: Mapped[str | None] = mapped_column(String(254))
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[Name]
    """The name that the record's history shows."""
    token_hash: Mapped[str | None] = mapped_column(String(64))
    """None: nobody can object, as there was no old address or this change is undone."""
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    objected_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        school_fk(["contact_id"], "contact", ["id"]),
        UniqueConstraint("school_id", "token_hash"),
        UniqueConstraint("school_id", "contact_id", "seq"),
    )
