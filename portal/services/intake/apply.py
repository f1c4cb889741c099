"""The answers of a contact form, applied to a matched family or put before staff, part by part."""

from typing import Any

from sqlalchemy import ColumnElement, delete, select

from portal import clock
from portal.consent import ledger
from portal.enums import Answer, ContactRole, EnrollmentStatus
from portal.extensions import db
from portal.form_answers import ChildAnswer, ContactAnswers, ParentAnswer
from portal.labels import FIELD_WORDS
from portal.models import Contact, ParentLink, Submission
from portal.normalize import fold
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from portal.services.contacts.bulk import Bulk
from portal.services.contacts.email_changes import ChangedBy
from portal.services.contacts.phones import (
    PhoneValue,
    current_phones,
    keep_unshown,
    replace_phones,
)
from portal.services.families.family_links import link_family
from portal.services.families.match import Family, Party
from portal.services.intake.applied_form import ACTOR, AppliedForm
from portal.services.intake.household import confirm_phones
from portal.services.proposals.differences import (
    propose_fields,
    propose_new_parent,
    propose_parent,
)
from portal.services.proposals.propose import ConsentAnswer


def apply_answers(
    school: SchoolRow,
    submission: Submission,
    answers: ContactAnswers,
    family: Family,
    session_hash: str | None = None,
    shown_slots: frozenset[str] = frozenset(),
) -> AppliedForm:
    applied = AppliedForm(
        Bulk(school.id, "form", ACTOR),
        said_at=submission.received_at if submission.apply_at is not None else None,
        own_ids=family.own_ids(),
        signed_ids=family.signed_ids(),
    )
    applied.session_hash, applied.shown_slots = session_hash, shown_slots
    if applied.signed_ids:
        applied.actor = answers.parents[1].full_name
    for n, child in answers.children.items():
        _apply_child(school, submission, family, applied, n, child)
    some_new = any(not party.on_file and not party.signed for party in family.children.values())
    for n, parent in answers.parents.items():
        party = family.parents[n]
        if party.contact is not None and party.on_file:
            propose_parent(submission, party.contact, parent, applied)
            applied.parts[f"parent{n}"] = party.contact.id
        elif party.own or some_new:
            # The sender gets emails in the language that they used.
            language = submission.language if n == 1 else None
            _apply_parent(school, family, applied, n, parent, language)
        else:
            propose_new_parent(submission, family, applied, n, parent)
    applied.new.flush()
    for n, parent in answers.parents.items():
        link_family(submission, family, applied, n, parent)
    applied.new.flush()
    return applied


def remove_dropped_people(school: SchoolRow, gone: list[Contact]) -> None:
    """People whom the form named and, corrected, names no more: their ties and phones go.

    Their records stay, for the office to see; a student's inquiry is withdrawn.
    """
    for contact in gone:
        theirs = (ParentLink.student_id == contact.id) | (ParentLink.parent_id == contact.id)
        _note_dropped_links(school.id, contact, theirs, gone)
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


def _note_dropped_links(
    school_id: int, contact: Contact, theirs: ColumnElement[bool], gone: list[Contact]
) -> None:
    """Add the removal of a parent to the student's history."""
    links = select(ParentLink.student_id, ParentLink.relationship).where(
        ParentLink.school_id == school_id,
        theirs,
        ParentLink.student_id.not_in([one.id for one in gone]),
    )
    for student_id, relationship in db.session.execute(links).all():
        who = ", ".join(filter(None, [contact.full_name, relationship]))
        changes = contacts.link_change(contact.id, "Parent", old=who)
        contacts.note_edit(school_id, student_id, ACTOR, changes)


def _apply_child(
    school: SchoolRow,
    submission: Submission,
    family: Family,
    applied: AppliedForm,
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
        _correct(applied, party.contact, child, {"grade": grade})
    else:
        propose_fields(submission, party.contact, child, ("first_name", "last_name", "grade"))
    applied.parts[f"child{n}"] = party.contact.id


def _apply_parent(
    school: SchoolRow,
    family: Family,
    applied: AppliedForm,
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
        _correct(applied, party.contact, parent, {"email": parent.email})
        phones = [PhoneValue.of(phone) for phone in parent.phones]
        if party.signed:
            before = current_phones(school.id, party.contact.id)
            phones = keep_unshown(before, phones, applied.shown_slots)
        actor = f"contact:{party.contact.id}" if party.signed else "visitor"
        if changes := replace_phones(school, party.contact.id, phones, actor):
            applied.note(party.contact.id, changes)
        if party.signed:
            confirm_phones(school.id, party.contact.id, [phone.number for phone in parent.phones])
        party.contact.language = language or party.contact.language
    contact_id = party.contact.id
    applied.own_ids.add(contact_id)
    applied.parts[f"parent{n}"] = contact_id
    applied.consent_answers += [
        ConsentAnswer(p.number, p.answer, contact_id, carried=False)
        for p in parent.phones
        if p.answer
    ]


def _made(applied: AppliedForm, party: Party, contact_id: int) -> Contact:
    """Note that `AppliedForm.new` will write a contact. Return the contact to use until then."""
    party.own = True
    applied.made_ids.add(contact_id)
    applied.own_ids.add(contact_id)
    return Contact(id=contact_id)


def _give_phones(applied: AppliedForm, contact_id: int, parent: ParentAnswer) -> None:
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
    applied: AppliedForm, contact: Contact, said: ChildAnswer | ParentAnswer, rest: dict[str, Any]
) -> None:
    """Change a record that the sender may change. If they left a name empty, it stays."""
    wanted = {**_names(contact, said, contact.id in applied.signed_ids), **rest}
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
        applied.note(contact.id, changes)


def _names(contact: Contact, said: ChildAnswer | ParentAnswer, signed: bool) -> dict[str, str]:
    """Return the contact's new names. On a signed-in form, an empty name keeps the one on file, and
    a full name in one box changes nothing."""
    if not signed or (said.first_name and said.last_name):
        return {"first_name": said.first_name, "last_name": said.last_name}
    if fold(said.full_name) == fold(contact.full_name):
        return {"first_name": contact.first_name, "last_name": contact.last_name}
    return {
        "first_name": said.first_name or contact.first_name,
        "last_name": said.last_name or contact.last_name,
    }
