"""The history of a record, and what the overview says is waiting."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from portal import clock
from portal.enums import Answer, ProposalKind, Source
from portal.extensions import db, writing
from portal.models import Proposal, Submission, SubmissionContact
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from portal.services.contacts.phones import enter_phones
from portal.services.intake import receive
from tests.support.families import make_parent, make_student, phone, say, stop
from tests.support.intake import ruiz, sheet
from tests.support.people import SignIn

CELL = "+12065550182"
RECORD = "/oakwood/staff/contacts/{}"
HISTORY = RECORD + "/history"


@pytest.fixture
def mateo(school: SchoolRow) -> int:
    return make_student(school, "Mateo Ruiz")


@pytest.fixture
def ana(school: SchoolRow, mateo: int) -> int:
    return make_parent(school, "Ana Ruiz", mateo, phones=[phone(CELL)])


def send_form(school: SchoolRow, *contact_ids: int) -> int:
    """A form about the contacts, as far as a record shows it."""
    answers = {
        "children": {"1": {"first_name": "Mateo", "last_name": "Ruiz", "grade": "3"}},
        "parents": {
            "1": {
                "first_name": "Ana",
                "last_name": "Ruiz",
                "relationship": "mother",
                "email": "ana@x.example",
                "phones": [
                    {"type": "cell", "number": CELL, "extension": None, "answer": "no"},
                ],
            }
        },
    }
    with writing():
        submission = Submission(
            school_id=school.id,
            form="contact",
            form_key="0" * 32,
            answers=answers,
            answers_digest="",
            language="en",
            session_digest="",
            evidence={"name": "Ana Ruiz"},
            received_at=clock.now(),
        )
        db.session.add(submission)
        db.session.flush()
        for n, contact_id in enumerate(contact_ids):
            db.session.add(
                SubmissionContact(
                    school_id=school.id,
                    submission_id=submission.id,
                    part=f"part{n}",
                    contact_id=contact_id,
                    made=False,
                    version=1,
                )
            )
        return submission.id


def flat(text: str) -> str:
    """A page's text without the spaces that stand between its elements, before a comma."""
    return re.sub(r" ([,:])", r"\1", text)


def lines(page_text: str, *expected: str) -> bool:
    """True if the texts stand on the page in this order."""
    page_text = flat(page_text)
    at = 0
    for text in expected:
        at = page_text.find(text, at)
        if at < 0:
            return False
    return True


def test_events_edits_and_forms_stand_newest_first_with_who_and_when(
    mateo: int, ana: int, school: SchoolRow, staff: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock.now() + timedelta(minutes=1)
    for minutes, happens in enumerate(
        (
            lambda: send_form(school, mateo, ana),
            lambda: say(school, CELL, Source.PUBLIC_FORM, Answer.YES),
            lambda: edit(school, ana),
            lambda: stop(school, CELL),
        )
    ):
        with monkeypatch.context() as patched:
            at = start + timedelta(minutes=minutes)
            patched.setattr(clock, "now", lambda at=at: at)
            happens()
    client = staff()
    for page, name in (
        (HISTORY.format(mateo), "Ana Ruiz"),
        (RECORD.format(mateo), "Ana Ruiz"),
        (HISTORY.format(ana), ""),
    ):
        text = client.page(page).text(".timeline")
        assert lines(
            text,
            f"{name}, (206) 555-0182: Opted out (replied STOP)".removeprefix(", "),
            "Jo Park",
            f"{name}: Email: ana@x.example".removeprefix(": "),
            f"{name}, (206) 555-0182: Opted in (on the contact form)".removeprefix(", "),
            "Ana Ruiz sent the contact form",
        ), text


def edit(school: SchoolRow, contact_id: int) -> None:
    with writing():
        changes = [{"what": "Email", "old": None, "new": "ana@x.example"}]
        contacts.note_edit(school.id, contact_id, "Jo Park", changes)


def test_moments_are_on_the_schools_clock(
    mateo: int, school: SchoolRow, staff: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: datetime(2026, 10, 13, 2, 42, tzinfo=UTC))
        edit(school, mateo)
    assert "Oct 12, 2026, 7:42 PM" in staff().page(HISTORY.format(mateo)).text(".timeline")


def test_an_event_before_the_number_came_or_after_it_left_is_not_in_the_history(
    mateo: int, school: SchoolRow, staff: SignIn
) -> None:
    stop(school, CELL)
    ana = make_parent(
        school, "Ana Ruiz", mateo, phones=[phone(CELL), phone("+12065550183", slot=1)]
    )
    say(school, "+12065550183", Source.PUBLIC_FORM, Answer.YES)
    with writing():
        enter_phones(school, ana, [], "account:1")
    say(school, "+12065550183", Source.PUBLIC_FORM, Answer.NO)
    text = staff().page(HISTORY.format(ana)).text(".timeline")
    assert "555-0182" not in text
    assert "Opted in (on the contact form)" in text
    assert "No answer yet (number removed from all records)" in text
    assert "Opted out" not in text


def test_an_event_by_staff_has_their_name(mateo: int, ana: int, staff: SignIn) -> None:
    client = staff(name="Jo Park")
    path = RECORD.format(ana) + "/phones"
    fields = client.form(path, "main form.narrow")
    typed = {"other_phone-type": "cell", "other_phone-number": "2065550199"}
    client.post(path, data=fields | typed)
    text = client.page(HISTORY.format(mateo)).text(".timeline")
    assert lines(text, "Jo Park", "(206) 555-0199: Opted in (typed by staff)")
    assert "Other phone: Cell (206) 555-0199" in text


def test_a_form_on_a_record_says_what_was_answered(
    mateo: int, ana: int, school: SchoolRow, staff: SignIn
) -> None:
    submission = send_form(school, mateo, ana)
    page = staff().page(RECORD.format(mateo))
    text = flat(page.text(f"#submission-{submission}"))
    assert "Sent by Ana Ruiz" in text
    assert "Cell (206) 555-0182, no to texts" in text


def test_a_long_history_has_pages(mateo: int, school: SchoolRow, staff: SignIn) -> None:
    for _ in range(51):
        edit(school, mateo)
    client = staff()
    first = client.page(HISTORY.format(mateo))
    assert len(first.query(".timeline p")) == 50
    older = first.query("nav.pages a")[0].attrs["href"]
    assert len(client.page(older).query(".timeline p")) == 1
    client.page(HISTORY.format(mateo) + "?page=99999999999")
    client.page(HISTORY.format(mateo) + "?page=-1")


def test_what_came_in_late_is_where_the_time_shown_puts_it(
    mateo: int, ana: int, school: SchoolRow, staff: SignIn
) -> None:
    """On the record too, which reads it with its other details."""
    edit(school, ana)
    stop(school, CELL, clock.now() - timedelta(hours=2))
    client = staff()
    for path in (HISTORY.format(ana), RECORD.format(ana), HISTORY.format(mateo)):
        page = client.page(path)
        shown = [time.attrs["datetime"] for time in page.query(".timeline time")]
        assert shown == sorted(shown, reverse=True)
        assert page.text(".timeline").count("(recorded ") == 1


def test_the_overview_says_how_many_records_wait_and_which(
    mateo: int, ana: int, school: SchoolRow, staff: SignIn
) -> None:
    submission = send_form(school, mateo)
    with writing():
        for grade in ("4", "5"):
            db.session.add(
                Proposal(
                    school_id=school.id,
                    submission_id=submission,
                    contact_id=mateo,
                    kind=ProposalKind.FIELD,
                    subject="grade",
                    old={"value": "3"},
                    new={"value": grade},
                    proposed_at=clock.now(),
                )
            )
    client = staff()
    text = client.page("/oakwood/staff/").text("section")
    assert "Changes to review: 1 family" in text
    assert "Mateo Ruiz 2 changes" in text
    assert "2 changes to review" in client.page(RECORD.format(mateo)).text(".about")


def test_the_overview_says_that_forms_are_not_applied_once_that_takes_long(
    school: SchoolRow, staff: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing():
        receive.accept_form(school, ruiz(), sheet(school, "a"))
    client = staff()
    assert "not on a record" not in client.page("/oakwood/staff/").text("main")
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=6))
    text = client.page("/oakwood/staff/").text("main")
    assert "Forms not on a record yet: 1" in text


def test_the_overview_has_the_families_that_a_form_made(school: SchoolRow, staff: SignIn) -> None:
    make_student(school, "Noor Adams", origin="form")
    make_student(school, "By Hand")
    text = staff().page("/oakwood/staff/").text("main")
    assert "New families: 1 student" in text
    assert "Noor Adams" in text
    assert "By Hand" not in text


def test_the_overview_has_a_no_that_came_in_late(
    mateo: int, ana: int, school: SchoolRow, staff: SignIn
) -> None:
    say(school, CELL, Source.PARENT_FORM, Answer.YES, contact_id=ana)
    stop(school, CELL, clock.now() - timedelta(days=2))
    client = staff()
    text = client.page("/oakwood/staff/").text("main")
    assert "Late opt-outs to check" in text
    assert "(206) 555-0182 Ana Ruiz" in text
    history = client.page(HISTORY.format(ana)).text(".timeline")
    assert "Still opted in: an earlier opt-out arrived after the parent said yes again" in history
    zone = school.timezone
    then, now = (clock.say_date(at, zone) for at in (clock.now() - timedelta(days=2), clock.now()))
    assert history.index(then) < history.index("Still opted in") < history.index(f"(recorded {now}")


def test_the_search_offers_the_opt_outs(school: SchoolRow, staff: SignIn) -> None:
    page = staff("viewer").page("/oakwood/staff/search")
    assert page.query('a[href="/oakwood/staff/opt-outs.csv"]')
