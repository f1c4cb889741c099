"""The handset's own yes: a word shown to a signed-in parent comes back by text from the number.

Only that lifts an opt-out for a parent who did not hold the number when it opted out.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from portal import clock
from portal.consent import holdings, ledger
from portal.consent.keywords import classify
from portal.consent.wording import ConsentWording
from portal.database.clock import shared_now
from portal.enums import Answer, InboundKind, ProofKind, ProposalKind, ProposalState, Source
from portal.extensions import db
from portal.models import ConfirmationWord, Phone, Proposal, Wording, same_school
from portal.phone.numbering_plans import variants_of
from portal.queries.schools import SchoolRow
from portal.services.proposals.review import close
from portal.services.texting.record_consent import record_answer

WORD_LIFE = timedelta(minutes=30)
_LETTERS = "ACDEFHJKLMNPRTUVWXY"  # none that is read as another, or as a digit
_LENGTH = 6


def issue_confirmation_word(
    school: SchoolRow, contact_id: int, number: str, wording: ConsentWording
) -> str:
    """Make a new word for a phone on the parent's own record, and void an older one."""
    ledger.keep_wording(school.id, wording)
    db.session.execute(
        delete(ConfirmationWord).where(
            ConfirmationWord.school_id == school.id,
            ConfirmationWord.contact_id == contact_id,
            ConfirmationWord.number == number,
            ConfirmationWord.used_at.is_(None),
        )
    )
    word = _make_word()
    now = shared_now()
    db.session.add(
        ConfirmationWord(
            school_id=school.id,
            contact_id=contact_id,
            number=number,
            word=word,
            wording_id=wording.id,
            created_at=now,
            expires_at=now + WORD_LIFE,
        )
    )
    db.session.flush()
    return word


def _make_word() -> str:
    """None that says something else: texted, CANCEL is an opt-out."""
    while True:
        word = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        if classify(word) is InboundKind.REPLY:
            return word


def accept_confirmation_word(
    school: SchoolRow,
    number: str,
    text: str,
    message_id: str | None = None,
    happened_at: datetime | None = None,
) -> ledger.Result | None:
    """A text came in from a number: if it is its word, the handset has said yes.

    None if it is no word that is waited for. A word is good once, and only from the number that it
    was made for, in any form of it, while that is still on the record of the parent who was shown
    it. It proves the number for that parent. A word that was sent before an opt-out lifts nothing
    and proves nothing.
    """
    said = "".join(c for c in text.upper() if c.isalpha())
    waited_for = (
        select(ConfirmationWord)
        .join(
            Phone,
            same_school(
                Phone,
                ConfirmationWord,
                Phone.contact_id == ConfirmationWord.contact_id,
                Phone.number == ConfirmationWord.number,
            ),
        )
        .where(
            ConfirmationWord.school_id == school.id,
            ConfirmationWord.number.in_({number, *variants_of(number)}),
            ConfirmationWord.word == said,
            ConfirmationWord.used_at.is_(None),
        )
        .order_by(ConfirmationWord.expires_at.desc())
    )
    found = db.session.scalars(waited_for).first()
    if found is None or found.expires_at <= (happened_at or shared_now()):
        return None
    ledger.lock_status(school.id, number)
    found = db.session.scalars(waited_for.with_for_update(of=ConfirmationWord)).first()
    if found is None:
        return None
    number = found.number
    wording = db.session.get_one(Wording, (school.id, found.wording_id))
    result = record_answer(
        school,
        ledger.Decision(
            school_id=school.id,
            number=number,
            source=Source.HANDSET,
            answer=Answer.YES,
            actor=f"contact:{found.contact_id}",
            texting_number=school.texting_number,
            answerer_id=found.contact_id,
            kept_wording=(wording.id, wording.language),
            happened_at=happened_at,
            message_id=message_id,
        ),
    )
    if result.code is None:
        found.used_at = clock.now()
        confirm_number(school, found.contact_id, number)
    return result


def confirm_number(school: SchoolRow, contact_id: int, number: str) -> None:
    """The phone itself said yes for this parent: the number is proven theirs, and what they had
    said about it waits no more."""
    status = ledger.lock_status(school.id, number)
    holdings.prove_number(status, contact_id, ProofKind.HANDSET, f"contact:{contact_id}")
    holdings.note_answer(school.id, contact_id, number, Answer.YES)
    waiting = db.session.scalars(
        select(Proposal)
        .where(
            Proposal.school_id == school.id,
            Proposal.contact_id == contact_id,
            Proposal.kind == ProposalKind.CONSENT,
            Proposal.subject == number,
            Proposal.state == ProposalState.WAITING,
        )
        .order_by(Proposal.id)
        .with_for_update()
    )
    for proposal in waiting:
        close(proposal, ProposalState.ACCEPTED, "the phone itself")
