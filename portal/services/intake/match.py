"""Find the people on file that a contact form is about: by a parent's email, then by name in that
family.

A contact that the same browser session made with this very form, minutes ago, and that nobody has
changed since, is its own: it may be corrected. Every other one is on file: a stranger to it only
proposes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, exists, select

from portal.email_address import optional_key
from portal.enums import ContactRole
from portal.extensions import db
from portal.form_answers import ChildAnswer, ContactAnswers, ParentAnswer
from portal.models import (
    Contact,
    ContactRoleAssignment,
    ParentLink,
    ParentSession,
    Submission,
    SubmissionContact,
    same_school,
)
from portal.normalize import fold
from portal.services.contacts.contacts import lock_contact

CORRECTION_WINDOW = timedelta(minutes=15)


@dataclass(slots=True)
class Party:
    """A child or parent of the form, and their contact. None: one to be made, or proposed."""

    contact: Contact | None = None
    own: bool = False
    """True if the sender of the form may change it right away."""
    signed: bool = False
    """True if that is because they are signed in, not because the form made the record."""

    @property
    def on_file(self) -> bool:
        return self.contact is not None and not self.own


@dataclass(frozen=True, slots=True)
class Family:
    children: dict[int, Party]
    parents: dict[int, Party]

    def own_ids(self) -> set[int]:
        return {p.contact.id for p in self._parties() if p.own and p.contact is not None}

    def signed_ids(self) -> set[int]:
        return {p.contact.id for p in self._parties() if p.signed and p.contact is not None}

    def _parties(self) -> tuple[Party, ...]:
        return (*self.children.values(), *self.parents.values())


def find_family(
    school_id: int,
    answers: ContactAnswers,
    own: dict[str, Contact],
    parent_id: int | None = None,
) -> Family:
    """Match every child and parent of the form; `own` is what `own_contacts` gave.

    Parent 1 of a form that was sent signed in is the one who signed in, whatever it says of them.
    The children that are theirs on file are theirs to change.
    """
    family = Family(
        children={n: _own(own, f"child{n}") for n in answers.children},
        parents={n: _own(own, f"parent{n}") for n in answers.parents},
    )
    if parent_id is not None:
        parent = lock_contact(school_id, parent_id)
        family.parents[1] = Party(parent, own=True, signed=True)
    _parents_by_email(school_id, answers, family)
    _children_by_name(school_id, answers, family)
    _parents_by_name(school_id, answers, family)
    if parent_id is not None:
        _own_children(school_id, family, parent_id)
    return family


def _own_children(school_id: int, family: Family, parent_id: int) -> None:
    theirs = set(
        db.session.scalars(
            select(ParentLink.student_id).where(
                ParentLink.school_id == school_id, ParentLink.parent_id == parent_id
            )
        )
    )
    for party in family.children.values():
        if party.on_file and party.contact is not None and party.contact.id in theirs:
            party.own = party.signed = True


def own_contacts(previous: Submission | None, submission: Submission) -> dict[str, Contact]:
    """By part of the form: the contacts that its earlier revision made and may still correct."""
    if previous is None or previous.session_digest != submission.session_digest:
        return {}
    if submission.received_at - previous.received_at > CORRECTION_WINDOW:
        return {}
    rows = db.session.execute(
        select(SubmissionContact.part, Contact)
        .join(
            Contact,
            same_school(Contact, SubmissionContact, Contact.id == SubmissionContact.contact_id),
        )
        .where(
            SubmissionContact.school_id == previous.school_id,
            SubmissionContact.submission_id == previous.id,
            SubmissionContact.made,
            SubmissionContact.version == Contact.version,
            ~exists().where(
                same_school(ParentSession, Contact, ParentSession.contact_id == Contact.id),
            ),
        )
        .order_by(Contact.id)
        .with_for_update(of=Contact, key_share=True)
    )
    return {part: contact for part, contact in rows}  # noqa: C416 -- rows are not plain pairs


def _own(own: dict[str, Contact], part: str) -> Party:
    return Party(own.get(part), own=part in own)


_PARENTS = (
    select(Contact)
    .join(
        ContactRoleAssignment,
        same_school(ContactRoleAssignment, Contact, ContactRoleAssignment.contact_id == Contact.id),
    )
    .where(
        Contact.school_id == bindparam("school"),
        Contact.email_key.in_(bindparam("keys", expanding=True)),
        ContactRoleAssignment.role == ContactRole.PARENT,
    )
    .order_by(Contact.created_at, Contact.id)
)


def _parents_by_email(school_id: int, answers: ContactAnswers, family: Family) -> None:
    keys = {optional_key(p.email) for p in answers.parents.values()} - {None}
    found = db.session.scalars(_PARENTS, {"school": school_id, "keys": list(keys)}).all()
    for exact in (True, False):  # a couple may share an email: names are looked at first
        for n, answer in answers.parents.items():
            fitting = [
                c
                for c in _free(found, family)
                if c.email_key == optional_key(answer.email) and (not exact or _same(c, answer))
            ]
            if fitting and family.parents[n].contact is None:
                family.parents[n].contact = fitting[0]


def _children_by_name(school_id: int, answers: ContactAnswers, family: Family) -> None:
    parents = [p.contact.id for p in family.parents.values() if p.contact is not None]
    if not parents:
        return
    students = db.session.scalars(
        select(Contact)
        .join(
            ParentLink,
            same_school(ParentLink, Contact, ParentLink.student_id == Contact.id),
        )
        .where(Contact.school_id == school_id, ParentLink.parent_id.in_(parents))
        .distinct()
        .order_by(Contact.created_at, Contact.id)
    ).all()
    _by_name(students, answers.children, family, family.children)


def _parents_by_name(school_id: int, answers: ContactAnswers, family: Family) -> None:
    children = [c.contact.id for c in family.children.values() if c.contact is not None]
    if not children or len(answers.parents) == 1:
        return
    known = db.session.scalars(
        select(Contact)
        .join(
            ParentLink,
            same_school(ParentLink, Contact, ParentLink.parent_id == Contact.id),
        )
        .where(Contact.school_id == school_id, ParentLink.student_id.in_(children))
        .distinct()
        .order_by(Contact.created_at, Contact.id)
    ).all()
    others = {n: answer for n, answer in answers.parents.items() if n > 1}
    _by_name(known, others, family, family.parents)


def _by_name(
    known: Iterable[Contact],
    answers: dict[int, ChildAnswer] | dict[int, ParentAnswer],
    family: Family,
    parties: dict[int, Party],
) -> None:
    for n, answer in answers.items():
        fitting = [c for c in _free(known, family) if _same(c, answer)]
        if fitting and parties[n].contact is None:
            parties[n].contact = fitting[0]


def _free(known: Iterable[Contact], family: Family) -> list[Contact]:
    parties = (*family.children.values(), *family.parents.values())
    taken = {p.contact.id for p in parties if p.contact is not None}
    return [c for c in known if c.id not in taken]


def _same(contact: Contact, answer: ChildAnswer | ParentAnswer) -> bool:
    return fold(f"{contact.first_name} {contact.last_name}") == fold(
        f"{answer.first_name} {answer.last_name}"
    )
