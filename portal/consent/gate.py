"""The gate: every text asks here, at the moment it is sent, and carries the permit that it got.

The page that previews a sending asks the same rules by `preview`. A transport takes nothing without
a `SendPermit`, and only this module makes one; tests/architecture looks for ways around.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from portal.consent import restrictions, rules, texted_links
from portal.consent.ledger import lock_status
from portal.enums import (
    Answer,
    ConsentState,
    ContactRole,
    FormOptOutState,
    MessageFault,
    MessageKind,
    PauseReason,
    PhoneType,
)
from portal.extensions import db, in_chunks
from portal.models import (
    ConsentEvent,
    ConsentStatus,
    ContactRoleAssignment,
    FormOptOut,
    Phone,
    School,
    has_role,
    same_school,
)
from portal.phone import PhoneNumber
from portal.phone.numbering_plans import may_be_cell, variants_of

_NANP = frozenset({"US", "CA", "PR", "VI", "GU", "AS", "MP"})
"""Countries that a US or Canadian number texts as its own."""


@dataclass(frozen=True, slots=True)
class SendPermit:
    """Permission for one text to one number, now. `event_seq` is the event that it relies on: the
    newest yes, or for an answer to a number that is not opted in, its newest event."""

    school_id: int
    number: str
    event_seq: int


@dataclass(frozen=True, slots=True)
class NumberStatus:
    """The facts about one number at one school that the gate checks."""

    state: ConsentState
    blocked: bool
    since_seq: int
    """The event with which the state started. 0 if there is none."""
    last_seq: int
    cell: bool
    """True if it is a parent's cell phone on a record."""
    phone: bool
    """True if it is on a record at all."""
    opt_out_waits: bool = False
    """True if a no that a form gave waits for staff."""
    paused: PauseReason | None = None
    """The reason why the school itself decided not to text it."""


def authorize(
    school_id: int,
    number: str,
    kind: MessageKind = MessageKind.BATCH,
    message_id: int | None = None,
) -> SendPermit | MessageFault:
    """May this text go to the number? The caller's transaction is one that writes: the number is
    locked until it ends, so a STOP comes before or after it and never in between."""
    lock_status(school_id, number)
    school = db.session.get_one(School, school_id, populate_existing=True)
    status = _statuses(school_id, [number])[number]
    with_link = kind in {MessageKind.HELP, MessageKind.PAUSE_NOTICE}
    link = _link_back(school_id, message_id) if with_link else None
    fault = check(school, number, status, kind, link)
    if fault is None and kind is MessageKind.BATCH and message_id is not None:
        off = restrictions.text_is_switched_off(school_id, message_id)
        fault = MessageFault.SWITCHED_OFF if off else None
    return fault or SendPermit(school_id, number, _relied_on(school_id, number, status))


def preview(school_id: int, numbers: Iterable[str]) -> dict[str, MessageFault | None]:
    """Return what `authorize` would say about these numbers now, without locking: for a preview."""
    school = db.session.get_one(School, school_id)
    return {
        number: check(school, number, status, MessageKind.BATCH)
        for number, status in _statuses(school_id, set(numbers)).items()
    }


def check(
    school: School,
    number: str,
    status: NumberStatus,
    kind: MessageKind,
    link_back: bool | None = None,
) -> MessageFault | None:
    """Return the reason why the text may not go, or None if it may.

    Two texts go to a number that opted out, and to no other: the confirmation of its STOP, and the
    answer to its HELP or START with a link by which it can opt in again; `link_back` says of such
    an answer whether its link is still good. Any other number gets the answer to HELP too. No text
    goes to a toll-free, premium, or personal number: anybody could make the school pay.
    """
    if not school.texting_on:
        return MessageFault.TEXTING_OFF
    opted_out = status.state is ConsentState.OPTED_OUT
    if kind is MessageKind.PAUSE_NOTICE:
        return _notice_fault(status, link_back) or _cannot_reach(school, number)
    for_opted_out = kind is MessageKind.STOP_CONFIRMATION or link_back is not None
    if opted_out and (not for_opted_out or link_back is False):
        return MessageFault.OPTED_OUT
    if for_opted_out and not opted_out:
        return MessageFault.OUTDATED
    if status.blocked:
        return MessageFault.BLOCKED
    if kind not in {MessageKind.STOP_CONFIRMATION, MessageKind.HELP} and (
        fault := _held_back(status)
    ):
        return fault
    return _cannot_reach(school, number)


def _cannot_reach(school: School, number: str) -> MessageFault | None:
    """Return the reason why the school can't text this number at all, even with a yes."""
    if not may_be_cell(number):
        return MessageFault.NO_CELL
    textable = PhoneNumber(number).country in textable_countries(school)
    return None if textable else MessageFault.COUNTRY


def _notice_fault(status: NumberStatus, link_back: bool | None) -> MessageFault | None:
    """Return why we may not tell a number that texts to it are paused."""
    if status.state is ConsentState.OPTED_OUT:
        return MessageFault.OPTED_OUT
    if status.paused is None or link_back is False:
        return MessageFault.OUTDATED
    return MessageFault.BLOCKED if status.blocked else None


def _held_back(status: NumberStatus) -> MessageFault | None:
    """Return why a text that answers nothing may not go to a number that is not opted out."""
    if status.paused is not None:
        return MessageFault.PAUSED
    if status.opt_out_waits:
        return MessageFault.NO_WAITING
    if status.phone and not status.cell:
        return MessageFault.NO_CELL
    return None if status.state is ConsentState.OPTED_IN else MessageFault.NOT_ASKED


def _link_back(school_id: int, message_id: int | None) -> bool | None:
    """True if the link that an answer carries is good; None if it carries none."""
    link = texted_links.of_message(school_id, message_id) if message_id is not None else None
    return texted_links.is_good(link) if link is not None else None


def textable_countries(school: School) -> frozenset[str]:
    """The countries (ISO codes) whose numbers the school's texting number can text."""
    if school.text_countries:
        return frozenset(school.text_countries.split(","))
    return _NANP if school.country in _NANP else frozenset({school.country})


def _statuses(school_id: int, numbers: Iterable[str]) -> dict[str, NumberStatus]:
    found: dict[str, NumberStatus] = {}
    for some in in_chunks(list(numbers)):
        found |= _statuses_of(school_id, some)
    return found


def _statuses_of(school_id: int, numbers: Sequence[str]) -> dict[str, NumberStatus]:
    forms = {number: variants_of(number) for number in numbers}
    known = db.session.execute(
        select(ConsentStatus, has_waiting_opt_out(ConsentStatus)).where(
            ConsentStatus.school_id == school_id,
            ConsentStatus.number.in_({*numbers, *chain.from_iterable(forms.values())}),
        )
    ).all()
    statuses = {status.number: status for status, _ in known}
    waiting = {status.number for status, waits in known if waits}
    on_record = db.session.execute(
        select(Phone.number, Phone.type, ContactRoleAssignment.role)
        .outerjoin(ContactRoleAssignment, has_role(Phone, Phone.contact_id, ContactRole.PARENT))
        .where(Phone.school_id == school_id, Phone.number.in_(numbers))
    ).all()
    phones = {row.number for row in on_record}
    cells = {row.number for row in on_record if row.role and row.type == PhoneType.CELL}
    found = {}
    for number in numbers:
        status = statuses.get(number)
        state = ConsentState(status.state) if status else ConsentState.NOT_ASKED
        others = [statuses[form] for form in forms[number] if form in statuses]
        found[number] = NumberStatus(
            state=ConsentState.OPTED_OUT if _is_out(status, others) else state,
            blocked=status is not None and status.blocked_at is not None,
            since_seq=status.since_seq if status else 0,
            last_seq=status.last_seq if status else 0,
            cell=number in cells,
            phone=number in phones,
            opt_out_waits=bool({number, *forms[number]} & waiting),
            paused=_paused(status, *others),
        )
    return found


def _relied_on(school_id: int, number: str, status: NumberStatus) -> int:
    if status.state is not ConsentState.OPTED_IN or status.since_seq == status.last_seq:
        return status.last_seq
    return db.session.scalars(
        select(ConsentEvent.seq)
        .where(
            ConsentEvent.school_id == school_id,
            ConsentEvent.number == number,
            ConsentEvent.answer == Answer.YES,
        )
        .order_by(ConsentEvent.seq.desc())
        .limit(1)
    ).one()


def _paused(*statuses: ConsentStatus | None) -> PauseReason | None:
    """Return the reason of a pause on any form of a number, the one that is hardest to end."""
    reasons = {row.paused for row in statuses if row is not None}
    return next((reason for reason in PauseReason if reason in reasons), None)


def _is_out(status: ConsentStatus | None, forms: Sequence[ConsentStatus]) -> bool:
    """True if another form of the number opted out, and its parent didn't say yes later.

    A record may have an old form, and a server of the previous version treats it as another number.
    """
    sure = status is not None and status.decided_by in rules.PARENT_SOURCES
    since = status.decided_at if status and sure else None
    return any(
        form.state == ConsentState.OPTED_OUT
        and (since is None or (form.decided_at is not None and form.decided_at >= since))
        for form in forms
    )


def has_waiting_opt_out(numbers: Any) -> ColumnElement[bool]:
    """True if a no about a number on a form waits for staff at the school: from that moment it gets
    no texts. `numbers` is a table of numbers, by school."""
    return exists().where(
        same_school(FormOptOut, numbers, FormOptOut.number == numbers.number),
        FormOptOut.state == FormOptOutState.WAITING,
    )
