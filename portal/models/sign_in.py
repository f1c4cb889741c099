"""Ways for parents to come back: keys that sign in by email, sessions, and words texted from a
phone."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.columns import (
    BigRef,
    IdKey,
    Moment,
    Number,
    ShortString,
    code_points,
    new_id,
    partial_index,
)
from portal.models.school import SchoolTable, school_fk


class SignInKey(SchoolTable):
    """A link sent by email, and for some a 6-digit code that does the same. Both kept hashed, both
    good once."""

    __tablename__ = "sign_in_key"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    purpose: Mapped[ShortString]
    """`code`, `receipt`, `owner_notice`, `invitation`."""
    email_key: Mapped[str] = mapped_column(code_points(254))
    token_hash: Mapped[str] = mapped_column(String(64))
    code_hash: Mapped[str | None] = mapped_column(String(64))
    submission_id: Mapped[int | None] = mapped_column(BigInteger)
    """The form that the email was about."""
    network: Mapped[str] = mapped_column(String(45))
    """The network that asked for it. Empty if the portal sent it by itself."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    """Wrong codes so far."""
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    browser: Mapped[str | None] = mapped_column(String(64))
    """The digest of the browser that asked for the code, or used the link."""

    __table_args__ = (
        UniqueConstraint("school_id", "token_hash"),
        Index("ix_sign_in_key_email", "school_id", "email_key", "created_at"),
        Index("ix_sign_in_key_network", "school_id", "network", "created_at"),
    )


class ParentSession(SchoolTable):
    """A parent's sign-in. The cookie holds the token, this row its hash."""

    __tablename__ = "parent_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    contact_id: Mapped[BigRef]
    created_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        school_fk(["contact_id"], "contact", ["id"]),
        Index("ix_parent_session_contact", "school_id", "contact_id"),
    )


class ConfirmationWord(SchoolTable):
    """A word shown once to a signed-in parent: texted from the number, it is the handset's yes."""

    __tablename__ = "handset_word"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    contact_id: Mapped[BigRef]
    number: Mapped[Number]
    word: Mapped[str] = mapped_column(String(12))
    wording_id: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        school_fk(["contact_id"], "contact", ["id"]),
        school_fk(["wording_id"], "wording", ["id"]),
        Index("ix_handset_word_number", "school_id", "number", "expires_at"),
        partial_index(
            "uq_handset_word_open",
            "school_id",
            "contact_id",
            "number",
            where="used_at IS NULL",
            unique=True,
        ),
    )
