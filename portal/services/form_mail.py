"""The mails that follow a contact form, in the transaction that takes it in.

For an unsigned one, to the address that it gave, whatever is on file: what was said, and a link
that signs in. Where a no turned texts off for a number on someone's record, its owner is told too.
The names that a form gives are not repeated: a stranger may write anything there, to anybody.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import select

from portal.answers import ContactAnswers, ParentAnswer
from portal.email_address import email_key
from portal.enums import Answer, ConsentState, ContactRole, Source
from portal.extensions import db
from portal.models import (
    ConsentEvent,
    ConsentStatus,
    Contact,
    ContactRoleRow,
    Phone,
    SubmissionContact,
)
from portal.phone import show_number
from portal.queries.schools import SchoolRow
from portal.services import mail, mail_limits, mail_words, visits
from portal.services.mail_words import SaidPhone

Address = Callable[[str], str]
"""Makes the whole address of a link out of its token."""


@dataclass(slots=True)
class _Owner:
    email: str
    language: str
    numbers: list[str]


def follow(
    school: SchoolRow,
    submission_id: int,
    answers: ContactAnswers,
    language: str,
    address: Address,
    signed: bool,
    network: str,
) -> None:
    """Post what follows a form that was just taken in; `language` is the form's. Who was signed in
    saw at once what came of it, and gets no mail; what they said of others is told to these."""
    sender = answers.parents[1].email or ""
    if not signed:
        _receipt(school, submission_id, answers, language, address, network)
    for owner in _owners(school, submission_id, _noes(answers.parents.values()), sender):
        _tell(school, submission_id, owner, address)


def _receipt(
    school: SchoolRow,
    submission_id: int,
    answers: ContactAnswers,
    language: str,
    address: Address,
    network: str,
) -> None:
    sender = answers.parents[1].email or ""
    with mail_words.language(language):
        link = address(visits.make_link(school.id, sender, "receipt", submission_id))
        words = mail_words.receipt_mail(school.name, _said(school, answers.parents), link)
    to = visits.mailbox(school.id, sender)
    mail_limits.post(school.id, "receipt", to, language, words, network)


def _said(school: SchoolRow, parents: dict[int, ParentAnswer]) -> list[SaidPhone]:
    return [
        SaidPhone(n, show_number(p.number, school.country), p.extension, p.type, p.answer)
        for n, parent in sorted(parents.items())
        for p in parent.phones
    ]


def _noes(parents: Iterable[ParentAnswer]) -> set[str]:
    return {p.number for parent in parents for p in parent.phones if p.answer is Answer.NO}


def _tell(school: SchoolRow, submission_id: int, owner: _Owner, address: Address) -> None:
    with mail_words.language(owner.language):
        link = address(visits.make_link(school.id, owner.email, "owner_notice", submission_id))
        numbers = [show_number(number, school.country) for number in owner.numbers]
        words = mail_words.owner_notice(school.name, numbers, link)
    mail.post(school.id, "owner_notice", owner.email, owner.language, words.subject, words.body)


def _owners(school: SchoolRow, submission_id: int, numbers: set[str], sender: str) -> list[_Owner]:
    """The parents on file whose numbers this form's no turned off, by email. Not those whom the
    form itself made, nor who gets the receipt: one sees what was said there."""
    own = select(SubmissionContact.contact_id).where(
        SubmissionContact.school_id == school.id,
        SubmissionContact.submission_id == submission_id,
        SubmissionContact.made,
    )
    rows = db.session.execute(
        select(Contact.email, Contact.email_key, Contact.language, Phone.number)
        .join(Phone, (Phone.school_id == Contact.school_id) & (Phone.contact_id == Contact.id))
        .join(
            ContactRoleRow,
            (ContactRoleRow.school_id == Contact.school_id)
            & (ContactRoleRow.contact_id == Contact.id)
            & (ContactRoleRow.role == ContactRole.PARENT),
        )
        .join(
            ConsentStatus,
            (ConsentStatus.school_id == Phone.school_id) & (ConsentStatus.number == Phone.number),
        )
        .join(
            ConsentEvent,
            (ConsentEvent.school_id == ConsentStatus.school_id)
            & (ConsentEvent.number == ConsentStatus.number)
            & (ConsentEvent.seq == ConsentStatus.last_seq),
        )
        .where(
            Contact.school_id == school.id,
            Contact.email_key.is_not(None),
            Contact.email_key != email_key(sender),
            Contact.id.not_in(own),
            Phone.number.in_(numbers),
            ConsentStatus.state == ConsentState.OPTED_OUT,
            ConsentEvent.submission_id == submission_id,
            ConsentEvent.source == Source.PUBLIC_FORM,
            ConsentEvent.happened_at == ConsentStatus.since,  # it was this no that turned it off
        )
        .order_by(Contact.id, Phone.number)
    )
    owners: dict[str, _Owner] = {}
    for row in rows:
        language = row.language or school.languages[0]
        owner = owners.setdefault(row.email_key, _Owner(row.email, language, []))
        if row.number not in owner.numbers:
            owner.numbers.append(row.number)
    return list(owners.values())
