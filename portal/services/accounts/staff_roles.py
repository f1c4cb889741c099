"""Roles given and taken away, accounts disabled and enabled. A school always keeps an admin."""

from sqlalchemy import delete, select, update

from portal import clock
from portal.email_address import email_key
from portal.enums import AccountChange, StaffRole
from portal.extensions import db
from portal.models import Account, Membership, StaffInvitation
from portal.services.accounts import audit
from portal.services.accounts.accounts import AccountError, Made, set_role
from portal.services.accounts.known_devices import revoke_devices
from portal.services.accounts.last_admin import guard_last_admin
from portal.services.accounts.passwords import void_resets
from portal.services.accounts.staff_sign_in import end_sessions
from portal.services.actor import Actor


class NotStaffError(LookupError):
    """The account is not staff of the school."""

    def __init__(self) -> None:
        super().__init__(
            "This account isn't staff of that school. To see its staff, run `flask staff list`."
        )


def find_account(email: str) -> Account:
    """Return the account with this email. Raises AccountError."""
    found = db.session.scalar(select(Account).where(Account.email_key == email_key(email)))
    if found is None:
        raise AccountError(
            f"Can't find an account for {email}. To see all accounts, run `flask staff list`."
        )
    return found


def change_role(school_id: int, account_id: int, role: StaffRole, by: Actor) -> Made:
    """Give someone who is staff of the school another role there. Raises NotStaffError, and
    LastAdminError if nobody could be let in after it."""
    if role_of(school_id, account_id) is None:
        raise NotStaffError
    made = set_role(account_id, school_id, role)
    if made is Made.ROLE_CHANGED:
        if role is not StaffRole.ADMIN:
            _void_invitations(account_id, school_id)
        audit.note_change([school_id], AccountChange.ROLE, account_id, by, role)
    return made


def remove_member(school_id: int, account_id: int, by: Actor) -> None:
    """Take the school away from an account; its account and its other schools stay. Raises
    NotStaffError or LastAdminError."""
    guard_last_admin(school_id, account_id)
    removed = db.session.scalar(
        delete(Membership)
        .where(Membership.school_id == school_id, Membership.account_id == account_id)
        .returning(Membership.account_id)
    )
    if removed is None:
        raise NotStaffError
    _void_invitations(account_id, school_id)
    audit.note_change([school_id], AccountChange.REMOVED, account_id, by)


def disable_account(account_id: int, by: Actor) -> bool:
    """Keep the account from signing in anywhere, and end its sessions. False if it was disabled
    before. Raises LastAdminError."""
    school_ids = sorted(audit.school_ids_of(account_id))
    for school_id in school_ids:
        guard_last_admin(school_id, account_id)
    disabled = db.session.scalar(
        update(Account)
        .where(Account.id == account_id, Account.disabled_at.is_(None))
        .values(disabled_at=clock.now())
        .returning(Account.id)
    )
    end_sessions(account_id)
    revoke_devices(account_id)
    void_resets(account_id)
    for school_id in school_ids:
        _void_invitations(account_id, school_id)
    if disabled is not None:
        audit.note_change(school_ids, AccountChange.DISABLED, account_id, by)
    return disabled is not None


def enable_account(account_id: int, by: Actor) -> bool:
    """Let a disabled account sign in again. False if it could before."""
    enabled = db.session.scalar(
        update(Account)
        .where(Account.id == account_id, Account.disabled_at.is_not(None))
        .values(disabled_at=None)
        .returning(Account.id)
    )
    if enabled is not None:
        audit.note_change(audit.school_ids_of(account_id), AccountChange.ENABLED, account_id, by)
    return enabled is not None


def role_of(school_id: int, account_id: int) -> StaffRole | None:
    role = db.session.scalar(
        select(Membership.role).where(
            Membership.school_id == school_id, Membership.account_id == account_id
        )
    )
    return None if role is None else StaffRole(role)


def _void_invitations(account_id: int, school_id: int) -> None:
    """Make what the account invited others by worthless: it may let nobody in anymore."""
    db.session.execute(
        update(StaffInvitation)
        .where(
            StaffInvitation.school_id == school_id,
            StaffInvitation.invited_by == account_id,
            StaffInvitation.accepted_at.is_(None),
            StaffInvitation.canceled_at.is_(None),
        )
        .values(canceled_at=clock.now())
    )
