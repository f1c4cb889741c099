"""Queue batches of texts, and answers to texts. Callers commit; a worker sends.

A text that can't pass the gate now is written down as failed, with its reason. The rest asks it
again at the moment of sending.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, case, func, select, update

from portal import clock
from portal.consent import gate, ledger, restrictions
from portal.enums import ConsentState, MessageFault, MessageKind, MessageState
from portal.extensions import db, insert_new, insert_rows
from portal.labels import plural
from portal.models import Batch, ConsentStatus, Message, MessageContact
from portal.models.columns import new_id
from portal.normalize import has_control, without_unseen
from portal.queries.schools import SchoolRow
from portal.queries.texting.recipients import POSITIONS, Recipient, recipients
from portal.services.actor import Actor
from portal.services.texting import link_texts, segments
from portal.services.texting.link_texts import MARK
from portal.services.texting.message_rows import (
    contact_row,
    holders_of,
    insert_once,
    language_of,
    own,
    values,
)
from portal.services.texting.welcomes import queue_welcomes

MOST_CHARACTERS = 1600
"""The longest text that the provider takes as one."""
ONCE_IN = timedelta(days=1)
"""The time in which a number gets the same answer only once."""


Attempt = tuple[str | None, MessageFault | None, list[int]]
"""A number, why it can't be texted, if it can't, and the contacts that the text is for."""


class TextingError(ValueError):
    """A text can't be sent like this. The words say why, and what to do."""


@dataclass(frozen=True, slots=True)
class Composed:
    body: str
    """The text as it arrives."""
    segments: segments.Segments


@dataclass(frozen=True, slots=True)
class SendResult:
    batch_id: int
    queued: int
    refused: int


def compose(school: SchoolRow, typed: str) -> Composed:
    """Return the text with the school's name in front, unless it is in it. Raises TextingError."""
    if has_control(typed):
        raise TextingError("Your text has hidden characters. Delete them, or type the text again.")
    text = _tidy(typed)
    if not text:
        raise TextingError("Type the text.")
    if not _names(school, text):
        text = f"{school.name}: {text}"
    if len(text) > MOST_CHARACTERS:
        over = len(text) - MOST_CHARACTERS
        raise TextingError(
            f"Your text is {plural(over, 'character')} too long. "
            f"The limit is {MOST_CHARACTERS:,}, with the school's name."
        )
    return Composed(text, segments.count(text))


def send(
    school: SchoolRow,
    actor: Actor,
    form_key: str,
    about: str,
    contact_ids: Iterable[int],
    positions: frozenset[int] = POSITIONS,
    typed: str = "",
) -> SendResult:
    """Queue one text for each number of these contacts' parents; see recipients for who they are.

    The same `form_key` again gives the batch that it made. Raises TextingError.
    """
    composed = compose(school, typed)
    batch_id, new = _batch(school, actor, form_key, about, composed)
    if new:
        rows = recipients(school, contact_ids, positions)
        _write(school, batch_id, composed, _attempts(rows))
    return _counted(school.id, batch_id)


def send_to_number(school: SchoolRow, actor: Actor, number: str, typed: str) -> MessageFault | None:
    """Queue a text for one number (E.164), on any record or none. If that can't be, return why.

    Raises TextingError.
    """
    composed = compose(school, typed)
    fault = gate.preview(school.id, [number])[number]
    batch_id, _new = _batch(school, actor, f"{new_id():x}", number, composed)
    holders = holders_of(school.id, [number]).get(number, [])
    if holders and set(holders) == restrictions.switched_off(school.id, holders, holders):
        fault = fault or MessageFault.SWITCHED_OFF
    _write(school, batch_id, composed, [(number, fault, holders)])
    return fault


def cancel(school: SchoolRow, batch_id: int, who: str) -> int:
    """Stop a batch, and return the number of texts that still waited."""
    now = clock.now()
    stopped = db.session.execute(
        update(Message)
        .where(
            Message.school_id == school.id,
            Message.batch_id == batch_id,
            Message.state == MessageState.QUEUED,
        )
        .values(
            state=case((Message.in_doubt, MessageState.NOT_KNOWN), else_=MessageState.FAILED),
            reason=case((Message.in_doubt, None), else_=MessageFault.CANCELLED),
            settled_at=now,
        )
        .returning(Message.id)
    ).all()
    if stopped:
        db.session.execute(
            update(Batch)
            .where(Batch.school_id == school.id, Batch.id == batch_id)
            .values(cancelled_at=now, cancelled_by=who)
        )
    return len(stopped)


def queue_reply(
    school: SchoolRow, kind: MessageKind, number: str, reply_to: str, texting_number: str
) -> bool:
    """Queue the confirmation of a STOP, or the answer to HELP, at most one a day for a number.

    A number that opted out gets a link by which it can opt in again, also as the answer to START;
    that is counted apart.
    """
    status = ledger.lock_status(school.id, number)  # of several texts at once one is answered
    opted_out = status.state == ConsentState.OPTED_OUT
    lately = _LATELY
    if kind is MessageKind.HELP:
        linked = Message.body.endswith(MARK, autoescape=True)
        lately = lately.where(linked if opted_out else ~linked)
    named = {"school": school.id, "number": number, "kind": kind, "since": clock.now() - ONCE_IN}
    found = list(db.session.scalars(lately, named))
    again = kind is MessageKind.HELP and opted_out and link_texts.are_useless(school.id, found)
    if not school.texting_on or (found and not again):
        return False
    row = own(school, kind, number, language_of(school, number), opted_out)
    row |= {"reply_to": reply_to, "texting_number": texting_number}
    made = insert_once([row])
    if made and row["body"].endswith(MARK):
        link_texts.attach(school, {number: row["id"]})
    return bool(made)


_LATELY = select(Message.id).where(
    Message.school_id == bindparam("school"),
    Message.number == bindparam("number"),
    Message.kind == bindparam("kind"),
    Message.made_at > bindparam("since"),
)


def _names(school: SchoolRow, text: str) -> bool:
    """True if the school's name is in the text, as words of their own."""
    name = re.escape(school.name.casefold())
    return re.search(rf"(?<!\w){name}(?!\w)", text.casefold()) is not None


def _tidy(typed: str) -> str:
    """Return the text without invisible characters, because a single one could split it into three
    texts. With single spaces, and at most one empty line in a row."""
    lines = without_unseen(typed).replace("\r\n", "\n").replace("\r", "\n")
    text = "\n".join(" ".join(line.split()) for line in lines.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _batch(
    school: SchoolRow, actor: Actor, form_key: str, about: str, composed: Composed
) -> tuple[int, bool]:
    """Return the batch of this form, and True if it was made right now."""
    batch_id = new_id()
    row = {
        "school_id": school.id,
        "id": batch_id,
        "form_key": form_key,
        "actor": actor.key,
        "actor_name": actor.name,
        "about": about[:200],
        "body": composed.body,
        "segments": composed.segments.segments,
        "made_at": clock.now(),
    }
    if insert_new(Batch, "id", row):
        return batch_id, True
    mine = select(Batch.id).where(Batch.school_id == school.id, Batch.form_key == form_key)
    return db.session.execute(mine).scalar_one(), False


def _attempts(rows: list[Recipient]) -> list[Attempt]:
    """Return one attempt for each number, and one for each person who has none."""
    by_number: dict[str, list[Recipient]] = {}
    for row in rows:
        if row.number is not None:
            by_number.setdefault(row.number, []).append(row)
    texts: list[Attempt] = []
    for number, found in by_number.items():
        # A number that parents share is texted for those of them who get texts about the child.
        on = [row for row in found if row.fault is not MessageFault.SWITCHED_OFF] or found
        texts.append((number, on[0].fault, [row.contact_id for row in on]))
    return texts + [(None, row.fault, [row.contact_id]) for row in rows if row.number is None]


def _write(school: SchoolRow, batch_id: int, composed: Composed, attempts: list[Attempt]) -> None:
    queue_welcomes(school, [n for n, fault, _ in attempts if n is not None and fault is None])
    messages, contacts = [], []
    for number, fault, contact_ids in attempts:
        message = _of_batch(school, batch_id, composed, number, fault)
        messages.append(message)
        contacts += [contact_row(message, contact_id) for contact_id in contact_ids]
    insert_rows(Message, *messages)
    insert_rows(MessageContact, *contacts)
    _note_the_no(school.id, batch_id)


def _note_the_no(school_id: int, batch_id: int) -> None:
    """Return the newest event of each number whose opt-out stops a text."""
    newest = (
        select(ConsentStatus.last_seq)
        .where(ConsentStatus.school_id == school_id, ConsentStatus.number == Message.number)
        .scalar_subquery()
    )
    db.session.execute(
        update(Message)
        .where(
            Message.school_id == school_id,
            Message.batch_id == batch_id,
            Message.state == MessageState.FAILED,
            Message.reason.in_([MessageFault.OPTED_OUT, MessageFault.BLOCKED]),
        )
        .values(event_seq=newest)
        .execution_options(synchronize_session=False)
    )


def _of_batch(
    school: SchoolRow,
    batch_id: int,
    composed: Composed,
    number: str | None,
    fault: MessageFault | None,
) -> dict[str, Any]:
    row = values(school, MessageKind.BATCH, number, composed.body, school.languages[0])
    row |= {"batch_id": batch_id, "segments": composed.segments.segments}
    if fault is not None:
        row |= {
            "state": MessageState.FAILED,
            "reason": fault,
            "settled_at": row["made_at"],
        }
    return row


def _counted(school_id: int, batch_id: int) -> SendResult:
    rows = db.session.execute(
        select(Message.state, func.count())
        .where(Message.school_id == school_id, Message.batch_id == batch_id)
        .group_by(Message.state)
    ).all()
    refused = sum(count for state, count in rows if state == MessageState.FAILED)
    return SendResult(batch_id, sum(count for _, count in rows) - refused, refused)
