"""Noes on forms that wait for staff, as their page shows them: by network, then by sender."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, func, select

from portal.enums import FormOptOutState, OwnerNoticeKind
from portal.extensions import db
from portal.models import ConsentStatus, Contact, FormOptOut, OwnerNotice, Submission, same_school
from portal.phone import show_number
from portal.queries.records.names import ContactName, people_with
from portal.queries.records.phones import Circle, circle_of
from portal.queries.schools import SchoolRow

MOST_NETWORKS = 20
MOST_ROWS = 100
"""Of one network, on the page; its buttons act on all of it."""
MOST_UNTOLD = 8


@dataclass(frozen=True, slots=True)
class WaitingAnswer:
    id: int
    number: str
    shown: str
    said_at: datetime
    circle: Circle
    owners: list[ContactName]
    """The people who have the number on their record."""


@dataclass(frozen=True, slots=True)
class AnswerSender:
    """One browser session, or one signed-in parent."""

    name: str
    email: str | None
    """The email on an unsigned form."""
    contact_id: int | None
    """The record of a signed-in parent."""
    answers: list[WaitingAnswer]


@dataclass(frozen=True, slots=True)
class Network:
    address: str
    total: int
    newest_id: int
    """The newest answer on the page. Nothing is done to later ones."""
    senders: list[AnswerSender]

    @property
    def shown(self) -> int:
        return sum(len(sender.answers) for sender in self.senders)


@dataclass(frozen=True, slots=True)
class UntoldNo:
    """Somebody's no about a number whose owner could not be emailed."""

    number: str
    at: datetime
    contact_id: int
    name: str


def waiting_noes(school_id: int) -> Select[int]:
    """Select the number of "no" answers that wait for staff."""
    return select(func.count()).where(*_waiting(school_id))


def waiting_answers(school: SchoolRow) -> list[Network]:
    """The networks with the most first; within one, its senders in the order they came."""
    totals = db.session.execute(
        select(FormOptOut.network, func.count().label("total"), func.max(FormOptOut.id).label("id"))
        .where(*_waiting(school.id))
        .group_by(FormOptOut.network)
        .order_by(func.count().desc(), FormOptOut.network)
        .limit(MOST_NETWORKS)
    ).all()
    rows = _rows(school.id, [total.network for total in totals])
    owners = people_with(school.id, {row.number for row in rows})
    return [
        Network(
            total.network,
            total.total,
            total.id,
            _senders(school, [row for row in rows if row.network == total.network], owners),
        )
        for total in totals
    ]


def untold_noes(school_id: int, since: datetime) -> list[UntoldNo]:
    """The newest no answers about numbers whose owner has no email."""
    rows = db.session.execute(
        select(OwnerNotice.number, OwnerNotice.at, Contact.id, Contact.full_name)
        .join(Contact, same_school(Contact, OwnerNotice, Contact.id == OwnerNotice.contact_id))
        .where(
            OwnerNotice.school_id == school_id,
            OwnerNotice.kind == OwnerNoticeKind.NOBODY,
            OwnerNotice.at >= since,
        )
        .order_by(OwnerNotice.at.desc(), OwnerNotice.id.desc())
        .limit(MOST_UNTOLD)
    )
    return [UntoldNo(*row) for row in rows]


def _waiting(school_id: int) -> tuple[Any, ...]:
    return FormOptOut.school_id == school_id, FormOptOut.state == FormOptOutState.WAITING


def _rows(school_id: int, networks: list[str]) -> list[Row[Any]]:
    place = func.row_number().over(partition_by=FormOptOut.network, order_by=FormOptOut.id)
    newest = (
        select(FormOptOut.id, place.label("place"))
        .where(*_waiting(school_id), FormOptOut.network.in_(networks))
        .subquery()
    )
    return list(
        db.session.execute(
            select(
                FormOptOut.id,
                FormOptOut.number,
                FormOptOut.network,
                FormOptOut.actor,
                FormOptOut.session_digest,
                FormOptOut.evidence,
                FormOptOut.said_at,
                ConsentStatus.state,
                ConsentStatus.paused,
                Submission.answers,
            )
            .join(newest, newest.c.id == FormOptOut.id)
            .outerjoin(
                ConsentStatus,
                same_school(ConsentStatus, FormOptOut, ConsentStatus.number == FormOptOut.number),
            )
            .outerjoin(
                Submission,
                same_school(Submission, FormOptOut, Submission.id == FormOptOut.submission_id),
            )
            .where(FormOptOut.school_id == school_id, newest.c.place <= MOST_ROWS)
            .order_by(FormOptOut.actor, FormOptOut.session_digest, FormOptOut.id)
        )
    )


def _senders(
    school: SchoolRow, rows: list[Row[Any]], owners: dict[str, list[ContactName]]
) -> list[AnswerSender]:
    senders = []
    for (actor, _), together in groupby(rows, key=lambda row: (row.actor, row.session_digest)):
        said = list(together)
        _, _, contact_id = actor.partition("contact:")
        answers = [
            WaitingAnswer(
                row.id,
                row.number,
                show_number(row.number, school.country),
                row.said_at,
                circle_of(row.state, row.paused),
                owners.get(row.number, []),
            )
            for row in said
        ]
        senders.append(
            AnswerSender(
                name=str(said[0].evidence.get("name", "")),
                email=None if contact_id else _typed_email(said[0].answers),
                contact_id=int(contact_id) if contact_id else None,
                answers=answers,
            )
        )
    return sorted(senders, key=lambda sender: sender.answers[0].id)


def _typed_email(answers: dict[str, Any] | None) -> str | None:
    email: str | None = (answers or {}).get("parents", {}).get("1", {}).get("email")
    return email
