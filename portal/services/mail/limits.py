"""Limits on the emails that anybody can make the portal send, and their way into the outbox.

All workers count in the database. An email over a limit waits for its turn and is never dropped.
Each budget is separate, so emails that strangers cause never use up those to owners. Codes have
their own limits and never wait.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, true, update

from portal import clock
from portal.email_address import LONGEST, email_key
from portal.enums import NoticeKind
from portal.extensions import db, fetch
from portal.models import Mail
from portal.services.locks import advisory_lock
from portal.services.mail import queue as mail_queue
from portal.services.mail import staff_notices
from portal.services.mail.parent_emails import Words

KINDS = ("receipt", mail_queue.NO_RECORD)
"""Kinds of email that anyone can cause without signing in, to any address: one budget, of which the
newest goes."""
SUPERSEDED = "A newer one goes to this address instead."


@dataclass(frozen=True, slots=True)
class Limit:
    name: str
    most: int
    window: timedelta


TO_ADDRESS = Limit("address", 3, timedelta(hours=1))
FROM_NETWORK = Limit("network", 100, timedelta(hours=1))
"""A school's own network sends as many on the evening when all families fill out the form."""
OF_SCHOOL = Limit("school", 300, timedelta(hours=1))
TO_OWNER = Limit("address", 12, timedelta(hours=1))
"""The limit for a number's proven owner, who is told of each thing that was done to it. Strangers
cause few: an opt-out needs a yes of the owner's in between, and a no that waits is told once a day.
"""
TO_OFFICE = Limit("address", 60, timedelta(hours=1))
"""The limit for news of replies. Anybody can text the school."""
_COUNTED: dict[str, ColumnElement[bool]] = {
    "address": Mail.to_key == bindparam("to"),
    "network": Mail.network == bindparam("network"),
    "school": true(),
}
"""By a limit's name: which of the school's emails it is about."""


def enqueue_limited(
    school_id: int, kind: str, to_address: str, language: str, words: Words, network: str
) -> None:
    """Write an email down that a stranger may have caused; it waits if it is over a limit.

    Of several receipts that wait for one address, only the newest goes: it says the newest. Call
    it last in a transaction: from here on the school's others wait for their turn.
    """
    to_key = email_key(to_address)[:LONGEST]
    advisory_lock("mail", school_id)
    due_at = _schedule_email(school_id, kind, {"to": to_key, "network": network})
    mail_queue.enqueue(
        school_id, kind, to_address, language, words.subject, words.body, network, due_at
    )


def _budget(kind: str) -> tuple[tuple[str, ...], tuple[Limit, ...]]:
    """The kinds that share a budget with this one, and its limits."""
    if kind in KINDS:
        return KINDS, (TO_ADDRESS, FROM_NETWORK, OF_SCHOOL)
    if kind == mail_queue.OWNER_NOTICE:
        return (kind,), (TO_OWNER,)
    if kind == mail_queue.REPLY_COPY:
        return (kind,), (TO_OFFICE,)
    return (kind,), (TO_ADDRESS, OF_SCHOOL)


def _schedule_email(school_id: int, kind: str, about: dict[str, str]) -> datetime:
    """The first moment at which no limit is full; others' later turns take nothing from it. What
    waits of the kind for the same address is superseded, where only the newest goes."""
    kinds, limits = _budget(kind)
    db.session.connection()  # SQLite waits here for its turn to write: the time is read after it
    due_at = clock.now()
    since = due_at - max(limit.window for limit in limits)
    named = {"school": school_id, "kinds": kinds, "of_kind": kind, "now": due_at, "since": since}
    statement = _turns_of(tuple(limit.name for limit in limits))
    counted = fetch(statement, named | about).all()
    if kind in KINDS and any(row.superseded for row in counted):
        which = {"school": school_id, "of_kind": kind, "now": due_at, "to": about["to"]}
        db.session.connection().execute(_SUPERSEDE, which)
        counted = fetch(statement, named | about).all()
    turns = [
        (limit, _Turns(limit, [(row[0], row[n]) for row in counted if row[n]]))
        for n, limit in enumerate(limits, start=1)
    ]
    told: set[str] = set()
    while late := {limit.name: at for limit, t in turns if (at := t.free_from(due_at)) > due_at}:
        told.update(late)
        due_at = max(late.values())
    for name in sorted(told):
        staff_notices.notify_staff(school_id, NoticeKind.MAIL_DELAYED, name)
    return due_at


_SUPERSEDED = and_(
    Mail.kind == bindparam("of_kind"),
    Mail.to_key == bindparam("to"),
    Mail.due_at > bindparam("now"),
    Mail.attempts == 0,
    Mail.sent_at.is_(None),
    Mail.failed.is_(None),
    or_(Mail.claimed_until.is_(None), Mail.claimed_until < bindparam("now")),
)
"""True for what waits of a kind for an address, and nobody is sending."""
_SUPERSEDE = (
    update(Mail.__table__)  # type: ignore[arg-type]  # a mapped class has a Table
    .where(Mail.school_id == bindparam("school"), _SUPERSEDED)
    .values(failed=SUPERSEDED, body="")
)


@lru_cache
def _turns_of(names: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """The moments at which emails are due, and how many each of these limits counts there; the
    last column is how many a newer one would supersede."""
    of = [_COUNTED[name] for name in names]
    return (
        select(
            Mail.due_at,
            *(func.count().filter(one) for one in of),
            func.count().filter(_SUPERSEDED).label("superseded"),
        )
        .where(
            Mail.school_id == bindparam("school"),
            Mail.kind.in_(bindparam("kinds", expanding=True)),
            Mail.due_at > bindparam("since"),
            or_(Mail.failed.is_(None), Mail.failed != SUPERSEDED),
            or_(*of),
        )
        .group_by(Mail.due_at)
        .order_by(Mail.due_at)
    )


class _Turns:
    """The times at which the emails that one limit counts are due, from a window ago on.

    Those that wait have whole minutes, so even thousands make few different moments.
    """

    def __init__(self, limit: Limit, counted: list[tuple[datetime, int]]) -> None:
        self._limit = limit
        self._moments = [at for at, _ in counted]
        self._until = [0, *accumulate(many for _, many in counted)]
        """The number due before each moment, and in all."""

    def free_from(self, at: datetime) -> datetime:
        """The first moment from `at` on at which the limit lets one more go out."""
        while True:
            until = self._until[bisect_right(self._moments, at)]
            before = self._until[bisect_right(self._moments, at - self._limit.window)]
            if until - before < self._limit.most:
                return at
            nth_newest = bisect_right(self._until, until - self._limit.most) - 1
            at = _whole_minute(self._moments[nth_newest] + self._limit.window)


def _whole_minute(at: datetime) -> datetime:
    """The moment, rounded up to a minute."""
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + timedelta(minutes=1)
