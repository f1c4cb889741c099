"""The audit trail: who signed in, who was refused, who saw and downloaded what."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.enums import AuditKind
from portal.extensions import Base
from portal.models.columns import (
    IdKey,
    Moment,
    SchoolKey,
    ShortString,
    new_id,
    one_of,
    partial_index,
)


class AuditEntry(Base):
    """An entry: ids and the portal's own words. No password, no search, no child's name."""

    __tablename__ = "audit_entry"

    school_id: Mapped[SchoolKey]
    id: Mapped[IdKey] = mapped_column(default=new_id)
    """Grows with time, so newest first is the order of the key."""
    kind: Mapped[ShortString]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    """The account that did it. None: a command, or somebody who is not signed in."""
    about_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    """The account that it was done to or tried with, where it is another."""
    object_id: Mapped[int | None] = mapped_column(BigInteger)
    """The contact record, or the invitation."""
    detail: Mapped[str] = mapped_column(String(60), default="", server_default="")
    """A word of the portal's own: the export, the page, the change."""
    network: Mapped[str] = mapped_column(String(45), default="", server_default="")
    """Empty for a command."""
    at: Mapped[datetime] = mapped_column(Moment)
    once: Mapped[str | None] = mapped_column(String(120))
    """The key of an entry that is written once: the same account, record, and hour, for example."""

    __table_args__ = (
        one_of("kind", AuditKind),
        Index("ix_audit_entry_kind", "school_id", "kind", "id"),
        Index("ix_audit_entry_account", "school_id", "account_id", "id"),
        Index("ix_audit_entry_about", "school_id", "about_id", "id"),
        partial_index(
            "uq_audit_entry_once", "school_id", "once", where="once IS NOT NULL", unique=True
        ),
    )
