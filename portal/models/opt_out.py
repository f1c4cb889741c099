"""Noes on forms by senders on whose record the number is not proven, and who was told of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.enums import FormOptOutState, OwnerNoticeKind
from portal.extensions import Base
from portal.models.columns import (
    BigRef,
    IdKey,
    Moment,
    Number,
    SchoolKey,
    ShortString,
    code_points,
    new_id,
    one_of,
    partial_index,
)
from portal.models.school import school_fk


class FormOptOut(Base):
    """A no about one number: what bursts are counted from, and, in a burst, what waits for staff.

    No key leads to a form or a person: those may be erased.
    """

    __tablename__ = "form_opt_out"

    school_id: Mapped[SchoolKey]
    id: Mapped[IdKey] = mapped_column(default=new_id)
    number: Mapped[Number]
    state: Mapped[ShortString]
    actor: Mapped[str] = mapped_column(code_points(40))
    """`contact:ID` of the parent who was signed in, or `visitor`."""
    network: Mapped[str] = mapped_column(code_points(45))
    session_digest: Mapped[str] = mapped_column(code_points(64))
    """Of the browser session that the form came in; empty for the family page."""
    unknown: Mapped[bool]
    """The number was on nobody's record but the sender's own."""
    submission_id: Mapped[int | None] = mapped_column(BigInteger)
    wording_id: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(5))
    texting_number: Mapped[Number]
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    """`{"ip": ..., "browser": ..., "name": ...}`."""
    said_at: Mapped[datetime] = mapped_column(Moment)
    """Its own time: the event has it once staff confirm."""
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(100))

    __table_args__ = (
        school_fk(["wording_id"], "wording", ["id"]),
        one_of("state", FormOptOutState),
        partial_index("ix_form_opt_out_waiting", "school_id", "number", where="state = 'waiting'"),
        partial_index(
            "ix_form_opt_out_review", "school_id", "network", "id", where="state = 'waiting'"
        ),
        partial_index("ix_form_opt_out_unknown", "school_id", "said_at", where="unknown"),
        Index("ix_form_opt_out_said", "school_id", "said_at"),
        Index("ix_form_opt_out_network", "school_id", "network", "said_at"),
        Index("ix_form_opt_out_actor", "school_id", "actor", "said_at"),
    )


class OwnerNotice(Base):
    """One email about somebody else's answer, or that there was nobody to email."""

    __tablename__ = "owner_notice"

    school_id: Mapped[SchoolKey]
    id: Mapped[IdKey] = mapped_column(default=new_id)
    number: Mapped[Number]
    contact_id: Mapped[BigRef]
    """The owner of the record that has the number."""
    email_key: Mapped[str] = mapped_column(code_points(254))
    """Empty if nobody could be emailed."""
    kind: Mapped[ShortString]
    place: Mapped[BigRef]
    """Its subject: the opt-out's place in the number's log, or the waiting no's id."""
    at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        one_of("kind", OwnerNoticeKind),
        Index("ix_owner_notice_number", "school_id", "number", "email_key", "at"),
        Index("ix_owner_notice_kind", "school_id", "kind", "at"),
    )
