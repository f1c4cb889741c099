"""The gate: every text asks here, at the moment it is sent, and carries the pass that it got.

The page that previews a sending asks the same rules by `look`. A transport takes nothing without a
`Pass`, and only this module makes one; tests/architecture looks for ways around.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from portal.consent import texted_links
from portal.consent.ledger import lock_status
from portal.consent.waiting import no_waits
from portal.enums import ConsentState, ContactRole, MessageKind, PhoneType, TextFault
from portal.extensions import db
from portal.models import ConsentStatus, ContactRoleRow, Phone, School
from portal.phone import PhoneNumber

_NANP = frozenset({"US", "CA", "PR", "VI", "GU", "AS", "MP"})
"""Countries that a US or Canadian number texts as its own."""
_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Pass:
    """That one text may go to one number, now; `event_seq` is the event that it relies on."""

    school_id: int
    number: str
    event_seq: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the gate looks at, of one number at one school."""

    state: ConsentState
    blocked: bool
    last_seq: int
    cell: bool
    """Whether it stands as a parent's Cell on a record."""
    phone: bool
    """Whether it stands on a record at all."""
    no_waits: bool = False
    """Whether a no that a form gave waits for staff."""


def ask(
    school_id: int,
    number: str,
    kind: MessageKind = MessageKind.BATCH,
    message_id: int | None = None,
) -> Pass | TextFault:
    """May this text go to the number? The caller's transaction is one that writes: the number is
    locked until it ends, so that a STOP comes before or after it and never in between."""
    lock_status(school_id, number)
    school = db.session.get_one(School, school_id, populate_existing=True)
    standing = _standings(school_id, [number])[number]
    link = _link_back(school_id, message_id) if kind is MessageKind.HELP else None
    fault = judge(school, number, standing, kind, link)
    return fault or Pass(school_id, number, standing.last_seq)


def look(school_id: int, numbers: Iterable[str]) -> dict[str, TextFault | None]:
    """What `ask` would say of these numbers now, without locking: for a preview."""
    school = db.session.get_one(School, school_id)
    return {
        number: judge(school, number, standing, MessageKind.BATCH)
        for number, standing in _standings(school_id, set(numbers)).items()
    }


def judge(
    school: School,
    number: str,
    standing: Standing,
    kind: MessageKind,
    link_back: bool | None = None,
) -> TextFault | None:
    """Why the text may not go; None if it may.

    Two texts go to a number that opted out, and to no other: the confirmation of its STOP, and the
    answer to its HELP or START with a link by which it can opt in again; `link_back` says of such
    an answer whether its link is still good. The answer to HELP goes to whoever else asks.
    """
    if not school.texting_on:
        return TextFault.TEXTING_OFF
    opted_out = standing.state is ConsentState.OPTED_OUT
    for_opted_out = kind is MessageKind.STOP_CONFIRMATION or link_back is not None
    if opted_out and (not for_opted_out or link_back is False):
        return TextFault.OPTED_OUT
    if for_opted_out and not opted_out:
        return TextFault.OUTDATED
    if standing.blocked:
        return TextFault.BLOCKED
    if kind not in {MessageKind.STOP_CONFIRMATION, MessageKind.HELP}:
        if standing.no_waits:
            return TextFault.NO_WAITING
        if standing.phone and not standing.cell:
            return TextFault.NO_CELL
        if standing.state is not ConsentState.OPTED_IN:
            return TextFault.NOT_ASKED
    return None if PhoneNumber(number).country in reach(school) else TextFault.COUNTRY


def _link_back(school_id: int, message_id: int | None) -> bool | None:
    """Whether the link that an answer carries is good; None if it carries none."""
    link = texted_links.of_message(school_id, message_id) if message_id is not None else None
    return texted_links.is_good(link) if link is not None else None


def reach(school: School) -> frozenset[str]:
    """The countries (ISO codes) whose numbers the school's texting number can text."""
    if school.text_countries:
        return frozenset(school.text_countries.split(","))
    return _NANP if school.country in _NANP else frozenset({school.country})


def _standings(school_id: int, numbers: Iterable[str]) -> dict[str, Standing]:
    wanted = list(numbers)
    found: dict[str, Standing] = {}
    for start in range(0, len(wanted), _AT_A_TIME):
        found |= _standings_of(school_id, wanted[start : start + _AT_A_TIME])
    return found


def _standings_of(school_id: int, numbers: list[str]) -> dict[str, Standing]:
    known = db.session.execute(
        select(ConsentStatus, no_waits(ConsentStatus.school_id, ConsentStatus.number)).where(
            ConsentStatus.school_id == school_id, ConsentStatus.number.in_(numbers)
        )
    ).all()
    statuses = {status.number: status for status, _ in known}
    waiting = {status.number for status, waits in known if waits}
    on_record = db.session.execute(
        select(Phone.number, Phone.type, ContactRoleRow.role)
        .outerjoin(
            ContactRoleRow,
            (ContactRoleRow.school_id == Phone.school_id)
            & (ContactRoleRow.contact_id == Phone.contact_id)
            & (ContactRoleRow.role == ContactRole.PARENT),
        )
        .where(Phone.school_id == school_id, Phone.number.in_(numbers))
    ).all()
    phones = {row.number for row in on_record}
    cells = {row.number for row in on_record if row.role and row.type == PhoneType.CELL}
    return {
        number: _standing(statuses.get(number), number, cells, phones, waiting)
        for number in numbers
    }


def _standing(
    status: ConsentStatus | None,
    number: str,
    cells: set[str],
    phones: set[str],
    waiting: set[str],
) -> Standing:
    return Standing(
        state=ConsentState(status.state) if status else ConsentState.NOT_ASKED,
        blocked=status is not None and status.blocked_at is not None,
        last_seq=status.last_seq if status else 0,
        cell=number in cells,
        phone=number in phones,
        no_waits=number in waiting,
    )
