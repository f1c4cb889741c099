"""The row that /readyz writes, to see that the database can be written to."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from portal.extensions import Base
from portal.models.columns import Moment


class WriteCheck(Base):
    __tablename__ = "write_check"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Always 1."""
    at: Mapped[datetime] = mapped_column(Moment)
