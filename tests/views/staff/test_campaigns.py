"""A campaign emails the form to groups of parents: those with no answer, those whose numbers staff
typed, and, if staff say so, those who opted out."""

from datetime import timedelta

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.delivery import campaign_worker
from portal.enums import Answer, EnrollmentStatus, PauseReason, Source
from portal.extensions import db, writing
from portal.models import Campaign, EmailRefusal, Mail
from portal.queries.records.invitations import CampaignChoice, campaign_counts
from portal.queries.schools import SchoolRow
from portal.services.mail import campaigns, invitations
from portal.services.schools.schools import set_school
from tests.support.client import AuditedClient, form_values
from tests.support.families import HOME, make_parent, make_student, pause, phone, say, stop
from tests.support.people import SignIn

PAGE = "/oakwood/staff/invitations"
EVERYBODY = CampaignChoice(opted_out=True, enrolled_only=False)


@pytest.fixture
def desk(staff: SignIn) -> AuditedClient:
    return staff("editor")


def number(n: int) -> str:
    return f"+1415555{n:04}"


def parent(school: SchoolRow, name: str, n: int, *children: int, typed: bool = False) -> int:
    email = f"{name.lower()}@example.com"
    numbers = [phone(number(n))]
    return make_parent(school, f"{name} Ruiz", *children, email=email, phones=numbers, typed=typed)


@pytest.fixture
def families(school: SchoolRow) -> SchoolRow:
    """Ana has no answer yet, Ben opted out, Cy's number was typed by staff, and Di said yes. Flo's
    child left. Gil has no email address, Hal's did not arrive, and Ivy has no cell phone. Jo opted
    out with one number, and has no answer yet for another."""
    mateo, lia = make_student(school, "Mateo Ruiz"), make_student(school, "Lia Ruiz")
    gone = make_student(school, "Leo Ruiz", status=EnrollmentStatus.WITHDRAWN)
    parent(school, "Ana", 1, mateo)
    parent(school, "Ben", 2, mateo)
    parent(school, "Cy", 3, lia, typed=True)
    parent(school, "Di", 4, lia)
    parent(school, "Flo", 5, gone)
    make_parent(school, "Gil Ruiz", lia, phones=[phone(number(6))])
    parent(school, "Hal", 7, mateo)
    email = "ivy@example.com"
    make_parent(school, "Ivy Ruiz", lia, email=email, phones=[phone(number(8), HOME)])
    both = [phone(number(9)), phone(number(10), slot=1)]
    make_parent(school, "Jo Ruiz", mateo, email="jo@example.com", phones=both)
    stop(school, number(2))
    stop(school, number(9))
    say(school, number(4), Source.PUBLIC_FORM, Answer.YES)
    with writing():
        refused = {"email_key": "hal@example.com", "fault": "no_mailbox"}
        db.session.add(EmailRefusal(school_id=school.id, refused_at=clock.now(), **refused))
    return school


def sent() -> list[str]:
    return [one.partition("@")[0] for one in db.session.scalars(select(Mail.to_address))]


def choose(**boxes: bool) -> dict[str, str]:
    return {"chosen": "on"} | {name: "on" for name, on in boxes.items() if on}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (CampaignChoice(), {"ana", "cy"}),
        (CampaignChoice(no_answer=False), {"cy"}),
        (CampaignChoice(typed_by_staff=False, enrolled_only=False), {"ana", "flo"}),
        (CampaignChoice(False, False, opted_out=True), {"ben", "jo"}),
        (EVERYBODY, {"ana", "ben", "cy", "flo", "jo"}),
        (CampaignChoice(False, False, False), set()),
    ],
)
def test_a_campaign_emails_its_groups_and_the_counts_say_so_before(
    families: SchoolRow, choice: CampaignChoice, expected: set[str]
) -> None:
    assert campaign_counts(families, choice, clock.now()).parents == len(expected)
    run(families, choice)
    assert set(sent()) == expected
    assert len(sent()) == len(expected)


@pytest.mark.parametrize(
    "pauses",
    [
        [PauseReason.ASKED_TO_STOP],
        [PauseReason.LIKELY_STOP, PauseReason.WRONG_NUMBER],
    ],
)
def test_who_asked_the_school_to_stop_is_with_those_who_opted_out(
    families: SchoolRow, pauses: list[PauseReason]
) -> None:
    for reason in pauses:
        pause(families, number(3), reason)
    run(families, CampaignChoice())
    assert sent() == ["ana"]
    run(families, CampaignChoice(False, False, opted_out=True), "second")
    assert set(sent()) == {"ana", "ben", "cy", "jo"}


def run(school: SchoolRow, choice: CampaignChoice, key: str = "k") -> Campaign:
    with writing():
        campaign_id = campaigns.start(school, choice, key, "Pat")
    campaign_worker.go_on(school.id, campaign_id, lambda: False)
    return db.session.get_one(Campaign, (school.id, campaign_id))


def test_the_page_counts_families_and_those_left_out(
    desk: AuditedClient, families: SchoolRow
) -> None:
    page = desk.page(PAGE)
    assert page.text("#counts") == "The form will go to 2 parents in 2 families."
    said = page.text("main")
    assert "No answer yet 1 parent" in said
    assert "Opted out, or asked us to stop 2 parents" in said, (
        "those who would get it, if the box were checked"
    )
    assert "1 parent: no enrolled child" in said
    assert "1 parent: no email address" in said
    assert "1 parent: our last email did not arrive" in said
    wider = desk.page(f"{PAGE}?chosen=on&no_answer=on&opted_out=on")
    assert wider.text("#counts") == "The form will go to 4 parents in 2 families."


def test_the_button_emails_those_who_were_counted(desk: AuditedClient, families: SchoolRow) -> None:
    assert PAGE in desk.get("/oakwood/staff/").text
    values = form_values(desk.page(PAGE), "#send")
    answer = desk.post(PAGE, data=values)
    page = desk.page(answer.location)
    assert sorted(sent()) == ["ana", "cy"]
    assert "We emailed the form to 2 parents." in page.text("main")
    assert "2 parents: got the form by email in the last 7 days" in page.text("main")
    desk.post(PAGE, data=values)
    assert len(sent()) == 2, "sent again, it emails nobody twice"


def test_an_address_gets_it_once_in_a_period(
    families: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(families, CampaignChoice(), "first")
    assert run(families, EVERYBODY, "second").parents == 3
    moment = clock.now() + timedelta(days=7, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: moment)
    assert run(families, CampaignChoice(), "third").parents == 2


def test_parents_who_share_an_address_share_an_email(school: SchoolRow) -> None:
    child = make_student(school, "Mateo Ruiz")
    for name, n in (("Ana", 1), ("Ben", 2)):
        make_parent(school, f"{name} Ruiz", child, email="a@example.com", phones=[phone(number(n))])
    done = run(school, CampaignChoice())
    assert (done.parents, done.emails, done.expected, sent()) == (2, 1, 2, ["a"])


def test_it_goes_on_where_it_was(
    app: Flask, families: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that ran it ended after the first parents, in the middle of the next ones."""
    monkeypatch.setattr(campaigns, "AT_A_TIME", 3)
    with writing():
        campaign_id = campaigns.start(families, EVERYBODY, "k", "Pat")
    make_url, posted = (lambda token: token), invitations._post
    with writing():
        assert campaigns.email_some(families, campaign_id, make_url)
    first = len(sent())

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(invitations, "_post", fail)
    with pytest.raises(RuntimeError):
        campaign_worker.go_on(families.id, campaign_id, lambda: False)
    assert 0 < len(sent()) == first < 5
    monkeypatch.setattr(invitations, "_post", posted)
    campaign_worker.work(app)
    db.session.rollback()  # what it wrote is seen in a new transaction
    assert sorted(sent()) == ["ana", "ben", "cy", "flo", "jo"]
    done = db.session.get_one(Campaign, (families.id, campaign_id))
    assert (done.parents, done.emails) == (5, 5)
    assert done.finished_at is not None


def test_staff_can_stop_it(desk: AuditedClient, families: SchoolRow) -> None:
    with writing():
        campaign_id = campaigns.start(families, CampaignChoice(), "k", "Pat")
    page = desk.page(PAGE)
    assert "We're emailing the form: 0 of 2 parents so far." in page.text("main")
    stop_it = f"{PAGE}/{campaign_id}/stop"
    desk.post(stop_it, data=form_values(page, f'form[action="{stop_it}"]'))
    campaign_worker.go_on(families.id, campaign_id, lambda: False)
    assert sent() == []
    assert "Stopped by" in desk.page(PAGE).text("main")


def test_a_parent_of_another_school_is_not_emailed(
    families: SchoolRow, other_school: SchoolRow
) -> None:
    parent(other_school, "Eve", 1, make_student(other_school, "Max Moss"))
    run(families, EVERYBODY)
    assert "eve" not in sent()


def test_where_texting_is_off_there_is_nothing_to_ask(
    desk: AuditedClient, families: SchoolRow
) -> None:
    values = form_values(desk.page(PAGE), "#send")
    with writing():
        set_school("oakwood", texting_on=False)
    assert PAGE not in desk.get("/oakwood/staff/").text
    assert "Texting is turned off" in desk.get(PAGE).text
    assert desk.post(PAGE, data=values).status_code == 400
    assert sent() == []


def test_the_command_counts_and_sends_only_if_told_to(app: Flask, families: SchoolRow) -> None:
    counted = command(app, "--opted-out", "on")
    lines = "parents,4\nfamilies,2\nnot_enrolled,1\nno_email,1\nemail_refused,1\nemailed_lately,0\n"
    assert (counted.exit_code, counted.output) == (0, lines)
    assert sent() == []
    assert command(app, "--opted-out", "on", "--send").output == f"{lines}queued,4\n"
    assert sorted(sent()) == ["ana", "ben", "cy", "jo"]


def command(app: Flask, *options: str) -> Result:
    return app.test_cli_runner().invoke(args=["mail", "campaign", "--school", "oakwood", *options])
