"""Being signed in proves whose email it is, not whose number: what a stranger with an email of
their own and somebody else's number can do, and what they get to see."""

import re
from collections.abc import Callable
from functools import cache
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal import clock
from portal.consent import holdings, ledger
from portal.enums import Answer, ProofKind, ProposalState, Source
from portal.extensions import db, writing
from portal.models import ConfirmationWord, ConsentEvent, ConsentStatus, Contact, Proposal
from portal.queries.schools import SchoolRow
from portal.services.texting import handset_confirmation
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import PATH, PRIMARY, hidden, send, sent
from tests.support.families import HOME, make_parent, make_student, phone, say, stop
from tests.support.people import newest_link, parent_signed_in

NUMBER, OWN = "+14155550182", "+14155550199"
EVE = "eve1@example.com"
HOUSEHOLD = "/oakwood/household"
FORM = {
    "child1-first_name": "Lia",
    "child1-last_name": "Moss",
    "child1-grade": "2",
    "parent1-first_name": "Eve",
    "parent1-last_name": "Moss",
    "parent1-relationship": "mother",
    "parent1-email": EVE,
    f"{PRIMARY}-type": "cell",
    f"{PRIMARY}-number": "(415) 555-0182",
}
YES, NO = {f"{PRIMARY}-consent": "yes"}, {f"{PRIMARY}-consent": "no"}


def victim(school: SchoolRow, proof: ProofKind | None = ProofKind.HANDSET) -> int:
    child = make_student(school, "Mateo Ruiz")
    return make_parent(
        school, "Ana Ruiz", child, email="ana@example.com", phones=[phone(NUMBER)], proof=proof
    )


def opted_in_by_form(school: SchoolRow) -> None:
    victim(school)
    say(school, NUMBER, Source.PUBLIC_FORM, Answer.YES)


def opted_in_by_its_owner(school: SchoolRow) -> None:
    say(school, NUMBER, Source.PARENT_FORM, Answer.YES, victim(school))


def opted_out_by_text(school: SchoolRow) -> None:
    opted_in_by_form(school)
    stop(school, NUMBER)


def opted_out_on_a_form(school: SchoolRow) -> None:
    victim(school)
    say(school, NUMBER, Source.PUBLIC_FORM, Answer.NO)


def on_a_record_and_never_asked(school: SchoolRow) -> None:
    victim(school, proof=None)


def a_home_phone_of_somebody(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", email="ana@example.com", phones=[phone(NUMBER, HOME)])


def on_no_record_and_opted_out(school: SchoolRow) -> None:
    stop(school, NUMBER)


def unknown(school: SchoolRow) -> None:
    pass


WORLDS = [
    opted_in_by_form,
    opted_in_by_its_owner,
    opted_out_by_text,
    opted_out_on_a_form,
    on_a_record_and_never_asked,
    a_home_phone_of_somebody,
    on_no_record_and_opted_out,
]

worlds = pytest.mark.parametrize("world", WORLDS)


def state(number: str = NUMBER) -> str | None:
    return db.session.scalar(select(ConsentStatus.state).where(ConsentStatus.number == number))


def sign_in(client: AuditedClient) -> None:
    path = newest_link(EVE)
    answer = client.post(path, data=form_values(client.page(path)))
    assert answer.location == HOUSEHOLD


def eve(app: Flask, answer: dict[str, str]) -> AuditedClient:
    """Make oneself a signed-in parent in a minute: a form with one's own email, and its link."""
    client = app.test_client()
    assert isinstance(client, AuditedClient)
    sent(client, FORM | answer)
    sign_in(client)
    return client


def press(client: AuditedClient, address: str, **more: str) -> TestResponse:
    fields = form_values(client.page(HOUSEHOLD), f"main form[action='{HOUSEHOLD}/{address}']")
    return client.post(f"{HOUSEHOLD}/{address}", data=fields | more)


def change_phones(client: AuditedClient, **typed: str) -> TestResponse:
    fields = form_values(client.page(f"{HOUSEHOLD}/phones"))
    return client.post(
        f"{HOUSEHOLD}/phones", data=fields | {k.replace("__", "-"): v for k, v in typed.items()}
    )


def seen(client: AuditedClient, answer: TestResponse) -> tuple[int, str, str]:
    """The signs in an answer: its status, its redirect, and the page there without tokens."""
    text = client.get(answer.location).text if answer.location else answer.text
    text = re.sub(r'value="[^"]{20,}"', "", text)
    text = re.sub(r"form-[0-9a-f]{12}", "form", text)
    text = re.sub(r'(<p class="word-to-text"><b>)\w+', r"\1", text)
    return answer.status_code, answer.location or "", text


def walk(app: Flask) -> list[tuple[int, str, str]]:
    """All that a stranger with an email of their own can do with a number, and what they see."""
    client = eve(app, YES)
    steps: list[Callable[[], TestResponse]] = [
        lambda: client.get(HOUSEHOLD),
        lambda: press(client, "answer", answer="yes"),
        lambda: client.get(f"{HOUSEHOLD}/handset/{NUMBER[1:]}"),
        lambda: client.get(PATH),
        lambda: send(client, FORM | YES),
        lambda: press(client, "handset"),
        lambda: press(client, "confirm"),
        lambda: change_phones(client, primary_phone__consent="yes"),
        lambda: press(client, "answer", answer="no"),
        lambda: client.get(HOUSEHOLD),
        lambda: client.get(f"{HOUSEHOLD}/phones"),
        lambda: press(client, "answer", answer="yes", seen="0"),
        lambda: send(client, FORM | YES, hidden(client) | {f"seen-{NUMBER}": "0"}),
        lambda: change_phones(client, **{f"seen-{NUMBER}": "0"}),
        lambda: press(client, "handset"),
        lambda: change_phones(client, primary_phone__number="415 555 0199"),
    ]
    return [seen(client, step()) for step in steps]


@worlds
def test_what_a_stranger_sees_is_the_same_whatever_is_on_file(
    app: Flask, school: SchoolRow, world: Callable[[SchoolRow], None]
) -> None:
    world(school)
    known_walk = walk(app)
    unknown_walk = fresh_walk(app, f"{clock.now():%x %H}")
    for n, (known, unknown) in enumerate(zip(known_walk, unknown_walk, strict=True)):
        status, location, page = known
        assert (n, status, location) == (n, *unknown[:2])
        assert page.splitlines() == unknown[2].splitlines(), f"step {n}"


@cache
def fresh_walk(app: Flask, _hour: str) -> list[tuple[int, str, str]]:
    """The walk at the same school with a number that nobody has, written as if it were that one.
    Nobody's is the same whatever else is on file: one walk an hour is enough."""
    other, shown = "+14155550177", "(415) 555-0177"

    def again(text: str) -> str:
        return text.replace(other[1:], NUMBER[1:]).replace(shown, "(415) 555-0182")

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FORM, f"{PRIMARY}-number", shown)
        patch.setitem(FORM, "parent1-email", "eve2@example.com")
        patch.setattr(f"{__name__}.EVE", "eve2@example.com")
        patch.setattr(f"{__name__}.NUMBER", other)
        found = walk(app)
    return [
        (status, again(location), again(text).replace("eve2@example.com", "eve1@example.com"))
        for status, location, text in found
    ]


# What a stranger can't do


def test_a_number_parked_on_ones_own_record_before_its_stop_is_not_lifted(
    app: Flask, school: SchoolRow
) -> None:
    """Seen: two taps lifted a STOP."""
    stranger = eve(app, YES)
    stop(school, NUMBER)
    press(stranger, "answer", answer="yes")
    send(stranger, FORM | YES)
    change_phones(stranger, primary_phone__consent="yes")
    assert state() == "opted_out"


@pytest.mark.parametrize("proof", [None, ProofKind.STAFF_TYPED, ProofKind.HANDSET])
def test_a_number_on_another_familys_record_is_not_opted_in(
    app: Flask, school: SchoolRow, proof: ProofKind | None
) -> None:
    """Seen: a number on another family's record was opted in from a record of one's own."""
    victim(school, proof)
    stranger = eve(app, YES)
    press(stranger, "answer", answer="yes")
    send(stranger, FORM | YES)
    change_phones(stranger, primary_phone__consent="yes")
    assert state() in {None, "not_asked"}
    waiting = db.session.scalars(select(Proposal.state)).all()
    assert ProposalState.WAITING in waiting, "staff see it"


def test_a_yes_given_in_place_of_a_parents_no_does_not_lift_it(
    app: Flask, school: SchoolRow
) -> None:
    say(school, NUMBER, Source.PARENT_FORM, Answer.NO, victim(school))
    stranger = eve(app, NO)
    press(stranger, "answer", answer="yes")
    assert state() == "opted_out"


def test_a_strangers_no_is_an_unsigned_one_and_the_owner_may_say_yes_again(
    app: Flask, school: SchoolRow
) -> None:
    ana = victim(school)
    say(school, NUMBER, Source.PARENT_FORM, Answer.YES, ana)
    press(eve(app, YES), "answer", answer="no")
    event = db.session.scalars(
        select(ConsentEvent).where(ConsentEvent.number == NUMBER).order_by(ConsentEvent.seq.desc())
    ).first()
    assert event is not None
    assert (event.source, event.state) == ("public_form", "opted_out")
    assert event.actor.startswith("contact:")
    assert say(school, NUMBER, Source.PARENT_FORM, Answer.YES, ana).state == "opted_in"


def test_somebody_elses_waiting_yes_can_not_be_claimed_by_its_id(
    app: Flask, school: SchoolRow
) -> None:
    victim(school)
    stranger = eve(app, YES)
    ids = db.session.scalars(select(Proposal.id)).all()
    fields = form_values(stranger.page(HOUSEHOLD), f"main form[action='{HOUSEHOLD}/confirm']")
    forged = [("shown", str(i)) for i in ids]
    for button in ("mine", "not_mine"):
        data = {**fields, button: "1", "shown": [value for _, value in forged]}
        assert stranger.post(f"{HOUSEHOLD}/waiting", data=data).status_code == 303
    assert state() in {None, "not_asked"}
    assert set(db.session.scalars(select(Proposal.state))) == {"waiting"}


def test_no_word_is_shown_for_a_number_that_is_not_on_ones_record(
    app: Flask, school: SchoolRow
) -> None:
    victim(school)
    client = app.test_client()
    assert isinstance(client, AuditedClient)
    sent(client, FORM | YES | {f"{PRIMARY}-number": "(415) 555-0199"})
    sign_in(client)
    assert press(client, "handset", number=NUMBER).location == HOUSEHOLD
    assert db.session.scalars(select(ConfirmationWord)).all() == []
    assert client.get(f"{HOUSEHOLD}/handset/{NUMBER[1:]}").location == HOUSEHOLD


# What an honest parent can do


@worlds
def test_the_word_from_the_phone_opts_in_and_proves_the_number(
    app: Flask, school: SchoolRow, world: Callable[[SchoolRow], None]
) -> None:
    world(school)
    owner = eve(app, YES)
    address = press(owner, "answer", answer="yes").location
    word = owner.page(address).text(".word-to-text")
    with writing():
        assert handset_confirmation.accept_confirmation_word(school, NUMBER, word) is not None
    assert state() == "opted_in"
    contact = db.session.scalars(select(Contact).where(Contact.email == EVE)).one()
    assert holdings.is_proven(school.id, contact.id, NUMBER)
    assert "It worked" in owner.page(address).text("main")
    assert owner.page(HOUSEHOLD).query("[data-consent=opted_in]")
    waiting = select(Proposal.state).where(
        Proposal.contact_id == contact.id, Proposal.kind == "consent"
    )
    assert set(db.session.scalars(waiting)) <= {"accepted"}
    press(owner, "answer", answer="no")
    assert state() == "opted_out"
    press(owner, "answer", answer="yes")
    assert state() == "opted_in", "their own no, and their own number"


def test_who_said_no_to_their_new_number_may_say_yes_again(app: Flask, school: SchoolRow) -> None:
    parent = eve(app, YES)
    press(parent, "answer", answer="no")
    assert state() == "opted_out"
    press(parent, "answer", answer="yes")
    assert state() == "opted_in"


@pytest.mark.parametrize("odd", ["\x00", "+\x00", "+" + "9" * 17, "+é", "+1", "+12065550177"])
def test_what_is_no_number_of_theirs_is_dropped(app: Flask, school: SchoolRow, odd: str) -> None:
    """Seen: a NUL was a 500 on PostgreSQL, and any parent could fill the table of numbers."""
    parent = eve(app, YES)
    known = set(db.session.scalars(select(ConsentStatus.number)))
    assert change_phones(parent, **{f"seen-{odd}": "0"}).status_code == 303
    assert press(parent, "answer", answer="no", number=odd).location == HOUSEHOLD
    assert press(parent, "handset", number=odd).location == HOUSEHOLD
    assert parent.get(f"{HOUSEHOLD}/handset/{quote(odd)}").status_code in {303, 404}
    assert set(db.session.scalars(select(ConsentStatus.number))) == known


def test_whoever_typed_a_parents_form_can_not_take_the_record_over_once_it_was_signed_in_to(
    app: Flask, school: SchoolRow
) -> None:
    """Seen: correcting the email within 15 minutes kept the proof that the parent had given."""
    attacker, parent = app.test_client(), app.test_client()
    assert isinstance(attacker, AuditedClient)
    assert isinstance(parent, AuditedClient)
    sent(attacker, FORM | YES)
    sign_in(parent)
    address = press(parent, "handset").location
    with writing():
        handset_confirmation.accept_confirmation_word(
            school, NUMBER, parent.page(address).text(".word-to-text")
        )
    contact_id = db.session.scalars(select(Contact.id).where(Contact.email == EVE)).one()
    mine = FORM | YES | {"parent1-email": "attacker@example.com"}
    sent(attacker, mine, hidden(attacker, f"{PATH}?correct=1"))
    contact = db.session.get_one(Contact, (school.id, contact_id), populate_existing=True)
    assert contact.email == EVE
    assert holdings.is_proven(school.id, contact_id, NUMBER)


@pytest.mark.parametrize("said", [None, "no", "yes"])
def test_the_page_offers_the_word_for_every_cell_that_is_not_proven(
    app: Flask, school: SchoolRow, said: str | None
) -> None:
    """The email to a parent on file says to choose "Show the word", whatever was said before."""
    ana = make_parent(school, "Ana Ruiz", email=EVE, phones=[phone(NUMBER)], proof=None)
    if said is not None:
        with writing():
            holdings.note_answer(school.id, ana, NUMBER, Answer(said))
    client = parent_signed_in(app, EVE)
    assert "/handset/" in press(client, "handset").location
    with writing():
        holdings.prove_number(ledger.lock_status(school.id, NUMBER), ana, ProofKind.STAFF_TYPED)
    assert "Show the word" not in client.page(HOUSEHOLD).text("main")
