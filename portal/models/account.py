"""Staff accounts: of the installation, members of schools, their sessions and failed sign-ins."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.enums import StaffRole
from portal.extensions import Base
from portal.models.columns import IdKey, Moment, Name, SchoolKey, Word, code_points, one_of


class Account(Base):
    __tablename__ = "account"

    id: Mapped[IdKey]
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(code_points(254), unique=True)
    name: Mapped[Name]
    password_hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)


class Membership(Base):
    __tablename__ = "membership"

    school_id: Mapped[SchoolKey]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)
    role: Mapped[Word]

    __table_args__ = (one_of("role", StaffRole),)


class StaffSession(Base):
    """A sign-in. The cookie holds the token, this row its hash, so that it can be ended here."""

    __tablename__ = "staff_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class SignInFailure(Base):
    """A wrong password: counted by email and by network, over all workers, to slow guessing."""

    __tablename__ = "sign_in_failure"

    id: Mapped[IdKey]
    email_digest: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(45))
    at: Mapped[datetime] = mapped_column(Moment)

    __table_args__ = (
        Index("ix_sign_in_failure_email", "email_digest", "at"),
        Index("ix_sign_in_failure_network", "network", "at"),
    )
