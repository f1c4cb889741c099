"""Send the welcome to a number: not because somebody typed it on a form.

The welcome goes once to a number, ever. It leaves with the first real text, or earlier: when staff
typed the number, when the handset itself said yes, when staff accepted the yes, and, up to a limit,
when a parent said it signed in or tapped the link of the form's receipt. Over the limit nothing is
lost: the first real text brings it.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from portal import clock
from portal.consent import ledger
from portal.consent.ledger import Decision
from portal.consent.strength import UNANSWERED
from portal.enums import (
    Answer,
    ConsentState,
    MessageFault,
    MessageKind,
    MessageState,
    NoticeKind,
    Source,
)
from portal.extensions import db, in_chunks
from portal.models import LimitUse, Message, Submission
from portal.queries.schools import SchoolRow
from portal.queries.texting.recipients import without_welcome
from portal.services.accounts.parent_sign_in import OpenedParentSession
from portal.services.locks import try_advisory_lock
from portal.services.mail import staff_notices
from portal.services.texting import link_texts
from portal.services.texting.message_rows import insert_once, languages_of, own

BUDGET = "welcome"
WINDOW = timedelta(days=1)
OF_PARENT = 4
"""Welcomes that one parent's answers bring in a day: their own phones, and one more."""
OF_SCHOOL = 200
"""Welcomes that parents' answers bring at one school in a day."""


def after_yes(school: SchoolRow, decision: Decision) -> None:
    """Queue the welcome to a number that was just opted in, if it should have it already."""
    if decision.source is Source.HANDSET or decision.actor.startswith("account:"):
        queue_welcomes(school, [decision.number])
    elif decision.actor.startswith("contact:"):
        _within_limits(school, decision.actor, [decision.number])


def after_link(school: SchoolRow, opened: OpenedParentSession) -> None:
    """Queue the welcomes to the numbers that a form said yes about, once its receipt's link was
    tapped: somebody reads mail at the address that the form gave."""
    if opened.purpose != "receipt" or opened.submission_id is None:
        return
    submission = db.session.get(Submission, (school.id, opened.submission_id))
    if submission is None:
        return
    said_yes = {
        phone["number"]
        for parent in submission.answers["parents"].values()
        for phone in parent["phones"]
        if phone["answer"] == Answer.YES
    }
    statuses = ledger.lock_in_order(school.id, said_yes)
    opted_in = [n for n, status in statuses.items() if status.state == ConsentState.OPTED_IN]
    _within_limits(school, f"contact:{opened.contact_ids[0]}", sorted(opted_in))


def queue_welcomes(school: SchoolRow, numbers: list[str]) -> list[int]:
    """Queue the welcome to the numbers that never had it, unless the school sends none; return the
    ids of the new texts."""
    if not school.welcome_on or not school.texting_on:
        return []
    missing = sorted(without_welcome(school.id, numbers))
    typed: set[str] = set()
    for some in in_chunks(missing):  # before any row that others may wait for
        statuses = ledger.lock_in_order(school.id, some)
        typed |= {number for number in some if statuses[number].strength in UNANSWERED}
    again = _welcomed_again(school.id, school.texting_number, missing)
    languages = languages_of(school, missing)
    welcomes = {
        number: own(school, MessageKind.WELCOME, number, languages[number], typed=number in typed)
        for number in missing
    }
    for number, message_id in again.items():
        _reword(school.id, message_id, welcomes[number])
    rows = [row for number, row in welcomes.items() if number not in again]
    made = set(insert_once(rows))
    new = {row["number"]: row["id"] for row in rows if row["id"] in made}
    link_texts.detach(school.id, again.values())
    link_texts.attach(school, new | again)
    return sorted(made)


def _reword(school_id: int, message_id: int, row: Mapping[str, Any]) -> None:
    """Give a welcome that goes out once more the words that are right now."""
    kept = {name: row[name] for name in ("body", "language", "segments")}
    mine = (Message.school_id == school_id, Message.id == message_id)
    db.session.execute(update(Message).where(*mine).values(kept))


def _within_limits(school: SchoolRow, subject: str, numbers: list[str]) -> None:
    """Queue welcomes as far as the limits of the parent and the school go.

    Of one parent's answers that come in at the same moment one is welcomed: waiting for the other
    here, with numbers locked, could end in two that wait for each other.
    """
    if not numbers or not try_advisory_lock(BUDGET, school.id, subject):
        return
    since = clock.now() - WINDOW
    _forget(school.id)
    used = _used(school.id, subject, since)
    used_by_all = _used(school.id, None, since)
    for number in numbers:
        over = "parent" if used >= OF_PARENT else "school" if used_by_all >= OF_SCHOOL else None
        if over is not None:
            _tell_staff(school.id, over)
        elif queue_welcomes(school, [number]):
            db.session.add(
                LimitUse(school_id=school.id, budget=BUDGET, subject=subject, at=clock.now())
            )
            used, used_by_all = used + 1, used_by_all + 1
    db.session.flush()


def _tell_staff(school_id: int, over: str) -> None:
    """Count it on the notice, unless another transaction is at that: more numbers may be locked
    after this one, so two could wait for each other."""
    if try_advisory_lock("notice", school_id, NoticeKind.WELCOME_DELAYED, over):
        staff_notices.notify_staff(school_id, NoticeKind.WELCOME_DELAYED, over)


def _forget(school_id: int) -> None:
    db.session.execute(
        delete(LimitUse).where(
            LimitUse.school_id == school_id,
            LimitUse.budget == BUDGET,
            LimitUse.at < clock.now() - WINDOW,
        )
    )


def _used(school_id: int, subject: str | None, since: object) -> int:
    uses = select(func.count()).where(
        LimitUse.school_id == school_id, LimitUse.budget == BUDGET, LimitUse.at > since
    )
    if subject is not None:
        uses = uses.where(LimitUse.subject == subject)
    return db.session.scalar(uses) or 0


def _welcomed_again(school_id: int, texting_number: str, numbers: list[str]) -> dict[str, int]:
    """Queue the welcomes to these numbers that never left: the number opted out before, or the
    provider was not to be reached. One that the provider refused stays refused. Gives their ids."""
    now = clock.now()
    again: dict[str, int] = {}
    for some in in_chunks(numbers):
        queued = (
            update(Message)
            .where(
                Message.school_id == school_id,
                Message.number.in_(some),
                Message.kind == MessageKind.WELCOME,
                Message.state == MessageState.FAILED,
                Message.provider_id.is_(None),
                Message.reason != MessageFault.PROVIDER,
            )
            .values(
                state=MessageState.QUEUED,
                texting_number=texting_number,
                reason=None,
                error_code=None,
                event_seq=None,
                settled_at=None,
                taken_at=None,
                due_at=now,
                attempts=0,
            )
        )
        rows = db.session.execute(queued.returning(Message.number, Message.id))
        again |= {row.number: row.id for row in rows if row.number}
    return again
