"""Apply an answered contact form to the records, and write the emails that follow it.

The rules are those of docs/consent.md, "Limits for strangers". A family that is not on
file becomes an inquiry. Differences from a family on file wait for staff, and so does a
yes. A no takes effect right away, from anyone.
"""

from dataclasses import dataclass, replace

from sqlalchemy import select, update

from portal import clock
from portal.consent import ledger
from portal.enums import ProposalState
from portal.extensions import db, insert_rows
from portal.form_answers import ContactAnswers
from portal.models import Contact, Phone, Proposal, Submission, SubmissionContact
from portal.normalize import network_of
from portal.queries.schools import SchoolRow
from portal.services.accounts.tokens import MakeUrl
from portal.services.families.family_hints import hint_families
from portal.services.families.match import EarlierContacts, earlier_contacts, find_family
from portal.services.intake import form_opt_outs, mails, owner_notices
from portal.services.intake.applied_form import AppliedForm
from portal.services.intake.apply import apply_answers, remove_dropped_people
from portal.services.intake.consent_answers import Sender, record_answers
from portal.services.intake.household import check_seen, proven_among
from portal.services.texting.record_consent import AnswerResult


@dataclass(frozen=True, slots=True)
class Receipt:
    submission_id: int
    repeated: bool
    """True if the same answers had come in from the same page before."""
    own_results: tuple[AnswerResult, ...] = ()
    """The results of a signed-in parent's answers about their own phones."""
    all_results: tuple[AnswerResult, ...] = ()
    """The results of every answer: others who have the numbers are told."""
    own_ids: frozenset[int] = frozenset()
    """The records that the form made, or that are the signed-in sender's."""
    elsewhere: frozenset[str] = frozenset()
    """The numbers that are on others' records too."""


def apply_submission(
    school: SchoolRow, submission: Submission, answers: ContactAnswers, sender: Sender
) -> Receipt:
    """Apply a kept form: match its family, change what it may change, propose the rest, and take
    its answers about texts. Raises ChangedMeanwhileError for a signed-in sender."""
    earlier = EarlierContacts()
    if submission.revision > 1:
        earlier = earlier_contacts(_applied_before(submission), submission)
    family = find_family(school.id, answers, earlier, sender.parent_id, sender.parent_session)
    own_ids = {*family.own_ids(), *(contact.id for contact in earlier.own.values())}
    _lock_numbers(submission, answers, sender, own_ids)
    if submission.revision > 1:
        _supersede(submission)
    if sender.parent_id is not None:
        check_seen(school.id, sender.parent_id, sender.seen)
    applied = apply_answers(
        school, submission, answers, family, sender.parent_session, sender.shown_slots
    )
    hint_families(school.id, answers, family, corrects=submission.revision > 1)
    named = set(applied.parts.values())
    remove_dropped_people(school, [c for c in earlier.own.values() if c.id not in named])
    all_results, own_results = record_answers(school, submission, sender, applied)
    form_opt_outs.end_taken_back(submission, {given.number for given in applied.consent_answers})
    _remember_parts(submission, applied)
    return Receipt(
        submission.id,
        repeated=False,
        own_results=tuple(own_results),
        all_results=tuple(all_results),
        own_ids=frozenset(applied.own_ids),
        elsewhere=frozenset(applied.elsewhere),
    )


def _applied_before(submission: Submission) -> Submission | None:
    """Return the form's newest revision that was applied before this one."""
    return db.session.scalars(
        select(Submission)
        .where(
            Submission.school_id == submission.school_id,
            Submission.form_key == submission.form_key,
            Submission.revision < submission.revision,
            Submission.apply_at.is_(None),
        )
        .order_by(Submission.revision.desc())
        .limit(1)
    ).first()


def _lock_numbers(
    submission: Submission, answers: ContactAnswers, sender: Sender, own_ids: set[int]
) -> None:
    """Lock all numbers at the same time, after the records: those on the form and on its earlier
    version, those that its own records may lose, and those on a signed-in sender's page."""
    school_id = submission.school_id
    named = {p.number for a in answers.parents.values() for p in a.phones}
    held: set[str] = set()
    if own_ids:
        on_records = (Phone.school_id == school_id, Phone.contact_id.in_(own_ids))
        held = set(db.session.scalars(select(Phone.number).where(*on_records)))
    parent_id = sender.parent_id
    shown = proven_among(school_id, parent_id, sender.seen) if parent_id else set()
    before = form_opt_outs.waiting_before(submission)
    ledger.lock_in_order(school_id, named | shown | held | before)


def _supersede(submission: Submission) -> None:
    """Replace the proposals of an earlier sending of the same form with this one's."""
    school_id = submission.school_id
    earlier = select(Submission.id).where(
        Submission.school_id == school_id, Submission.form_key == submission.form_key
    )
    db.session.execute(
        update(Proposal)
        .where(
            Proposal.school_id == school_id,
            Proposal.submission_id.in_(earlier),
            Proposal.state == ProposalState.WAITING,
        )
        .values(state=ProposalState.SUPERSEDED, decided_at=clock.now())
    )


def _remember_parts(submission: Submission, applied: AppliedForm) -> None:
    versions = dict.fromkeys(applied.made_ids, 1)
    if known := set(applied.parts.values()) - applied.made_ids:
        rows = select(Contact.id, Contact.version).where(
            Contact.school_id == submission.school_id, Contact.id.in_(known)
        )
        versions |= {row.id: row.version for row in db.session.execute(rows)}
    insert_rows(
        SubmissionContact,
        *(
            {
                "school_id": submission.school_id,
                "submission_id": submission.id,
                "part": part,
                "contact_id": contact_id,
                "made": contact_id in applied.own_ids - applied.signed_ids,
                "version": versions[contact_id],
            }
            for part, contact_id in applied.parts.items()
        ),
    )


def send_mails(
    school: SchoolRow,
    receipt: Receipt,
    answers: ContactAnswers,
    submission: Submission,
    make_url: MakeUrl,
    signed: bool = False,
) -> None:
    """Email the others who have the numbers, and a receipt to a sender who is not signed in."""
    receipt_to = None if signed else answers.parents[1].email
    told = [one for one in receipt.all_results if one.number in receipt.elsewhere]
    tell_owners(school, replace(receipt, all_results=tuple(told)), submission, receipt_to, make_url)
    if not signed:
        network = network_of(str(submission.evidence.get("ip", "")))
        language = submission.language
        mails.send_receipt(school, submission.id, answers, language, make_url, network)


def tell_owners(
    school: SchoolRow,
    receipt: Receipt,
    submission: Submission,
    receipt_to: str | None,
    make_url: MakeUrl,
) -> None:
    results, own_ids = receipt.all_results, receipt.own_ids
    owner_notices.notify_owners(school, results, own_ids, receipt_to, make_url, submission.id)
