"""Notices on the staff's overview: what they should know, until someone closes it."""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, select, text, update

from portal import clock
from portal.enums import NoticeKind, StaffRole
from portal.extensions import db, insert_for, on_postgresql
from portal.models import Account, Membership, StaffNotice
from portal.models.columns import new_id
from portal.services.mail import queue as mail_queue

CLOSED_BY_ITSELF = (NoticeKind.TEXTS_HELD, NoticeKind.EMERGENCY_WAITS)
"""Notices about texts that wait, which nobody may put aside."""


def notify_staff(
    school_id: int,
    kind: NoticeKind,
    about: str,
    detail: dict[str, Any] | None = None,
    contact_id: int | None = None,
) -> None:
    """Tell staff. The same thing again, while the notice is open, counts on it and replaces its
    details; `about` makes it the same thing."""
    now = clock.now()
    values = {
        "school_id": school_id,
        "id": new_id(),
        "kind": kind,
        "about": about,
        "contact_id": contact_id,
        "times": 1,
        "first_at": now,
        "last_at": now,
        "detail": detail or {},
    }
    db.session.execute(_insert_or_count(on_postgresql()), values)


@lru_cache(maxsize=2)
def _insert_or_count(_on_postgresql: bool) -> Any:
    new = insert_for(StaffNotice.__table__)
    return new.on_conflict_do_update(
        index_elements=["school_id", "kind", "about"],
        index_where=text("closed_at IS NULL"),
        set_={
            "detail": new.excluded.detail,
            "last_at": new.excluded.last_at,
            "times": StaffNotice.times + 1,
        },
    )


def email_admins(school_id: int, kind: str, subject: str, body: str) -> None:
    """Email a school's admins."""
    admins = (
        select(Account.email)
        .join(Membership, Membership.account_id == Account.id)
        .where(
            Membership.school_id == school_id,
            Membership.role == StaffRole.ADMIN,
            Account.disabled_at.is_(None),
        )
        .order_by(Account.id)
    )
    for address in db.session.scalars(admins):
        mail_queue.enqueue(school_id, kind, address, "en", subject, body)


def close_about(school_id: int, kind: NoticeKind, about: str, closed_by: str) -> None:
    """Close the notice of something that ended."""
    _close(school_id, closed_by, StaffNotice.kind == kind, StaffNotice.about == about)


def close(school_id: int, notice_id: int, closed_by: str) -> bool:
    """Close a notice. False if it is not open at this school, or if it is about waiting texts: that
    one is closed when they go out (`close_about`)."""
    not_texts = StaffNotice.kind.not_in(CLOSED_BY_ITSELF)
    return _close(school_id, closed_by, StaffNotice.id == notice_id, not_texts)


def close_all(school_id: int, notice_ids: list[int], closed_by: str) -> None:
    """Close these notices, if they are open."""
    if notice_ids:
        _close(school_id, closed_by, StaffNotice.id.in_(notice_ids))


def _close(school_id: int, closed_by: str, *which: ColumnElement[bool]) -> bool:
    closed = db.session.execute(
        update(StaffNotice)
        .where(StaffNotice.school_id == school_id, StaffNotice.closed_at.is_(None), *which)
        .values(closed_at=clock.now(), closed_by=closed_by)
        .returning(StaffNotice.id)
        .execution_options(synchronize_session=False)
    )
    return closed.first() is not None
