"""The answers of a contact form, applied to a matched family or put before staff, part by part."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from portal import clock
from portal.consent import ledger
from portal.email_address import optional_key
from portal.enums import Answer, ContactRole, EnrollmentStatus, ProposalKind, Relationship
from portal.extensions import db
from portal.form_answers import ChildAnswer, ContactAnswers, ParentAnswer
from portal.labels import FIELD_WORDS
from portal.models import Contact, ParentLink, Submission
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from portal.services.contacts.bulk import Bulk
from portal.services.contacts.email_changes import ChangedBy
from portal.services.contacts.phones import (
    PhoneValue,
    current_phones,
    replace_phones,
)
from portal.services.intake.accept import phone_on_file
from portal.services.intake.match import Family, Party
from portal.services.intake.propose import ConsentAnswer, parent_content, phone_content, propose

ACTOR = "Contact form"


@dataclass(slots=True)
class Applied:
    """The result of the answers."""

    new: Bulk
    """The contacts that are made."""
    said_at: datetime | None = None
    """The time of the answers, if that was not just now."""
    parts: dict[str, int] = field(default_factory=dict)
    """The contact of each part of the form that has one."""
    own_ids: set[int] = field(default_factory=set)
    """The contacts that this form may change: made by it, or the signed-in sender's."""
    signed_ids: set[int] = field(default_factory=set)
    """Those of them that were on file."""
    made_ids: set[int] = field(default_factory=set)
    """Those that were just made: nothing of theirs is on file yet."""
    linked: Counter[int] = field(default_factory=Counter)
    """The number of parents who were linked to each child."""
    actor: str = ACTOR
    """The name in the history."""
    session_hash: str | None = None
    """The signed-in sender's session: it goes on if they change what they sign in with."""
    consent_answers: list[ConsentAnswer] = field(default_factory=list)
    elsewhere: set[str] = field(default_factory=set)
    """The numbers of these answers that are on others' records too."""


def apply_answers(
    school: SchoolRow,
    submission: Submission,
    answers: ContactAnswers,
    family: Family,
    session_hash: str | None = None,
) -> Applied:
    applied = Applied(
        Bulk(school.id, "form", ACTOR),
        said_at=submission.received_at if submission.apply_at is not None else None,
        own_ids=family.own_ids(),
        signed_ids=family.signed_ids(),
    )
    applied.session_hash = session_hash
    if applied.signed_ids:
        applied.actor = answers.parents[1].full_name
    for n, child in answers.children.items():
        _apply_child(school, submission, family, applied, n, child)
    some_new = any(not party.on_file and not party.signed for party in family.children.values())
    for n, parent in answers.parents.items():
        party = family.parents[n]
        if party.contact is not None and party.on_file:
            _propose_parent(submission, party.contact, parent, applied)
            applied.parts[f"parent{n}"] = party.contact.id
        elif party.own or some_new:
            # Emails to whoever filled out the form are in the language that they used.
            language = submission.language if n == 1 else None
            _apply_parent(school, family, applied, n, parent, language)
        else:
            _propose_new_parent(submission, family, applied, n, parent)
    applied.new.flush()
    for n, parent in answers.parents.items():
        _link(submission, family, applied, n, parent)
    applied.new.flush()
    return applied


def remove_dropped_people(school: SchoolRow, gone: list[Contact]) -> None:
    """People whom the form named and, corrected, names no more: their ties and phones go.

    Their records stay, for the office to see; a student's inquiry is withdrawn.
    """
    for contact in gone:
        theirs = (ParentLink.student_id == contact.id) | (ParentLink.parent_id == contact.id)
        db.session.execute(delete(ParentLink).where(ParentLink.school_id == school.id, theirs))
        replace_phones(school, contact.id, [], "visitor")
        is_parent = contacts.is_parent(school.id, contact.id)
        if not is_parent and school.default_term_id is not None:
            contacts.enroll(
                school.id, contact.id, school.default_term_id, EnrollmentStatus.WITHDRAWN, ACTOR
            )
        contacts.note_edit(
            school.id,
            contact.id,
            ACTOR,
            [{"what": "Contact form", "old": None, "new": "removed when the sender corrected it"}],
        )


def _apply_child(
    school: SchoolRow,
    submission: Submission,
    family: Family,
    applied: Applied,
    n: int,
    child: ChildAnswer,
) -> None:
    party = family.children[n]
    if party.contact is None:
        made_id = applied.new.contact(
            child.first_name, child.last_name, ContactRole.STUDENT, grade=child.grade
        )
        if school.default_term_id is not None:
            applied.new.enroll(made_id, school.default_term_id, EnrollmentStatus.INQUIRY)
        party.contact = _made(applied, party, made_id)
    elif party.own:
        grade = child.grade or party.contact.grade if party.signed else child.grade
        _correct(applied, party.contact, child.first_name, child.last_name, {"grade": grade})
    elif child.grade is not None and child.grade != party.contact.grade:
        propose(
            submission,
            party.contact.id,
            ProposalKind.FIELD,
            "grade",
            old={"value": party.contact.grade},
            new={"value": child.grade.value},
        )
    applied.parts[f"child{n}"] = party.contact.id


def _apply_parent(
    school: SchoolRow,
    family: Family,
    applied: Applied,
    n: int,
    parent: ParentAnswer,
    language: str | None,
) -> None:
    party = family.parents[n]
    if party.contact is None:
        made_id = applied.new.contact(
            parent.first_name,
            parent.last_name,
            ContactRole.PARENT,
            email=parent.email,
            language=language,
        )
        _give_phones(applied, made_id, parent)
        party.contact = _made(applied, party, made_id)
    else:
        email = {"email": parent.email}
        _correct(applied, party.contact, parent.first_name, parent.last_name, email)
        phones = [PhoneValue.of(phone) for phone in parent.phones]
        actor = f"contact:{party.contact.id}" if party.signed else "visitor"
        changes = replace_phones(school, party.contact.id, phones, actor)
        if changes and party.signed:
            contacts.note_edit(school.id, party.contact.id, applied.actor, changes)
        party.contact.language = language or party.contact.language
    contact_id = party.contact.id
    applied.own_ids.add(contact_id)
    applied.parts[f"parent{n}"] = contact_id
    applied.consent_answers += [
        ConsentAnswer(p.number, p.answer, contact_id, carried=False)
        for p in parent.phones
        if p.answer
    ]


def _made(applied: Applied, party: Party, contact_id: int) -> Contact:
    """Note that a contact is being made, which `Applied.new` writes; gives what stands for it."""
    party.own = True
    applied.made_ids.add(contact_id)
    applied.own_ids.add(contact_id)
    return Contact(id=contact_id)


def _give_phones(applied: Applied, contact_id: int, parent: ParentAnswer) -> None:
    """The phones of a parent who is being made, with what they said: of two answers no wins."""
    school_id = applied.new.school_id
    statuses = ledger.lock_in_order(school_id, {phone.number for phone in parent.phones})
    said: dict[str, Answer] = {}
    for phone in parent.phones:
        if phone.answer and said.get(phone.number) is not Answer.NO:
            said[phone.number] = phone.answer
    applied.new.phones(
        contact_id,
        [PhoneValue.of(phone) for phone in parent.phones],
        {number: status.last_seq for number, status in statuses.items()},
        said,
        applied.said_at or clock.now(),
    )


def _correct(
    applied: Applied, contact: Contact, first_name: str, last_name: str, rest: dict[str, Any]
) -> None:
    """The one who sent the form puts right what is theirs to change."""
    wanted = {"first_name": first_name, "last_name": last_name, **rest}
    changes = [
        {"what": FIELD_WORDS[name], "old": getattr(contact, name), "new": value}
        for name, value in wanted.items()
        if getattr(contact, name) != value
    ]
    if changes:
        # A form that its own sender corrects made this record: nobody else had the address.
        signed = contact.id in applied.signed_ids
        by = ChangedBy(applied.actor, applied.session_hash if signed else None, tells=signed)
        contacts.set_fields(contact, wanted, by)
        contacts.note_edit(contact.school_id, contact.id, applied.actor, changes)


def _propose_parent(
    submission: Submission, contact: Contact, parent: ParentAnswer, applied: Applied
) -> None:
    for name in ("first_name", "last_name", "email"):
        said, stands = getattr(parent, name), getattr(contact, name)
        if said and said != stands and not _same_email(name, said, stands):
            propose(
                submission,
                contact.id,
                ProposalKind.FIELD,
                name,
                old={"value": stands},
                new={"value": said},
            )
    phones = current_phones(contact.school_id, contact.id)
    for phone in parent.phones:
        said = (phone.type, phone.number, phone.extension)
        differs = said not in {(p.type, p.number, p.extension) for p in phones.values()}
        if differs:
            propose(
                submission,
                contact.id,
                ProposalKind.PHONE,
                phone.slot.value,
                old=phone_on_file(phones.get(phone.slot)),
                new=phone_content(phone),
            )
        if phone.answer:
            applied.consent_answers.append(
                ConsentAnswer(phone.number, phone.answer, contact.id, carried=differs)
            )


def _same_email(name: str, said: str, stands: str | None) -> bool:
    return name == "email" and optional_key(said) == optional_key(stands)


def _propose_new_parent(
    submission: Submission, family: Family, applied: Applied, n: int, parent: ParentAnswer
) -> None:
    """A parent who is not on file, of children who all are: one proposal, on the first child."""
    child_ids = [c.contact.id for c in family.children.values() if c.contact is not None]
    propose(
        submission,
        child_ids[0],
        ProposalKind.NEW_PARENT,
        f"parent{n}",
        old=None,
        new=parent_content(parent, child_ids),
    )
    applied.consent_answers += [
        ConsentAnswer(p.number, p.answer, None, carried=True) for p in parent.phones if p.answer
    ]


def _link(
    submission: Submission, family: Family, applied: Applied, n: int, parent: ParentAnswer
) -> None:
    party = family.parents[n]
    if party.contact is None:
        return
    for child in family.children.values():
        if child.contact is None:
            continue
        if {party.contact.id, child.contact.id} & applied.made_ids:
            link = None
        else:
            link = _existing_link(child.contact, party.contact)
        if party.own and child.own:
            _link_at_once(applied, child.contact, party.contact, link, parent.relationship)
        elif link is None or (
            parent.relationship is not None and link.relationship != parent.relationship
        ):
            propose(
                submission,
                child.contact.id,
                ProposalKind.LINK,
                str(party.contact.id),
                old={"relationship": link.relationship} if link else None,
                new={
                    "parent_id": party.contact.id,
                    "relationship": parent.relationship or Relationship.OTHER,
                },
            )


def _existing_link(child: Contact, parent: Contact) -> ParentLink | None:
    return db.session.scalars(
        select(ParentLink).where(
            ParentLink.school_id == child.school_id,
            ParentLink.student_id == child.id,
            ParentLink.parent_id == parent.id,
        )
    ).first()


def _link_at_once(
    applied: Applied,
    child: Contact,
    parent: Contact,
    link: ParentLink | None,
    said: Relationship | None,
) -> None:
    relationship = said or Relationship.OTHER
    if link is not None:
        link.relationship = relationship
        return
    if child.id in applied.made_ids:  # on the form are no more parents than a record has room for
        position: int | None = applied.linked[child.id] + 1
    else:
        position = contacts.free_position(child.school_id, child.id)
    if position is not None:
        applied.linked[child.id] += 1
        if child.id in applied.made_ids:
            applied.new.link(child.id, parent.id, position, relationship)
        else:
            contacts.link_parent(applied.new.school_id, child.id, parent.id, position, relationship)
