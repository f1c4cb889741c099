"""Holdings: the numbers on people's records, and the proof that a number is a person's.

A sign-in proves an email address, not a phone number. A number is proven for a person when the
phone itself confirmed it for them, or when staff typed it on their record or say that the parent
told them. Before and after are places in the number's log, and clocks only between two proofs at
one place. Callers lock the number's row first.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from portal import clock
from portal.consent import texted_links
from portal.enums import Answer, ProofKind, Source
from portal.extensions import db, fetch
from portal.models import ConsentEvent, ConsentStatus, Contact, Holding, Phone
from portal.phone.numbering_plans import variants_of

HOLDER_FOR = timedelta(days=90)
"""Time that a holder remains one after the number left their record."""
HANDSET_PROOF_FOR = timedelta(days=365)
"""Time that a confirmation by the phone makes a holder after an opt-out that came by text."""
HANDSET_ONLY = frozenset({Source.TEXT_REPLY, Source.CARRIER, Source.OPT_OUT_LIST})
"""After an opt-out by one of these, only a confirmation by the phone makes a holder."""


def add_numbers(
    contact_id: int,
    statuses: Mapping[str, ConsentStatus],
    numbers: Iterable[str],
    proven_by: ProofKind | None = None,
    actor: str | None = None,
) -> None:
    """Put numbers on a record. `statuses` are theirs, locked. `actor` is the person who proves
    them."""
    now = clock.now()
    for number in sorted(numbers):
        status = statuses[number]
        holding = Holding(
            school_id=status.school_id,
            contact_id=contact_id,
            number=number,
            since=now,
            began_seq=status.last_seq,
        )
        if proven_by is not None:
            _prove(holding, proven_by, status.last_seq, actor)
        db.session.add(holding)
    db.session.flush()


def remove_numbers(
    contact_id: int, statuses: Mapping[str, ConsentStatus], numbers: Iterable[str]
) -> None:
    """Remove numbers from a record. `statuses` are theirs, locked."""
    now = clock.now()
    for number in sorted(numbers):
        status = statuses[number]
        holding = open_holding(status.school_id, contact_id, number)
        if holding is not None:
            holding.until = now
            holding.ended_seq = status.last_seq
            if _is_proven(holding) or not on_other_records(
                status.school_id, number, [contact_id]
            ):  # who only typed somebody's number and takes it off again voids nothing of theirs
                texted_links.void(status.school_id, [number])
    db.session.flush()


def prove_number(
    status: ConsentStatus,
    contact_id: int,
    kind: ProofKind,
    actor: str | None = None,
    note: str | None = None,
) -> bool:
    """Note that the number is this person's; False if it is not on their record.

    `status` is the number's, locked. A number that was proven before stays proven since then.
    """
    holding = open_holding(status.school_id, contact_id, status.number)
    if holding is None:
        return False
    if kind is ProofKind.HANDSET:
        _end_older_handset_proofs(status, contact_id)
        holding.handset_seq = status.last_seq
        holding.handset_at = clock.now()
        holding.handset_email_key = _email_key(status.school_id, contact_id)
    if not _is_proven(holding):
        _prove(holding, kind, status.last_seq, actor)
        holding.proof_note = note
    db.session.flush()
    return True


def unprove_number(status: ConsentStatus, contact_id: int) -> bool:
    """Remove the proof. False if there was none. `status` is the number's, locked."""
    holding = open_holding(status.school_id, contact_id, status.number)
    if holding is None or not _is_proven(holding):
        return False
    holding.lost_seq = status.last_seq
    db.session.flush()
    return True


def unprove_everywhere(status: ConsentStatus) -> None:
    """Remove the proof from every record that has the number: whoever answers its phone says that
    it is none of theirs. `status` is the number's, locked."""
    db.session.execute(
        update(Holding)
        .where(
            Holding.school_id == status.school_id,
            Holding.number == status.number,
            Holding.until.is_(None),
            Holding.proven_seq.is_not(None),
            Holding.lost_seq.is_(None),
        )
        .values(lost_seq=status.last_seq)
    )


def note_answer(
    school_id: int, contact_id: int, number: str, answer: Answer, at: datetime | None = None
) -> None:
    """Keep what a person said about a number on their record: their page shows them that. `at` is
    when, if not right now; a later answer stays."""
    holding = open_holding(school_id, contact_id, number)
    said_at = at or clock.now()
    if holding is not None and (holding.said_at is None or holding.said_at <= said_at):
        holding.said = answer
        holding.said_at = said_at
        db.session.flush()


def open_holding(school_id: int, contact_id: int, number: str) -> Holding | None:
    """The number on the person's record, while it is there."""
    return db.session.scalars(
        select(Holding).where(
            Holding.school_id == school_id,
            Holding.contact_id == contact_id,
            Holding.number == number,
            Holding.until.is_(None),
        )
    ).first()


def is_proven(school_id: int, contact_id: int, number: str) -> bool:
    """True if the number is on the person's record and was shown to be theirs."""
    holding = open_holding(school_id, contact_id, number)
    return holding is not None and _is_proven(holding)


def is_holder(contact_id: int, status: ConsentStatus) -> bool:
    """True if this person may lift the number's opt-out by a yes on a form, signed in.

    That is a person on whose record the number was proven at the place where the opt-out started;
    or who gave the no that started it, where nobody else has the number or said no since.
    """
    handset_only = status.handset_only
    proven = had_it_proven(contact_id, status, status.since_seq, handset_only=handset_only)
    return proven or _opted_it_out(contact_id, status)


def on_other_records(school_id: int, number: str, contact_ids: Iterable[int]) -> bool:
    """True if the number is on anybody else's record, in any form of it."""
    others = select(Phone.contact_id).where(
        Phone.school_id == school_id,
        Phone.number.in_(_all_forms([number])),
        Phone.contact_id.not_in(list(contact_ids)),
    )
    return db.session.scalar(others.limit(1)) is not None


def elsewhere(school_id: int, numbers: Collection[str], contact_ids: Iterable[int]) -> set[str]:
    """Return those of the numbers that are on anybody else's record, in any form of them."""
    if not numbers:
        return set()
    named = {"school": school_id, "numbers": _all_forms(numbers), "ids": list(contact_ids)}
    found = set(fetch(_ELSEWHERE, named).scalars())
    return {number for number in numbers if not found.isdisjoint(_all_forms([number]))}


def other_forms(school_id: int, numbers: Iterable[str]) -> set[str]:
    """Return the other forms of these numbers that an answer is about too: those on a record, and
    today's. None are, for the numbers of most countries."""
    forms = {number: variants_of(number) for number in numbers}
    old = {number: found for number, found in forms.items() if found != (number,)}
    if not old:
        return set()
    wanted = [form for found in old.values() for form in found]
    on_record = set(fetch(_ON_RECORD, {"school": school_id, "numbers": wanted}).scalars())
    return (on_record | {found[0] for found in old.values()}) - {*old}


_ON_RECORD = (
    select(Phone.number)
    .where(
        Phone.school_id == bindparam("school"),
        Phone.number.in_(bindparam("numbers", expanding=True)),
    )
    .distinct()
)


def _all_forms(numbers: Iterable[str]) -> list[str]:
    """The numbers, and their old forms: records from before may still have those."""
    return sorted({form for number in numbers for form in (number, *variants_of(number))})


_ELSEWHERE = (
    select(Phone.number)
    .where(
        Phone.school_id == bindparam("school"),
        Phone.number.in_(bindparam("numbers", expanding=True)),
        Phone.contact_id.not_in(bindparam("ids", expanding=True)),
    )
    .distinct()
)


def _prove(holding: Holding, kind: ProofKind, seq: int, actor: str | None) -> None:
    holding.proven_by = kind
    holding.proven_seq = seq
    holding.proven_at = clock.now()
    holding.proven_actor = actor[:100] if actor else None
    holding.lost_seq = None


def _is_proven(holding: Holding) -> bool:
    return holding.proven_seq is not None and holding.lost_seq is None


def _end_older_handset_proofs(status: ConsentStatus, contact_id: int) -> None:
    """The phone speaks for one person: whom it alone had confirmed before loses that proof, and
    gets it back by texting the word again. Numbers change hands."""
    db.session.execute(
        update(Holding)
        .where(
            Holding.school_id == status.school_id,
            Holding.number == status.number,
            Holding.contact_id != contact_id,
            Holding.until.is_(None),
            Holding.proven_by == ProofKind.HANDSET,
            Holding.lost_seq.is_(None),
        )
        .values(lost_seq=status.last_seq)
    )


def _email_key(school_id: int, contact_id: int) -> str | None:
    key: str | None = db.session.scalar(
        select(Contact.email_key).where(Contact.school_id == school_id, Contact.id == contact_id)
    )
    return key


def had_it_proven(
    contact_id: int, status: ConsentStatus, seq: int, *, handset_only: bool = False
) -> bool:
    """True if the number was proven on this person's record at a place in its log, and is since.

    It still is for a while after the number left their record, unless the phone confirmed it for
    somebody else. `handset_only`: only the phone's own confirmation is proof enough.
    """
    proof = Holding.proven_seq < seq
    if handset_only:
        proof = and_(
            Holding.handset_seq < seq,
            Holding.handset_at > clock.now() - HANDSET_PROOF_FOR,
            Holding.handset_email_key == _email_key(status.school_id, contact_id),
        )
    mine = (Holding.contact_id == contact_id, _lately(), Holding.lost_seq.is_(None), proof)
    held = _held_at(status, seq).where(*mine, ~_confirmed_for_others(contact_id, status, seq))
    return db.session.scalar(held.limit(1)) is not None


def _confirmed_for_others(contact_id: int, status: ConsentStatus, seq: int) -> ColumnElement[bool]:
    """True if the phone confirmed the number for somebody else after a holding was proven, and
    before a place. It changed hands, so its former owner can't lift what began there.

    Of two proofs at one place, with no event between them, the times tell which came first.
    """
    other = aliased(Holding, name="other")
    place = func.coalesce(Holding.handset_seq, Holding.proven_seq)
    at = func.coalesce(Holding.handset_at, Holding.proven_at)
    later = and_(other.handset_seq == place, other.handset_at >= at)
    return exists().where(
        other.school_id == status.school_id,
        other.number == status.number,
        other.contact_id != contact_id,
        or_(other.handset_seq > place, later),
        other.handset_seq < seq,
    )


def _opted_it_out(contact_id: int, status: ConsentStatus) -> bool:
    if status.handset_only or on_other_records(status.school_id, status.number, [contact_id]):
        return False
    noes = db.session.execute(
        select(ConsentEvent.seq, ConsentEvent.actor)
        .where(
            ConsentEvent.school_id == status.school_id,
            ConsentEvent.number == status.number,
            ConsentEvent.seq >= status.since_seq,
            ConsentEvent.answer == Answer.NO,
        )
        .order_by(ConsentEvent.seq)
    ).all()
    gave_the_first = bool(noes) and noes[0].seq == status.since_seq
    all_theirs = all(no.actor == f"contact:{contact_id}" for no in noes)
    if not (gave_the_first and all_theirs):
        return False
    then = _held_at(status, status.since_seq)
    held = set(db.session.scalars(then))
    lately = set(db.session.scalars(then.where(_lately())))
    return held == {contact_id} and lately == held


def _held_at(status: ConsentStatus, seq: int) -> Select[int]:
    """The people on whose records the number was at a place in its log."""
    return select(Holding.contact_id).where(
        Holding.school_id == status.school_id,
        Holding.number == status.number,
        Holding.began_seq < seq,
        or_(Holding.ended_seq.is_(None), Holding.ended_seq >= seq),
    )


def _lately() -> ColumnElement[bool]:
    return or_(Holding.until.is_(None), Holding.until > clock.now() - HOLDER_FOR)
