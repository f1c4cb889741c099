"""The ledger's tables. `consent/ledger.py` alone writes them.

`consent_event` and `wording` are append-only: `consent/guards.py` has the triggers by which the
database itself refuses to change, delete, replace or truncate them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from portal.enums import Answer, ConsentState, ConsentStrength, PauseReason, Source
from portal.models.columns import (
    Moment,
    Number,
    ShortString,
    code_points,
    one_of,
    partial_index,
)
from portal.models.school import SchoolTable, school_fk


class Wording(SchoolTable):
    """A consent text exactly as it was shown, kept once; `id`: SHA-256 of language and text."""

    __tablename__ = "wording"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    language: Mapped[str] = mapped_column(String(5))
    text: Mapped[str] = mapped_column(Text)
    first_used_at: Mapped[datetime] = mapped_column(Moment)


class ConsentEvent(SchoolTable):
    """One decision. No foreign key leads to a contact or a submission: those may be erased."""

    __tablename__ = "consent_event"

    number: Mapped[Number] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    """Its place in the number's sequence, from 1."""
    answer: Mapped[str | None] = mapped_column(String(3))
    source: Mapped[ShortString]
    state: Mapped[ShortString]
    """The number's state after this event."""
    code: Mapped[str | None] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(40))
    """The actor, without a name. See ledger.Decision.actor."""
    wording_id: Mapped[str | None] = mapped_column(String(64))
    language: Mapped[str | None] = mapped_column(String(5))
    texting_number: Mapped[str] = mapped_column(code_points(16))
    submission_id: Mapped[int | None] = mapped_column(BigInteger)
    message_id: Mapped[str | None] = mapped_column(String(64))
    happened_at: Mapped[datetime] = mapped_column(Moment)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    evidence_digest: Mapped[str | None] = mapped_column(String(64))
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        school_fk(["wording_id"], "wording", ["id"]),
        one_of("answer", Answer),
        one_of("source", Source),
        one_of("state", ConsentState),
        CheckConstraint("seq >= 1", name="seq_from_1"),
        CheckConstraint(
            "(source IN ('number_left', 'staff_pause', 'staff_resume', 'reply_pause'))"
            " = (answer IS NULL)",
            name="answer_unless_number_left",  # its name from when that was the only one
        ),
        Index("uq_consent_event_message", "school_id", "message_id", unique=True),
        Index("ix_consent_event_submission", "school_id", "submission_id"),
        Index("ix_consent_event_code", "school_id", "code", "recorded_at"),
    )


class ConsentEvidence(SchoolTable):
    """The personal part of an event, which may be erased one day. The event holds its digest."""

    __tablename__ = "consent_evidence"

    number: Mapped[Number] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[str] = mapped_column(String(32))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    """`{"ip": ..., "browser": ..., "name": ...}`."""

    __table_args__ = (school_fk(["number", "seq"], "consent_event", ["number", "seq"]),)


class ConsentStatus(SchoolTable):
    """The present state of a number: the result of replaying its events, kept for fast reading."""

    __tablename__ = "consent_status"

    number: Mapped[Number] = mapped_column(primary_key=True)
    state: Mapped[ShortString] = mapped_column(default=ConsentState.NOT_ASKED)
    decided_by: Mapped[str | None] = mapped_column(code_points(20))
    """The source of the current decision."""
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    """Time of that decision."""
    since: Mapped[datetime | None] = mapped_column(Moment)
    """Start of the state."""
    since_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    """The event with which the state started: an opt-out's holder had the number at that place."""
    handset_only: Mapped[bool] = mapped_column(default=False, server_default=false())
    """A no came by text, carrier or list since the opt-out started: of its holders, only those
    count whom the phone itself had confirmed."""
    last_seq: Mapped[int] = mapped_column(default=0)
    last_hash: Mapped[str] = mapped_column(String(64), default="")
    blocked_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when the carrier refuses texts although the number is opted in."""
    paused: Mapped[str | None] = mapped_column(code_points(20))
    """The reason why the school does not text it: of several pauses, the one hardest to end."""

    strength: Mapped[str | None] = mapped_column(code_points(20))
    """A ConsentStrength (`portal.consent.strength`). None unless the number is opted in."""

    __table_args__ = (
        one_of("state", ConsentState),
        one_of("strength", ConsentStrength),
        one_of("paused", PauseReason),
        # All that an export says of a state, without the table.
        Index("ix_consent_status_state", "school_id", "state", "number", "since", "decided_by"),
        # A search by an answer's date, without the table. It goes by number, as the phones' index
        # does: by date, empty ones took half as long again.
        Index("ix_consent_status_decided", "school_id", "number", "decided_at", "decided_by"),
        # A search by the strength of consent, and the campaign's count, without the table.
        partial_index(
            "ix_consent_status_strength",
            "school_id",
            "strength",
            "number",
            where="strength IS NOT NULL",
        ),
    )


class ConsentPause(SchoolTable):
    """A time in which a school does not text a number, by its own decision: one reason, from its
    event to the one that ended it."""

    __tablename__ = "consent_pause"

    number: Mapped[Number] = mapped_column(primary_key=True)
    began_seq: Mapped[int] = mapped_column(primary_key=True)
    """The event that began it."""
    reason: Mapped[ShortString]
    by_reply: Mapped[bool]
    """True if a text from the phone began it, or what staff turned into this one."""
    actor: Mapped[str] = mapped_column(code_points(40))
    """The one who began it, as in the event: that account may take it back for some minutes."""
    asked_at: Mapped[datetime] = mapped_column(Moment)
    """Time when the parent asked, maybe before it was recorded."""
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    ended_seq: Mapped[int | None]
    """The event that ended it: a yes, or what staff decided."""

    __table_args__ = (
        school_fk(["number", "began_seq"], "consent_event", ["number", "seq"]),
        one_of("reason", PauseReason),
        partial_index(
            "ix_consent_pause_open", "school_id", "reason", "recorded_at", where="ended_seq IS NULL"
        ),
    )
