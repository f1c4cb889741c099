"""Staff mail parents the form: a link that signs in, at most one a day for an address."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select

from portal import clock
from portal.enums import ContactRole
from portal.extensions import db
from portal.models import Contact, ContactRoleAssignment, SignInKey
from portal.queries.accounts.parents import mailbox
from portal.queries.records.invitations import PURPOSE, invitees
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sign_in
from portal.services.accounts.tokens import MakeUrl
from portal.services.contacts import contacts
from portal.services.mail import parent_emails
from portal.services.mail import queue as mail_queue

PAUSE = timedelta(days=1)
MOST = 2000
"""The most emails in one transaction. The next ones are offered after it."""


def invite(school: SchoolRow, ids: Iterable[int], who: str, make_url: MakeUrl) -> list[int]:
    """Mail these parents the form; `who` asks for it. Gives those whom it went to: not who has no
    email, or had such an email today. Parents who share an address share an email."""
    invited: list[int] = []
    parents = _locked(school.id, ids)
    before = _invited(school.id, {parent.email_key or "" for parent in parents})
    posted: set[str] = set()
    for parent in parents:
        key = parent.email_key or ""
        if key in before:
            continue
        if key not in posted:
            _post(school, parent, make_url)
            posted.add(key)
        contacts.note_edit(school.id, parent.id, who, [_noted(parent)])
        invited.append(parent.id)
    return invited


def invite_all(school: SchoolRow, ids: Iterable[int], who: str, make_url: MakeUrl) -> list[int]:
    """`invite` for a list that was confirmed: who has opted in meanwhile is left out."""
    still = invitees(school, clock.now() - PAUSE, MOST, among=list(ids)[:MOST])
    return invite(school, [row.contact_id for row in still.rows], who, make_url)


def _locked(school_id: int, ids: Iterable[int]) -> list[Contact]:
    """The parents with an email among these; of two who ask at once one comes second."""
    role = select(ContactRoleAssignment.contact_id).where(
        ContactRoleAssignment.school_id == school_id,
        ContactRoleAssignment.role == ContactRole.PARENT,
    )
    return list(
        db.session.scalars(
            select(Contact)
            .where(
                Contact.school_id == school_id,
                Contact.id.in_(list(ids)),
                Contact.id.in_(role),
                Contact.email_key.is_not(None),
            )
            .order_by(Contact.id)
            .with_for_update(key_share=True)  # a text to one of them waits for no invitation
            .execution_options(populate_existing=True)
        )
    )


def _invited(school_id: int, keys: set[str]) -> set[str]:
    return set(
        db.session.scalars(
            select(SignInKey.email_key).where(
                SignInKey.school_id == school_id,
                SignInKey.email_key.in_(keys),
                SignInKey.created_at > clock.now() - PAUSE,
                SignInKey.purpose == PURPOSE,
            )
        )
    )


def _post(school: SchoolRow, parent: Contact, make_url: MakeUrl) -> None:
    email = mailbox(school.id, parent.email or "")
    language = parent.language or school.languages[0]
    link = make_url(parent_sign_in.make_link(school.id, email, PURPOSE))
    with parent_emails.language(language):
        words = parent_emails.invitation(school.name, link)
    mail_queue.enqueue(school.id, PURPOSE, email, language, words.subject, words.body)


def _noted(parent: Contact) -> dict[str, str | None]:
    return {"what": "Form emailed to", "old": None, "new": parent.email}
