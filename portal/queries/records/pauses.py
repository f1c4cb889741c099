"""A number's open pauses, with who began them and why, for staff and for the family page."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from portal.enums import PauseReason
from portal.extensions import db, in_chunks
from portal.models import (
    ConsentEvidence,
    ConsentPause,
    ConsentStatus,
    Contact,
    Phone,
    same_school,
)
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


MOST_WRONG = 8


class WrongNumber(NamedTuple):
    """A number that is still on a parent's record, though somebody said that it is wrong."""

    number: str
    contact_id: int
    name: str
    at: datetime


def wrong_numbers(school_id: int) -> list[WrongNumber]:
    """The newest wrong numbers on parents' records, to ask for new ones. Few, by an index."""
    rows = db.session.execute(
        select(Phone.number, Contact.id, Contact.full_name, ConsentPause.recorded_at)
        .select_from(ConsentPause)
        .join(Phone, same_school(Phone, ConsentPause, Phone.number == ConsentPause.number))
        .join(Contact, same_school(Contact, Phone, Contact.id == Phone.contact_id))
        .where(
            ConsentPause.school_id == school_id,
            ConsentPause.reason == PauseReason.WRONG_NUMBER,
            ConsentPause.ended_seq.is_(None),
            Phone.of_parent,
        )
        .order_by(ConsentPause.recorded_at.desc(), Contact.id)
        .limit(MOST_WRONG)
    )
    return [WrongNumber(*row) for row in rows]


def pause_reasons(school_id: int, numbers: Sequence[str]) -> dict[str, PauseReason]:
    """Return why each of these numbers is paused, if it is. No query for no numbers."""
    found: dict[str, PauseReason] = {}
    for some in in_chunks(numbers):
        rows = db.session.execute(
            select(ConsentStatus.number, ConsentStatus.paused).where(
                ConsentStatus.school_id == school_id,
                ConsentStatus.number.in_(some),
                ConsentStatus.paused.is_not(None),
            )
        )
        found |= {number: PauseReason(reason) for number, reason in rows if reason}
    return found


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
