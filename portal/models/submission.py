"""Submitted forms, and what of them waits for staff."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.enums import ProposalKind, ProposalState
from portal.models.columns import (
    BigRef,
    IdKey,
    Moment,
    ShortString,
    code_points,
    new_id,
    one_of,
    partial_index,
)
from portal.models.school import SchoolTable, school_fk


class Submission(SchoolTable):
    """One completed form. The same form sent again with other answers is its next revision."""

    __tablename__ = "submission"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    form: Mapped[str] = mapped_column(String(40))
    form_key: Mapped[str] = mapped_column(String(32))
    revision: Mapped[int] = mapped_column(default=1)
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    answers_digest: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(5))
    session_digest: Mapped[str] = mapped_column(String(64))
    """Of the browser session it came in: only that one may see it again or correct it."""
    wording_id: Mapped[str | None] = mapped_column(String(64))
    """The consent text that the form showed; None where texting was off."""
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON)
    """`{"ip": ..., "browser": ..., "name": ...}`, for the answers that wait."""
    received_at: Mapped[datetime] = mapped_column(Moment)
    apply_at: Mapped[datetime | None] = mapped_column(Moment)
    """The time from which it may be applied to records; None once it is."""
    pending: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Until then: what became of its "no" answers, and which texted link opened it."""

    __table_args__ = (
        school_fk(["wording_id"], "wording", ["id"]),
        UniqueConstraint("school_id", "form_key", "revision"),
        Index("ix_submission_received", "school_id", "received_at"),
        partial_index(
            "ix_submission_pending", "school_id", "apply_at", where="apply_at IS NOT NULL"
        ),
    )


class SubmissionContact(SchoolTable):
    """A contact that a submission made, or was found to be about."""

    __tablename__ = "submission_contact"

    submission_id: Mapped[BigRef] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(String(12), primary_key=True)
    """The contact's part of the form: `child1`, `parent2`."""
    contact_id: Mapped[BigRef]
    made: Mapped[bool]
    version: Mapped[int]
    """The contact's version after the submission: while it is the same, nobody else changed it."""

    __table_args__ = (
        school_fk(["submission_id"], "submission", ["id"]),
        school_fk(["contact_id"], "contact", ["id"]),
        Index("ix_submission_contact_contact", "school_id", "contact_id"),
    )


class Proposal(SchoolTable):
    """Something that an unsigned form would change about a record; staff accept or decline it."""

    __tablename__ = "proposal"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    submission_id: Mapped[BigRef]
    contact_id: Mapped[BigRef]
    """The record that it waits on."""
    kind: Mapped[ShortString]
    subject: Mapped[str] = mapped_column(String(60))
    """Its subject: a field's name, a slot, a number, a position."""
    old: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The value on file when it was proposed."""
    new: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[ShortString] = mapped_column(default=ProposalState.WAITING)
    proposed_at: Mapped[datetime] = mapped_column(Moment)
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by: Mapped[str | None] = mapped_column(String(100))

    __table_args__ = (
        school_fk(["submission_id"], "submission", ["id"]),
        school_fk(["contact_id"], "contact", ["id"]),
        one_of("kind", ProposalKind),
        one_of("state", ProposalState),
        Index("ix_proposal_contact", "school_id", "contact_id", "state"),
        Index("ix_proposal_waiting", "school_id", "state", "proposed_at"),
    )


class FormUse(SchoolTable):
    """A form accepted from a network: counted over all workers, to stop floods."""

    __tablename__ = "form_use"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    network: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (Index("ix_form_use_network", "school_id", "network", "at"),)


class LimitUse(SchoolTable):
    """One use, kept for as long as its limit looks back."""

    __tablename__ = "limit_use"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    budget: Mapped[ShortString]
    """The limit that was used, like `welcome`."""
    subject: Mapped[str] = mapped_column(code_points(254))
    """The user of it, like `contact:ID`."""
    at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (Index("ix_limit_use_subject", "school_id", "budget", "subject", "at"),)
