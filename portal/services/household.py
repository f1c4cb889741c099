"""A signed-in parent changes their own record: phones, answers, and what of a form was theirs.

Every answer here is `parent_form`: it counts at once, and lifts an opt-out of a number that the
parent held when it opted out. For any other number the handset must confirm.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from portal import times
from portal.consent import ledger
from portal.consent.wording import ConsentWording
from portal.enums import Answer, PhoneType, ProposalKind, ProposalState, Refusal, Slot, Source
from portal.extensions import db
from portal.models import Contact, Phone, Proposal, Submission
from portal.queries.schools import SchoolRow
from portal.services import contacts
from portal.services.contacts import FIELD_WORDS, PhoneValue
from portal.services.email_changes import ChangedBy
from portal.services.heard import hear
from portal.services.proposals import close


class ChangedMeanwhileError(Exception):
    """A number's decision is not the one that the page showed; `numbers` says whose."""

    def __init__(self, numbers: list[str]) -> None:
        super().__init__(", ".join(numbers))
        self.numbers = numbers


@dataclass(frozen=True, slots=True)
class Answerer:
    """The signed-in parent."""

    contact_id: int
    name: str
    evidence: dict[str, Any]
    session_hash: str | None = None
    """The session that goes on if they change what they sign in with."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of an answer about a number."""

    number: str
    answer: Answer
    result: ledger.Result

    @property
    def handset_must_confirm(self) -> bool:
        return self.result.code is Refusal.HANDSET_MUST_CONFIRM


def answer(
    school: SchoolRow,
    parent: Answerer,
    number: str,
    said: Answer,
    wording: ConsentWording | None,
    seen: dict[str, int] | None = None,
    submission_id: int | None = None,
    kept_wording: tuple[str, str] | None = None,
) -> Heard:
    """An answer about a Cell on the parent's own record. Raises ChangedMeanwhileError, or
    LookupError if the number is no Cell of theirs."""
    if not contacts.has_cell(school.id, parent.contact_id, number):
        raise LookupError(number)
    if seen is not None:
        check_seen(school.id, seen)
    result = hear(
        school,
        ledger.Decision(
            school_id=school.id,
            number=number,
            source=Source.PARENT_FORM,
            answer=said,
            actor=f"contact:{parent.contact_id}",
            texting_number=school.texting_number,
            answerer_id=parent.contact_id,
            wording=wording,
            kept_wording=kept_wording,
            submission_id=submission_id,
            evidence=parent.evidence,
        ),
    )
    return Heard(number, said, result)


def check_seen(school_id: int, seen: dict[str, int]) -> None:
    """See that nothing was decided since the page was shown; the numbers stay locked."""
    changed = [
        number
        for number, seq in sorted(seen.items())
        if ledger.lock_status(school_id, number).last_seq != seq
    ]
    if changed:
        raise ChangedMeanwhileError(changed)


def change_phones(
    school: SchoolRow,
    parent: Answerer,
    phones: list[PhoneValue],
    answers: dict[str, Answer],
    wording: ConsentWording | None,
    seen: dict[str, int],
) -> list[Heard]:
    """Make these the parent's phones; `answers` are by number, where they answered."""
    lock_contact(school.id, parent.contact_id)
    check_seen(school.id, seen)
    before = contacts.phone_words(school, parent.contact_id)
    held = select(Phone.number).where(
        Phone.school_id == school.id, Phone.contact_id == parent.contact_id
    )
    ledger.lock_in_order(school.id, {*answers, *db.session.scalars(held)})
    change = contacts.set_phones(school.id, parent.contact_id, phones)
    for number in change.left:
        contacts.leave(school, number, f"contact:{parent.contact_id}")
    after = contacts.phone_words(school, parent.contact_id)
    if changes := contacts.phone_changes(before, after):
        contacts.note_edit(school.id, parent.contact_id, parent.name, changes)
    confirm(school.id, parent.contact_id)
    return [answer(school, parent, n, said, wording) for n, said in sorted(answers.items())]


def confirm(school_id: int, contact_id: int) -> None:
    """The parent says that their phones are still right."""
    db.session.execute(
        update(Phone)
        .where(Phone.school_id == school_id, Phone.contact_id == contact_id)
        .values(confirmed_at=times.now())
    )


def claim(school: SchoolRow, parent: Answerer, ids: list[int]) -> list[Heard]:
    """It was them: what waited of unsigned forms for this parent's record counts now."""
    heard = []
    for proposal in _claimable(school.id, parent.contact_id, ids):
        heard += _CLAIM[ProposalKind(proposal.kind)](school, parent, proposal)
        close(proposal, ProposalState.ACCEPTED, f"{parent.name} (signed in)")
    db.session.flush()
    return heard


def disown(school: SchoolRow, parent: Answerer, ids: list[int]) -> int:
    """It was not them: declined by the record's owner."""
    found = _claimable(school.id, parent.contact_id, ids)
    for proposal in found:
        close(proposal, ProposalState.DECLINED, f"{parent.name} (signed in)")
    db.session.flush()
    return len(found)


def _claimable(school_id: int, contact_id: int, ids: list[int]) -> list[Proposal]:
    return list(
        db.session.scalars(
            select(Proposal)
            .where(
                Proposal.school_id == school_id,
                Proposal.id.in_(ids),
                Proposal.contact_id == contact_id,
                Proposal.kind.in_(list(_CLAIM)),
                Proposal.state == ProposalState.WAITING,
            )
            .order_by(Proposal.id)
            .with_for_update()
        )
    )


def _claim_field(school: SchoolRow, parent: Answerer, proposal: Proposal) -> list[Heard]:
    contact = lock_contact(school.id, parent.contact_id)
    name, value = proposal.subject, proposal.new["value"]
    changes = [{"what": FIELD_WORDS[name], "old": getattr(contact, name), "new": value}]
    contacts.set_fields(contact, {name: value}, ChangedBy(parent.name, parent.session_hash))
    contacts.note_edit(school.id, contact.id, parent.name, changes)
    return []


def _claim_phone(school: SchoolRow, parent: Answerer, proposal: Proposal) -> list[Heard]:
    new = proposal.new
    stands = db.session.scalars(
        select(Phone).where(Phone.school_id == school.id, Phone.contact_id == parent.contact_id)
    ).all()
    phones = [
        PhoneValue(Slot(p.slot), PhoneType(p.type), p.number, p.extension)
        for p in stands
        if p.slot != new["slot"] and p.number != new["number"]
    ]
    mine = PhoneValue(Slot(new["slot"]), PhoneType(new["type"]), new["number"], new["extension"])
    change_phones(school, parent, [*phones, mine], {}, None, {})
    return _claim_answer(school, parent, proposal)


def _claim_answer(school: SchoolRow, parent: Answerer, proposal: Proposal) -> list[Heard]:
    """A yes counts as the parent's own now; a no had counted when it was sent."""
    new = proposal.new
    if new.get("answer") != Answer.YES or not school.texting_on:
        return []
    if not contacts.has_cell(school.id, parent.contact_id, new["number"]):
        return []
    submission = db.session.get_one(Submission, (school.id, proposal.submission_id))
    kept = (submission.wording_id, submission.language) if submission.wording_id else None
    return [
        answer(
            school,
            parent,
            new["number"],
            Answer.YES,
            None,
            submission_id=submission.id,
            kept_wording=kept,
        )
    ]


_CLAIM = {
    ProposalKind.FIELD: _claim_field,
    ProposalKind.PHONE: _claim_phone,
    ProposalKind.CONSENT: _claim_answer,
}


def lock_contact(school_id: int, contact_id: int) -> Contact:
    return db.session.scalars(
        select(Contact)
        .where(Contact.school_id == school_id, Contact.id == contact_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
