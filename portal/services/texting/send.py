"""Queue batches of texts, and answers to texts. Callers commit; a worker sends.

A text that can't pass the gate now is written down as failed, with its reason. The rest asks it
again at the moment of sending.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, case, select, update

from portal import clock
from portal.consent import gate, ledger, restrictions
from portal.enums import ConsentState, MessageFault, MessageKind, MessageState
from portal.extensions import db
from portal.labels import plural
from portal.models import Batch, InboundMessage, Message
from portal.models.columns import new_id, same_school
from portal.normalize import has_control, without_unseen
from portal.queries.schools import SchoolRow
from portal.queries.texting.recipients import POSITIONS, recipients
from portal.services.actor import Actor
from portal.services.texting import batch_rows, emergencies, link_texts, segments
from portal.services.texting.batch_rows import Composed as Composed  # noqa: PLC0414 -- callers meet it
from portal.services.texting.link_texts import MARK
from portal.services.texting.message_rows import holders_of, insert_once, language_of, own
from portal.services.texting.schedule import Schedule, plan

MOST_CHARACTERS = 1600
"""The longest text that the provider takes as one."""
ONCE_IN = timedelta(days=1)
"""The time in which a number gets the same answer only once."""


class TextingError(ValueError):
    """A text can't be sent like this. The words say why, and what to do."""


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
    times: Schedule | None = None,
) -> SendResult:
    """Queue one text for each number of these contacts' parents; see recipients for who they are.

    The same `form_key` again gives the batch that it made. Raises TextingError.
    """
    composed = compose(school, typed)
    times = times or plan(school)
    ids = sorted(set(contact_ids))
    batch_id, new = batch_rows.insert(school, actor, form_key, about, composed, times)
    if new:
        rows = recipients(school, ids, positions)
        batch_rows.write(school, batch_id, composed, times, batch_rows.attempts(rows))
        batch_rows.keep_students(school.id, batch_id, ids)
        if times.is_emergency:
            emergencies.send_or_ask(school, batch_id, actor)
    return SendResult(batch_id, *batch_rows.count(school.id, batch_id))


def send_to_number(
    school: SchoolRow,
    actor: Actor,
    number: str,
    typed: str,
    form_key: str = "",
    times: Schedule | None = None,
) -> MessageFault | None:
    """Queue a text for one number (E.164), on any record or none. If that can't be, return why.

    The same `form_key` again, if there is one, queues nothing. Raises TextingError.
    """
    composed = compose(school, typed)
    times = times or plan(school)
    fault = fault_of(school, number)
    key = form_key or f"{new_id():x}"
    batch_id, new = batch_rows.insert(school, actor, key, number, composed, times)
    if new:
        holders = holders_of(school.id, [number]).get(number, [])
        batch_rows.write(school, batch_id, composed, times, [(number, fault, holders)])
        batch_rows.keep_students(school.id, batch_id, holders)
    return fault


def fault_of(school: SchoolRow, number: str) -> MessageFault | None:
    """Return why a text for whoever has the number could not go out now."""
    holders = holders_of(school.id, [number]).get(number, [])
    fault = gate.preview(school.id, [number])[number]
    if holders and set(holders) == restrictions.switched_off(school.id, holders, holders):
        return fault or MessageFault.SWITCHED_OFF
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
        emergencies.close_notice(school.id, batch_id, who)
    return len(stopped)


def queue_reply(
    school: SchoolRow,
    kind: MessageKind,
    number: str,
    reply_to: str,
    texting_number: str,
    for_all: bool = False,
) -> bool:
    """Queue the confirmation of a STOP, or the answer to HELP, at most one a day for a number. Or
    the answer to a clear wish to stop: its caller knows if the number had that.

    A number that opted out gets a link by which it can opt in again, also as the answer to START;
    that is counted apart. So is the confirmation of a STOP that was for all schools.
    """
    status = ledger.lock_status(school.id, number)  # of several texts at once one is answered
    opted_out = status.state == ConsentState.OPTED_OUT
    lately = _TO_ALL_LATELY if for_all else _LATELY
    if kind is MessageKind.HELP:
        linked = Message.body.endswith(MARK, autoescape=True)
        lately = lately.where(linked if opted_out else ~linked)
    named = {"school": school.id, "number": number, "kind": kind, "since": clock.now() - ONCE_IN}
    found = [] if kind is MessageKind.PAUSE_NOTICE else list(db.session.scalars(lately, named))
    again = kind is MessageKind.HELP and opted_out and link_texts.are_useless(school.id, found)
    if not school.texting_on or (found and not again):
        return False
    row = own(school, kind, number, language_of(school, number), opted_out, for_all)
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
_TO_ALL_LATELY = _LATELY.join(
    InboundMessage,
    same_school(InboundMessage, Message, InboundMessage.provider_id == Message.reply_to),
).where(InboundMessage.for_all)


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
