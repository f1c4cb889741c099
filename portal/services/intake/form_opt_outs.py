"""Let "no" answers on forms wait in an unusual burst, if the number isn't proven for the sender.

Saying no must be easy, and anybody can send a form. So one person could send many and turn off a
whole school. A family says no about a few numbers. At a back-to-school night, one network sends
many honest ones too. Those wait as well, and nothing is lost. While a "no" waits, the gate refuses
the number. Staff confirm or discard it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update

from portal import clock
from portal.consent import ledger, texted_links
from portal.consent.ledger import CORRECTION_WINDOW, Decision
from portal.enums import FormOptOutState
from portal.extensions import db
from portal.models import FormOptOut, Submission
from portal.normalize import network_of
from portal.phone.numbering_plans import variants_of
from portal.services.locks import advisory_lock

_HOUR, _DAY, _MONTH = timedelta(hours=1), timedelta(days=1), timedelta(days=30)

KEPT_FOR = _MONTH + _DAY
"""A "no" that no longer waits is kept for this long: the longest bound looks back a month."""


@dataclass(frozen=True, slots=True)
class Bound:
    """As many different numbers are taken at once within this time; further ones wait."""

    numbers: int
    within: timedelta


ACCOUNT = (Bound(6, _HOUR), Bound(12, _DAY))
"""Of one signed-in parent: a family with two homes has as many cell phones, and no more."""
NETWORK = (Bound(20, _HOUR), Bound(40, _DAY))
"""Of one network: ten families an hour who all say no for both parents. A phone company's or a
school's own network is shared by many, and goes over this on a busy evening."""
SCHOOL = (Bound(60, _HOUR), Bound(150, _DAY))
"""Of the school: of 400 families that all send the form within two weeks, a third says no, for one
or two numbers each: some 20 a day, and 100 on the busiest."""
UNKNOWN = (Bound(300, _MONTH),)
"""About numbers on nobody else's record, of the school: a no about one of those stays for ever, and
greets a family that comes years later. 400 families that are all new say no for some 200."""


def take_or_hold(decision: Decision, unknown: bool) -> bool:
    """Note a no; False if it must wait, and then it is kept for staff.

    The number is locked. `unknown`: it is on nobody's record but the sender's own. A no about a
    number that opted out already changes nothing, and is counted all the same: a stranger's answer
    would come sooner without.
    """
    ledger.lock_status(decision.school_id, decision.number)
    if _waits_already(decision):
        return False
    advisory_lock("form_opt_out", decision.school_id)
    holds = is_unusual(decision, unknown)
    _keep(decision, unknown, FormOptOutState.WAITING if holds else FormOptOutState.TAKEN)
    if holds:  # as any later no does
        texted_links.void(decision.school_id, [decision.number])
    return not holds


def is_unusual(decision: Decision, unknown: bool) -> bool:
    """True if as many other numbers were said no to as may be, by the same account, from the same
    network or at the whole school. Asks the same of the database whether or not it is unknown."""
    row = FormOptOut
    counted: list[tuple[tuple[Bound, ...], list[ColumnElement[bool]]]] = [
        (NETWORK, [row.network == _network(decision)]),
        (SCHOOL, []),
    ]
    if decision.actor.startswith("contact:"):
        counted.insert(0, (ACCOUNT, [row.actor == decision.actor]))
    many_unknown = _is_over(decision, UNKNOWN, [row.unknown.is_(True)])
    return (unknown and many_unknown) or any(
        _is_over(decision, bounds, which) for bounds, which in counted
    )


def _is_over(
    decision: Decision, bounds: tuple[Bound, ...], which: list[ColumnElement[bool]]
) -> bool:
    now = clock.now()
    return any(
        _has_others(decision, bound.numbers, [*which, FormOptOut.said_at > now - bound.within])
        for bound in bounds
    )


def end_by_yes(decision: Decision) -> None:
    """A yes by the phone itself, or by a parent whose number it is, ends what waits about it."""
    _end(decision, FormOptOut.said_at <= (decision.happened_at or clock.now()))


def end_own(decision: Decision) -> None:
    """A yes in the same session, within 15 minutes, corrects the sender's own no that waits. Not
    one that was given after it or on the same form."""
    given_at, as_of = _moment(decision), decision.as_of
    earlier = FormOptOut.said_at <= given_at if as_of is None else FormOptOut.id.in_(as_of.waiting)
    mine: list[ColumnElement[bool]] = []
    if decision.session_digest:
        mine.append(
            (FormOptOut.session_digest == decision.session_digest)
            & (FormOptOut.said_at > given_at - CORRECTION_WINDOW)
        )
    if decision.actor.startswith("contact:"):  # whenever: it is theirs, and nobody else's
        mine.append(FormOptOut.actor == decision.actor)
    if mine:
        _end(decision, or_(*mine), earlier)


def waiting_before(submission: Submission) -> set[str]:
    """The numbers of "no" answers that a correction may undo. Lock them with its own."""
    if submission.revision == 1:
        return set()
    return set(db.session.scalars(select(FormOptOut.number).where(*_of_earlier(submission))))


def end_taken_back(submission: Submission, answered: set[str]) -> None:
    """A form that was sent again, corrected, does not name these numbers any more: a no about one
    of them was a slip. Only in the same session, within 15 minutes."""
    if submission.revision == 1:
        return
    db.session.execute(
        update(FormOptOut)
        .where(*_of_earlier(submission), FormOptOut.number.not_in(answered))
        .values(state=FormOptOutState.ENDED, decided_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _of_earlier(submission: Submission) -> tuple[ColumnElement[bool], ...]:
    """Conditions for answers that wait from an earlier version of the same form."""
    earlier = select(Submission.id).where(
        Submission.school_id == submission.school_id,
        Submission.form_key == submission.form_key,
        Submission.session_digest == submission.session_digest,
        Submission.revision < submission.revision,
    )
    return (
        FormOptOut.school_id == submission.school_id,
        FormOptOut.state == FormOptOutState.WAITING,
        FormOptOut.session_digest == submission.session_digest,
        FormOptOut.submission_id.in_(earlier),
        FormOptOut.said_at > submission.received_at - CORRECTION_WINDOW,
    )


def delete_old() -> None:
    """Delete the "no" answers, of all schools, that no limit needs anymore. Those that wait stay.
    The ledger keeps the decisions."""
    db.session.execute(
        delete(FormOptOut).where(
            FormOptOut.state != FormOptOutState.WAITING,
            FormOptOut.said_at < clock.now() - KEPT_FOR,
        )
    )


def first_waiting(school_id: int, number: str) -> int | None:
    """The oldest no that waits about a number: what its owners are told of, once."""
    return db.session.scalar(
        select(func.min(FormOptOut.id)).where(
            FormOptOut.school_id == school_id,
            FormOptOut.number == number,
            FormOptOut.state == FormOptOutState.WAITING,
        )
    )


def _waits_already(decision: Decision) -> bool:
    """The same sender said the same before: the first time is the one that is kept. Not while a
    form of theirs is still to be applied, whose yes ends that one."""
    session_digest = decision.session_digest or ""
    pending = exists().where(
        Submission.school_id == decision.school_id,
        Submission.session_digest == session_digest,
        Submission.apply_at.is_not(None),
    )
    return (
        db.session.scalar(
            select(FormOptOut.id)
            .where(
                FormOptOut.school_id == decision.school_id,
                FormOptOut.number == decision.number,
                FormOptOut.state == FormOptOutState.WAITING,
                FormOptOut.actor == decision.actor,
                FormOptOut.session_digest == session_digest,
                ~pending,
            )
            .limit(1)
        )
        is not None
    )


def _keep(decision: Decision, unknown: bool, state: FormOptOutState) -> None:
    wording_id, language = decision.kept_wording or (None, None)
    if decision.wording is not None:
        ledger.keep_wording(decision.school_id, decision.wording)
        wording_id, language = decision.wording.id, decision.wording.language
    db.session.add(
        FormOptOut(
            school_id=decision.school_id,
            number=decision.number,
            state=state,
            actor=decision.actor,
            network=_network(decision),
            session_digest=decision.session_digest or "",
            unknown=unknown,
            submission_id=decision.submission_id,
            wording_id=wording_id,
            language=language,
            texting_number=decision.texting_number,
            evidence=decision.evidence if state is FormOptOutState.WAITING else {},
            said_at=_moment(decision),
        )
    )
    db.session.flush()
    ledger.note_waiting(decision.school_id, decision.number)


def _has_others(decision: Decision, many: int, which: list[ColumnElement[bool]]) -> bool:
    """True if no answers of that kind were said about so many other numbers. Counts no further."""
    others = (
        select(FormOptOut.number)
        .where(
            FormOptOut.school_id == decision.school_id,
            FormOptOut.number != decision.number,
            *which,
        )
        .distinct()
        .limit(many)
        .subquery()
    )
    return (db.session.scalar(select(func.count()).select_from(others)) or 0) >= many


def _end(decision: Decision, *which: ColumnElement[bool]) -> None:
    db.session.execute(
        update(FormOptOut)
        .where(
            FormOptOut.school_id == decision.school_id,
            FormOptOut.number.in_({decision.number, *variants_of(decision.number)}),
            FormOptOut.state == FormOptOutState.WAITING,
            *which,
        )
        .values(state=FormOptOutState.ENDED, decided_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _network(decision: Decision) -> str:
    return network_of(str(decision.evidence.get("ip", "")))


def _moment(decision: Decision) -> datetime:
    return decision.happened_at or clock.now()
