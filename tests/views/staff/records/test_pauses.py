"""During a call: "stop texting me" pauses texts in two taps, and nobody is kept silent unseen."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.consent import gate
from portal.enums import Answer, MessageFault, PauseReason, ProofKind, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentEvidence, ConsentStatus, Mail, OwnerNotice
from portal.queries.schools import SchoolRow
from portal.services.actor import COMMAND
from portal.services.contacts.phones import set_phones
from portal.services.texting import send as texting
from tests.support.families import make_parent, make_student, phone, say, stop
from tests.support.families import pause as pause_number
from tests.support.people import SignIn

NUMBER = "+12065550182"
ROOT = "/oakwood/staff/contacts"


@pytest.fixture
def ana(school: SchoolRow) -> int:
    child = make_student(school, "Mateo Ruiz")
    made = make_parent(school, "Ana Ruiz", child, email="ana@example.com", phones=[phone(NUMBER)])
    say(school, NUMBER, Source.STAFF_ENTRY, Answer.YES)
    return made


def path(contact: int, what: str = "pause") -> str:
    return f"{ROOT}/{contact}/numbers/{NUMBER[1:]}/{what}"


def paused() -> str | None:
    db.session.rollback()
    return db.session.scalar(select(ConsentStatus.paused).where(ConsentStatus.number == NUMBER))


def mails() -> list[str]:
    rows = db.session.scalars(
        select(Mail.subject).where(Mail.to_address == "ana@example.com").order_by(Mail.id)
    )
    return [subject for subject in rows if "paused" in subject]


def pause(client, contact: int, reason: str = "asked_to_stop", **more: str):
    fields = client.form(f"{path(contact)}?reason={reason}", "main details form")
    return client.post(path(contact), data=fields | more)


def test_two_taps_pause_texts_and_say_what_to_tell_the_caller(
    ana: int, school: SchoolRow, staff: SignIn
) -> None:
    client = staff("editor", name="Pat Fields")
    link = client.page(f"{ROOT}/{ana}").query("a[href*='reason=asked_to_stop']")[0]
    assert "They asked us to stop" in link.to_text()
    fields = client.form(link.attrs["href"], "main details form")
    assert fields["reason"] == "asked_to_stop"
    answer = client.post(path(ana), data=fields | {"note": "Called at 8"})
    assert answer.status_code == 303
    page = client.page(path(ana))
    assert "The school doesn't text this number now" in page.text("main")
    assert "Called at 8" in page.text("main")
    assert "Tell the caller:" in page.text("main")
    record = client.page(f"{ROOT}/{ana}")
    assert record.query("[data-pause=asked_to_stop]")
    assert record.query("[data-consent=opted_in]"), "the circle is what the parent said"
    assert "Paused: asked to stop (by staff)" in record.text("main")
    assert gate.preview(school.id, [NUMBER]) == {NUMBER: MessageFault.PAUSED}
    assert mails() == ["Texts from Oakwood School are paused"]


def test_each_of_several_cell_phones_has_its_own_button_and_also_a_paused_one_that_opted_out(
    school: SchoolRow, staff: SignIn
) -> None:
    other = "+12065550183"
    child = make_student(school, "Mia Cole")
    numbers = [phone(NUMBER), phone(other, slot=1)]
    cole = make_parent(school, "Cleo Cole", child, phones=numbers, typed=True)
    pause_number(school, other)
    stop(school, other)
    record = staff("editor").page(f"{ROOT}/{cole}")
    rows = [row.to_text() for row in record.query(".actions") if "555-01" in row.to_text()]
    assert len(rows) == 2
    assert rows[0].startswith("(206) 555-0182")
    assert "They asked us to stop" in rows[0]
    assert rows[1].startswith("(206) 555-0183")
    assert "See the pause" in rows[1]


def test_a_double_tap_is_one_pause(ana: int, staff: SignIn) -> None:
    client = staff("editor")
    for _ in range(2):
        assert pause(client, ana).status_code == 303
    events = db.session.scalars(
        select(ConsentEvent.source).where(ConsentEvent.number == NUMBER)
    ).all()
    assert events.count("staff_pause") == 1


def test_when_they_asked_is_kept_beside_when_it_was_noted(ana: int, staff: SignIn) -> None:
    client = staff("editor")
    day = (clock.now() - timedelta(days=3)).date()
    pause(client, ana, asked_on=day.isoformat(), note="a letter")
    event = db.session.scalars(
        select(ConsentEvent).where(ConsentEvent.source == "staff_pause")
    ).one()
    assert event.recorded_at - event.happened_at > timedelta(days=2)
    assert (event.answer, event.code) == (None, "asked_to_stop")
    kept = db.session.scalars(select(ConsentEvidence.content)).all()
    assert any(content.get("note") == "a letter" for content in kept)
    assert "They told us on" in client.page(path(ana)).text("main")


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"reason": ""}, "Choose a reason."),
        ({"reason": "likely_stop"}, "Choose a reason."),
        ({"reason": "other", "note": ""}, "Say why the school should not text this number."),
        ({"asked_on": "yesterday"}, "Enter a date, like 2026-09-03."),
        ({"asked_on": "2999-01-01"}, "Enter a day of the last 12 months."),
        ({"note": "x" * 301}, "Shorten the note to 300 characters."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    ana: int, staff: SignIn, typed: dict[str, str], error: str
) -> None:
    client = staff("editor")
    answer = pause(client, ana, **{"note": "my words", "asked_on": "2026-11-01"} | typed)
    assert answer.status_code == 422
    assert error in answer.text
    assert typed.get("note", "my words") in answer.text
    assert paused() is None


def test_a_viewer_sees_the_pause_and_cant_make_one(ana: int, staff: SignIn) -> None:
    pause(staff("editor"), ana)
    viewer = staff("viewer")
    assert viewer.page(f"{ROOT}/{ana}").query("[data-pause=asked_to_stop]")
    assert viewer.get(path(ana)).status_code == 403


def test_who_paused_by_mistake_undoes_it_within_minutes_and_a_colleague_cant(
    ana: int, staff: SignIn
) -> None:
    client, colleague = staff("editor", name="Pat Fields"), staff("editor", name="Sam Lee")
    pause(client, ana)
    assert not colleague.page(path(ana)).query("form[action$='/resume']")
    forged = {
        "began_seq": "2",
        "ending": "undo",
        "csrf_token": colleague.form(path(ana), "main details form")["csrf_token"],
    }
    colleague.post(path(ana, "resume"), data=forged)
    assert paused() == "asked_to_stop"
    fields = client.form(path(ana), "form[action$='/resume']")
    assert client.post(path(ana, "resume"), data=fields).status_code == 303
    assert paused() is None


def test_later_an_admin_ends_it_with_a_reason_and_the_parent_is_emailed(
    ana: int, staff: SignIn
) -> None:
    pause(staff("editor"), ana)
    admin = staff("admin")
    fields = admin.form(path(ana), "form[action$='/resume']")
    refused = admin.post(path(ana, "resume"), data=fields)
    assert refused.status_code == 422
    assert "Say why the pause should end." in refused.text
    admin.post(path(ana, "resume"), data=fields | {"why": "entered by mistake"})
    assert paused() is None
    assert mails()[-1] == "Texts from Oakwood School are no longer paused"
    assert "Pause ended" in admin.page(f"{ROOT}/{ana}").text("main")


def test_an_owner_who_cant_be_emailed_is_left_for_staff(school: SchoolRow, staff: SignIn) -> None:
    child = make_student(school, "Mateo Ruiz")
    ben = make_parent(school, "Ben Ruiz", child, phones=[phone(NUMBER)], proof=ProofKind.HANDSET)
    pause(staff("editor"), ben)
    assert db.session.scalars(select(OwnerNotice.kind)).all() == ["nobody"]


def test_a_parent_whose_number_is_not_proven_gets_one_fixed_text(
    ana: int, school: SchoolRow, staff: SignIn
) -> None:
    """A number from a roster is proven to nobody. A stranger's record learns nothing from it."""
    email = "cal@example.com"
    child = make_student(school, "Lia Ruiz")
    make_parent(school, "Cal Ruiz", child, email=email, phones=[phone(NUMBER)], proof=None)
    client, admin = staff("editor"), staff("admin")
    pause(client, ana, "wrong_number")
    fields = admin.form(path(ana), "form[action$='/resume']")
    admin.post(path(ana, "resume"), data=fields | {"why": "entered by mistake"})
    told = db.session.execute(
        select(Mail.kind, Mail.subject, Mail.body).where(Mail.to_address == email)
    ).all()
    first, second = (
        {line for line in mail.body.splitlines() if "http" not in line} for mail in told
    )
    assert first == second
    assert {mail.kind for mail in told} == {"number_named"}
    assert "A note about your phone number" in told[0].subject
    assert "(206) 555-0182" in told[0].body
    assert "pause" not in told[0].body
    assert mails()[0] == "Texts from Oakwood School are paused"


def test_staff_turn_a_likely_stop_into_a_wish(ana: int, school: SchoolRow, staff: SignIn) -> None:
    pause_number(school, NUMBER, PauseReason.LIKELY_STOP, Source.REPLY_PAUSE)
    client = staff("editor")
    assert not client.page(path(ana)).query("form[action$='/resume']"), "an admin ends it"
    fields = client.form(path(ana), "form[action$='/wants-to-stop']")
    client.post(path(ana, "wants-to-stop"), data=fields)
    assert paused() == "asked_to_stop"
    assert mails() == ["Texts from Oakwood School are paused"]
    client.post(path(ana, "wants-to-stop"), data=fields)
    assert "one of them changed meanwhile" in client.page(path(ana)).text("main")


def test_a_wrong_number_is_on_the_overview_until_it_is_off_the_record(
    ana: int, school: SchoolRow, staff: SignIn
) -> None:
    client = staff("editor")
    pause(client, ana, "wrong_number")
    card = client.page("/oakwood/staff/").text("main")
    assert "Ask for a new number" in card
    assert "(206) 555-0182" in card
    with writing():
        set_phones(school.id, ana, [phone("+12065550199")])
    assert "Ask for a new number" not in client.page("/oakwood/staff/").text("main")


@pytest.mark.parametrize(
    "address",
    [
        "/oakwood/staff/contacts/{ana}",
        "/oakwood/staff/contacts/{ana}/phones",
        "/oakwood/staff/search?f1=role&o1=is&v1=parent",
        "/oakwood/staff/search?f1=paused&o1=is&v1=asked_to_stop&f2=role&o2=is&v2=parent",
        "/oakwood/staff/?q=Ana",
        "/oakwood/staff/texts",
    ],
)
def test_the_mark_is_beside_the_circle_wherever_that_is(
    ana: int, school: SchoolRow, staff: SignIn, address: str
) -> None:
    client = staff("editor")
    with writing():
        texting.send(school, COMMAND, "key", "Ana", [ana], typed="Hi")
    pause(client, ana)
    page = client.page(address.format(ana=ana))
    marks = page.query("[data-pause]")
    assert [mark.attrs["data-pause"] for mark in marks] == ["asked_to_stop"] * len(marks)
    assert len(marks) == len(page.query(f"[data-number='{NUMBER}']")) > 0


def test_a_preview_says_who_is_paused_and_why(ana: int, school: SchoolRow, staff: SignIn) -> None:
    client = staff("editor")
    pause(client, ana)
    fields = client.form(f"/oakwood/staff/texts/new?contact={ana}", "main form")
    page = client.post(
        "/oakwood/staff/texts/new", data=fields | {"body": "Hi", "action": "preview"}
    ).text
    assert "won't: Paused by the school" in " ".join(page.split()).replace("<b>1</b> ", "")
    assert 'data-pause="asked_to_stop"' in page


def test_the_advice_to_take_the_number_off_the_record_is_gone(ana: int, staff: SignIn) -> None:
    client = staff("editor")
    for address in (f"{ROOT}/{ana}", "/oakwood/staff/help"):
        text = client.page(address).text("main")
        assert "They asked us to stop" in text
        assert "Remove the number" not in text
        assert "remove the number" not in text
