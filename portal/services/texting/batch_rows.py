"""Rows of a batch: its texts, whom each is for, and its students. Callers commit."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update

from portal import clock
from portal.enums import ContactRole, MessageFault, MessageKind, MessageState
from portal.extensions import db, in_chunks, insert_new, insert_rows
from portal.models import (
    Batch,
    BatchStudent,
    ConsentStatus,
    ContactRoleAssignment,
    Message,
    MessageContact,
    ParentLink,
)
from portal.models.columns import new_id
from portal.queries.schools import SchoolRow
from portal.queries.texting.recipients import Recipient
from portal.services.actor import Actor
from portal.services.texting import segments
from portal.services.texting.held_texts import UNTIL_RELEASED
from portal.services.texting.message_rows import EMERGENCY_RANK, contact_row, values
from portal.services.texting.schedule import Schedule
from portal.services.texting.welcomes import queue_welcomes

Attempt = tuple[str | None, MessageFault | None, list[int]]
"""A number, why it can't be texted, if it can't, and the contacts that the text is for."""


@dataclass(frozen=True, slots=True)
class Composed:
    body: str
    """The text as it arrives."""
    segments: segments.Segments


def insert(
    school: SchoolRow,
    actor: Actor,
    form_key: str,
    about: str,
    composed: Composed,
    times: Schedule,
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
        "send_at": times.send_at,
        "not_after": times.not_after,
        "purpose": times.purpose,
    }
    if insert_new(Batch, "id", row):
        return batch_id, True
    mine = select(Batch.id).where(Batch.school_id == school.id, Batch.form_key == form_key)
    return db.session.execute(mine).scalar_one(), False


def attempts(rows: list[Recipient]) -> list[Attempt]:
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


def write(
    school: SchoolRow,
    batch_id: int,
    composed: Composed,
    times: Schedule,
    attempts: list[Attempt],
) -> None:
    """Write the texts of a batch, and the welcomes before them."""
    queue_welcomes(school, [n for n, fault, _ in attempts if n is not None and fault is None])
    messages, contacts = [], []
    for number, fault, contact_ids in attempts:
        message = _of_batch(school, batch_id, composed, number, fault) | _when(times)
        messages.append(message)
        contacts += [contact_row(message, contact_id) for contact_id in contact_ids]
    insert_rows(Message, *messages)
    insert_rows(MessageContact, *contacts)
    _note_the_no(school.id, batch_id)


def _when(times: Schedule) -> dict[str, Any]:
    """Return the order and the due time of a text. An emergency waits until it is approved, which
    an admin's is at once."""
    if times.is_emergency:
        return {"rank": EMERGENCY_RANK, "due_at": UNTIL_RELEASED}
    return {"due_at": times.send_at or clock.now()}


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


def count(school_id: int, batch_id: int) -> tuple[int, int]:
    """Return how many of the batch's texts are queued or went out, and how many failed."""
    rows = db.session.execute(
        select(Message.state, func.count())
        .where(Message.school_id == school_id, Message.batch_id == batch_id)
        .group_by(Message.state)
    ).all()
    refused = sum(count for state, count in rows if state == MessageState.FAILED)
    return sum(count for _, count in rows) - refused, refused


def keep_students(school_id: int, batch_id: int, contact_ids: Iterable[int]) -> None:
    """Keep the students among these contacts, and the children of the parents among them."""
    students: set[int] = set()
    role = ContactRoleAssignment
    for some in in_chunks(sorted(set(contact_ids))):
        chosen = select(role.contact_id).where(
            role.school_id == school_id,
            role.role == ContactRole.STUDENT,
            role.contact_id.in_(some),
        )
        children = select(ParentLink.student_id).where(
            ParentLink.school_id == school_id, ParentLink.parent_id.in_(some)
        )
        students |= {*db.session.scalars(chosen), *db.session.scalars(children)}
    rows = [
        {"school_id": school_id, "batch_id": batch_id, "student_id": student}
        for student in sorted(students)
    ]
    insert_rows(BatchStudent, *rows)
