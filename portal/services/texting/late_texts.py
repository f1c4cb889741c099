"""Fail the texts that could not go out in time, and tell staff. Callers commit."""

from datetime import datetime

from sqlalchemy import bindparam, case, literal_column, select, update

from portal.enums import MessageFault, MessageState, NoticeKind
from portal.extensions import db
from portal.models import Batch, Message, same_school
from portal.models.columns import Moment
from portal.services.mail import staff_notices
from portal.services.texting import held_texts

WHO = "the portal"


def fail_if_late(school_id: int, batch_id: int, now: datetime) -> bool:
    """True if the batch's time is over. Then all of its texts that still wait have failed."""
    batch = db.session.get_one(Batch, (school_id, batch_id))
    if batch.not_after is None or batch.not_after > now:
        return False
    _fail(batch, now)
    return True


def fail_late(now: datetime) -> int:
    """Fail the texts of all batches whose time is over, also of those that the queue doesn't reach:
    held ones, and emergencies that no admin approved. Return the number of batches."""
    late = db.session.execute(_LATE, {"now": now}).all()
    for school_id, batch_id in late:
        _fail(db.session.get_one(Batch, (school_id, batch_id)), now)
    return len(late)


def any_late(now: datetime) -> bool:
    """True if `fail_late` is worth a transaction that writes."""
    return db.session.execute(_LATE.limit(1), {"now": now}).first() is not None


# From the texts that wait, by their partial index: they are few, and batches only become more.
_LATE = (
    select(Message.school_id, Message.batch_id)
    .join(Batch, same_school(Batch, Message, Batch.id == Message.batch_id))
    .where(
        Message.state == literal_column(f"'{MessageState.QUEUED.value}'"),
        Batch.not_after <= bindparam("now", type_=Moment),
    )
    .distinct()
    .order_by(Message.school_id, Message.batch_id)
)


def _fail(batch: Batch, now: datetime) -> None:
    """Fail what waits, but for texts that another worker has locked. The provider may have some of
    them already: these are not known."""
    mine = (Message.school_id == batch.school_id, Message.batch_id == batch.id)
    waiting = (
        select(Message.id)
        .where(*mine, Message.state == MessageState.QUEUED)
        .with_for_update(skip_locked=True)
    )
    db.session.execute(
        update(Message)
        .where(*mine, Message.id.in_(waiting))
        .values(
            state=case((Message.in_doubt, MessageState.NOT_KNOWN), else_=MessageState.FAILED),
            reason=case((Message.in_doubt, None), else_=MessageFault.TOO_LATE),
            settled_at=now,
        )
        .execution_options(synchronize_session=False)
    )
    about = held_texts.of_batch(batch.id)
    for ended in (NoticeKind.TEXTS_HELD, NoticeKind.EMERGENCY_WAITS):
        staff_notices.close_about(batch.school_id, ended, about, WHO)
    detail = {"batch": batch.id, "about": batch.about}
    staff_notices.notify_staff(batch.school_id, NoticeKind.TEXTS_TOO_LATE, about, detail)
