"""Limits on the emails that anybody can make the portal send, and their way into the outbox.

Counted in the database, over all workers. What is over a limit waits for its turn and is never
dropped. Each budget is its own: what strangers send uses up none of what owners are told with.
Codes have limits of their own and never wait.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from sqlalchemy import ColumnElement, func, or_, select, update

from portal import clock
from portal.email_address import LONGEST, email_key
from portal.enums import NoticeKind
from portal.extensions import db
from portal.models import Mail
from portal.services.locks import advisory_lock
from portal.services.mail import queue as mail_queue
from portal.services.mail import staff_notices
from portal.services.mail.messages import Words

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
Counted = tuple[tuple[Limit, ColumnElement[bool] | None], ...]
"""Limits, and which of the school's emails each is about."""


def enqueue_limited(
    school_id: int, kind: str, to_address: str, language: str, words: Words, network: str
) -> None:
    """Write an email down that a stranger may have caused; it waits if it is over a limit.

    Of several receipts that wait for one address, only the newest goes: it says the newest. Call
    it last in a transaction: from here on the school's others wait for their turn.
    """
    to_key = email_key(to_address)[:LONGEST]
    advisory_lock("mail", school_id)
    if kind in KINDS:
        _supersede(school_id, kind, to_key)
    due_at = _due_at(school_id, *_budget(kind, to_key, network))
    mail_queue.enqueue(
        school_id, kind, to_address, language, words.subject, words.body, network, due_at
    )


def _budget(kind: str, to_key: str, network: str) -> tuple[tuple[str, ...], Counted]:
    """The kinds that share a budget with this one, and its limits."""
    to = Mail.to_key == to_key
    if kind in KINDS:
        return KINDS, (
            (TO_ADDRESS, to),
            (FROM_NETWORK, Mail.network == network),
            (OF_SCHOOL, None),
        )
    if kind == mail_queue.OWNER_NOTICE:
        return (kind,), ((TO_OWNER, to),)
    return (kind,), ((TO_ADDRESS, to), (OF_SCHOOL, None))


def _supersede(school_id: int, kind: str, to_key: str) -> None:
    now = clock.now()
    db.session.execute(
        update(Mail)
        .where(
            Mail.school_id == school_id,
            Mail.kind == kind,
            Mail.to_key == to_key,
            Mail.due_at > now,
            Mail.attempts == 0,
            Mail.sent_at.is_(None),
            Mail.failed.is_(None),
            or_(Mail.claimed_until.is_(None), Mail.claimed_until < now),
        )
        .values(failed=SUPERSEDED, body="")
        .execution_options(synchronize_session=False)
    )


def _due_at(school_id: int, kinds: tuple[str, ...], limits: Counted) -> datetime:
    """The first moment at which no limit is full; others' later turns take nothing from it."""
    due_at = clock.now()
    turns = [(limit, _Turns(school_id, kinds, limit, of, due_at)) for limit, of in limits]
    told: set[str] = set()
    while late := {limit.name: at for limit, t in turns if (at := t.free_from(due_at)) > due_at}:
        told.update(late)
        due_at = max(late.values())
    for name in sorted(told):
        staff_notices.notify_staff(school_id, NoticeKind.MAIL_DELAYED, name)
    return due_at


class _Turns:
    """The times at which the emails that one limit counts are due, from a window ago on.

    Those that wait have whole minutes, so even thousands make few different moments.
    """

    def __init__(
        self,
        school_id: int,
        kinds: tuple[str, ...],
        limit: Limit,
        of: ColumnElement[bool] | None,
        now: datetime,
    ) -> None:
        self._limit = limit
        turns = (
            select(Mail.due_at, func.count())
            .where(
                Mail.school_id == school_id,
                Mail.kind.in_(kinds),
                Mail.due_at > now - limit.window,
                or_(Mail.failed.is_(None), Mail.failed != SUPERSEDED),
            )
            .group_by(Mail.due_at)
            .order_by(Mail.due_at)
        )
        rows = db.session.execute(turns if of is None else turns.where(of)).all()
        self._moments = [row[0] for row in rows]
        self._until = [0, *accumulate(row[1] for row in rows)]
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
