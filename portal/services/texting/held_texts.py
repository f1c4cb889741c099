"""Hold the texts of a texting number, or of a batch, while something is wrong on our side.

The provider would refuse all of them for the same reason. So they wait instead of failing, and the
school's admins get one email. They go out when an admin says that it is fixed, or when a text gets
through: a held number tries one text every PROBE. Callers commit. Locks are taken in one order:
texts, the texting number, its notice.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from portal import clock
from portal.enums import MessageState, NoticeKind
from portal.extensions import db, outside_link
from portal.models import Message, School, StaffNotice, TextingNumber
from portal.provider_codes import FaultOf, cause_and_fix, fault_of
from portal.queries.records.staff_notices import open_notices
from portal.services.locks import advisory_lock
from portal.services.mail import staff_notices

PROBE = timedelta(minutes=15)
"""The time between two attempts while a number is held."""
UNTIL_RELEASED = datetime(9999, 1, 1, tzinfo=UTC)
"""The due time of a held batch's texts, which the queue never reaches."""
FIRST_REPORTED = 30000
"""Codes from here on come in reports: the provider accepted the text, but a carrier didn't."""
TOLD_EVERY = timedelta(days=1)
"""Admins get one email about the same fault in this time, if it comes and goes by itself."""
BY_ITSELF = "the portal"
KIND = "texts_held"
_NUMBER, _BATCH = "number", "batch"


def of_number(number: str) -> str:
    """The key of a texting number's notice."""
    return f"{_NUMBER}:{number}"


def of_batch(batch_id: int) -> str:
    return f"{_BATCH}:{batch_id}"


def hold_number(school_id: int, number: str, code: int) -> None:
    """Hold all texts from a texting number until one gets through, or until an admin sends them."""
    row = _locked_number(school_id, number)
    if row is None:
        return
    now = clock.now()
    row.next_at = now + PROBE
    row.held_code = code
    if row.held_at is None:
        row.held_at = now
        _tell(school_id, of_number(number), {"code": code})
    db.session.flush()


def hold_batch(school_id: int, batch_id: int, code: int) -> None:
    """Hold a batch with a text that the provider refuses, until an admin releases it."""
    about = of_batch(batch_id)
    advisory_lock(KIND, school_id, about)  # only one of several workers tells the admins
    db.session.execute(
        update(Message)
        .where(
            Message.school_id == school_id,
            Message.batch_id == batch_id,
            Message.state == MessageState.QUEUED,
        )
        .values(due_at=UNTIL_RELEASED)
        .execution_options(synchronize_session="fetch")
    )
    if not open_notices(school_id, [NoticeKind.TEXTS_HELD], [about]):
        _tell(school_id, about, {"code": code, "batch": batch_id})


def got_through(school_id: int, number: str, taken_at: datetime | None, delivered: bool) -> None:
    """Release a texting number if a text got through that was sent after the hold began. If
    carriers reported the fault, a text must be delivered, because the provider accepts all of
    them."""
    row = db.session.get(TextingNumber, (school_id, number))
    if row is None or row.held_at is None or taken_at is None or taken_at <= row.held_at:
        return
    if delivered or (row.held_code or 0) < FIRST_REPORTED:
        _release_number(school_id, number)
        about = of_number(number)
        staff_notices.close_about(school_id, NoticeKind.TEXTS_HELD, about, BY_ITSELF)


def resume(school_id: int, notice_id: int, who: str) -> bool:
    """Send the texts that wait, when an admin says that it is fixed. False if the notice is
    closed."""
    notice = db.session.get(StaffNotice, (school_id, notice_id))
    if notice is None or notice.kind != NoticeKind.TEXTS_HELD or notice.closed_at is not None:
        return False
    what, _, which = notice.about.partition(":")
    if what == _NUMBER:
        _release_number(school_id, which)
    else:
        _release_batch(school_id, int(which))
    staff_notices.close_about(school_id, NoticeKind.TEXTS_HELD, notice.about, who)
    return True


def _release_number(school_id: int, number: str) -> None:
    row = _locked_number(school_id, number)
    if row is not None:
        row.held_at = row.held_code = row.next_at = None
        db.session.flush()


def _release_batch(school_id: int, batch_id: int) -> None:
    db.session.execute(
        update(Message)
        .where(
            Message.school_id == school_id,
            Message.batch_id == batch_id,
            Message.state == MessageState.QUEUED,
            Message.due_at == UNTIL_RELEASED,
        )
        .values(due_at=clock.now())
    )


def _locked_number(school_id: int, number: str) -> TextingNumber | None:
    return db.session.scalars(
        select(TextingNumber)
        .where(TextingNumber.school_id == school_id, TextingNumber.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()


def _tell(school_id: int, about: str, detail: dict[str, int]) -> None:
    """Put a notice on the overview, and email the admins. Call it once for each hold."""
    emails = not _told_today(school_id, detail["code"])
    told = {"emailed": 1} if emails else {}
    staff_notices.notify_staff(school_id, NoticeKind.TEXTS_HELD, about, detail | told)
    if not emails:
        return
    school = db.session.get_one(School, school_id)
    link = outside_link("staff.overview", slug=school.slug)
    subject, body = _words(school.name, detail["code"], link)
    staff_notices.email_admins(school_id, KIND, subject, body)


def _told_today(school_id: int, code: int) -> bool:
    """True if the admins were emailed about this fault in the last day, and it only came and went
    since. If an admin said that it was fixed, they hear that it wasn't."""
    notices = db.session.scalars(
        select(StaffNotice).where(
            StaffNotice.school_id == school_id,
            StaffNotice.kind == NoticeKind.TEXTS_HELD,
            StaffNotice.first_at > clock.now() - TOLD_EVERY,
        )
    )
    same = [notice for notice in notices if notice.detail["code"] == code]
    by_people = [n for n in same if n.closed_at is not None and n.closed_by != BY_ITSELF]
    return any("emailed" in notice.detail for notice in same) and not by_people


def _words(school: str, code: int, link: str) -> tuple[str, str]:
    why, fix = cause_and_fix(code)
    if fault_of(code) is FaultOf.TEXT:
        news = f"{why}. The texts of that batch wait."
        then = "To try the same text again, choose “Send waiting texts” on the Overview:"
    else:
        news = f"{why}. Texts from {school} wait until that is fixed."
        then = "When it's fixed, choose “Send waiting texts” on the Overview:"
    body = (
        f"Hello,\n\n{news} (Error {code}.)\n\n{fix}\n\n{then}\n{link}\n\n"
        "If a waiting text is out of date by then, open it and choose “Stop sending” first.\n\n"
        f"You got this email because you are an admin for {school}.\n"
    )
    return f"Texts from {school} are waiting", body
