"""Begin and end a school's own decision not to text a number. The parents who have it are emailed.

docs/consent.md says who may end what. A pause never changes what the parent answered.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from portal.consent import ledger, pauses
from portal.consent.ledger import Decision
from portal.consent.pauses import StaffEnding
from portal.enums import OwnerNoticeKind, PauseReason, Source
from portal.models import ConsentPause, ConsentStatus
from portal.queries.schools import SchoolRow
from portal.services.accounts.tokens import MakeUrl
from portal.services.actor import Actor
from portal.services.intake.owner_notices import notify_of_pause


class NotOpenError(Exception):
    """The pause ended meanwhile, or this account may not end it."""


def pause_by_staff(
    school: SchoolRow,
    number: str,
    reason: PauseReason,
    note: str,
    asked_at: datetime | None,
    actor: Actor,
    make_url: MakeUrl,
) -> None:
    """Pause texts to a number. `asked_at`: when the parent asked, if not right now.

    The same pause twice, as after a double tap, is one."""
    status = ledger.lock_status(school.id, number)
    begun = pauses.open_pauses(status)
    if any(_is_same(pause, reason, actor) for pause in begun):
        return
    said = _decision(school, number, Source.STAFF_PAUSE, reason, actor, {"note": note})
    result = ledger.decide(replace(said, happened_at=asked_at))
    notify_of_pause(school, number, OwnerNoticeKind.PAUSED, reason, result.seq or 0, make_url)


def resume_by_staff(
    school: SchoolRow,
    number: str,
    began_seq: int,
    ending: StaffEnding,
    note: str,
    actor: Actor,
    make_url: MakeUrl,
) -> None:
    """End a pause in the way that the page offered. Raises NotOpenError."""
    status = ledger.lock_status(school.id, number)
    pause = _open_pause(status, began_seq)
    if pause is None or pauses.staff_ending(pause, actor.key, actor.is_admin) is not ending:
        raise NotOpenError
    reason = PauseReason(pause.reason)
    evidence = {"note": note, "pause": began_seq}
    said = _decision(school, number, Source.STAFF_RESUME, reason, actor, evidence)
    result = ledger.decide(replace(said, pause_seq=began_seq))
    if ending is StaffEnding.WITH_EMAIL:
        notify_of_pause(school, number, OwnerNoticeKind.RESUMED, reason, result.seq or 0, make_url)


def confirm_wish(
    school: SchoolRow, number: str, began_seq: int, note: str, actor: Actor, make_url: MakeUrl
) -> None:
    """Turn a pause that a reply began into "asked us to stop": staff read that they want to stop.
    Raises NotOpenError."""
    status = ledger.lock_status(school.id, number)
    likely = _open_pause(status, began_seq)
    if likely is None or likely.reason != PauseReason.LIKELY_STOP:
        raise NotOpenError
    reason = PauseReason.ASKED_TO_STOP
    evidence = {"note": note, "pause": began_seq}
    said = _decision(school, number, Source.STAFF_PAUSE, reason, actor, evidence)
    result = ledger.decide(replace(said, happened_at=likely.asked_at, pause_seq=began_seq))
    notify_of_pause(school, number, OwnerNoticeKind.PAUSED, reason, result.seq or 0, make_url)


def _open_pause(status: ConsentStatus, began_seq: int) -> ConsentPause | None:
    found = (pause for pause in pauses.open_pauses(status) if pause.began_seq == began_seq)
    return next(found, None)


def _is_same(pause: ConsentPause, reason: PauseReason, actor: Actor) -> bool:
    recent = pauses.staff_ending(pause, actor.key, is_admin=False) is StaffEnding.UNDO
    return pause.reason == reason and pause.actor == actor.key and recent


def _decision(
    school: SchoolRow,
    number: str,
    source: Source,
    reason: PauseReason,
    actor: Actor,
    evidence: dict[str, Any],
) -> Decision:
    return Decision(
        school_id=school.id,
        number=number,
        source=source,
        answer=None,
        actor=actor.key,
        texting_number=school.texting_number or "",
        pause=reason,
        evidence={"name": actor.name, **evidence},
    )
