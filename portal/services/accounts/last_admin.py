"""A school always keeps an admin who can sign in: else nobody there could let anybody in."""

from sqlalchemy import ColumnElement, func, select

from portal.enums import StaffRole
from portal.extensions import db
from portal.models import Account, Membership, School
from portal.services.locks import advisory_lock


class LastAdminError(ValueError):
    """The account is the school's last admin. The message says what to do first."""

    def __init__(self, school_name: str) -> None:
        super().__init__(
            f"This is the last admin of {school_name}. Make someone else an admin first."
        )


def guard_last_admin(school_id: int, account_id: int) -> None:
    """Raise LastAdminError if the account is the only admin of the school who can sign in.

    Call it before taking the role, the school or the sign-in away. Of two who do so at once the
    second one waits here until the first has committed, and counts again.
    """
    advisory_lock("admins", school_id)
    if _admins(school_id, Account.id == account_id) and not _admins(
        school_id, Account.id != account_id
    ):
        name = db.session.scalar(select(School.name).where(School.id == school_id))
        raise LastAdminError(name or "the school")


def _admins(school_id: int, which: ColumnElement[bool]) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Membership)
            .join(Account, Account.id == Membership.account_id)
            .where(
                Membership.school_id == school_id,
                Membership.role == StaffRole.ADMIN,
                Account.disabled_at.is_(None),
                which,
            )
        )
        or 0
    )
