"""A school: its name and place, its terms, its texting numbers."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, true
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.columns import (
    IdKey,
    Moment,
    Name,
    Number,
    ShortString,
    code_points,
    partial_index,
)


class School(Base):
    __tablename__ = "school"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[Name]
    country: Mapped[str] = mapped_column(String(2))
    timezone: Mapped[str] = mapped_column(String(40))
    languages: Mapped[str] = mapped_column(String(40), default="en")
    """Codes with commas, the first being the default: `en,es`."""
    texting_on: Mapped[bool] = mapped_column(default=True)
    send_window: Mapped[str | None] = mapped_column(String(11))
    """`08:00-20:00` in the school's time zone; None: texts go out at any hour."""
    stop_confirmation: Mapped[ShortString] = mapped_column(
        default="portal", server_default="portal"
    )
    """The one that confirms a STOP, and answers HELP: `portal` or `provider`."""
    welcome_on: Mapped[bool] = mapped_column(default=True, server_default=true())
    """True if the first text to a number is a welcome."""
    text_countries: Mapped[str | None] = mapped_column(String(200))
    """ISO codes with commas that the texting number can text; None: those of its own country."""
    reply_copy_to: Mapped[str | None] = mapped_column(String(254))
    """The office's email address that is told of replies to texts. None: nobody is."""
    office_phone: Mapped[str | None] = mapped_column(code_points(16))
    """E.164. It is in the answer to HELP, as the email address is."""
    office_email: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(Moment)


class SchoolTable(Base):
    """A table whose rows are a school's: the school is the first part of their key."""

    __abstract__ = True

    school_id: Mapped[int] = mapped_column(ForeignKey("school.id"), primary_key=True, sort_order=-1)


class TextingNumber(SchoolTable):
    """A number that the school texts from, or did: unique in the installation, former ones too."""

    __tablename__ = "texting_number"

    number: Mapped[Number] = mapped_column(primary_key=True, unique=True)
    since: Mapped[datetime] = mapped_column(Moment)
    until: Mapped[datetime | None] = mapped_column(Moment)
    per_second: Mapped[float] = mapped_column(default=10.0, server_default="10")
    """The most texts that the number sends in a second."""
    next_at: Mapped[datetime | None] = mapped_column(Moment)
    """Time when the next one may go, by that rate."""
    held_at: Mapped[datetime | None] = mapped_column(Moment)
    """Time when its texts began to wait because of our own fault. While they wait, next_at is the
    time of the next try."""
    held_code: Mapped[int | None]
    """The provider's code for that fault."""
    reconciled_to: Mapped[datetime | None] = mapped_column(Moment)
    """Up to when the provider was asked for texts that passed the portal by."""

    __table_args__ = (
        partial_index("uq_texting_number_current", "school_id", where="until IS NULL", unique=True),
    )


class Term(SchoolTable):
    __tablename__ = "term"

    id: Mapped[IdKey]
    name: Mapped[str] = mapped_column(String(40))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    is_default: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("uq_term_name", "school_id", "name", unique=True),
        partial_index("uq_term_default", "school_id", where="is_default", unique=True),
    )


def school_fk(columns: list[str], target: str, remote: list[str]) -> ForeignKeyConstraint:
    """A foreign key that can only point within the same school."""
    return ForeignKeyConstraint(
        ["school_id", *columns], [f"{target}.school_id", *(f"{target}.{c}" for c in remote)]
    )
