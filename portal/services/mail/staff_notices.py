"""Notices on the staff's overview: what they should know of, until someone puts it aside."""

from functools import lru_cache
from typing import Any

from sqlalchemy import text, update

from portal import clock
from portal.enums import NoticeKind
from portal.extensions import db, insert_for, on_postgresql
from portal.models import StaffNotice
from portal.models.columns import new_id


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


def close_about(school_id: int, kind: NoticeKind, about: str, closed_by: str) -> None:
    """Put aside the notice of something that ended."""
    db.session.execute(
        update(StaffNotice)
        .where(
            StaffNotice.school_id == school_id,
            StaffNotice.kind == kind,
            StaffNotice.about == about,
            StaffNotice.closed_at.is_(None),
        )
        .values(closed_at=clock.now(), closed_by=closed_by)
        .execution_options(synchronize_session=False)
    )


def close(school_id: int, notice_id: int, closed_by: str) -> bool:
    """Put a notice aside; False if it is not open at this school. One about waiting texts ends with
    its cause (`close_about`)."""
    closed = db.session.execute(
        update(StaffNotice)
        .where(
            StaffNotice.school_id == school_id,
            StaffNotice.id == notice_id,
            StaffNotice.kind != NoticeKind.TEXTS_HELD,
            StaffNotice.closed_at.is_(None),
        )
        .values(closed_at=clock.now(), closed_by=closed_by)
        .returning(StaffNotice.id)
    ).all()
    return bool(closed)
