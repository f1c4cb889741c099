"""Uses that a limit counts, over all workers."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.columns import IdKey, Moment, SchoolKey, ShortString, code_points, new_id


class LimitUse(Base):
    """One use, kept for as long as its limit looks back."""

    __tablename__ = "limit_use"

    school_id: Mapped[SchoolKey]
    id: Mapped[IdKey] = mapped_column(default=new_id)
    budget: Mapped[ShortString]
    """The limit's name, like `welcome`."""
    subject: Mapped[str] = mapped_column(code_points(254))
    """The user of it, like `contact:ID`."""
    at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (Index("ix_limit_use_subject", "school_id", "budget", "subject", "at"),)
