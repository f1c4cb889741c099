"""A fault of our own: admins are told once, texts wait, and each goes out once when it is fixed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import clock
from portal.delivery.text_worker import send_due
from portal.enums import NoticeKind, StaffRole
from portal.extensions import db, writing
from portal.models import Mail, Message, StaffNotice, TextingNumber
from portal.provider_codes import CODES, FaultOf, fault_of
from portal.queries.schools import SchoolRow
from portal.services.schools import schools
from portal.services.texting import delivery_reports, held_texts
from portal.services.texting import queue as text_queue
from portal.services.texting.delivery_reports import Report
from portal.services.texting.held_texts import PROBE
from portal.services.texting.send import cancel, send
from tests.conftest import TEXTING_NUMBER
from tests.delivery.text_provider import PAT, later, newest
from tests.support.families import make_parent, phone, stop
from tests.support.people import SignIn, make_account
from tests.support.twilio_stand_in import StandIn

NUMBERS = [f"+1415555{n:04}" for n in range(101, 107)]
Held = Callable[..., int]
Reported = Callable[..., None]


@pytest.fixture
def parents(school: SchoolRow) -> list[int]:
    """Six parents, and two admins, one of whom left; an editor too."""
    for name, role in (
        ("ada", StaffRole.ADMIN),
        ("amy", StaffRole.ADMIN),
        ("ed", StaffRole.EDITOR),
    ):
        make_account(f"{name}@oakwood.example", school.slug, role, name.title())
    return [
        make_parent(school, f"Parent {n}", phones=[phone(number)], typed=True)
        for n, number in enumerate(NUMBERS)
    ]


def batch(school: SchoolRow, parents: list[int], key: str = "k") -> int:
    with writing():
        return send(school, PAT, key, "all", parents, typed="Snow day.").batch_id


@pytest.fixture
def held(app: Flask, school: SchoolRow, parents: list[int], provider: StandIn) -> Held:
    """Hold a batch: the provider refuses the texts in hand with a code. Then it is fixed."""

    def hold(code: int = 21606) -> int:
        provider.plan.extend([str(code)] * 4)
        sent = batch(school, parents)
        send_due(app)
        provider.plan.clear()
        return sent

    return hold


def send_one(app: Flask, school: SchoolRow, parents: list[int]) -> Message:
    """Send a text to the first parent. Return it as it is now, whatever is read later."""
    batch(school, parents[:1], "one")
    send_due(app)
    message = newest()
    db.session.expunge(message)
    return message


def states(batch_id: int) -> dict[str, int]:
    db.session.rollback()
    found: dict[str, int] = {}
    for state in db.session.scalars(select(Message.state).where(Message.batch_id == batch_id)):
        found[state] = found.get(state, 0) + 1
    return found


def told() -> list[str]:
    """The addresses of the emails about texts that wait."""
    db.session.rollback()
    mails = select(Mail.to_address).where(Mail.kind == held_texts.KIND).order_by(Mail.to_address)
    return list(db.session.scalars(mails))


def open_notices() -> list[StaffNotice]:
    db.session.rollback()
    return list(
        db.session.scalars(
            select(StaffNotice).where(
                StaffNotice.kind == NoticeKind.TEXTS_HELD, StaffNotice.closed_at.is_(None)
            )
        )
    )


def probe_is_due() -> None:
    with writing():
        db.session.execute(update(TextingNumber).values(next_at=clock.now()))


def resume(school: SchoolRow) -> None:
    [notice] = open_notices()
    with writing():
        assert held_texts.resume(school.id, notice.id, "Ada")


def once_each(provider: StandIn) -> bool:
    return sorted(provider.numbers()) == sorted(NUMBERS)


@pytest.mark.parametrize(
    "code",
    [
        *(21606, 21659, 21660, 21661, 21608, 21212, 21703, 21704, 30032, 30034, 30002),
        *(20003, 20404, 20999, 401, 403, 404),
    ],
)
def test_a_batch_waits_whole_for_a_fault_of_ours_and_its_admins_are_told_once(
    app: Flask, school: SchoolRow, parents: list[int], provider: StandIn, code: int
) -> None:
    provider.plan.extend([str(code)] * 30)
    sent = batch(school, parents)
    for _ in range(3):
        send_due(app)
    assert states(sent) == {"queued": 6}
    assert provider.asked <= 4, "as many as were in hand, and no more"
    assert told() == ["ada@oakwood.example", "amy@oakwood.example"]
    [notice] = open_notices()
    assert notice.detail["code"] == code
    tries = db.session.scalars(select(Message.attempts)).all()
    assert tries == [0] * 6, "it does not use up the tries of a text"


def test_what_waited_goes_out_once_when_an_admin_says_that_it_is_fixed(
    app: Flask, school: SchoolRow, provider: StandIn, held: Held
) -> None:
    sent = held()
    assert send_due(app) == 0, "nobody said that it is fixed, and it is too early for a try"
    resume(school)
    assert send_due(app) == 6
    assert states(sent) == {"sent": 6}
    assert once_each(provider)
    assert open_notices() == []
    assert len(told()) == 2
    assert db.session.scalars(select(Message.error_code)).all() == [None] * 6


def test_the_first_text_that_gets_through_releases_the_others(
    app: Flask, provider: StandIn, held: Held
) -> None:
    sent = held()
    provider.plan.append("21606")
    asked = provider.asked
    probe_is_due()
    send_due(app)
    assert provider.asked == asked + 1, "one is tried, and the others wait on"
    assert states(sent) == {"queued": 6}
    probe_is_due()
    assert send_due(app) == 6
    assert once_each(provider)
    assert open_notices() == []
    assert len(told()) == 2


def test_a_fault_that_comes_back_is_told_again(
    app: Flask, school: SchoolRow, provider: StandIn, held: Held
) -> None:
    held()
    resume(school)
    provider.plan.extend(["30002"] * 4)
    send_due(app)
    assert len(told()) == 4
    assert [notice.detail["code"] for notice in open_notices()] == [30002]


def test_a_fault_that_comes_and_goes_is_emailed_once_a_day(
    school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_account("ada@oakwood.example", school.slug, StaffRole.ADMIN)
    start = clock.now()

    def flap(minutes: float, code: int = 20003) -> int:
        monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=minutes))
        with writing():
            held_texts.hold_number(school.id, TEXTING_NUMBER, code)
        assert [notice.detail["code"] for notice in open_notices()] == [code]
        with writing():
            held_texts.got_through(school.id, TEXTING_NUMBER, clock.now() + PROBE, True)
        assert open_notices() == []
        return len(told())

    assert [flap(15 * n) for n in range(4)] == [1] * 4
    assert flap(100, 30034) == 2, "another fault"
    assert flap(24 * 60 - 1) == 2
    assert flap(24 * 60 + 1) == 3
    assert flap(24 * 60 + 16) == 3


@pytest.fixture
def reported(school: SchoolRow) -> Reported:
    def report(message: Message, status: str, code: int | None = None) -> None:
        with writing():
            assert delivery_reports.receive_report(
                Report(
                    message.provider_id or "",
                    TEXTING_NUMBER,
                    message.number or "",
                    status,
                    code,
                    message.id,
                )
            )

    return report


@pytest.mark.parametrize("code", [30032, 30034, 30024, 30002])
def test_a_fault_that_is_reported_later_holds_the_rest_and_the_text_itself(
    app: Flask,
    school: SchoolRow,
    parents: list[int],
    provider: StandIn,
    reported: Reported,
    code: int,
) -> None:
    message = send_one(app, school, parents)
    first = message.batch_id or 0

    def report_all() -> None:
        for status, error in (("sent", None), ("undelivered", code), ("failed", code)):
            reported(message, status, error)

    reported(message, "sent")
    reported(message, "undelivered", code)
    assert states(first) == {"queued": 1}
    others = batch(school, parents[1:], "b")
    assert send_due(app) == 0
    assert states(others) == {"queued": 5}
    assert len(told()) == 2

    report_all()  # again, and out of order: about the attempt that is over
    assert states(first) == {"queued": 1}

    resume(school)
    later(0)
    send_due(app)
    assert states(first) == {"sent": 1}
    report_all()
    assert states(first) == {"sent": 1}
    assert states(others) == {"sent": 5}
    assert provider.numbers().count(NUMBERS[0]) == 2, "the first never arrived"
    assert len(provider.taken) == 7


def test_a_text_that_the_carriers_did_not_take_is_not_found_for_the_next_attempt(
    app: Flask, school: SchoolRow, parents: list[int], provider: StandIn, reported: Reported
) -> None:
    """The answer to the second attempt is lost: the first one's copy at the provider is no sign
    that it was taken."""
    message = send_one(app, school, parents)
    reported(message, "undelivered", 30034)
    resume(school)
    later(0)
    provider.plan.append("drop")
    send_due(app)
    assert (newest().state, newest().in_doubt) == ("queued", True)
    later(0)
    send_due(app)
    assert newest().state == "sent"
    assert newest().provider_id != message.provider_id
    assert len(provider.taken) == 2


def test_a_delivered_text_ends_a_fault_that_carriers_reported_and_a_taken_one_does_not(
    app: Flask, school: SchoolRow, parents: list[int], provider: StandIn, reported: Reported
) -> None:
    reported(send_one(app, school, parents), "undelivered", 30034)
    batch(school, parents[1:], "b")
    probe_is_due()
    assert send_due(app) == 1
    assert len(open_notices()) == 1, "the provider takes it, as it took the first"
    sent = db.session.scalars(select(Message).where(Message.state == "sent")).one()
    reported(sent, "delivered")
    assert open_notices() == []
    assert send_due(app) == 4


def test_only_a_text_that_was_tried_since_ends_a_fault(school: SchoolRow) -> None:
    """A late report of a text from before says nothing."""
    with writing():
        held_texts.hold_number(school.id, TEXTING_NUMBER, 30034)
        held_at = db.session.get_one(TextingNumber, (school.id, TEXTING_NUMBER)).held_at
        assert held_at is not None
        for taken_at in (held_at - timedelta(seconds=1), held_at, None):
            held_texts.got_through(school.id, TEXTING_NUMBER, taken_at, delivered=True)
    assert len(open_notices()) == 1
    with writing():
        since = held_at + timedelta(seconds=1)
        held_texts.got_through(school.id, TEXTING_NUMBER, since, delivered=True)
    assert open_notices() == []


def test_a_text_that_fails_so_again_and_again_is_not_sent_forever(
    app: Flask, school: SchoolRow, parents: list[int], provider: StandIn, reported: Reported
) -> None:
    batch(school, parents[:1])
    for _ in range(delivery_reports.MOST_TRIES):
        later(0)
        send_due(app)
        reported(newest(), "undelivered", 30024)
        resume(school)
    later(0)
    assert send_due(app) == 0
    assert (newest().state, newest().error_code) == ("undelivered", 30024)
    assert len(provider.taken) == delivery_reports.MOST_TRIES


@pytest.mark.parametrize("code", [21617, 21602, 30019, 30038])
def test_a_text_that_the_provider_refuses_waits_with_its_batch_and_holds_up_no_other(
    app: Flask, school: SchoolRow, parents: list[int], provider: StandIn, held: Held, code: int
) -> None:
    long = held(code)
    assert states(long) == {"queued": 6}
    assert provider.asked <= 4
    other = batch(school, parents, "b")
    send_due(app)
    assert states(other) == {"sent": 6}
    assert states(long) == {"queued": 6}
    assert len(told()) == 2
    resume(school)
    send_due(app)
    assert states(long) == {"sent": 6}


def test_a_batch_that_waits_is_not_sent_by_another_send_window(
    app: Flask, school: SchoolRow, held: Held, provider: StandIn
) -> None:
    sent = held(21617)
    provider.plan.clear()
    with writing():
        schools.set_school(school.slug, send_window="always")
    assert send_due(app) == 0
    assert states(sent) == {"queued": 6}
    resume(school)
    assert send_due(app) == 6


def test_a_batch_that_waits_can_be_stopped(app: Flask, school: SchoolRow, held: Held) -> None:
    sent = held(21617)
    with writing():
        assert cancel(school, sent, "Pat") == 6
    resume(school)
    assert send_due(app) == 0
    assert states(sent) == {"failed": 6}


@pytest.mark.parametrize("code", ["21611", "20429"])
def test_a_full_queue_at_the_provider_passes_by_itself(
    app: Flask, school: SchoolRow, parents: list[int], provider: StandIn, code: str
) -> None:
    provider.plan.append(code)
    sent = batch(school, parents[:1])
    send_due(app)
    assert (newest().state, newest().in_doubt) == ("queued", False)
    assert open_notices() == []
    later()
    send_due(app)
    assert states(sent) == {"sent": 1}


def test_one_bad_number_of_a_parent_holds_up_nobody(
    app: Flask, school: SchoolRow, parents: list[int], provider: StandIn
) -> None:
    provider.plan.extend(["21211", "21614", "21612"])
    sent = batch(school, parents)
    send_due(app)
    assert states(sent) == {"failed": 3, "sent": 3}
    assert (open_notices(), told()) == ([], [])


def test_a_school_that_is_held_does_not_hold_up_another(app: Flask, held: Held) -> None:
    held()
    assert not text_queue.is_due()
    with writing():
        schools.create_school("birchwood", "Birchwood School", "+12065550148", send_window="always")
        birchwood = schools.set_school("birchwood", welcome_on=False, per_second=1000)
    there = make_parent(birchwood, "Bea Bo", phones=[phone("+14155550199")], typed=True)
    sent = batch(birchwood, [there], "there")
    assert text_queue.is_due()
    send_due(app)
    assert states(sent) == {"sent": 1}


def test_a_stop_is_kept_while_texts_wait(
    app: Flask, school: SchoolRow, provider: StandIn, held: Held
) -> None:
    sent = held()
    stop(school, NUMBERS[0])
    resume(school)
    send_due(app)
    assert states(sent) == {"failed": 1, "sent": 5}
    assert sorted(provider.numbers()) == NUMBERS[1:]


def test_the_card_says_what_is_wrong_and_only_an_admin_sends_on(
    app: Flask, held: Held, staff: SignIn
) -> None:
    sent = held(30032)
    editor, admin = staff("editor"), staff("admin")
    for client, may in ((editor, False), (admin, True)):
        card = client.page("/oakwood/staff/").query("section.waiting")[0].to_text()
        assert "Our toll-free number isn't verified" in card
        assert ("Send waiting texts" in card) is may
    page = admin.page(f"/oakwood/staff/texts/batches/{sent}").query("main")[0].to_text()
    assert "Waiting. Our toll-free number isn't verified." in page
    assert "Check the number" not in page
    log = admin.page("/oakwood/staff/texts").query("main")[0].to_text()
    assert "Our toll-free number isn't verified" in log

    refused = editor.post(
        "/oakwood/staff/texts/resume", data=editor.form("/oakwood/staff/", "form[method=post]")
    )
    assert refused.status_code == 403
    form = admin.form("/oakwood/staff/", "section.waiting form")
    for words in ("The waiting texts are going out now", "no longer waiting"):
        assert admin.post("/oakwood/staff/texts/resume", data=form).status_code == 303
        assert words in admin.page("/oakwood/staff/").query(".notice")[0].to_text()
    send_due(app)
    assert states(sent) == {"sent": 6}


def test_a_notice_of_waiting_texts_is_not_just_put_aside(held: Held, staff: SignIn) -> None:
    held()
    client, notice = staff("admin"), open_notices()[0].id
    form = client.form("/oakwood/staff/", "section.waiting form")
    address = f"/oakwood/staff/notices/{notice}/close"
    assert client.post(address, data=form).status_code == 404
    assert len(open_notices()) == 1


BY_FAULT = {
    FaultOf.RECIPIENT: "21211 21408 21610 21612 21614 21635 30003 30005 30006",
    FaultOf.OURS: "21606 21659 21608 21609 21703 30010 30032 30033 30034 30035 30037 20003 20005",
    FaultOf.TEXT: "21617 21619 30019",
    FaultOf.CARRIER: "21611 20429 30001 30007 30008 30017 30023",
    None: "0 29999",
}


@pytest.mark.parametrize(
    ("code", "fault"),
    [(int(code), fault) for fault, codes in BY_FAULT.items() for code in codes.split()],
)
def test_every_code_is_sorted_by_whose_fault_it_is(code: int, fault: FaultOf | None) -> None:
    assert fault_of(code) is fault
    assert fault_of(None) is None


def test_only_a_fault_of_the_parents_number_asks_staff_to_look_at_it() -> None:
    for code, known in CODES.items():
        asks = "record" in known.reason.then or "new number" in known.reason.then
        assert not asks or known.fault_of is FaultOf.RECIPIENT, code
        if known.fault_of in {FaultOf.OURS, FaultOf.TEXT}:
            assert known.fix, code
            assert "fine" in known.reason.then, code


def test_waiting_texts_are_asked_for_again_after_a_quarter_of_an_hour(held: Held) -> None:
    held()
    number = db.session.scalars(select(TextingNumber)).one()
    assert number.next_at is not None
    assert timedelta(minutes=14) < number.next_at - clock.now() <= held_texts.PROBE
