"""Email people with a number on their record when somebody else answers about that number.

If the number is proven to be theirs, the email says what changed. If not, the email is always the
same, after "yes" and "no" and with any result. Otherwise, somebody who puts a stranger's number on
their own record could learn the stranger's answer.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, select

from portal import clock
from portal.consent import restrictions
from portal.email_address import optional_key
from portal.enums import Answer, ConsentState, ContactRole, OwnerNoticeKind, PauseReason
from portal.extensions import db
from portal.models import (
    Contact,
    ContactRoleAssignment,
    Holding,
    OwnerNotice,
    Phone,
    has_role,
    open_holding_of,
    same_school,
)
from portal.phone import show_number
from portal.phone.numbering_plans import variants_of
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sign_in
from portal.services.accounts.tokens import MakeUrl
from portal.services.intake import form_opt_outs
from portal.services.mail import limits as mail_limits
from portal.services.mail import parent_emails
from portal.services.mail import queue as mail_queue
from portal.services.texting.record_consent import AnswerResult

NAMED_EVERY = timedelta(days=1)
"""The fixed text about one number goes to one address at most so often: each record that has the
number is told, and its having been told tells nobody of another."""
ORDER = (OwnerNoticeKind.OPTED_OUT, OwnerNoticeKind.ON_HOLD, OwnerNoticeKind.NAMED)
"""The kinds of email, most important first. An address gets one of each at once."""

KEPT_FOR = timedelta(days=31)
"""A note that an owner was told is kept for this long, as are the "no" answers. Staff see for 14
days that nobody could be told."""


@dataclass(frozen=True, slots=True)
class _Change:
    """The effect of a no on a number."""

    kind: OwnerNoticeKind
    place: int


@dataclass(frozen=True, slots=True)
class _Owner:
    """A record that has the number, and is not the sender's."""

    contact_id: int
    number: str
    email: str | None
    email_key: str | None
    language: str
    proven: bool
    is_parent: bool


@dataclass(slots=True)
class _Email:
    owner: _Owner
    numbers: dict[OwnerNoticeKind, list[str]] = field(default_factory=dict)


def notify_owners(
    school: SchoolRow,
    answered: Iterable[AnswerResult],
    own_ids: Collection[int],
    receipt_to: str | None,
    make_url: MakeUrl,
    submission_id: int | None = None,
    only_proven: bool = False,
) -> None:
    """Email the others who have the numbers. If a proven owner can't be emailed, or nobody can,
    staff see that.

    `own_ids` are the sender's records; `receipt_to` is the address of an unsigned form, whose
    receipt says the same. It leaves out nobody on whose record the number is proven: receipts may
    be late, and only the newest may go. A signed-in sender's address leaves nobody out: they may
    just have made the owner's address their own. `only_proven`: staff decided, and no form named
    anything.
    """
    outcomes = list(answered)
    changes = _changes(school.id, outcomes)
    letters: dict[str, _Email] = {}
    for number in sorted({one.number for one in outcomes}):
        owners = _owners(school, number, own_ids)
        _note_unreachable(school.id, owners, changes.get(number))
        for owner in _by_address(owners, optional_key(receipt_to)):
            if only_proven and not owner.proven:
                continue
            kind = _due(school.id, owner, changes.get(number))
            if kind is not None:
                letter = letters.setdefault(owner.email_key or "", _Email(owner))
                letter.numbers.setdefault(kind, []).append(number)
    for letter in letters.values():
        _post(school, letter, make_url, submission_id)


def notify_of_pause(
    school: SchoolRow,
    number: str,
    kind: OwnerNoticeKind,
    reason: PauseReason,
    place: int,
    make_url: MakeUrl,
) -> None:
    """Email the parents who have the number that texts to it are paused, or no longer: nobody is
    kept from texts without knowing. A parent whose number it is not proven to be gets one fixed
    text, whatever happened. `place`: the event's, in the number's log."""
    owners = _owners(school, number, [])
    change = _Change(kind, place)
    _note_unreachable(school.id, owners, change)
    shown = show_number(number, school.country)
    for owner in _by_address(owners, None):
        if _due(school.id, replace(owner, proven=True), change) is None:
            continue
        email = owner.email or ""
        token = parent_sign_in.make_link(school.id, email, "owner_notice", None)
        if token is None:
            continue
        with parent_emails.language(owner.language):
            link = make_url(token)
            words = (
                parent_emails.pause_notice(kind, reason, school.name, shown, link)
                if owner.proven
                else parent_emails.number_noted(school.name, shown, link)
            )
        about = mail_queue.OWNER_NOTICE if owner.proven else mail_queue.NUMBER_NAMED
        mail_limits.enqueue_limited(school.id, about, email, owner.language, words, network="")


def delete_old() -> None:
    """Delete the notices, of all schools, by which nobody is spared a second email anymore."""
    db.session.execute(delete(OwnerNotice).where(OwnerNotice.at < clock.now() - KEPT_FOR))


def _changes(school_id: int, outcomes: list[AnswerResult]) -> dict[str, _Change]:
    """By number: what a no changed, by its place in the log, or that it waits."""
    changes = {}
    for one in outcomes:
        if one.answer is not Answer.NO:
            continue
        result = one.result
        if result is None:
            place = form_opt_outs.first_waiting(school_id, one.number)
            if place is not None:
                changes[one.number] = _Change(OwnerNoticeKind.ON_HOLD, place)
        elif result.changed and result.state is ConsentState.OPTED_OUT:
            changes[one.number] = _Change(OwnerNoticeKind.OPTED_OUT, result.seq or 0)
    return changes


def _owners(school: SchoolRow, number: str, own_ids: Collection[int]) -> list[_Owner]:
    """Return the owners of the number: parents, and anyone it is proven to be. Others if there are
    none."""
    rows = db.session.execute(
        _records(school.id, number)
        .where(Contact.id.not_in(list(own_ids)))
        .distinct()
        .order_by(Contact.id)
    )
    found = [
        _Owner(
            row.id,
            number,
            None if row.blocked else row.email,
            None if row.blocked else row.email_key,
            row.language or school.languages[0],
            bool(row.proven),
            bool(row.is_parent),
        )
        for row in rows
    ]
    return [owner for owner in found if owner.is_parent or owner.proven] or found


def _records(school_id: int, number: str) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Contact.id,
            Contact.email,
            Contact.email_key,
            Contact.language,
            and_(Holding.proven_seq.is_not(None), Holding.lost_seq.is_(None)).label("proven"),
            ContactRoleAssignment.role.is_not(None).label("is_parent"),
            restrictions.has_blocked_email(Contact).label("blocked"),
        )
        .join(Phone, same_school(Phone, Contact, Phone.contact_id == Contact.id))
        .outerjoin(Holding, open_holding_of(Phone))
        .outerjoin(ContactRoleAssignment, has_role(Contact, Contact.id, ContactRole.PARENT))
        .where(Contact.school_id == school_id, Phone.number.in_({number, *variants_of(number)}))
    )


def _by_address(owners: list[_Owner], receipt_key: str | None) -> list[_Owner]:
    """Choose the owners to email: one for each address, by the record on which the number is
    proven, if any. Only parents can sign in by the email's link."""
    found: dict[str, _Owner] = {}
    for owner in sorted(owners, key=lambda owner: not owner.proven):
        told_by_receipt = owner.email_key == receipt_key and not owner.proven
        if owner.is_parent and owner.email_key and not told_by_receipt:
            found.setdefault(owner.email_key, owner)
    return list(found.values())


def _note_unreachable(school_id: int, owners: list[_Owner], change: _Change | None) -> None:
    """Keep for staff that an owner is not told. An address on a record on which the number is not
    proven is no comfort: anybody may have put it there."""
    proven = [owner for owner in owners if owner.proven]
    unreachable = [owner for owner in proven or owners if not _can_be_emailed(owner)]
    if change is None or not unreachable or (not proven and len(unreachable) < len(owners)):
        return
    owner = unreachable[0]
    known = select(OwnerNotice.id).where(
        OwnerNotice.school_id == school_id,
        OwnerNotice.number == owner.number,
        OwnerNotice.email_key == "",
        OwnerNotice.place == change.place,
    )
    if db.session.scalar(known.limit(1)) is None:
        _note(school_id, owner, OwnerNoticeKind.NOBODY, change.place, "")


def _can_be_emailed(owner: _Owner) -> bool:
    return owner.is_parent and owner.email_key is not None


def _due(school_id: int, owner: _Owner, change: _Change | None) -> OwnerNoticeKind | None:
    """Return the notice for an owner, and note that they got it. None if nothing is new."""
    if owner.proven and change is None:
        return None
    kind, place = (
        (change.kind, change.place) if owner.proven and change else (OwnerNoticeKind.NAMED, 0)
    )
    # Whoever holds and takes back in turns could make the school email the owner without end.
    once_a_day = kind in {OwnerNoticeKind.NAMED, OwnerNoticeKind.ON_HOLD}
    told = [
        OwnerNotice.at > clock.now() - NAMED_EVERY if once_a_day else OwnerNotice.place == place
    ]
    known = select(OwnerNotice.id).where(
        OwnerNotice.school_id == school_id,
        OwnerNotice.number == owner.number,
        OwnerNotice.email_key == owner.email_key,
        OwnerNotice.kind == kind,
        *told,
    )
    if db.session.scalar(known.limit(1)) is not None:
        return None
    _note(school_id, owner, kind, place, owner.email_key or "")
    return kind


def _note(school_id: int, owner: _Owner, kind: OwnerNoticeKind, place: int, key: str) -> None:
    db.session.add(
        OwnerNotice(
            school_id=school_id,
            number=owner.number,
            contact_id=owner.contact_id,
            email_key=key,
            kind=kind,
            place=place,
            at=clock.now(),
        )
    )
    db.session.flush()


def _post(school: SchoolRow, letter: _Email, make_url: MakeUrl, submission_id: int | None) -> None:
    email, language = letter.owner.email or "", letter.owner.language
    for kind in ORDER:
        if kind not in letter.numbers:
            continue
        numbers = [show_number(number, school.country) for number in letter.numbers[kind]]
        token = parent_sign_in.make_link(school.id, email, "owner_notice", submission_id)
        if token is None:
            return
        with parent_emails.language(language):
            link = make_url(token)
            words = parent_emails.owner_notice(kind, school.name, numbers, link)
        # A budget each: the fixed text, which anybody can cause, delays no word to a proven owner.
        about = (
            mail_queue.NUMBER_NAMED if kind is OwnerNoticeKind.NAMED else mail_queue.OWNER_NOTICE
        )
        mail_limits.enqueue_limited(school.id, about, email, language, words, network="")
