"""Staff accounts: of the installation, members of schools, their sessions and failed sign-ins;
what is mailed to them to set a password or to join a school."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from portal.enums import StaffRole
from portal.extensions import Base
from portal.models.columns import (
    IdKey,
    Moment,
    Name,
    SchoolKey,
    ShortString,
    code_points,
    new_id,
    one_of,
)


class Account(Base):
    __tablename__ = "account"

    id: Mapped[IdKey]
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(code_points(254), unique=True)
    name: Mapped[Name]
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(Moment)


class Membership(Base):
    __tablename__ = "membership"

    school_id: Mapped[SchoolKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)
    role: Mapped[ShortString]

    __table_args__ = (one_of("role", StaffRole),)


class StaffSession(Base):
    """A sign-in. The cookie holds the token, this row its hash, so it can be ended here."""

    __tablename__ = "staff_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class KnownDevice(Base):
    """A browser in which an account signed in before. Its cookie holds the token, this row the
    hash, so it can be revoked here. Several accounts may share a browser."""

    __tablename__ = "known_device"

    device_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_used_at: Mapped[datetime] = mapped_column(Moment)


class SignInFailure(Base):
    """A wrong password: counted over all workers, to slow guessing."""

    __tablename__ = "sign_in_failure"

    id: Mapped[IdKey]
    email_digest: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(45))
    device_hash: Mapped[str | None] = mapped_column(String(64))
    """The known device that it came from: it counts for that device alone."""
    made_up: Mapped[bool] = mapped_column(default=False, server_default=false())
    """True if no account has the email: it counts for the network too."""
    at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        Index("ix_sign_in_failure_email", "email_digest", "at"),
        Index("ix_sign_in_failure_network", "network", "at"),
        Index("ix_sign_in_failure_device", "device_hash", "at"),
    )


class PasswordReset(Base):
    """A link sent by email that sets a new password. Kept hashed, good once."""

    __tablename__ = "password_reset"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class StaffInvitation(Base):
    """A link sent by email that makes its reader staff of a school. Kept hashed, good once."""

    __tablename__ = "staff_invitation"

    school_id: Mapped[SchoolKey]
    id: Mapped[IdKey] = mapped_column(default=new_id)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(code_points(254))
    role: Mapped[ShortString]
    token_hash: Mapped[str] = mapped_column(String(64), index=True)
    invited_by: Mapped[int] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    accepted_at: Mapped[datetime | None] = mapped_column(Moment)
    canceled_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        one_of("role", StaffRole),
        UniqueConstraint("school_id", "token_hash"),
        Index("ix_staff_invitation_email", "school_id", "email_key", "created_at"),
        Index("ix_staff_invitation_newest", "school_id", "created_at"),
    )
