"""Open notices to staff, as the overview shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.enums import NoticeKind
from portal.extensions import db
from portal.models import Contact, StaffNotice, same_school
from portal.provider_codes import cause_and_fix

MOST = 20


@dataclass(frozen=True, slots=True)
class NoticeRow:
    id: int
    kind: NoticeKind
    about: str
    detail: dict[str, Any]
    times: int
    first_at: datetime
    last_at: datetime
    contact_id: int | None
    contact_name: str

    @property
    def cause(self) -> str:
        """The cause why texts wait."""
        return cause_and_fix(self.detail["code"])[0]

    @property
    def fix(self) -> str:
        return cause_and_fix(self.detail["code"])[1]


def open_notices(
    school_id: int, kinds: Iterable[NoticeKind] = NoticeKind, about: Iterable[str] = ()
) -> list[NoticeRow]:
    """Return the open notices of these kinds, newest first, MOST at most. `about`: only these."""
    rows = db.session.execute(
        select(StaffNotice, Contact.full_name)
        .outerjoin(Contact, same_school(Contact, StaffNotice, Contact.id == StaffNotice.contact_id))
        .where(
            StaffNotice.school_id == school_id,
            StaffNotice.closed_at.is_(None),
            StaffNotice.kind.in_(list(kinds)),
            *([StaffNotice.about.in_(list(about))] if about else []),
        )
        .order_by(StaffNotice.last_at.desc(), StaffNotice.id.desc())
        .limit(MOST)
    )
    return [
        NoticeRow(
            id=row.StaffNotice.id,
            kind=NoticeKind(row.StaffNotice.kind),
            about=row.StaffNotice.about,
            detail=row.StaffNotice.detail,
            times=row.StaffNotice.times,
            first_at=row.StaffNotice.first_at,
            last_at=row.StaffNotice.last_at,
            contact_id=row.StaffNotice.contact_id,
            contact_name=row.full_name or "",
        )
        for row in rows
    ]
