"""The time of a batch, its end, and emergencies."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.enums import MessageKind, NoticeKind, StaffRole
from portal.extensions import db, writing
from portal.models import Batch, Mail, Message
from portal.queries.records.staff_notices import open_notices
from portal.queries.schools import SchoolRow, get_school
from portal.services.actor import Actor
from portal.services.schools.schools import create_school, set_school
from portal.services.texting import emergencies, late_texts
from portal.services.texting import queue as text_queue
from portal.services.texting import send as texting
from portal.services.texting.queue import ClaimedMessage
from portal.services.texting.schedule import Schedule, ScheduleError, plan, plan_emergency
from tests.support.families import make_parent, phone, stop
from tests.support.people import make_account

PAT, ADMIN = Actor(1, "Pat Fields"), Actor(2, "Ada Lane", is_admin=True)
ANA, BEN = "+14155550101", "+14155550102"
NIGHT = datetime.fromisoformat("2026-11-25T05:30:00+00:00")  # 9:30 PM in Los Angeles
MORNING = datetime.fromisoformat("2026-11-25T16:00:00+00:00")


@pytest.fixture(autouse=True)
def at_night(monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, NIGHT)


@pytest.fixture
def ana(school: SchoolRow) -> int:
    with writing():
        set_school("oakwood", send_window="08:00-20:00", per_second=1000)
    return make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def send(contact_id: int, times: Schedule | None = None, who: Actor = PAT) -> int:
    school = get_school("oakwood")
    assert school is not None
    with writing():
        sent = texting.send(school, who, "key", "Ana", [contact_id], typed="Hi", times=times)
    return sent.batch_id


def claimed() -> list[str]:
    """The kinds of the texts that a worker takes now, in their order."""
    found: list[str] = []
    for _ in range(20):
        with writing():
            taken = text_queue.claim_next()
        if isinstance(taken, ClaimedMessage):
            kind = select(Message.kind).where(Message.id == taken.id)
            found.append(str(db.session.scalar(kind)))
    return found


def message() -> Message:
    db.session.rollback()
    return db.session.scalars(select(Message).where(Message.kind == MessageKind.BATCH)).one()


def test_a_new_school_texts_from_8_to_20_and_the_demo_may_at_any_hour(school: SchoolRow) -> None:
    with writing():
        assert create_school("elm", "Elm School", "+12065550149").send_window == "08:00-20:00"
    assert school.send_window is None


def test_a_text_goes_at_its_time_or_as_the_window_opens_and_ends_4_hours_later(
    school: SchoolRow, ana: int
) -> None:
    assert plan(school) == Schedule(MORNING, MORNING + timedelta(hours=4))
    noon = datetime.fromisoformat("2026-11-25T20:00:00+00:00")
    later = plan(school, "2026-11-25T12:00")
    assert later == Schedule(noon, noon + timedelta(hours=4), noon)
    evening = plan(school, "2026-11-25 21:00", "2026-11-26T09:00")
    assert evening.first == MORNING + timedelta(days=1)
    assert evening.not_after == MORNING + timedelta(days=1, hours=1)


@pytest.mark.parametrize(
    ("send_at", "not_after", "words"),
    [
        ("2026-11-24T21:00", "", "Nov 24, 2026, 9:00 PM has passed"),
        ("2028-01-01T08:00", "", "next 12 months"),
        ("tomorrow", "", "like 2027-01-15 08:00"),
        ("2026-13-01T08:00", "", "like 2027-01-15 08:00"),
        ("0001-01-01T00:00", "", "has passed|like 2027"),
        ("2027-03-14T02:30", "", "Clocks skip that time.*Mar 14, 2027, 3:30 AM"),
        ("", "2026-11-25T08:00", "can't go out before Nov 25, 2026, 8:00 AM"),
        ("2026-11-26T10:00", "2026-11-26T09:00", "can't go out before Nov 26, 2026, 10:00 AM"),
    ],
)
def test_a_time_that_cannot_be_is_refused_in_words(
    school: SchoolRow, ana: int, send_at: str, not_after: str, words: str
) -> None:
    with pytest.raises(ScheduleError, match=words):
        plan(school, send_at, not_after)


def test_the_current_minute_is_now(school: SchoolRow, ana: int) -> None:
    assert plan(school, "2026-11-24T21:30").send_at is None


def test_a_text_waits_for_its_time_also_when_the_send_window_changes(
    school: SchoolRow, ana: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(ana, plan(school, "2026-11-25T12:00"))
    with writing():
        set_school("oakwood", send_window="always")
    assert claimed() == ["welcome"]
    at(monkeypatch, MORNING + timedelta(hours=4))
    text_queue.mark_stale_unknown()  # nothing came of the welcome
    db.session.commit()
    assert claimed() == ["batch"]


@pytest.mark.parametrize("by", ["queue", "sweep"])
def test_a_text_that_is_too_late_fails_and_staff_are_told(
    school: SchoolRow, ana: int, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    with writing():
        set_school("oakwood", welcome_on=False)
    batch_id = send(ana)
    at(monkeypatch, MORNING + timedelta(hours=4))
    if by == "queue":
        assert claimed() == []
    else:
        assert late_texts.any_late(clock.now())
        with writing():
            assert late_texts.fail_late(clock.now()) == 1
    assert (message().state, message().reason) == ("failed", "too_late")
    assert not late_texts.any_late(clock.now())
    [notice] = open_notices(school.id)
    assert (notice.kind, notice.detail["batch"]) == (NoticeKind.TEXTS_TOO_LATE, batch_id)


def test_an_admins_emergency_goes_at_night_before_the_welcome(school: SchoolRow, ana: int) -> None:
    send(ana, plan_emergency(school, "Lockdown"), ADMIN)
    assert claimed() == ["batch"]


def test_no_emergency_passes_an_opt_out(school: SchoolRow, ana: int) -> None:
    send(ana, plan_emergency(school, "Lockdown"), ADMIN)
    stop(school, ANA)
    assert claimed() == []
    assert message().reason == "opted_out"


def test_an_editors_emergency_waits_for_an_admin(
    school: SchoolRow, ana: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_account("ada@x.example", "oakwood", StaffRole.ADMIN)
    batch_id = send(ana, plan_emergency(school, "Lockdown"))
    assert claimed() == []
    mail = db.session.scalars(select(Mail)).one()
    assert (mail.to_address, "Emergency: Lockdown" in mail.body) == ("ada@x.example", True)
    assert [n.kind for n in open_notices(school.id)] == [NoticeKind.EMERGENCY_WAITS]
    db.session.rollback()
    with writing():
        assert emergencies.approve(school, batch_id, ADMIN)
    with writing():
        assert not emergencies.approve(school, batch_id, ADMIN)
    assert claimed() == ["batch"]
    assert open_notices(school.id) == []
    assert db.session.get_one(Batch, (school.id, batch_id)).approved_by == "Ada Lane"


def test_an_emergency_that_nobody_approved_in_time_fails(
    school: SchoolRow, ana: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id = send(ana, plan_emergency(school, "Lockdown"))
    at(monkeypatch, NIGHT + timedelta(hours=4))
    with writing():
        assert late_texts.fail_late(clock.now()) == 1
    with writing():
        assert not emergencies.approve(school, batch_id, ADMIN)
    assert message().reason == "too_late"


@pytest.mark.parametrize(
    ("purpose", "send_at", "field"), [("", "", "purpose"), ("Snow", "2026-11-26T08:00", "send_at")]
)
def test_an_emergency_has_a_purpose_and_no_other_time(
    school: SchoolRow, ana: int, purpose: str, send_at: str, field: str
) -> None:
    with pytest.raises(ScheduleError) as refused:
        plan_emergency(school, purpose, send_at)
    assert refused.value.field == field


def test_a_stop_is_confirmed_between_the_texts_of_an_emergency(
    school: SchoolRow, ana: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = make_parent(school, "Ben Ruiz", phones=[phone(BEN)], typed=True)
    with writing():
        set_school("oakwood", per_second=0.1)
        times = plan_emergency(school, "Lockdown")
        texting.send(school, ADMIN, "key", "two", [ana, ben], typed="Hi", times=times)
    assert claimed() == ["batch"]
    at(monkeypatch, NIGHT + timedelta(seconds=5))
    with writing():
        kind = MessageKind.STOP_CONFIRMATION
        texting.queue_reply(school, kind, "+14155550103", "SM1", school.texting_number)
    stop(school, "+14155550103")
    at(monkeypatch, NIGHT + timedelta(seconds=11))
    assert claimed() == ["stop_confirmation"]
