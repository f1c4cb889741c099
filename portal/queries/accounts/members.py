"""The accounts of a school, and of the installation, as admins and commands list them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from portal import clock
from portal.enums import EmailFault, StaffRole
from portal.extensions import db
from portal.models import Account, EmailRefusal, Membership, School, StaffInvitation, same_school
from portal.queries.records.record import RefusedEmail


@dataclass(frozen=True, slots=True)
class StaffRow:
    """An account at a school."""

    account_id: int
    name: str
    email: str
    role: StaffRole | None
    """None: the account is staff of no school."""
    slug: str | None
    disabled: bool
    last_sign_in_at: datetime | None


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation that waits to be accepted."""

    id: int
    email: str
    role: StaffRole
    created_at: datetime
    expires_at: datetime
    refused: RefusedEmail | None
    """The email did not arrive."""


def school_staff(school_id: int) -> list[StaffRow]:
    """The school's accounts, by name."""
    return _staff(School.id == school_id)


def find_staff(school_id: int, account_id: int) -> StaffRow | None:
    found = _staff(School.id == school_id, Account.id == account_id)
    return found[0] if found else None


def all_staff() -> list[StaffRow]:
    """Every account of the installation, once for each of its schools, by email."""
    rows = _staff()
    return sorted(rows, key=lambda row: (row.email.casefold(), row.slug or ""))


def waiting_invitations(school_id: int) -> list[InvitationRow]:
    """Newest first."""
    rows = db.session.execute(
        select(StaffInvitation, EmailRefusal.refused_at, EmailRefusal.fault)
        .outerjoin(
            EmailRefusal,
            same_school(
                EmailRefusal,
                StaffInvitation,
                EmailRefusal.email_key == StaffInvitation.email_key,
                EmailRefusal.refused_at >= StaffInvitation.created_at,
            ),
        )
        .where(
            StaffInvitation.school_id == school_id,
            StaffInvitation.accepted_at.is_(None),
            StaffInvitation.canceled_at.is_(None),
            StaffInvitation.expires_at > clock.now(),
        )
        .order_by(StaffInvitation.created_at.desc(), StaffInvitation.id.desc())
    )
    return [
        InvitationRow(
            row.id,
            row.email,
            StaffRole(row.role),
            row.created_at,
            row.expires_at,
            RefusedEmail(at, EmailFault(fault)) if at else None,
        )
        for row, at, fault in rows
    ]


def _staff(*which: ColumnElement[bool]) -> list[StaffRow]:
    rows = db.session.execute(
        select(
            Account.id,
            Account.name,
            Account.email,
            Account.disabled_at,
            Account.last_sign_in_at,
            Membership.role,
            School.slug,
        )
        .join(Membership, Membership.account_id == Account.id, isouter=True)
        .join(School, School.id == Membership.school_id, isouter=True)
        .where(*which)
        .order_by(func.lower(Account.name), Account.id)
    )
    return [
        StaffRow(
            row.id,
            row.name,
            row.email,
            None if row.role is None else StaffRole(row.role),
            row.slug,
            row.disabled_at is not None,
            row.last_sign_in_at,
        )
        for row in rows
    ]
