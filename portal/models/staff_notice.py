"""Things that staff should know of: shown on the overview until someone puts them aside."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.columns import (
    IdKey,
    Moment,
    SchoolKey,
    ShortString,
    code_points,
    new_id,
    partial_index,
)
from portal.models.school import school_fk


class StaffNotice(Base):
    """A notice. While it is open, the same thing happening again is counted on it."""

    __tablename__ = "staff_notice"

    school_id: Mapped[SchoolKey]
    id: Mapped[IdKey] = mapped_column(default=new_id)
    kind: Mapped[ShortString]
    """One of NoticeKind."""
    about: Mapped[str] = mapped_column(code_points(254))
    """Its subject, written so the same thing has the same key: an email key, a limit's name."""
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    """The record that it links to."""
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    times: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(Moment)
    last_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_by: Mapped[str | None] = mapped_column(String(100))

    __table_args__ = (
        school_fk(["contact_id"], "contact", ["id"]),
        partial_index(
            "uq_staff_notice_open",
            "school_id",
            "kind",
            "about",
            where="closed_at IS NULL",
            unique=True,
        ),
        Index("ix_staff_notice_newest", "school_id", "last_at"),
    )
