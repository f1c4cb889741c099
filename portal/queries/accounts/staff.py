"""Staff accounts: who is signed in, at which schools, and what a sign-in is checked against."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, select

from portal import clock
from portal.email_address import email_key
from portal.enums import StaffRole
from portal.extensions import db, fetch
from portal.models import Account, Membership, School, SignInFailure, StaffSession
from portal.models.columns import Moment
from portal.normalize import has_control
from portal.queries.schools import SchoolRow, school_columns, school_row
from portal.queries.texting.counts import unread_count


@dataclass(frozen=True, slots=True)
class Member:
    """Someone signed in, at a school where they are staff."""

    account_id: int
    name: str
    email: str
    role: StaffRole
    school: SchoolRow
    session_hash: str
    unread_texts: int
    """At the school, up to MOST_COUNTED: every page shows it."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Someone signed in, at no school in particular."""

    account_id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Credentials:
    account_id: int
    password_hash: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords in a while."""

    count: int
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class MembershipRow:
    slug: str
    school_name: str
    role: StaffRole


_LASTING = (
    StaffSession.token_hash == bindparam("session_hash"),
    StaffSession.ended_at.is_(None),
    StaffSession.ends_at > bindparam("now", type_=Moment()),
    Account.disabled_at.is_(None),
)
_MEMBER = (
    school_columns()
    .add_columns(
        Account.id.label("account_id"),
        Account.name.label("account_name"),
        Account.email,
        Membership.role,
        unread_count().label("unread_texts"),
    )
    .join(Membership, Membership.school_id == School.id)
    .join(Account, Account.id == Membership.account_id)
    .join(StaffSession, StaffSession.account_id == Account.id)
    .where(School.slug == bindparam("slug"), *_LASTING)
)
"""Every page of the staff asks this: built once."""
_SIGNED_IN = (
    select(Account.id, Account.name, Account.email)
    .join(StaffSession, StaffSession.account_id == Account.id)
    .where(*_LASTING)
)


def find_member(session_hash: str, slug: str) -> Member | None:
    """Return the session's staff member, if it has not ended and they are staff of the school. One
    query."""
    if has_control(slug):
        return None
    row = fetch(
        _MEMBER, {"slug": slug, "session_hash": session_hash, "now": clock.now()}
    ).one_or_none()
    if row is None:
        return None
    return Member(
        account_id=row.account_id,
        name=row.account_name,
        email=row.email,
        role=StaffRole(row.role),
        school=school_row(row),
        session_hash=session_hash,
        unread_texts=row.unread_texts,
    )


def find_signed_in(session_hash: str) -> SignedIn | None:
    """Return the session's account, if the session has not ended."""
    row = db.session.execute(
        _SIGNED_IN, {"session_hash": session_hash, "now": clock.now()}
    ).one_or_none()
    return None if row is None else SignedIn(row.id, row.name, row.email)


def memberships(account_id: int) -> list[MembershipRow]:
    """The account's schools, by name."""
    rows = db.session.execute(
        select(School.slug, School.name, Membership.role)
        .join(Membership, Membership.school_id == School.id)
        .where(Membership.account_id == account_id)
        .order_by(School.name, School.id)
    )
    return [MembershipRow(row.slug, row.name, StaffRole(row.role)) for row in rows]


def staff_ids(school_id: int | BindParameter[int]) -> Select[int]:
    """The accounts of whoever is staff of the school and may sign in."""
    return (
        select(Membership.account_id)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.school_id == school_id, Account.disabled_at.is_(None))
    )


def find_credentials(email: str) -> Credentials | None:
    row = db.session.execute(
        select(Account.id, Account.password_hash, Account.disabled_at).where(
            Account.email_key == email_key(email)
        )
    ).one_or_none()
    if row is None:
        return None
    return Credentials(row.id, row.password_hash, row.disabled_at is not None)


def recent_failures(condition: ColumnElement[bool], window: timedelta) -> Failures:
    """The failures within the window. `condition` is one on SignInFailure: for one email, say."""
    count, newest = db.session.execute(
        select(func.count(), func.max(SignInFailure.at)).where(
            condition, SignInFailure.at > clock.now() - window
        )
    ).one()
    return Failures(count, newest)
