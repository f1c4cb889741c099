"""A number's open pauses, with who began them and why, for staff and for the family page."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from portal.enums import PauseReason
from portal.extensions import db
from portal.models import ConsentEvidence, ConsentPause, same_school
from portal.queries.schools import SchoolRow


class PauseRow(NamedTuple):
    pause: ConsentPause
    name: str
    """Name of the account that noted it. Empty if the phone's own text began it."""
    note: str

    @property
    def reason(self) -> PauseReason:
        return PauseReason(self.pause.reason)

    @property
    def asked_earlier(self) -> datetime | None:
        """Time when the parent asked, if that is more than a minute before it was noted."""
        seconds = (self.pause.recorded_at - self.pause.asked_at).total_seconds()
        return self.pause.asked_at if seconds > 60 else None


def open_pauses_of(school: SchoolRow, numbers: Iterable[str]) -> dict[str, list[PauseRow]]:
    """The numbers' open pauses, the first one first. One query, and none for no numbers."""
    wanted = list(numbers)
    found: dict[str, list[PauseRow]] = {}
    if not wanted:
        return found
    rows = db.session.execute(
        select(ConsentPause, ConsentEvidence.content)
        .outerjoin(
            ConsentEvidence,
            same_school(
                ConsentEvidence,
                ConsentPause,
                ConsentEvidence.number == ConsentPause.number,
                ConsentEvidence.seq == ConsentPause.began_seq,
            ),
        )
        .where(
            ConsentPause.school_id == school.id,
            ConsentPause.number.in_(wanted),
            ConsentPause.ended_seq.is_(None),
        )
        .order_by(ConsentPause.began_seq)
    )
    for pause, content in rows:
        said = content or {}
        row = PauseRow(pause, str(said.get("name", "")), str(said.get("note", "")))
        found.setdefault(pause.number, []).append(row)
    return found
