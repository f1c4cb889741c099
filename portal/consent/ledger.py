"""The ledger: the one door through which consent changes.

`decide` locks the number, asks the rules, appends an event and brings the current state up to
date, all in the caller's transaction. Nothing else writes these tables; a test looks for it.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, event, func, select
from sqlalchemy.orm import Session, SessionTransaction

from portal import clock
from portal.consent import holdings, pauses, rules, strength, texted_links
from portal.consent.hashes import event_hash, evidence_digest
from portal.consent.wording import ConsentWording
from portal.enums import Answer, ConsentState, ConsentStrength, PauseReason, Refusal, Source
from portal.extensions import db, insert_missing, insert_new, insert_rows, row_values
from portal.models import (
    ConsentEvent,
    ConsentEvidence,
    ConsentStatus,
    Phone,
    Submission,
    Wording,
    same_school,
)

ASKED_SCHOOL = "asked_school"
"""The source in an export of a number that the school paused: its parent did not say no."""
CORRECTION_WINDOW = timedelta(minutes=15)
_LOCKED, _NEW = "locked numbers", "new numbers"


@dataclass(frozen=True, slots=True)
class AsOf:
    """The state of a number when an answer was given that is recorded later. Everything beyond this
    came after the answer, whatever the clocks say."""

    seq: int
    """The number's last place in the log."""
    waiting: tuple[int, ...] = ()
    """The ids of the sender's own "no" answers that waited for staff."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer about one number, and the circumstances of the answer."""

    school_id: int
    number: str
    source: Source
    answer: Answer | None
    actor: str
    """`account:ID`, `contact:ID`, `visitor`, `handset`, `provider` or `cli`: no names."""
    texting_number: str
    happened_at: datetime | None = None
    """The time of the answer, if that was not right now."""
    as_of: AsOf | None = None
    """For a yes that was accepted first and is applied now."""
    answerer_id: int | None = None
    """The contact who answers, if they are known for sure (signed in)."""
    wording: ConsentWording | None = None
    kept_wording: tuple[str, str] | None = None
    """Id and language of a wording that is kept already, if the answer waited for staff."""
    submission_id: int | None = None
    session_digest: str | None = None
    message_id: str | None = None
    pause: PauseReason | None = None
    """The reason of the pause that begins or ends."""
    pause_seq: int | None = None
    """The event that began the pause that staff end, or turn into this one."""
    evidence: dict[str, Any] = field(default_factory=dict)
    """The personal part: `ip`, `browser`, `name`, `note`; of a list's row, its `source`."""

    def __post_init__(self) -> None:
        """Raises ValueError for a row of a list that is a school's own decision: no parent said
        it."""
        if self.source is Source.OPT_OUT_LIST and self.evidence.get("source") == ASKED_SCHOOL:
            raise ValueError(f"A list's {ASKED_SCHOOL} is not a parent's answer")


@dataclass(frozen=True, slots=True)
class Result:
    state: ConsentState
    changed: bool
    code: Refusal | None
    seq: int | None
    """The event's place in the number's sequence; None if none was recorded."""


def decide(decision: Decision) -> Result:
    """Record a decision, and the same about other forms of the number that are on file. The
    caller's transaction must be one that writes. It commits."""
    status = lock_status(decision.school_id, decision.number)
    if _delivered_before(decision, status):
        return Result(ConsentState(status.state), changed=False, code=None, seq=None)
    facts = _facts(decision, status)
    result = _take(decision, status, facts)
    if decision.answer is Answer.NO or (decision.answer and result.state is ConsentState.OPTED_IN):
        for other in sorted(holdings.other_forms(decision.school_id, [decision.number])):
            _take_for_form(decision, other, facts.holder)
    return result


def _take_for_form(decision: Decision, form: str, holder: bool) -> None:
    """Record a decision about another form of its number. `holder`: they are the number's. A yes
    only ends a no there: it opts in no form that nobody answered about."""
    status = lock_status(decision.school_id, form)
    if decision.answer is Answer.YES and status.state != ConsentState.OPTED_OUT:
        return
    evidence = {"number": decision.number, **decision.evidence}
    said = replace(decision, number=form, message_id=None, as_of=None, evidence=evidence)
    facts = _facts(said, status)
    _take(said, status, replace(facts, holder=holder or facts.holder))


def _take(decision: Decision, status: ConsentStatus, facts: rules.Facts) -> Result:
    outcome = rules.decide(facts, decision.source, decision.answer)
    mark_status(status, decision.source, outcome)
    seq = _append(decision, status, outcome) if outcome.event else None
    return Result(outcome.state, outcome.state is not facts.state, outcome.code, seq)


def mark_status(status: ConsentStatus, source: Source, outcome: rules.Outcome) -> None:
    """Keep what a decision means for a number beyond its state, whether or not it is an event.

    The carrier blocks a number that stays opted in; START lifts that. After a no by text, carrier
    or list, an opt-out is lifted only by somebody whom the phone itself had confirmed.
    """
    if outcome.code is Refusal.BLOCKED_BY_CARRIER:
        status.blocked_at = status.blocked_at or clock.now()
    elif outcome.code is Refusal.START_IS_NOT_CONSENT:
        status.blocked_at = None
    if outcome.state is not ConsentState.OPTED_OUT:
        status.handset_only = False
    elif source in holdings.HANDSET_ONLY and outcome.code is None:
        status.handset_only = True
        texted_links.void(status.school_id, [status.number])  # no event tells of it if it was out


def lock_status(school_id: int, number: str) -> ConsentStatus:
    """Return the number's row, made first if it is missing, locked until the transaction ends."""
    locked = _locked()
    if (school_id, number) not in locked and not holdings.other_forms(school_id, [number]):
        locked |= {(school_id, row.number): row for row in _lock_known(school_id, [number])}
    return lock_in_order(school_id, [number])[number]


def lock_in_order(school_id: int, numbers: Iterable[str]) -> dict[str, ConsentStatus]:
    """Lock several numbers before the first decision, in the one order that all keep: two
    transactions about the same numbers never wait for each other. Gives their rows, by number.

    Other forms of them that are on file are locked too. What this transaction has locked, nobody
    else changes: it is asked for once.
    """
    locked = _locked()
    wanted = set(numbers)
    if new := {number for number in wanted if (school_id, number) not in locked}:
        forms = {n for n in holdings.other_forms(school_id, new) if (school_id, n) not in locked}
        rows = _lock_rows(school_id, sorted(new | forms))
        locked |= {(school_id, row.number): row for row in rows}
    return {number: locked[school_id, number] for number in wanted}


def _locked() -> dict[tuple[int, str], ConsentStatus]:
    found: dict[tuple[int, str], ConsentStatus] = db.session.info.setdefault(_LOCKED, {})
    return found


def is_new(school_id: int, number: str) -> bool:
    """True if this transaction was the first to lock the number: nothing waits about it."""
    return (school_id, number) in db.session.info.get(_NEW, ())


def note_waiting(school_id: int, number: str) -> None:
    """Something waits about a number from now on, that the caller has locked."""
    db.session.info.get(_NEW, set()).discard((school_id, number))


def _lock_rows(school_id: int, numbers: list[str]) -> list[ConsentStatus]:
    """Lock the numbers' rows, those that are missing made first."""
    db.session.flush()
    blank = [{"school_id": school_id, "number": number} for number in numbers]
    made = insert_new(ConsentStatus, "number", *blank)
    new: set[tuple[int, str]] = db.session.info.setdefault(_NEW, set())
    new |= {(school_id, number) for number in made}
    return _lock_known(school_id, numbers)


def _lock_known(school_id: int, numbers: list[str]) -> list[ConsentStatus]:
    return list(db.session.scalars(_KNOWN, {"school": school_id, "numbers": numbers}))


_KNOWN = (
    select(ConsentStatus)
    .where(
        ConsentStatus.school_id == bindparam("school"),
        ConsentStatus.number.in_(bindparam("numbers", expanding=True)),
    )
    .order_by(ConsentStatus.number)
    .with_for_update()
    .execution_options(populate_existing=True)
)


def forget_locked() -> None:
    """Read numbers again at their next lock, because their rows changed outside of the session."""
    db.session.info.pop(_LOCKED, None)


@event.listens_for(Session, "after_transaction_end")
def _transaction_ended(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_LOCKED, None)
        session.info.pop(_NEW, None)


def number_left(decision: Decision) -> Result | None:
    """Let a yes lapse if the number is on no record anymore; `decision` is a number_left."""
    lock_status(decision.school_id, decision.number)
    still = db.session.scalar(
        select(func.count())
        .select_from(Phone)
        .where(Phone.school_id == decision.school_id, Phone.number == decision.number)
    )
    return None if still else decide(decision)


def _delivered_before(decision: Decision, status: ConsentStatus) -> bool:
    """True if the provider delivers a message again that was received already."""
    if decision.message_id is None or status.last_seq == 0:
        return False
    named = {
        "school": decision.school_id,
        "number": decision.number,
        "message": decision.message_id,
    }
    return db.session.scalar(_OF_MESSAGE, named) is not None


_OF_MESSAGE = select(ConsentEvent.seq).where(
    ConsentEvent.school_id == bindparam("school"),
    ConsentEvent.number == bindparam("number"),
    ConsentEvent.message_id == bindparam("message"),
)


def _facts(decision: Decision, status: ConsentStatus) -> rules.Facts:
    state = ConsentState(status.state)
    return rules.Facts(
        state=state,
        decided_by=Source(status.decided_by) if status.decided_by else None,
        holder=state is ConsentState.OPTED_OUT and is_holder(decision, status),
        older=_is_older(decision, status),
        corrects=(
            state is ConsentState.OPTED_OUT
            and decision.answer is Answer.YES
            and _corrects(decision, status)
        ),
    )


def _is_older(decision: Decision, status: ConsentStatus) -> bool:
    happened = decision.happened_at  # an answer given right now is never late
    return bool(happened and status.decided_at and happened < status.decided_at)


def is_outdated(decision: Decision) -> bool:
    """True for a yes about a number that opted out after the yes was given."""
    status = lock_status(decision.school_id, decision.number)
    out = status.state == ConsentState.OPTED_OUT
    return out and (_is_older(decision, status) or _said_no_since(decision))


def _said_no_since(decision: Decision) -> bool:
    """True if the number's log has a no after the place at which the answer was given."""
    if decision.as_of is None:
        return False
    later_no = select(ConsentEvent.seq).where(
        ConsentEvent.school_id == decision.school_id,
        ConsentEvent.number == decision.number,
        ConsentEvent.seq > decision.as_of.seq,
        ConsentEvent.answer == Answer.NO,
    )
    return db.session.scalar(later_no.limit(1)) is not None


def is_holder(decision: Decision, status: ConsentStatus) -> bool:
    """True if the answerer is known, and may lift the number's opt-out; see holdings."""
    return decision.answerer_id is not None and holdings.is_holder(decision.answerer_id, status)


def _corrects(decision: Decision, status: ConsentStatus) -> bool:
    """True if the number's only answer is this session's own unsigned no, minutes old.

    A yes that lost against a no on the same form is part of that no, and no decision before it. A
    list or the carrier that says no to a number that opted out adds no event, only `handset_only`.
    """
    if decision.session_digest is None or status.since is None or status.handset_only:
        return False
    if is_outdated(decision):
        return False
    if (decision.happened_at or clock.now()) - status.since > CORRECTION_WINDOW:
        return False
    rows = db.session.execute(
        select(
            ConsentEvent.source,
            ConsentEvent.answer,
            ConsentEvent.submission_id,
            Submission.session_digest,
        )
        .outerjoin(
            Submission,
            same_school(Submission, ConsentEvent, Submission.id == ConsentEvent.submission_id),
        )
        .where(ConsentEvent.school_id == decision.school_id, ConsentEvent.number == decision.number)
        .order_by(ConsentEvent.seq)
    ).all()
    own = all(
        row.source == Source.PUBLIC_FORM and row.session_digest == decision.session_digest
        for row in rows
    )
    noes = {row.submission_id for row in rows if row.answer == Answer.NO}
    if decision.submission_id in noes:
        return False
    with_no = {rows[0].submission_id} & noes if rows else set()
    return own and all(row.answer == Answer.NO or row.submission_id in with_no for row in rows)


def _append(decision: Decision, status: ConsentStatus, outcome: rules.Outcome) -> int:
    made, evidence = make_event(decision, status, outcome)
    insert_rows(ConsentEvent, row_values(made))
    if evidence is not None:
        insert_rows(ConsentEvidence, row_values(evidence))
    bring_up_to_date(status, made, outcome)
    db.session.flush()
    _follow_pauses(decision, status, made)
    return made.seq


def _follow_pauses(decision: Decision, status: ConsentStatus, made: ConsentEvent) -> None:
    if decision.source is Source.STAFF_RESUME:
        pauses.end_pause(status, made, decision.pause_seq or 0)
    elif decision.pause is not None:
        pauses.begin_pause(status, made, decision.pause, decision.pause_seq)
    elif decision.answer is Answer.YES and decision.source in rules.PARENT_SOURCES:
        place = decision.as_of.seq if decision.as_of else None
        given = pauses.Given(decision.answerer_id, decision.happened_at, place)
        pauses.end_by_yes(status, made, given)


def make_event(
    decision: Decision, status: ConsentStatus, outcome: rules.Outcome
) -> tuple[ConsentEvent, ConsentEvidence | None]:
    """The event of a decision, chained to the one before, with what is personal about it."""
    recorded = clock.now()
    wording_id, language = _wording(decision)
    salt = secrets.token_hex(16)
    event = ConsentEvent(
        school_id=decision.school_id,
        number=decision.number,
        seq=status.last_seq + 1,
        answer=decision.answer,
        source=decision.source,
        state=outcome.state,
        code=outcome.code or decision.pause,
        actor=decision.actor,
        wording_id=wording_id,
        language=language,
        texting_number=decision.texting_number,
        submission_id=decision.submission_id,
        message_id=decision.message_id,
        happened_at=(decision.happened_at or recorded).astimezone(UTC),
        recorded_at=recorded,
        evidence_digest=evidence_digest(salt, decision.evidence) if decision.evidence else None,
        prev_hash=status.last_hash,
    )
    event.hash = event_hash(event)
    if not decision.evidence:
        return event, None
    return event, ConsentEvidence(
        school_id=event.school_id,
        number=event.number,
        seq=event.seq,
        salt=salt,
        content=decision.evidence,
    )


def bring_up_to_date(
    status: ConsentStatus,
    event: ConsentEvent,
    outcome: rules.Outcome,
    pending: Sequence[ConsentEvent] = (),
) -> None:
    """Keep what an event means for its number. `pending`: events that are yet to be written."""
    status.strength = _strength(status, event, pending)
    if outcome.code is not Refusal.OLDER_THAN_YES and event.source not in rules.PAUSE_SOURCES:
        status.since = _since(status, event, outcome)
        if outcome.state != status.state:
            status.since_seq = event.seq
        if outcome.decided_by == event.source:
            status.decided_at = _decided_at(status, event)
        status.decided_by = outcome.decided_by
        if outcome.state is not ConsentState.OPTED_IN:
            status.blocked_at = None
    status.state = outcome.state
    status.last_seq = event.seq
    status.last_hash = event.hash


def _strength(
    status: ConsentStatus, event: ConsentEvent, pending: Sequence[ConsentEvent]
) -> ConsentStrength | None:
    """Return the strength of consent after an event. `status` is the number before it."""
    known = status.strength if status.state == ConsentState.OPTED_IN else None
    before = ConsentStrength(known) if known else None
    noes: list[strength.Event] = []
    if event.source == Source.PARENT_FORM and status.state == ConsentState.OPTED_OUT:
        noes += db.session.scalars(_NOES, {"since": status.since_seq, **_key(status)})
        noes += [one for one in pending if _key(one) == _key(status) and _is_no_of(status, one)]
    return strength.after(before, event, noes)


def _key(row: ConsentStatus | ConsentEvent) -> dict[str, Any]:
    return {"school": row.school_id, "number": row.number}


def _is_no_of(status: ConsentStatus, event: ConsentEvent) -> bool:
    return event.answer == Answer.NO and event.seq >= status.since_seq


_NOES = (
    select(ConsentEvent)
    .where(
        ConsentEvent.school_id == bindparam("school"),
        ConsentEvent.number == bindparam("number"),
        ConsentEvent.seq >= bindparam("since"),
        ConsentEvent.answer == Answer.NO,
    )
    .order_by(ConsentEvent.seq)
)
"""The "no" answers of a number's opt-out."""


def _since(status: ConsentStatus, event: ConsentEvent, outcome: rules.Outcome) -> datetime:
    """Return the start of the state. An opt-out that comes in late started when it happened."""
    began = min(event.happened_at, event.recorded_at)
    if status.since is None or outcome.state != status.state:
        return began
    return min(status.since, began) if outcome.state is ConsentState.OPTED_OUT else status.since


def _decided_at(status: ConsentStatus, event: ConsentEvent) -> datetime:
    """An answer that comes in late makes neither the newest no nor the parent's newest yes any
    older."""
    kept = status.state == ConsentState.OPTED_OUT or status.decided_by in rules.PARENT_SOURCES
    if kept and event.state == status.state and status.decided_at is not None:
        return max(status.decided_at, event.happened_at)
    return event.happened_at


def _wording(decision: Decision) -> tuple[str | None, str | None]:
    if decision.wording is not None:
        keep_wording(decision.school_id, decision.wording)
        return decision.wording.id, decision.wording.language
    return decision.kept_wording or (None, None)


def keep_wording(school_id: int, wording: ConsentWording) -> None:
    """Keep a consent text, once, so events and submissions can refer to it by its id."""
    values = {
        "school_id": school_id,
        "id": wording.id,
        "language": wording.language,
        "text": wording.text,
        "first_used_at": clock.now(),
    }
    insert_missing(Wording, values)
