"""The log of texts, the replies that wait, and the help page."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import select

from portal.enums import Answer, InboundVia, MessageFault, Source
from portal.extensions import db, writing
from portal.models import InboundMessage, Message
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.texting import delivery_reports, inbound
from portal.services.texting import send as texting
from portal.services.texting.delivery_reports import Report
from portal.services.texting.inbound import Received
from tests.support.client import form_values
from tests.support.families import make_parent, make_student, phone, say, stop
from tests.support.people import SignIn

TEXTS = "/oakwood/staff/texts"
ANA, BEN, NOBODY = "+14155550101", "+14155550102", "+14155550199"
PAT = Actor(1, "Pat Fields")


def reply(school: SchoolRow, number: str, body: str) -> None:
    sid = secrets.token_hex(8)
    with writing():
        inbound.receive_text(Received(sid, number, school.texting_number, body), InboundVia.WEBHOOK)


@pytest.fixture
def ana(school: SchoolRow) -> int:
    """Has had a text, and has answered; Ben opted out before one."""
    mateo = make_student(school, "Mateo Ruiz")
    ana = make_parent(school, "Ana Ruiz", mateo, phones=[phone(ANA)])
    ben = make_parent(school, "Ben Ruiz", mateo, phones=[phone(BEN)], typed=True)
    say(school, ANA, Source.PARENT_FORM, Answer.YES, ana)
    stop(school, BEN)
    with writing():
        texting.send(school, PAT, "key", "a family", [ana, ben], typed="Snow <b>day</b>")
    reply(school, ANA, "Thank you <script>")
    reply(school, ANA, "When does practice stop?")
    reply(school, NOBODY, "STOP")
    return ana


def test_the_log_tells_of_each_text_what_became_of_it_and_what_it_relied_on(
    staff: SignIn, school: SchoolRow, ana: int
) -> None:
    with writing():
        for row in db.session.query(Message).filter_by(number=ANA):
            row.state, row.event_seq, row.sent_at = "sent", 1, row.made_at
    page = staff("viewer").get(TEXTS).text
    assert "Snow &lt;b&gt;day&lt;/b&gt;" in page
    assert "By <bdi>Pat Fields</bdi>" in page
    assert "Consent: by the parent, signed in," in page
    assert "Only the parent can opt back in" in page
    assert "Thank you &lt;script&gt;" in page
    assert 'data-consent="opted_out" data-number="+14155550102"' in page


@pytest.mark.parametrize(
    ("asked", "there", "not_there"),
    [
        ("show=unread", "Thank you", "Snow"),
        ("show=failed", "Opted out", "Thank you"),
        ("show=received", "When does practice stop?", "Snow"),
        ("show=no_record", "STOP: opted out", "Thank you"),
        ("reason=opted_out", "(415) 555-0102", "(415) 555-0101"),
        ("number=0101", "(415) 555-0101", "(415) 555-0102"),
        ("number=(415) 555-0102", "(415) 555-0102", "(415) 555-0101"),
        ("contact={ana}", "(415) 555-0101", "(415) 555-0102"),
    ],
)
def test_the_log_is_narrowed_down_by_its_address(
    staff: SignIn, school: SchoolRow, ana: int, asked: str, there: str, not_there: str
) -> None:
    page = staff("viewer").page(f"{TEXTS}?{asked.format(ana=ana)}").query("ol.log")[0].to_text()
    assert there in page
    assert not_there not in page


def test_an_address_that_means_nothing_says_so_and_shows_the_log(staff: SignIn, ana: int) -> None:
    client = staff("viewer")
    for asked in ("show=x", "reason=x", "number=zz", "contact=x&before=x&batch=9999"):
        assert client.get(f"{TEXTS}?{asked}").status_code == 200
    assert "No number on file contains" in client.get(f"{TEXTS}?number=zz").text


def test_replies_are_marked_as_read_by_editors(staff: SignIn, school: SchoolRow, ana: int) -> None:
    editor = staff("editor")
    overview = editor.page("/oakwood/staff/")
    assert "Other replies: 1 unread" in overview.text("main"), "the other one is above it"
    assert overview.text("main").count("May want to opt out") == 1
    page = editor.page(f"{TEXTS}?show=unread")
    fields = form_values(page, "ol.log form")
    answer = editor.post(f"{TEXTS}/read", data=fields, follow_redirects=True)
    assert "Marked as read." in answer.text
    read = [row for row in db.session.query(InboundMessage) if row.read_by == "Pat Fields"]
    assert len(read) == 1
    viewer = staff("viewer")
    assert "Mark as read" not in viewer.get(f"{TEXTS}?show=unread").text
    token = {"csrf_token": fields["csrf_token"]}
    assert viewer.post(f"{TEXTS}/read", data=token).status_code in {400, 403}


def test_a_reply_that_may_mean_stop_leads_to_the_record_that_can_be_paused(
    staff: SignIn, school: SchoolRow, ana: int
) -> None:
    reply(school, NOBODY, "When does practice stop?")
    page = staff("editor").page(f"{TEXTS}?show=unread")
    feet = [foot.to_html(pretty=False) for foot in page.query(".log-foot")]
    unknown, known = (foot for foot in feet if "May want to opt out" in foot)
    assert f'open <a href="/oakwood/staff/contacts/{ana}">their record</a>' in known
    assert "They asked us to stop" in known
    assert "just the word STOP" in unknown


def test_a_reply_of_another_school_is_not_marked(
    staff: SignIn, school: SchoolRow, other_school: SchoolRow
) -> None:
    reply(other_school, ANA, "Hello")
    strange = db.session.query(InboundMessage).one().id
    editor = staff("editor")
    token = editor.form("/oakwood/staff/", "form.account")["csrf_token"]
    editor.post(f"{TEXTS}/read", data={"csrf_token": token, "id": strange})
    assert db.session.query(InboundMessage).one().read_at is None
    assert "Hello" not in editor.get(TEXTS).text


def test_the_record_shows_its_newest_texts_without_a_query_more(
    staff: SignIn, ana: int, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    viewer = staff("viewer")
    with count_queries() as queries:
        page = viewer.get(f"/oakwood/staff/contacts/{ana}").text
    assert len(queries) == 3
    assert "When does practice stop?" in page
    assert page.count("Reply<") == 0, "a reply says what it is by itself"
    assert f"texts?contact={ana}" in page


def test_the_log_takes_the_same_queries_however_long_it_is(
    staff: SignIn,
    school: SchoolRow,
    ana: int,
    count_queries: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    client = staff("viewer")
    counts = []
    for n in (1, 40):  # on one page, so that all kinds are there
        for k in range(n):
            reply(school, ANA, f"Reply {n} {k}")
        with count_queries() as queries:
            client.page(TEXTS)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 9


def test_older_texts_follow_page_by_page(staff: SignIn, school: SchoolRow, ana: int) -> None:
    for k in range(70):
        reply(school, ANA, f"Reply {k:02}")
    client = staff("viewer")
    address, seen = f"{TEXTS}?show=received", []
    while address:
        page = client.page(address)
        seen += [p.to_text() for p in page.query("p.log-body") if "Reply" in p.to_text()]
        older = [a for a in page.query("nav.pages a") if a.to_text() == "Older"]
        address = TEXTS + (older[0].attrs["href"] or "") if older else ""
    assert [text.strip() for text in seen] == [f"Reply {k:02}" for k in reversed(range(70))]


def test_failed_texts_are_narrowed_down_by_why_they_failed(staff: SignIn, ana: int) -> None:
    client = staff("viewer")
    page = client.page(f"{TEXTS}?show=failed")
    offered = {o.attrs["value"]: o.to_text() for o in page.query("#reason option")}
    assert set(offered) == {"", *MessageFault, "undelivered", "not_known"}
    found = client.page(f"{TEXTS}?show=failed&reason=opted_out")
    assert "(415) 555-0102" in found.query("ol.log")[0].to_text()
    assert found.query("#reason option[selected]")[0].attrs["value"] == "opted_out"
    assert not client.page(f"{TEXTS}?show=failed&reason=country").query("ol.log")


def test_the_help_page_gives_every_reason_with_what_to_do(staff: SignIn) -> None:
    from portal.labels import FAULTS, PROVIDER_CODES

    page = staff("viewer").page("/oakwood/staff/help").query("main")[0].to_text()
    for reason in [*FAULTS.values(), *(r for code, r in PROVIDER_CODES.items() if code != 21610)]:
        assert reason.why in page
        assert reason.then in page


def test_a_reaction_is_shown_as_one(staff: SignIn, school: SchoolRow) -> None:
    bodies = {
        "Liked “Oakwood School: Reply STOP to cancel.”": "Reaction: liked our text.",
        "Reacted 😂 to “Reply STOP to cancel.”": "Reaction: 😂 reacted to our text.",
        "Le encantó “Reply STOP to cancel.”": "Reaction: loved our text.",
    }
    for body in bodies:
        reply(school, ANA, body)
    client = staff("viewer")
    for address in (f"{TEXTS}?show=replies", f"{TEXTS}?show=received", "/oakwood/staff/"):
        shown = client.page(address).query("main")[0].to_text()
        for body, words in bodies.items():
            assert body in shown
            assert words in shown
        assert "May want to opt out" not in shown
        assert "You can't opt a parent out" not in shown


@pytest.mark.parametrize("status", ["undelivered", "failed"])
def test_a_text_that_is_reported_as_unsubscribed_later_says_that_it_opted_out(
    staff: SignIn, school: SchoolRow, status: str
) -> None:
    make_parent(school, "Cy Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        assert texting.send_to_number(school, PAT, ANA, "Hi") is None
        message = db.session.scalars(select(Message).order_by(Message.id.desc()).limit(1)).one()
        message.state, message.provider_id = "sent", "SM-late"
    report = Report("SM-late", school.texting_number, ANA, status, 21610)
    with writing():
        assert delivery_reports.receive_report(report)
    client = staff("viewer")

    def row() -> str:
        return client.page(TEXTS).query("ol.log li")[0].to_text()

    assert "Opted out with our texting service" in row()
    for one in delivery_reports.unsubscribed():
        with writing():
            delivery_reports.settle_unsubscribed(one)
    shown = row()
    assert "Opted out" in shown
    assert "Only the parent can opt back in" in shown
    assert "doesn't change whether" not in shown


def test_staff_may_read_a_mention_as_a_wish(staff: SignIn, school: SchoolRow, ana: int) -> None:
    editor = staff("editor")
    overview = editor.page("/oakwood/staff/")
    fields = form_values(overview, "[aria-labelledby=likely] form")
    assert fields["decision"] == "stop"
    answer = editor.post(f"{TEXTS}/wish", data=fields, follow_redirects=True)
    assert "they asked us to stop" in answer.text
    assert 'id="likely"' not in editor.get("/oakwood/staff/").text
