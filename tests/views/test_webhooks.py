"""What the provider posts: signed, taken in once, acknowledged when it holds."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from threading import local
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal import create_app, times
from portal.consent.wording import consent_wording
from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentStatus, InboundText, Message
from portal.queries.schools import SchoolRow
from portal.services import handset, inbound, schools, text_outcomes, text_queue
from portal.services.schools import set_school
from portal.services.texting import Sender, send_to_number
from portal.views import webhooks
from tests.conftest import TEXTING_NUMBER
from tests.support.client import AuditedClient, form_values, watch
from tests.support.databases import Database, settings
from tests.support.families import make_parent, make_student, phone, say, stop
from tests.support.people import parent_signed_in
from tests.support.twilio_stand_in import ACCOUNT, TOKEN, signature

ANA, BEN = "+14155550101", "+14155550102"
INBOUND, STATUS = "/webhooks/twilio/inbound", "/webhooks/twilio/status"
Post = Callable[..., TestResponse]
_sids = count()


@pytest.fixture
def app(database: Database) -> Iterator[Flask]:
    app = create_app(settings(database.url, twilio_account_sid=ACCOUNT, twilio_auth_token=TOKEN))
    app.test_client_class = AuditedClient
    watch(app)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def text(app: Flask) -> Post:
    """`text("STOP")`: it comes in from Ana, signed; `sid` is the provider's id."""

    def deliver(body: str, number: str = ANA, sid: str | None = None, **more: str) -> TestResponse:
        posted = {
            "MessageSid": sid or f"SM{next(_sids):032}",
            "AccountSid": ACCOUNT,
            "From": number,
            "To": TEXTING_NUMBER,
            "Body": body,
        } | more
        return signed(app, INBOUND, posted)

    return deliver


def signed(app: Flask, path: str, posted: dict[str, str]) -> TestResponse:
    headers = {"X-Twilio-Signature": signature(f"http://localhost{path}", posted)}
    return app.test_client().post(path, data=posted, headers=headers)


def state(number: str = ANA) -> str | None:
    return db.session.scalar(select(ConsentStatus.state).where(ConsentStatus.number == number))


def kept() -> list[InboundText]:
    db.session.rollback()
    return list(db.session.scalars(select(InboundText).order_by(InboundText.id)))


def confirmations() -> int:
    sent = select(func.count()).where(Message.kind == "stop_confirmation")
    return db.session.scalar(sent) or 0


def test_a_stop_opts_out_is_confirmed_and_answered_with_nothing(
    school: SchoolRow, text: Post
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    answer = text(" Stop! ")
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.text.endswith("<Response/>")
    assert state() == "opted_out"
    assert (kept()[0].kind, kept()[0].event_seq, kept()[0].read_at is None) == ("stop", 2, False)
    assert confirmations() == 1


def test_the_confirmation_passes_the_gate_and_nothing_else_does(
    app: Flask, school: SchoolRow, text: Post
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        send_to_number(school, Sender("cli", "Command"), ANA, "Hello")
    text("STOP")
    text("HELP")
    with writing():
        taken = text_queue.take()
        rest = text_queue.take()
    assert isinstance(taken, text_queue.InHand)
    assert "no more texts" in taken.body
    assert not isinstance(rest, text_queue.InHand)


@pytest.mark.parametrize("case", ["unsigned", "forged", "other body", "other account", "no token"])
def test_what_the_provider_has_not_signed_is_refused(
    app: Flask, school: SchoolRow, case: str
) -> None:
    posted = {"MessageSid": "SM1", "From": ANA, "To": TEXTING_NUMBER, "Body": "STOP"}
    token = {"forged": "another", "no token": ""}.get(case, TOKEN)
    if case == "other account":
        posted["AccountSid"] = "AC" + "9" * 32
    signed_for = signature(f"http://localhost{INBOUND}", posted, token)
    if case == "other body":
        posted["Body"] = "START"
    if case == "no token":
        app.config["PORTAL"] = settings("sqlite:////nowhere")
    headers = {} if case == "unsigned" else {"X-Twilio-Signature": signed_for}
    answer = app.test_client().post(INBOUND, data=posted, headers=headers)
    assert (answer.status_code, answer.text) == (403, "")
    assert kept() == []


def test_the_signature_is_for_the_public_address_and_not_the_one_behind_a_proxy(
    app: Flask, school: SchoolRow
) -> None:
    public = "https://portal.example.org"
    app.config["PORTAL"] = replace(app.config["PORTAL"], public_url=public)
    posted = {"MessageSid": "SM1", "From": ANA, "To": TEXTING_NUMBER, "Body": "STOP"}
    answers = {
        url: app.test_client().post(
            INBOUND,
            base_url="http://127.0.0.1:8000",
            data=posted,
            headers={"X-Twilio-Signature": signature(f"{url}{INBOUND}", posted)},
        )
        for url in ("http://127.0.0.1:8000", public, f"{public}:443")
    }
    assert [answer.status_code for answer in answers.values()] == [403, 200, 200]
    assert len(kept()) == 1


def test_what_is_not_whole_is_refused(app: Flask, school: SchoolRow) -> None:
    whole = {"MessageSid": "SM1", "From": ANA, "To": TEXTING_NUMBER}
    for path, posted in (
        (INBOUND, whole | {"Body": "STOP"}),
        (STATUS, whole | {"From": TEXTING_NUMBER, "To": ANA, "MessageStatus": "sent"}),
    ):
        for missing in {*posted} - {"Body"}:
            less = {name: value for name, value in posted.items() if name != missing}
            answer = signed(app, path, less)
            assert (answer.status_code, answer.text) == (400, ""), (path, missing)
        assert signed(app, path, posted).status_code == 200


def test_a_text_to_nobodys_number_is_not_found(
    app: Flask, school: SchoolRow, text: Post, caplog: pytest.LogCaptureFixture
) -> None:
    answer = text("STOP", To="+12065550199")
    assert (answer.status_code, answer.text) == (404, "")
    assert "+12065550199" in caplog.text
    posted = {"MessageSid": "SM1", "From": "+12065550199", "To": ANA, "MessageStatus": "sent"}
    assert signed(app, STATUS, posted).status_code == 404


@pytest.mark.parametrize("path", [INBOUND, STATUS])
def test_the_addresses_take_posts_alone(nowhere: Flask, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"):
        answer = nowhere.test_client().open(path, method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST"), method


@pytest.mark.parametrize("path", [INBOUND, STATUS])
def test_while_the_database_is_away_the_provider_is_asked_to_deliver_again(
    nowhere: Flask, path: str
) -> None:
    posted = {"MessageSid": "SM1", "From": ANA, "To": TEXTING_NUMBER, "MessageStatus": "sent"}
    answer = signed(nowhere, path, posted)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


@pytest.fixture
def nowhere() -> Flask:
    """The app over a database that does not answer."""
    url = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    return create_app(settings(url, twilio_account_sid=ACCOUNT, twilio_auth_token=TOKEN))


def test_a_stop_to_a_former_number_finds_its_school(
    school: SchoolRow, other_school: SchoolRow, text: Post
) -> None:
    with writing():
        set_school("oakwood", texting_number="+12065550150")
    text("STOP")
    rows = db.session.execute(select(ConsentStatus.school_id, ConsentStatus.state)).all()
    assert [tuple(row) for row in rows] == [(school.id, "opted_out")]


def test_a_stop_from_nobodys_number_holds_when_it_is_entered(school: SchoolRow, text: Post) -> None:
    text("STOP")
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    assert state() == "opted_out"


def test_two_schools_keep_their_texts_apart(
    school: SchoolRow, other_school: SchoolRow, text: Post
) -> None:
    for one in (school, other_school):
        make_parent(one, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    text("STOP", sid="SM1")
    text("hello", sid="SM1", To="+12065550148")
    states = select(ConsentStatus.state).order_by(ConsentStatus.school_id)
    assert db.session.scalars(states).all() == ["opted_out", "opted_in"]


def test_a_thousand_deliveries_of_200_stops_are_200_events_each_confirmed_once(
    app: Flask, school: SchoolRow
) -> None:
    stops = [f"SM{n:032}" for n in range(200)]
    deliveries = stops * 5
    random.Random(7).shuffle(deliveries)
    here = local()

    def deliver(sid: str) -> int:
        if not hasattr(here, "client"):
            here.client = app.test_client()
        posted = {
            "MessageSid": sid,
            "AccountSid": ACCOUNT,
            "From": f"+1415555{int(sid[2:]):04}",
            "To": TEXTING_NUMBER,
            "Body": "STOP",
        }
        headers = {"X-Twilio-Signature": signature(f"http://localhost{INBOUND}", posted)}
        return int(here.client.post(INBOUND, data=posted, headers=headers).status_code)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(deliver, deliveries)) == {200}
    assert db.session.scalar(select(func.count()).select_from(ConsentEvent)) == 200
    assert db.session.scalar(select(func.count()).select_from(InboundText)) == 200
    assert confirmations() == 200
    assert db.session.scalar(select(func.count(Message.number.distinct()))) == 200


def test_a_delivery_that_failed_halfway_counts_when_it_comes_again(
    school: SchoolRow, text: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(inbound, "_do", lambda *_: 1 / 0)
        assert text("STOP", sid="SM1").status_code == 500
    assert (kept(), state()) == ([], None)
    assert text("STOP", sid="SM1").status_code == 200
    assert state() == "opted_out"


def test_a_stop_is_confirmed_only_when_it_changes_something_and_once_a_day(
    school: SchoolRow, text: Post
) -> None:
    parent = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    text("STOP")
    text("STOP")
    say(school, ANA, Source.PARENT_FORM, Answer.YES, parent)
    text("STOP")
    assert (confirmations(), len(kept())) == (1, 3)


@pytest.mark.parametrize("by", ["the school's setting", "what the provider says"])
def test_where_the_provider_confirms_the_portal_does_not(
    school: SchoolRow, text: Post, by: str
) -> None:
    more = {}
    if by == "the school's setting":
        with writing():
            set_school("oakwood", stop_confirmation="provider")
    else:
        more = {"OptOutType": "STOP"}
    text("STOP", **more)
    text("HELP", **({"OptOutType": "HELP"} if more else {}))
    assert (state(), db.session.scalars(select(Message)).all()) == ("opted_out", [])


def test_the_providers_word_counts_for_its_own_keywords(school: SchoolRow, text: Post) -> None:
    text("Fin", OptOutType="STOP")
    assert state() == "opted_out"


def test_start_lifts_no_opt_out_but_a_carriers_block(school: SchoolRow, text: Post) -> None:
    stop(school, BEN)
    text("START", number=BEN)
    assert state(BEN) == "opted_out"
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    say(school, ANA, Source.PARENT_FORM, Answer.YES, ana)
    for said in ("START", "Yes"):
        say(school, ANA, Source.CARRIER, Answer.NO)
        text(said)
        status = db.session.scalars(select(ConsentStatus).where(ConsentStatus.number == ANA)).one()
        assert (status.state, status.blocked_at) == ("opted_in", None)
    unread = [(row.kind, row.number) for row in kept() if row.read_at is None]
    assert unread == [("start", BEN), ("reply", ANA)]


def test_replies_and_near_misses_wait_for_staff(school: SchoolRow, text: Post) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    for said in ("please stop texting me", "Thanks!", "a\x00b" + "c" * 3000, ""):
        text(said)
    assert state() == "opted_in"
    assert [row.kind for row in kept()] == ["near_miss", "reply", "reply", "reply"]
    assert all(row.read_at is None for row in kept())
    assert (kept()[2].body[:3], len(kept()[2].body)) == ("abc", 1600)


def test_a_short_code_is_kept_and_decides_nothing(school: SchoolRow, text: Post) -> None:
    assert text("STOP", number="72345").status_code == 200
    assert [row.kind for row in kept()] == ["reply"]
    assert db.session.scalars(select(ConsentStatus)).all() == []


def test_help_is_answered_once_a_day(school: SchoolRow, text: Post) -> None:
    text("HELP")
    text("ayuda")
    assert db.session.scalars(select(Message.kind)).all() == ["help"]


def test_the_word_that_a_parent_was_shown_is_the_handsets_yes(
    app: Flask, school: SchoolRow, text: Post
) -> None:
    stop(school, ANA)
    parent = make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    shown = consent_wording(school.name, school.texting_number, school.country)
    with writing():
        word = handset.show_word(school, parent, ANA, shown)
    text(word.lower(), number=BEN)
    assert state() == "opted_out"
    text(f" {word.capitalize()}. ")
    assert state() == "opted_in"
    assert kept()[-1].kind == "word"


def test_a_stop_is_acknowledged_only_when_nothing_is_on_its_way_any_more(
    app: Flask, school: SchoolRow, text: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        set_school("oakwood", welcome_on=False)
        send_to_number(school, Sender("cli", "Command"), ANA, "Hello")
    with writing():
        taken = text_queue.take()
        # The welcome, if the school sends one, is what is in hand.
    assert isinstance(taken, text_queue.InHand)
    looks = []

    def pause(_seconds: float) -> None:
        looks.append(state())
        if len(looks) == 3:
            with writing():
                text_outcomes.sent(taken, "SM-out")

    monkeypatch.setattr(time, "sleep", pause)
    assert text("STOP").status_code == 200
    assert looks == ["opted_out"] * 3


def test_a_text_in_hands_that_are_dead_does_not_hold_a_stop_up(
    app: Flask, school: SchoolRow, text: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        send_to_number(school, Sender("cli", "Command"), ANA, "Hello")
        before = times.now()
        monkeypatch.setattr(times, "now", lambda: before - timedelta(seconds=11))
        text_queue.take()
    monkeypatch.undo()
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("waited"))
    assert text("STOP").status_code == 200


def test_a_provider_that_never_answers_holds_a_stop_up_for_so_long_and_no_longer(
    school: SchoolRow, text: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        send_to_number(school, Sender("cli", "Command"), ANA, "Hello")
        text_queue.take()
    clock = iter(range(1000))
    pauses: list[float] = []
    stood_still = SimpleNamespace(monotonic=lambda: next(clock), sleep=pauses.append)
    monkeypatch.setattr(webhooks, "time", stood_still)
    assert text("STOP").status_code == 200
    assert state() == "opted_out"
    assert len(pauses) == text_queue.SEND_SECONDS - 1


def test_a_parent_texts_the_word_that_their_page_shows_and_the_page_says_that_it_worked(
    app: Flask, school: SchoolRow, text: Post
) -> None:
    stop(school, BEN)
    child = make_student(school, "Mateo Ruiz")
    email = "ana.ruiz@example.com"
    make_parent(school, "Ana Ruiz", child, email=email, phones=[phone(ANA)], typed=True)
    ana = parent_signed_in(app, email)
    typed = {
        "secondary_phone-type": "cell",
        "secondary_phone-number": BEN,
        "secondary_phone-consent": "yes",
    }
    phones = "/oakwood/household/phones"
    waiting = ana.post(phones, data=form_values(ana.page(phones)) | typed).location
    word = ana.page(waiting).text(".word-to-text")
    assert state(BEN) == "opted_out"

    assert text(word.lower(), number=BEN).status_code == 200

    assert state(BEN) == "opted_in"
    assert "It worked" in ana.page(waiting).text("main")
    assert [(row.kind, row.read_at is None) for row in kept()] == [("word", False)]


@pytest.fixture
def sent(app: Flask) -> Message:
    """A text that the provider has as SM-out."""
    with writing():
        school = schools.create_school("oakwood", "Oakwood School", TEXTING_NUMBER)
        schools.set_school("oakwood", welcome_on=False)
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        send_to_number(
            schools.set_school("oakwood", welcome_on=False), Sender("cli", "Command"), ANA, "Hello"
        )
    return _hand_over("SM-out")


def _hand_over(sid: str | None) -> Message:
    with writing():
        taken = text_queue.take()
        assert isinstance(taken, text_queue.InHand)
        if sid:
            text_outcomes.sent(taken, sid)
    return db.session.scalars(select(Message).where(Message.id == taken.id)).one()


def report(
    app: Flask, status: str, sid: str = "SM-out", code: str = "", query: str = "", to: str = ANA
) -> int:
    posted = {
        "MessageSid": sid,
        "MessageStatus": status,
        "AccountSid": ACCOUNT,
        "From": TEXTING_NUMBER,
        "To": to,
    } | ({"ErrorCode": code} if code else {})
    return int(signed(app, STATUS + query, posted).status_code)


def now_is(message: Message) -> tuple[str, int | None]:
    db.session.rollback()
    return message.state, message.error_code


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        (["queued", "sent", "delivered"], "delivered"),
        (["delivered", "sent", "queued", "delivered"], "delivered"),
        (["undelivered", "sent"], "undelivered"),
        (["failed", "failed"], "failed"),
        (["undelivered", "delivered"], "undelivered"),
        (["sending"], "sent"),
    ],
)
def test_reports_count_in_the_order_that_they_mean(
    app: Flask, sent: Message, reports: list[str], state: str
) -> None:
    for one in reports:
        assert report(app, one) == 200
    assert now_is(sent)[0] == state


def test_a_number_that_cannot_be_reached_has_not_opted_out(app: Flask, sent: Message) -> None:
    report(app, "undelivered", code="30003")
    assert now_is(sent) == ("undelivered", 30003)
    assert state() == "opted_in"


def test_a_report_that_comes_before_the_providers_answer_counts(
    app: Flask, school: SchoolRow
) -> None:
    with writing():
        school = schools.set_school("oakwood", welcome_on=False)
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    for n, query in enumerate(["", "?message={}"]):
        with writing():
            send_to_number(school, Sender("cli", "Command"), ANA, "Hello")
        with writing():
            taken = text_queue.take()
        assert isinstance(taken, text_queue.InHand)
        report(app, "delivered", f"SM-{n}", query=query.format(taken.id))
        with writing():
            text_outcomes.sent(taken, f"SM-{n}")
        message = db.session.scalars(select(Message).where(Message.id == taken.id)).one()
        assert now_is(message)[0] == "delivered"


def test_a_report_tells_of_a_text_that_is_not_known_if_it_is_that_one(
    app: Flask, sent: Message
) -> None:
    with writing():
        send_to_number(
            schools.set_school("oakwood", welcome_on=False), Sender("cli", "Command"), ANA, "Again"
        )
    lost = _hand_over(None)
    query = f"?message={lost.id}"
    assert report(app, "delivered", "SM-else", query=query, to=BEN) == 200
    assert now_is(lost)[0] == "sending"
    report(app, "delivered", "SM-lost", query=query)
    assert (now_is(lost)[0], lost.provider_id) == ("delivered", "SM-lost")


def test_a_forged_report_is_refused_and_one_that_is_turned_to_another_text(
    app: Flask, sent: Message
) -> None:
    posted = {
        "MessageSid": "SM-out",
        "MessageStatus": "delivered",
        "From": TEXTING_NUMBER,
        "To": ANA,
    }
    for address, of in ((STATUS, "x"), (f"{STATUS}?message=2", f"{STATUS}?message=1")):
        headers = {"X-Twilio-Signature": signature(f"http://localhost{of}", posted)}
        assert app.test_client().post(address, data=posted, headers=headers).status_code == 403
    assert now_is(sent)[0] == "sent"
