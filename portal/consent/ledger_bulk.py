"""The ledger's door for many decisions at once: a roster, sample families.

Writes what `ledger.decide` would write, one decision after the other, by the same rules and hashes;
tests compare the two.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import select, update

from portal.consent import holdings, ledger, rules
from portal.consent.ledger import Decision, Result
from portal.enums import Answer, ConsentState, Source
from portal.extensions import Base, db, insert_for, insert_rows, row_values
from portal.models import ConsentEvent, ConsentEvidence, ConsentPause, ConsentStatus
from portal.phone.numbering_plans import variants_of

AT_A_TIME = 500


def decide_many(decisions: Sequence[Decision]) -> list[Result]:
    """Take many decisions in, in their order. The caller's transaction is one that writes.

    They are written in bulk; a number of which the events themselves have to be looked at goes
    through `ledger.decide`, and so does one that has other forms on file.
    """
    singly = {(d.school_id, d.number) for d in decisions if _may_correct(d)}
    singly |= _delivered_before(decisions) | _paused(decisions) | _with_other_forms(decisions)
    results: dict[int, Result] = {}
    together: dict[int, list[tuple[int, Decision]]] = {}
    for place, decision in enumerate(decisions):
        if (decision.school_id, decision.number) in singly:
            results[place] = ledger.decide(decision)
        else:
            together.setdefault(decision.school_id, []).append((place, decision))
    for school_id, placed in together.items():
        results |= _of_school(school_id, placed)
    return [results[place] for place in range(len(decisions))]


def _may_correct(decision: Decision) -> bool:
    """True if the session's earlier answers may matter: events are read for that."""
    return decision.answer is Answer.YES and decision.session_digest is not None


def _paused(decisions: Sequence[Decision]) -> set[tuple[int, str]]:
    """The numbers that are paused, or are about to be: a yes may end that."""
    found = {(d.school_id, d.number) for d in decisions if d.pause is not None}
    for school_id in {d.school_id for d in decisions}:
        paused = select(ConsentPause.number).where(
            ConsentPause.school_id == school_id, ConsentPause.ended_seq.is_(None)
        )
        found |= {(school_id, number) for number in db.session.scalars(paused)}
    return found


def _delivered_before(decisions: Sequence[Decision]) -> set[tuple[int, str]]:
    """The numbers of messages that were received already, or that come twice here."""
    seen: set[tuple[int, str]] = set()
    found: set[tuple[int, str]] = set()
    wanted: dict[int, list[str]] = {}
    for d in decisions:
        if d.message_id is None:
            continue
        if (d.school_id, d.message_id) in seen:
            found.add((d.school_id, d.number))
        seen.add((d.school_id, d.message_id))
        wanted.setdefault(d.school_id, []).append(d.message_id)
    for school_id, ids in wanted.items():
        for some in _slices(ids):
            known = select(ConsentEvent.number).where(
                ConsentEvent.school_id == school_id, ConsentEvent.message_id.in_(some)
            )
            found |= {(school_id, number) for number in db.session.scalars(known)}
    return found


def _with_other_forms(decisions: Sequence[Decision]) -> set[tuple[int, str]]:
    wanted = {(d.school_id, d.number) for d in decisions if variants_of(d.number) != (d.number,)}
    return {(at, number) for at, number in wanted if holdings.other_forms(at, [number])}


def _of_school(school_id: int, placed: list[tuple[int, Decision]]) -> dict[int, Result]:
    numbers = sorted({decision.number for _, decision in placed})
    statuses = _locked(school_id, numbers)
    events: list[ConsentEvent] = []
    evidence: list[ConsentEvidence] = []
    results = {}
    for place, decision in placed:
        status = statuses[decision.number]
        before = ConsentState(status.state)
        happened = decision.happened_at
        facts = rules.Facts(
            state=before,
            decided_by=Source(status.decided_by) if status.decided_by else None,
            holder=before is ConsentState.OPTED_OUT and ledger.is_holder(decision, status),
            older=bool(happened and status.decided_at and happened < status.decided_at),
        )
        outcome = rules.decide(facts, decision.source, decision.answer)
        ledger.mark_status(status, decision.source, outcome)
        seq = None
        if outcome.event:
            event, beside = ledger.make_event(decision, status, outcome)
            evidence += [beside] if beside is not None else []
            ledger.bring_up_to_date(status, event, outcome, pending=events)
            events.append(event)
            seq = event.seq
        results[place] = Result(outcome.state, outcome.state is not before, outcome.code, seq)
    _write(ConsentEvent, events)
    _write(ConsentEvidence, evidence)
    _update(list(statuses.values()))
    return results


def _locked(school_id: int, numbers: list[str]) -> dict[str, ConsentStatus]:
    """The numbers' rows, made first where they are not there, locked in the one order; apart from
    the session, to be written back all at once."""
    new = [
        {
            "school_id": school_id,
            "number": number,
            "state": ConsentState.NOT_ASKED,
            "last_seq": 0,
            "last_hash": "",
        }
        for number in numbers
    ]
    db.session.flush()
    ledger.forget_locked()
    if new:
        db.session.execute(insert_for(ConsentStatus).on_conflict_do_nothing(), new)
    found: dict[str, ConsentStatus] = {}
    for some in _slices(numbers):
        rows = db.session.scalars(
            select(ConsentStatus)
            .where(ConsentStatus.school_id == school_id, ConsentStatus.number.in_(some))
            .order_by(ConsentStatus.number)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        for row in rows:
            db.session.expunge(row)
            found[row.number] = row
    return found


def _write(model: type[Base], rows: Sequence[Base]) -> None:
    insert_rows(model, *(row_values(row) for row in rows))


def _update(rows: list[ConsentStatus]) -> None:
    if rows:
        db.session.execute(update(ConsentStatus), [row_values(row) for row in rows])


def _slices(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + AT_A_TIME] for start in range(0, len(items), AT_A_TIME))
