"""Let staff email parents the form, with a link that signs in. To selected people, at most once a
day for an address. To one parent, who may be on the phone, again after two minutes. To all parents
of some groups, see `campaigns.py`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select, true

from portal import clock
from portal.consent import restrictions
from portal.enums import ContactRole
from portal.extensions import db
from portal.models import Contact, ContactRoleAssignment, RecordEdit, SignInKey
from portal.queries.accounts.parents import mailbox
from portal.queries.records.invitations import PURPOSE
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sign_in
from portal.services.accounts.tokens import MakeUrl
from portal.services.contacts import contacts
from portal.services.mail import limits, parent_emails
from portal.services.mail import queue as mail_queue

PAUSE = timedelta(days=1)
AGAIN_AFTER = timedelta(minutes=2)
MOST = 2000
"""The most emails in one transaction. The next ones are offered after it."""


ASKED = "Asked to email the form to"
"""The line in the history. Another line follows when a mail server has accepted the email."""


class NotInvited(StrEnum):
    """Reasons why a parent gets no email right now."""

    JUST_ASKED = "just_asked"
    MANY_THIS_HOUR = "many_this_hour"
    SHARED_ADDRESS = "shared_address"
    """Another parent has the address too, and one of them may not see a child."""


def invite_one(
    school: SchoolRow, contact_id: int, who: str, make_url: MakeUrl
) -> NotInvited | None:
    """Email the form to one parent with an email address, even if they got it today. If not, return
    the reason: staff just asked for it, or the address got too many in the last hour."""
    [parent] = _locked(school.id, [contact_id])
    if restrictions.blocks_email(school.id, parent.email_key or ""):
        return NotInvited.SHARED_ADDRESS
    if _was_just_asked(parent):
        return NotInvited.JUST_ASKED
    sent = _sent_to(school.id, {parent.email_key or ""}, limits.TO_ADDRESS.window)
    if sum(sent.values()) >= limits.TO_ADDRESS.most:
        return NotInvited.MANY_THIS_HOUR
    _post(school, parent, make_url)
    contacts.note_edit(school.id, parent.id, who, [_noted(parent)])
    return None


def _was_just_asked(parent: Contact) -> bool:
    recent = select(RecordEdit.changes).where(
        RecordEdit.school_id == parent.school_id,
        RecordEdit.contact_id == parent.id,
        RecordEdit.at > clock.now() - AGAIN_AFTER,
    )
    asked = {"what": ASKED, "old": None, "new": parent.email}
    return any(asked in changes for changes in db.session.scalars(recent))


def invite(school: SchoolRow, ids: Iterable[int], who: str, make_url: MakeUrl) -> list[int]:
    """Mail these parents the form; `who` asks for it. Gives those whom it went to: not who has no
    email, or had such an email today. Parents who share an address share an email."""
    parents = _locked(school.id, ids, among=_MAY_BE_INVITED)
    before = _sent_to(school.id, {parent.email_key or "" for parent in parents}, PAUSE)
    new = [parent for parent in parents if (parent.email_key or "") not in before]
    return _post_all(school, new, set(), who, make_url)[0]


def invite_since(
    school: SchoolRow, ids: Iterable[int], who: str, make_url: MakeUrl, since: datetime
) -> tuple[list[int], int]:
    """Mail these parents the form, unless their address got it since then: that email is theirs
    too. Return whom it went to, and the number of emails."""
    parents = _locked(school.id, ids, among=_MAY_BE_INVITED)
    keys = {parent.email_key or "" for parent in parents}
    posted = set(_sent_to(school.id, keys, clock.now() - since))
    return _post_all(school, parents, posted, who, make_url)


def _post_all(
    school: SchoolRow, parents: list[Contact], posted: set[str], who: str, make_url: MakeUrl
) -> tuple[list[int], int]:
    """Mail each address once, and note it on each parent's record. `posted`: addresses that have
    it. Return the parents' ids, and the number of emails."""
    before = len(posted)
    for parent in parents:
        key = parent.email_key or ""
        if key not in posted:
            _post(school, parent, make_url)
            posted.add(key)
    contacts.note_edits(school.id, who, {parent.id: [_noted(parent)] for parent in parents})
    return [parent.id for parent in parents], len(posted) - before


_MAY_BE_INVITED = ~(restrictions.sees_no_child(Contact) | restrictions.has_blocked_email(Contact))


def _locked(
    school_id: int, ids: Iterable[int], among: ColumnElement[bool] | None = None
) -> list[Contact]:
    """The parents with an email among these; of two who ask at once one comes second."""
    wanted = list(ids)
    role = select(ContactRoleAssignment.contact_id).where(
        ContactRoleAssignment.school_id == school_id,
        ContactRoleAssignment.contact_id.in_(wanted),
        ContactRoleAssignment.role == ContactRole.PARENT,
    )
    return list(
        db.session.scalars(
            select(Contact)
            .where(
                Contact.school_id == school_id,
                Contact.id.in_(role),
                Contact.email_key.is_not(None),
                true() if among is None else among,
            )
            .order_by(Contact.id)
            .with_for_update(key_share=True)  # a text to one of them waits for no invitation
            .execution_options(populate_existing=True)
        )
    )


def _sent_to(school_id: int, keys: set[str], within: timedelta) -> dict[str, int]:
    """Count the forms emailed to these addresses in that time. Leaves out addresses with none."""
    rows = db.session.execute(
        select(SignInKey.email_key, func.count())
        .where(
            SignInKey.school_id == school_id,
            SignInKey.email_key.in_(keys),
            SignInKey.created_at > clock.now() - within,
            SignInKey.purpose == PURPOSE,
        )
        .group_by(SignInKey.email_key)
    )
    return {row.email_key: row[1] for row in rows}


def _post(school: SchoolRow, parent: Contact, make_url: MakeUrl) -> None:
    email = mailbox(school.id, parent.email or "")
    language = parent.language or school.languages[0]
    token = parent_sign_in.make_link(school.id, email, PURPOSE)
    if token is None:
        return
    link = make_url(token)
    with parent_emails.language(language):
        words = parent_emails.invitation(school.name, link)
    mail_queue.enqueue(school.id, PURPOSE, email, language, words.subject, words.body)


def _noted(parent: Contact) -> dict[str, str | None]:
    return {"what": ASKED, "old": None, "new": parent.email}
