"""Pauses: a school's own decision not to text a number, whatever its circle says.

A pause begins and ends with an event in the number's log, which the ledger appends; the rows here
say which pauses are open. The rules of who ends which are in docs/consent.md, as a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from portal import clock
from portal.consent import holdings
from portal.enums import PauseReason, Source
from portal.extensions import db
from portal.models import ConsentEvent, ConsentPause, ConsentStatus

UNDO_WINDOW = timedelta(minutes=15)
"""Time for which the account that began a pause may take it back."""
_WISHES = frozenset({PauseReason.ASKED_TO_STOP, PauseReason.LIKELY_STOP})


class StaffEnding(StrEnum):
    """Ways in which staff may end a pause."""

    UNDO = "undo"
    """Right away, and nobody is told."""
    WITH_REASON = "with_reason"
    WITH_EMAIL = "with_email"
    """With a reason, and the parent is emailed."""


@dataclass(frozen=True, slots=True)
class Given:
    """By whom a yes was given, and when, if that was not right now."""

    answerer_id: int | None
    at: datetime | None
    seq: int | None
    """The number's last place in the log at that moment, where that is known."""

    def after(self, pause: ConsentPause) -> bool:
        """True if it was given after the pause was recorded, and so after the wish too."""
        if self.seq is not None:
            return self.seq >= pause.began_seq
        return self.at is None or self.at > pause.recorded_at


def staff_ending(pause: ConsentPause, actor: str, is_admin: bool) -> StaffEnding | None:
    """Return how an account may end the pause; None if it may not. `actor`: `account:ID`."""
    reason = PauseReason(pause.reason)
    if reason is PauseReason.OTHER:
        return StaffEnding.WITH_REASON
    if pause.by_reply:
        may = is_admin and reason in _WISHES
        return StaffEnding.WITH_EMAIL if may else None
    if pause.actor == actor and clock.now() - pause.recorded_at <= UNDO_WINDOW:
        return StaffEnding.UNDO
    return StaffEnding.WITH_EMAIL if is_admin else None


def open_pauses(status: ConsentStatus) -> Sequence[ConsentPause]:
    """The number's pauses that have not ended, the first one first."""
    return db.session.scalars(
        select(ConsentPause)
        .where(
            ConsentPause.school_id == status.school_id,
            ConsentPause.number == status.number,
            ConsentPause.ended_seq.is_(None),
        )
        .order_by(ConsentPause.began_seq)
    ).all()


def begin_pause(
    status: ConsentStatus, event: ConsentEvent, reason: PauseReason, instead_of: int | None = None
) -> None:
    """Keep the pause that an event begins. A wrong number is nobody's: the phone itself says so,
    and what had proven it loses its force. `instead_of` is the event of a pause that a reply began,
    and that staff turn into this one, with all that are like it."""
    by_reply = event.source == Source.REPLY_PAUSE or instead_of is not None
    db.session.add(
        ConsentPause(
            school_id=event.school_id,
            number=event.number,
            began_seq=event.seq,
            reason=reason,
            by_reply=by_reply,
            actor=event.actor,
            asked_at=min(event.happened_at, event.recorded_at),
            recorded_at=event.recorded_at,
        )
    )
    if by_reply and reason is PauseReason.WRONG_NUMBER:
        holdings.unprove_everywhere(status)
    if instead_of is not None:
        for pause in open_pauses(status):
            if pause.began_seq == instead_of or pause.reason == PauseReason.LIKELY_STOP:
                pause.ended_seq = event.seq
    _refresh(status)


def end_pause(status: ConsentStatus, event: ConsentEvent, began_seq: int) -> None:
    """End one pause by staff's event."""
    for pause in open_pauses(status):
        if pause.began_seq == began_seq:
            pause.ended_seq = event.seq
    _refresh(status)


def end_by_yes(status: ConsentStatus, event: ConsentEvent, given: Given) -> None:
    """End the pauses that a parent's recorded yes ends: it must have been given after the pause,
    by the phone itself or, for a wish to stop, by the pause's holder."""
    if status.paused is None:
        return
    for pause in open_pauses(status):
        if given.after(pause) and _may_end(pause, status, Source(event.source), given.answerer_id):
            pause.ended_seq = event.seq
    _refresh(status)


def _may_end(
    pause: ConsentPause, status: ConsentStatus, source: Source, answerer_id: int | None
) -> bool:
    if pause.reason == PauseReason.OTHER:
        return False
    if source is Source.HANDSET:
        return True
    return (
        pause.reason in _WISHES
        and answerer_id is not None
        and holdings.had_it_proven(answerer_id, status, pause.began_seq)
    )


def _refresh(status: ConsentStatus) -> None:
    """Keep the reason that is hardest to end on the number's own row, which every page reads."""
    db.session.flush()
    order = list(PauseReason)
    reasons = [PauseReason(pause.reason) for pause in open_pauses(status)]
    status.paused = min(reasons, key=order.index) if reasons else None
    db.session.flush()
