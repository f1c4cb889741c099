"""Find the people on file that a contact form is about: by a parent's email, then by name in that
family.

A contact that the same browser session made with this very form, minutes ago, and that nobody has
changed since, is its own: it may be corrected. Every other one is on file: a stranger to it only
proposes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, bindparam, exists, select
from sqlalchemy.orm import aliased

from portal.consent import restrictions
from portal.email_address import optional_key
from portal.enums import ContactRole, Grade
from portal.extensions import db
from portal.form_answers import ChildAnswer, ContactAnswers, ParentAnswer
from portal.models import (
    Contact,
    ContactRoleAssignment,
    EmailChange,
    ParentLink,
    ParentSession,
    Submission,
    SubmissionContact,
    same_school,
)
from portal.normalize import fold
from portal.services.contacts.contacts import lock_contact
from portal.services.families.similarity import alike, alike_children
from portal.signed_tokens import MOST_AHEAD

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


@dataclass(frozen=True, slots=True)
class EarlierContacts:
    """The contacts of a form's earlier revision by the same session, by part of the form."""

    own: dict[str, Contact] = field(default_factory=dict)
    """Those that it made and may still correct."""
    on_file: dict[str, Contact] = field(default_factory=dict)
    """The others. A correction only proposes changes to them."""


def find_family(
    school_id: int,
    answers: ContactAnswers,
    earlier: EarlierContacts,
    parent_id: int | None = None,
    session_hash: str | None = None,
) -> Family:
    """Match every child and parent of the form.

    Parent 1 of a form that was sent signed in is the one who signed in, whatever it says of them.
    The children that are theirs on file are theirs to change. `session_hash`: of their session.
    """
    mailbox = _mailbox(school_id, parent_id, session_hash) if parent_id is not None else set()
    family = Family(
        children={n: Party() for n in answers.children},
        parents={n: Party() for n in answers.parents},
    )
    if parent_id is not None:
        parent = lock_contact(school_id, parent_id)
        family.parents[1] = Party(parent, own=True, signed=True)
    _own_by_name(earlier.own, "child", answers.children, family.children)
    _own_by_name(earlier.own, "parent", answers.parents, family.parents)
    _by_part(earlier.own, "parent", family, family.parents)
    _parents_by_email(school_id, answers, family)
    _children_by_name(school_id, answers, family, mailbox)
    _by_part(earlier.own, "child", family, family.children)
    _corrected_children(earlier.on_file, answers, family)
    _parents_by_name(school_id, answers, family)
    if parent_id is not None:
        _own_children(school_id, family, mailbox)
    return family


def _own_by_name(
    own: dict[str, Contact],
    kind: str,
    answers: Mapping[int, ChildAnswer | ParentAnswer],
    parties: dict[int, Party],
) -> None:
    """Match people whose names are the same as before, wherever on the form they are now."""
    free = [contact for part, contact in own.items() if part.startswith(kind)]
    for n, answer in answers.items():
        fitting = [c for c in free if _same(c, answer)]
        if fitting and parties[n].contact is None:
            parties[n].contact, parties[n].own = fitting[0], True
            free.remove(fitting[0])


def _by_part(own: dict[str, Contact], kind: str, family: Family, parties: dict[int, Party]) -> None:
    """Match the others by their place on the form. Their names were corrected."""
    for n, party in parties.items():
        contact = own.get(f"{kind}{n}")
        if party.contact is None and contact is not None and _free([contact], family):
            party.contact, party.own = contact, True


def _corrected_children(
    on_file: dict[str, Contact], answers: ContactAnswers, family: Family
) -> None:
    """Match children whose names the sender corrects, but whose records they may no longer change.
    The names become proposals."""
    for n, party in family.children.items():
        contact = on_file.get(f"child{n}")
        if party.contact is not None or contact is None or not _free([contact], family):
            continue
        if alike(contact.full_name, answers.children[n].full_name):
            party.contact = contact


def _mailbox(school_id: int, parent_id: int, session_hash: str | None) -> set[int]:
    """Return the records with the signed-in parent's email. They could sign in as any of them. Only
    their own if they typed that email since they signed in: it may be anybody's. For the same
    reason no record whose email was ever changed.
    """
    if not _signed_in_with_it(school_id, parent_id, session_hash):
        return {parent_id}
    key = db.session.scalar(_EMAIL_KEY, {"school": school_id, "contact": parent_id})
    if restrictions.blocks_email(school_id, key or ""):
        return {parent_id}
    me, other = aliased(Contact), aliased(Contact)
    rows = db.session.scalars(
        select(other.id)
        .join(me, same_school(me, other, me.email_key == other.email_key))
        .where(me.school_id == school_id, me.id == parent_id, ~_has_changed_email(other))
    )
    return {parent_id, *rows}


_EMAIL_KEY = select(Contact.email_key).where(
    Contact.school_id == bindparam("school"), Contact.id == bindparam("contact")
)


def _has_changed_email(contact: type[Contact]) -> ColumnElement[bool]:
    return exists().where(same_school(EmailChange, contact, EmailChange.contact_id == contact.id))


def _signed_in_with_it(school_id: int, parent_id: int, session_hash: str | None) -> bool:
    """True if the session began with the email that is on the parent's record now. Changes shortly
    before it are taken for later ones: they may be from a server whose clock is behind."""
    began = db.session.scalar(
        select(ParentSession.created_at).where(
            ParentSession.school_id == school_id,
            ParentSession.token_hash == session_hash,
            ParentSession.contact_id == parent_id,
        )
    )
    if began is None:
        return False
    changed = select(EmailChange.id).where(
        EmailChange.school_id == school_id,
        EmailChange.contact_id == parent_id,
        EmailChange.changed_at > began - MOST_AHEAD,
    )
    return db.session.scalar(changed.limit(1)) is None


def _own_children(school_id: int, family: Family, mailbox: set[int]) -> None:
    theirs = set(
        db.session.scalars(
            select(ParentLink.student_id).where(
                ParentLink.school_id == school_id,
                ParentLink.parent_id.in_(mailbox),
                ~restrictions.hides(ParentLink),
            )
        )
    )
    for party in family.children.values():
        if party.on_file and party.contact is not None and party.contact.id in theirs:
            party.own = party.signed = True


def earlier_contacts(previous: Submission | None, submission: Submission) -> EarlierContacts:
    """Return the contacts of a form's earlier revision, if the same session sent it."""
    found = EarlierContacts()
    if previous is None or previous.session_digest != submission.session_digest:
        return found
    in_time = submission.received_at - previous.received_at <= CORRECTION_WINDOW
    signed_in = exists().where(
        same_school(ParentSession, Contact, ParentSession.contact_id == Contact.id)
    )
    rows = db.session.execute(
        select(
            SubmissionContact.part,
            Contact,
            and_(
                SubmissionContact.made, SubmissionContact.version == Contact.version, ~signed_in
            ).label("own"),
        )
        .join(
            Contact,
            same_school(Contact, SubmissionContact, Contact.id == SubmissionContact.contact_id),
        )
        .where(
            SubmissionContact.school_id == previous.school_id,
            SubmissionContact.submission_id == previous.id,
        )
        .order_by(Contact.id)
        .with_for_update(of=Contact, key_share=True)
    )
    for part, contact, own in rows:
        (found.own if own and in_time else found.on_file)[part] = contact
    return found


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


def _children_by_name(
    school_id: int, answers: ContactAnswers, family: Family, mailbox: set[int]
) -> None:
    """Match children of the parents. For a signed-in sender's children, a typo in the name is fine,
    and so is only one of two names."""
    parents = {p.contact.id for p in family.parents.values() if p.contact is not None} | mailbox
    if not parents:
        return
    _by_name(_children_of(school_id, parents), answers.children, family, family.children)
    if not mailbox or all(party.contact is not None for party in family.children.values()):
        return
    # Of another parent, whose email the form has, a name that is only alike would tell too much.
    theirs = _children_of(school_id, mailbox)
    for n, child in answers.children.items():
        fitting = [c for c in _free(theirs, family) if alike_children(_answer_of(c), child)]
        if len(fitting) == 1 and family.children[n].contact is None:
            family.children[n].contact = fitting[0]


def _children_of(school_id: int, parents: set[int]) -> Sequence[Contact]:
    return db.session.scalars(
        select(Contact)
        .join(
            ParentLink,
            same_school(ParentLink, Contact, ParentLink.student_id == Contact.id),
        )
        .where(Contact.school_id == school_id, ParentLink.parent_id.in_(parents))
        .distinct()
        .order_by(Contact.created_at, Contact.id)
    ).all()


def _answer_of(student: Contact) -> ChildAnswer:
    grade = Grade(student.grade) if student.grade else None
    return ChildAnswer(student.first_name, student.last_name, grade)


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
    return fold(contact.full_name) == fold(answer.full_name)
