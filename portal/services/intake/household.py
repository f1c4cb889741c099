"""A signed-in parent changes their own record: phones, answers, and what of a form was theirs.

What an answer is taken for depends on whether the number is proven on their record; see
`portal.services.texting.record_consent`.
"""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update

from portal import clock
from portal.consent import holdings, ledger
from portal.consent.wording import ConsentWording
from portal.enums import Answer, ProposalKind, ProposalState, Slot, Source
from portal.extensions import db
from portal.labels import FIELD_WORDS
from portal.models import Phone, Proposal, Submission
from portal.queries.records.proposals import newer_values
from portal.queries.schools import SchoolRow
from portal.services.accounts.tokens import MakeUrl
from portal.services.contacts import contacts
from portal.services.contacts.contacts import lock_contact
from portal.services.contacts.email_changes import ChangedBy
from portal.services.contacts.phones import (
    PhoneValue,
    current_phones,
    has_cell,
    keep_unshown,
    lock_phones,
    replace_phones,
    with_phone,
)
from portal.services.intake import owner_notices
from portal.services.proposals.propose import (
    ConsentAnswer,
    keep_submission,
    kept_question,
    propose_consent,
)
from portal.services.proposals.review import close, lock_waiting
from portal.services.texting.record_consent import (
    AnswerResult,
    must_be_confirmed,
    record_form_answer,
)


class ChangedMeanwhileError(Exception):
    """A number's decision is not the one that the page showed; `numbers` says whose."""

    def __init__(self, numbers: list[str]) -> None:
        super().__init__(", ".join(numbers))
        self.numbers = numbers


@dataclass(frozen=True, slots=True)
class AnsweringParent:
    """The signed-in parent, and how their answers came in.

    No Actor: that is staff or a command. A parent always has a record, and what they say is
    evidence.
    """

    contact_id: int
    name: str
    evidence: dict[str, Any]
    make_url: MakeUrl
    """For the links in the emails to others who have a number."""
    session_hash: str | None = None
    """The session that goes on if they change what they sign in with."""

    @property
    def key(self) -> str:
        """As the ledger keeps it: without a name."""
        return f"contact:{self.contact_id}"


def record_own_answer(
    school: SchoolRow,
    parent: AnsweringParent,
    number: str,
    said: Answer,
    wording: ConsentWording | None,
    seen: dict[str, int] | None = None,
    form: Submission | None = None,
    tell_owners: bool = True,
) -> AnswerResult:
    """An answer about a cell phone on the parent's own record; `form` is the one that gave it
    before. `tell_owners`: False if the caller tells others who have the number.

    Raises ChangedMeanwhileError, or LookupError if the number is no cell phone of theirs.
    """
    if not has_cell(school.id, parent.contact_id, number):
        raise LookupError(number)
    if seen is not None:
        check_seen(school.id, parent.contact_id, seen)
    kept, named = kept_question(form, number) if form is not None else (None, {})
    decision = ledger.Decision(
        school_id=school.id,
        number=number,
        source=Source.PARENT_FORM,
        answer=said,
        actor=parent.key,
        texting_number=school.texting_number,
        answerer_id=parent.contact_id,
        wording=wording,
        kept_wording=kept,
        submission_id=form.id if form is not None else None,
        evidence=parent.evidence | named,
    )
    result = record_form_answer(school, decision, parent.contact_id, {parent.contact_id})
    if said is Answer.YES and must_be_confirmed(result):
        form = form or _keep_answer(school.id, parent, number, said, wording)
        propose_consent(form, ConsentAnswer(number, said, parent.contact_id, carried=False))
    proven = holdings.is_proven(school.id, parent.contact_id, number)
    outcome = AnswerResult(number, said, result, proven)
    if tell_owners:
        _notify_owners(school, parent, [outcome])
    return outcome


def _notify_owners(school: SchoolRow, parent: AnsweringParent, results: list[AnswerResult]) -> None:
    owner_notices.notify_owners(school, results, {parent.contact_id}, None, parent.make_url)


def _keep_answer(
    school_id: int,
    parent: AnsweringParent,
    number: str,
    said: Answer,
    wording: ConsentWording | None,
) -> Submission:
    """Keep an answer of the family page that waits, with the question that it answers."""
    if wording is not None:
        ledger.keep_wording(school_id, wording)
    return keep_submission(
        school_id,
        form="family_page",
        form_key=secrets.token_hex(16),
        answers={"number": number, "answer": said.value},
        language=wording.language if wording else "en",
        wording_id=wording.id if wording else None,
        session_digest="",
        evidence=parent.evidence,
    )


def check_seen(school_id: int, contact_id: int, seen: dict[str, int]) -> None:
    """See that nothing was decided since the page was shown; the numbers stay locked.

    Whoever goes on to lock other numbers has locked these with them: see `proven_among`.
    """
    shown = {number: seen[number] for number in proven_among(school_id, contact_id, seen)}
    statuses = ledger.lock_in_order(school_id, shown)
    changed = [number for number, seq in sorted(shown.items()) if statuses[number].last_seq != seq]
    if changed:
        raise ChangedMeanwhileError(changed)


def proven_among(school_id: int, contact_id: int, seen: Iterable[str]) -> set[str]:
    """The numbers that are proven on the parent's record: of others the page tells nothing."""
    return {number for number in seen if holdings.is_proven(school_id, contact_id, number)}


def change_phones(
    school: SchoolRow,
    parent: AnsweringParent,
    phones: list[PhoneValue],
    answers: dict[str, Answer],
    wording: ConsentWording | None,
    seen: dict[str, int],
    shown_slots: Collection[str] = frozenset(Slot),
) -> list[AnswerResult]:
    """Make these the parent's phones; `answers` are by number, where they answered. A phone on file
    stays if its slot was not filled out on the page."""
    shown = proven_among(school.id, parent.contact_id, seen)
    named = {*answers, *(phone.number for phone in phones)}
    lock_phones(school.id, parent.contact_id, shown | named)
    check_seen(school.id, parent.contact_id, seen)
    current = current_phones(school.id, parent.contact_id)
    phones = keep_unshown(current, phones, shown_slots)
    if changes := replace_phones(school, parent.contact_id, phones, parent.key):
        contacts.note_edit(school.id, parent.contact_id, parent.name, changes)
    confirm_phones(school.id, parent.contact_id)
    results = [
        record_own_answer(school, parent, n, said, wording, tell_owners=False)
        for n, said in sorted(answers.items())
    ]
    _notify_owners(school, parent, results)
    return results


def confirm_phones(school_id: int, contact_id: int, numbers: Collection[str] | None = None) -> None:
    """Record that the parent confirmed their phones, or those with these numbers."""
    theirs = [Phone.school_id == school_id, Phone.contact_id == contact_id]
    if numbers is not None:
        theirs.append(Phone.number.in_(numbers))
    db.session.execute(update(Phone).where(*theirs).values(confirmed_at=clock.now()))


def confirm_proposals(
    school: SchoolRow, parent: AnsweringParent, ids: list[int]
) -> list[AnswerResult]:
    """It was them: what waited of unsigned forms for this parent's record counts now."""
    results = []
    found = _own_proposals(school.id, parent.contact_id, ids)
    for proposal in found:
        results += _CONFIRM[ProposalKind(proposal.kind)](school, parent, proposal)
        close(proposal, ProposalState.ACCEPTED, f"{parent.name} (signed in)")
    _notify_owners(school, parent, results)
    db.session.flush()
    return results


def reject_proposals(school: SchoolRow, parent: AnsweringParent, ids: list[int]) -> int:
    """It was not them: declined by the record's owner."""
    found = _own_proposals(school.id, parent.contact_id, ids)
    for proposal in found:
        close(proposal, ProposalState.DECLINED, f"{parent.name} (signed in)")
    db.session.flush()
    return len(found)


def _own_proposals(school_id: int, contact_id: int, ids: list[int]) -> list[Proposal]:
    """Return the proposals for the parent's record that they may see. A yes about a number that is
    not proven there would tell that the number is known, and one that is older than the value on
    file is left to staff."""
    found = lock_waiting(
        school_id,
        Proposal.id.in_(ids),
        Proposal.contact_id == contact_id,
        Proposal.kind.in_(list(_CONFIRM)),
    )
    newer = newer_values(school_id, found)
    return [
        p
        for p in found
        if p.id not in newer
        and (p.kind != ProposalKind.CONSENT or holdings.is_proven(school_id, contact_id, p.subject))
    ]


def _confirm_field(
    school: SchoolRow, parent: AnsweringParent, proposal: Proposal
) -> list[AnswerResult]:
    contact = lock_contact(school.id, parent.contact_id)
    name, value = proposal.subject, proposal.new["value"]
    changes = contacts.one_change(FIELD_WORDS[name], getattr(contact, name), value)
    contacts.set_fields(contact, {name: value}, ChangedBy(parent.name, parent.session_hash))
    contacts.note_edit(school.id, contact.id, parent.name, changes)
    return []


def _confirm_phone(
    school: SchoolRow, parent: AnsweringParent, proposal: Proposal
) -> list[AnswerResult]:
    current = current_phones(school.id, parent.contact_id).values()
    new = proposal.new
    phones = with_phone(current, PhoneValue.of_content(new), new.get("moves_to"))
    change_phones(school, parent, phones, {}, None, {})
    return _confirm_answer(school, parent, proposal)


def _confirm_answer(
    school: SchoolRow, parent: AnsweringParent, proposal: Proposal
) -> list[AnswerResult]:
    """A yes counts as the parent's own now; a no had counted when it was sent."""
    new = proposal.new
    if new.get("answer") != Answer.YES or not school.texting_on:
        return []
    if not has_cell(school.id, parent.contact_id, new["number"]):
        return []
    submission = db.session.get_one(Submission, (school.id, proposal.submission_id))
    return [
        record_own_answer(
            school, parent, new["number"], Answer.YES, None, form=submission, tell_owners=False
        )
    ]


_CONFIRM = {
    ProposalKind.FIELD: _confirm_field,
    ProposalKind.PHONE: _confirm_phone,
    ProposalKind.CONSENT: _confirm_answer,
}
