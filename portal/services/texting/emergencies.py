"""Emergency texts: sent by an admin, or by an editor after an admin approved. Callers commit.

They go out at any hour and wait for no welcome. Each one still asks the gate: no emergency reaches
a number that is not opted in.
"""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update

from portal import clock
from portal.enums import MessageState, NoticeKind
from portal.extensions import db, outside_link
from portal.models import Batch, Message, TextingNumber
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.mail import staff_notices
from portal.services.texting.held_texts import UNTIL_RELEASED, of_batch

KIND = "emergency"


def send_or_ask(school: SchoolRow, batch_id: int, actor: Actor) -> None:
    """Send an emergency text that was just written, if an admin wrote it. Otherwise ask the
    admins."""
    batch = db.session.get_one(Batch, (school.id, batch_id))
    if actor.is_admin:
        _approve(batch, actor.name)
    elif _waiting(batch):
        _ask(school, batch)


def approve(school: SchoolRow, batch_id: int, actor: Actor) -> bool:
    """Send an editor's emergency text, for an admin. False if it doesn't wait for that anymore."""
    batch = db.session.scalars(
        select(Batch)
        .where(Batch.school_id == school.id, Batch.id == batch_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if batch.purpose is None or batch.approved_at is not None or not _waiting(batch):
        return False
    _approve(batch, actor.name)
    close_notice(school.id, batch_id, actor.name)
    return True


def close_notice(school_id: int, batch_id: int, who: str) -> None:
    """Close the notice about an emergency text that waits no longer."""
    staff_notices.close_about(school_id, NoticeKind.EMERGENCY_WAITS, of_batch(batch_id), who)


def _approve(batch: Batch, who: str) -> None:
    """Make the texts due one after another, as fast as the texting number sends. A STOP that comes
    in meanwhile is confirmed between two of them, and not after the last."""
    now = clock.now()
    batch.approved_at, batch.approved_by = now, who
    db.session.flush()
    step = _seconds_between(batch.school_id)
    rows = [
        {"of": message_id, "due": now + timedelta(seconds=n * step)}
        for n, message_id in enumerate(_waiting(batch))
    ]
    if rows:
        table = Message.__table__
        in_turn = (
            update(table)  # type: ignore[arg-type]  # a mapped class has a Table
            .where(table.c.school_id == batch.school_id, table.c.id == bindparam("of"))
            .where(table.c.state == MessageState.QUEUED)
            .values(due_at=bindparam("due"))
        )
        db.session.connection().execute(in_turn, rows)


def _waiting(batch: Batch) -> list[int]:
    """The ids of the texts that no worker looks at until an admin approves them."""
    return list(
        db.session.scalars(
            select(Message.id)
            .where(
                Message.school_id == batch.school_id,
                Message.batch_id == batch.id,
                Message.state == MessageState.QUEUED,
                Message.due_at == UNTIL_RELEASED,
            )
            .order_by(Message.id)
        )
    )


def _seconds_between(school_id: int) -> float:
    rate = select(TextingNumber.per_second).where(
        TextingNumber.school_id == school_id, TextingNumber.until.is_(None)
    )
    return 1 / (db.session.scalar(rate) or 1.0)


def _ask(school: SchoolRow, batch: Batch) -> None:
    """Put a notice on the overview, and email the admins."""
    detail = {"batch": batch.id, "who": batch.actor_name, "purpose": batch.purpose}
    about = of_batch(batch.id)
    staff_notices.notify_staff(school.id, NoticeKind.EMERGENCY_WAITS, about, detail)
    link = outside_link("staff.batch", slug=school.slug, batch_id=batch.id)
    body = (
        f"Hello,\n\n{batch.actor_name} wants to send an emergency text, and an admin has to "
        f"approve it. Open it to approve it or to stop it:\n{link}\n\n"
        f"Emergency: {batch.purpose}\nTo: {batch.about}\n\n{batch.body}\n\n"
        f"{_until(school, batch.not_after)}"
        f"You got this email because you are an admin for {school.name}.\n"
    )
    subject = f"Approve an emergency text from {school.name}"
    staff_notices.email_admins(school.id, KIND, subject, body)


def _until(school: SchoolRow, end: datetime | None) -> str:
    if end is None:
        return ""
    when = clock.say_time(end, school.timezone)
    return f"If no admin approves it by {when}, it won't be sent.\n\n"
