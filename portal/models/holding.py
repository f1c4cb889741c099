"""The times in which a contact had a number, and the proof that it was theirs."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.enums import Answer, ProofKind
from portal.extensions import Base
from portal.models.columns import (
    BigRef,
    IdKey,
    Moment,
    Number,
    SchoolKey,
    code_points,
    new_id,
    one_of,
    partial_index,
    same_school,
)
from portal.models.school import school_fk


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
        partial_index(
            "uq_holding_open",
            "school_id",
            "number",
            "contact_id",
            where="until IS NULL",
            unique=True,
        ),
    )


def open_holding_of(phones: Any) -> ColumnElement[bool]:
    """The condition that joins to phones what is known about their contacts' hold on them now."""
    return same_school(
        Holding,
        phones,
        Holding.number == phones.number,
        Holding.contact_id == phones.contact_id,
        Holding.until.is_(None),
    )
