"""Staff review the no answers that wait: they confirm each with its own time, or discard it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, select

from portal import clock
from portal.consent import ledger
from portal.email_address import optional_key
from portal.enums import Answer, ConsentState, FormOptOutState, Source
from portal.extensions import db
from portal.models import Contact, FormOptOut, Phone, Submission, SubmissionContact, same_school
from portal.phone import show_number
from portal.queries.schools import SchoolRow
from portal.services.accounts.tokens import MakeUrl
from portal.services.actor import Actor
from portal.services.contacts import contacts
from portal.services.intake import owner_notices
from portal.services.mail import limits as mail_limits
from portal.services.mail import parent_emails
from portal.services.mail import queue as mail_queue
from portal.services.texting.record_consent import AnswerResult

CONFIRMED_AT_ONCE = 500
"""So many are confirmed in one transaction: each is an event, and on SQLite nobody else writes
meanwhile (9 ms each on a busy machine)."""
DISCARDED_AT_ONCE = 2000
"""Discarding is quicker (2.5 ms), and a flood must be over in a few steps."""


class AnswersChangedError(Exception):
    """Some of these were decided by somebody else meanwhile, or none was chosen."""


class Alike(StrEnum):
    """Other answers decided along with one: all that wait from its sender or network."""

    SENDER = "sender"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Reviewed:
    decided: int
    still_in: list[str]
    """Numbers that stay opted in: their parent said yes later."""
    left: int
    """The number of these that still wait: there were too many at the same time."""
    opted_out: int = 0
    """Numbers that were opted in or never asked until now."""
    emailed: int = 0
    """Senders who are told that theirs was discarded."""


def alike(school_id: int, answer_id: int, which: Alike, newest_id: int) -> list[int]:
    """The ids of all that waits from the same sender or network, up to the newest that the page
    showed. Raises LookupError if there is no such answer at the school, or GoneError."""
    one = _find(school_id, [answer_id])[0]
    same = [FormOptOut.network == one.network]
    if which is Alike.SENDER:
        same += [FormOptOut.actor == one.actor, FormOptOut.session_digest == one.session_digest]
    found = db.session.scalars(
        select(FormOptOut.id)
        .where(
            FormOptOut.school_id == school_id,
            FormOptOut.state == FormOptOutState.WAITING,
            FormOptOut.id <= newest_id,
            *same,
        )
        .order_by(FormOptOut.id)
    ).all()
    if not found:
        raise AnswersChangedError
    return list(found)


def confirm(school: SchoolRow, ids: list[int], by: Actor, make_url: MakeUrl) -> Reviewed:
    """Record the "no" answers as of when they were given, and tell the proven owners."""
    rows, records = _take(school.id, ids, CONFIRMED_AT_ONCE)
    still_in: list[str] = []
    opted_out = 0
    results: dict[tuple[str, int | None], list[AnswerResult]] = {}
    for row in rows:
        result = ledger.decide(_decision(row, by))
        _close(row, FormOptOutState.CONFIRMED, by)
        if result.state is ConsentState.OPTED_IN:
            still_in.append(row.number)
        opted_out += result.changed
        _note(school, row, records, by, "No to texts from a form, confirmed")
        outcome = AnswerResult(row.number, Answer.NO, result, proven=False)
        results.setdefault((row.actor, row.submission_id), []).append(outcome)
    for (actor, submission_id), outcomes in results.items():
        sender = _sender(school.id, actor, submission_id)
        own_ids = _own_ids(school.id, actor, submission_id)
        owner_notices.notify_owners(
            school, outcomes, own_ids, sender, make_url, submission_id, only_proven=True
        )
    return Reviewed(len(rows), still_in, len(ids) - len(rows), opted_out=opted_out)


def discard(school: SchoolRow, ids: list[int], by: Actor) -> Reviewed:
    """Let the numbers get texts again, as far as they may, and tell the senders of the "no"
    answers what they can do: text STOP from the phone itself."""
    rows, records = _take(school.id, ids, DISCARDED_AT_ONCE)
    letters: dict[str, tuple[str, list[str]]] = {}
    for row in rows:
        _close(row, FormOptOutState.DISCARDED, by)
        _note(school, row, records, by, "No to texts from a form, discarded")
        sender = _sender(school.id, row.actor, row.submission_id)
        if sender:
            _, numbers = letters.setdefault(sender, (row.language or school.languages[0], []))
            numbers.append(show_number(row.number, school.country))
    texting = show_number(school.texting_number, school.country)
    for sender, (language, numbers) in letters.items():
        with parent_emails.language(language):
            words = parent_emails.discarded_notice(school.name, numbers, texting)
        mail_limits.enqueue_limited(
            school.id, mail_queue.DISCARDED, sender, language, words, network=""
        )
    return Reviewed(len(rows), [], len(ids) - len(rows), emailed=len(letters))


def _find(school_id: int, ids: list[int]) -> list[FormOptOut]:
    """The answers, whatever became of them. LookupError if one is none of the school's."""
    found = db.session.scalars(
        select(FormOptOut).where(FormOptOut.school_id == school_id, FormOptOut.id.in_(ids))
    ).all()
    if not ids:
        raise AnswersChangedError
    if len(found) < len(set(ids)):
        raise LookupError(ids)
    return list(found)


def _take(
    school_id: int, ids: list[int], most: int
) -> tuple[list[FormOptOut], dict[str, list[int]]]:
    """The first of them, and by number the records that have it. All locked, in the one order that
    all keep: records, then numbers, then answers."""
    first = sorted(set(ids))[:most]
    numbers = {row.number for row in _find(school_id, first)}
    records = _lock_records(school_id, numbers)
    ledger.lock_in_order(school_id, numbers)
    rows = db.session.scalars(
        select(FormOptOut)
        .where(
            FormOptOut.school_id == school_id,
            FormOptOut.id.in_(first),
            FormOptOut.state == FormOptOutState.WAITING,
        )
        .order_by(FormOptOut.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(rows) < len(first):
        raise AnswersChangedError
    return list(rows), records


def _lock_records(school_id: int, numbers: set[str]) -> dict[str, list[int]]:
    rows = db.session.execute(
        select(Contact.id, Phone.number)
        .join(Phone, same_school(Phone, Contact, Phone.contact_id == Contact.id))
        .where(Contact.school_id == school_id, Phone.number.in_(numbers))
        .order_by(Contact.id)
        .with_for_update(of=Contact, key_share=True)
    )
    records: dict[str, list[int]] = {}
    for contact_id, number in rows:
        records.setdefault(number, []).append(contact_id)
    return records


def _decision(row: FormOptOut, by: Actor) -> ledger.Decision:
    kept = (row.wording_id, row.language) if row.wording_id and row.language else None
    return ledger.Decision(
        school_id=row.school_id,
        number=row.number,
        source=Source.PUBLIC_FORM,
        answer=Answer.NO,
        actor=row.actor,
        texting_number=row.texting_number,
        happened_at=row.said_at,
        kept_wording=kept,
        submission_id=row.submission_id,
        evidence={**row.evidence, "confirmed_by": by.name},
    )


def _close(row: FormOptOut, state: FormOptOutState, by: Actor) -> None:
    row.state = state
    row.decided_at = clock.now()
    row.decided_by = by.name
    db.session.flush()


def _note(
    school: SchoolRow, row: FormOptOut, records: dict[str, list[int]], by: Actor, what: str
) -> None:
    """Add it to the history of everyone with the number."""
    change = contacts.one_change(what, new=show_number(row.number, school.country))
    for contact_id in sorted(set(records.get(row.number, []))):
        contacts.note_edit(school.id, contact_id, by.name, change)


def _sender(school_id: int, actor: str, submission_id: int | None) -> str | None:
    """Return the address of the person who said no: the one on file rather than as it was typed."""
    kind, _, contact_id = actor.partition(":")
    if kind == "contact":
        return _email(school_id, Contact.id == int(contact_id))
    form = submission_id and db.session.get(Submission, (school_id, submission_id))
    typed = form.answers.get("parents", {}).get("1", {}).get("email") if form else None
    key = optional_key(typed)
    return typed and (_email(school_id, Contact.email_key == key) or typed)


def _email(school_id: int, which: ColumnElement[bool]) -> str | None:
    found: str | None = db.session.scalar(
        select(Contact.email).where(Contact.school_id == school_id, which).limit(1)
    )
    return found


def _own_ids(school_id: int, actor: str, submission_id: int | None) -> set[int]:
    """The sender's own records: theirs who was signed in, and what the form made."""
    made: Iterable[int] = db.session.scalars(
        select(SubmissionContact.contact_id).where(
            SubmissionContact.school_id == school_id,
            SubmissionContact.submission_id == submission_id,
            SubmissionContact.made,
        )
    )
    kind, _, contact_id = actor.partition(":")
    return {*made, int(contact_id)} if kind == "contact" else set(made)
