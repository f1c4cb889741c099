"""The heartbeat of each worker process, to see that one runs."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.enums import WorkerKind
from portal.extensions import Base
from portal.models.columns import Moment, ShortString, one_of


class WorkerBeat(Base):
    """A worker that runs, or that ended without saying so."""

    __tablename__ = "worker_beat"

    worker: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Random, made when the worker starts."""
    kind: Mapped[ShortString]
    at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (one_of("kind", WorkerKind),)
