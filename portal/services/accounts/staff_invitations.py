"""Admins invite staff by email. The page and the email don't tell if the person has an account
already. Only the link asks them to make one, or to sign in."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update

from portal import clock
from portal.email_address import email_key
from portal.enums import AccountChange, StaffRole
from portal.extensions import db
from portal.labels import STAFF_ROLE_WORDS
from portal.models import Account, School, StaffInvitation
from portal.queries.schools import SchoolRow
from portal.services.accounts import audit
from portal.services.accounts.accounts import check_address, create_account, set_role
from portal.services.accounts.staff_roles import role_of
from portal.services.accounts.tokens import AGAIN, MakeUrl, token_hash
from portal.services.actor import Actor
from portal.services.locks import advisory_lock
from portal.services.mail import queue as mail_queue

LIFE = timedelta(days=7)
PAUSE = timedelta(days=1)
MOST_FOR_ONE = 3
MOST_FOR_SCHOOL = 50
"""Invitations within PAUSE: for one email, and from one school."""


class InvitationError(ValueError):
    """It can't be sent; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that is good."""

    school_id: int
    id: int
    slug: str
    school_name: str
    email: str
    role: StaffRole
    account_id: int | None
    """The account with that email, if there is one by now."""


def invite_staff(
    school: SchoolRow, email: str, role: StaffRole, by: Actor, make_url: MakeUrl
) -> str:
    """Email an invitation; one that the same address still has is replaced. Gives the address.
    Raises AccountError for a bad address, else InvitationError."""
    address = check_address(email)
    key = email_key(address)
    advisory_lock("staff-invitation", school.id)
    _refuse_floods(school.id, key)
    member = db.session.scalar(select(Account.id).where(Account.email_key == key))
    if member is not None and role_of(school.id, member) is not None:
        raise InvitationError(f"{address} is already on the list below.")
    _cancel(StaffInvitation.school_id == school.id, StaffInvitation.email_key == key)
    token, now = secrets.token_urlsafe(32), clock.now()
    invitation = StaffInvitation(
        school_id=school.id,
        email=address,
        email_key=key,
        role=role,
        token_hash=token_hash(token),
        invited_by=by.account_id,
        created_at=now,
        expires_at=now + LIFE,
    )
    db.session.add(invitation)
    db.session.flush()
    words = _words(school.name, role, make_url(token))
    mail_queue.enqueue(school.id, "staff_invitation", address, "en", *words)
    audit.note_change([school.id], AccountChange.INVITED, None, by, role, invitation.id)
    return address


def cancel_invitation(school_id: int, invitation_id: int, by: Actor) -> str | None:
    """Make an invitation's link worthless. Gives its address, None if there is none that waits."""
    address = _cancel(StaffInvitation.school_id == school_id, StaffInvitation.id == invitation_id)
    if address is not None:
        change = AccountChange.INVITATION_CANCELED
        audit.note_change([school_id], change, None, by, object_id=invitation_id)
    return address


def find_invitation(token: str) -> Invitation | None:
    """Look a link up without using it."""
    return _find(token, *_waiting())


def find_just_accepted(token: str) -> Invitation | None:
    """Return the invitation if it was accepted within the last minute. People press twice."""
    return _find(token, StaffInvitation.accepted_at > clock.now() - AGAIN)


def _find(token: str, *which: ColumnElement[bool]) -> Invitation | None:
    row = db.session.execute(
        select(StaffInvitation, School.slug, School.name, Account.id.label("account_id"))
        .join(School, School.id == StaffInvitation.school_id)
        .join(Account, Account.email_key == StaffInvitation.email_key, isouter=True)
        .where(StaffInvitation.token_hash == token_hash(token), *which)
    ).one_or_none()
    if row is None:
        return None
    found: StaffInvitation = row.StaffInvitation
    return Invitation(
        found.school_id,
        found.id,
        row.slug,
        row.name,
        found.email,
        StaffRole(found.role),
        row.account_id,
    )


def join_school(token: str, account_id: int, by: Actor) -> Invitation | None:
    """Make the account staff of the school that invited it. None if the link is not good, or was
    sent to someone else."""
    found = find_invitation(token)
    if found is None or found.account_id != account_id or not _use(found):
        return None
    if role_of(found.school_id, account_id) is None:
        set_role(account_id, found.school_id, found.role)
    note_joined(found, account_id, by)
    return found


def make_invited(
    token: str, name: str, password_hash: str, network: str
) -> tuple[Invitation, int] | None:
    """Make an account for the person who was invited, and return its id too. None if the link has
    expired, or if the email has an account by now."""
    found = find_invitation(token)
    if found is None or found.account_id is not None or not _use(found):
        return None
    made = create_account(found.email, name, password_hash, found.school_id, found.role)
    note_joined(found, made.account_id, Actor(made.account_id, network=network))
    return found, made.account_id


def note_joined(invitation: Invitation, account_id: int, by: Actor) -> None:
    change = AccountChange.JOINED
    school_ids = [invitation.school_id]
    audit.note_change(school_ids, change, account_id, by, invitation.role, invitation.id)


def _refuse_floods(school_id: int, key: str) -> None:
    recent = (
        select(func.count())
        .select_from(StaffInvitation)
        .where(
            StaffInvitation.school_id == school_id,
            StaffInvitation.created_at > clock.now() - PAUSE,
        )
    )
    of_email = db.session.scalar(recent.where(StaffInvitation.email_key == key)) or 0
    if of_email >= MOST_FOR_ONE:
        raise InvitationError(f"This person got {MOST_FOR_ONE} invitations today. Try tomorrow.")
    if (db.session.scalar(recent) or 0) >= MOST_FOR_SCHOOL:
        raise InvitationError(
            f"Your school sent {MOST_FOR_SCHOOL} invitations today. Try tomorrow."
        )


def _use(invitation: Invitation) -> bool:
    """Mark it as accepted. Of two at the same time one does."""
    used = db.session.scalar(
        update(StaffInvitation)
        .where(
            StaffInvitation.school_id == invitation.school_id,
            StaffInvitation.id == invitation.id,
            *_waiting(),
        )
        .values(accepted_at=clock.now())
        .returning(StaffInvitation.id)
    )
    return used is not None


def _cancel(*which: ColumnElement[bool]) -> str | None:
    canceled = db.session.scalars(
        update(StaffInvitation)
        .where(*which, *_waiting())
        .values(canceled_at=clock.now())
        .returning(StaffInvitation.email)
    ).all()
    return canceled[0] if canceled else None


def _waiting() -> tuple[ColumnElement[bool], ...]:
    return (
        StaffInvitation.accepted_at.is_(None),
        StaffInvitation.canceled_at.is_(None),
        StaffInvitation.expires_at > clock.now(),
    )


def _words(school: str, role: StaffRole, link: str) -> tuple[str, str]:
    return f"Join {school} on the parent portal", (
        "Hello,\n\n"
        f"{school} invites you to its parent portal as {STAFF_ROLE_WORDS[role].one}. "
        "To join, open this link:\n"
        f"{link}\n\n"
        "The link works once, for 7 days. It doesn't work for anyone else's email.\n\n"
        "If you weren't expecting this, you don't need to do anything.\n"
    )
