"""Writing texts down: one a number, none past the gate, the welcome first."""

import pytest
from sqlalchemy import select, update

from portal.enums import Answer, MessageKind, Source
from portal.extensions import db, writing
from portal.models import Message, MessageContact
from portal.queries.schools import SchoolRow
from portal.queries.texting.recipients import recipients
from portal.services.actor import Actor
from portal.services.schools.schools import set_school
from portal.services.texting import send as texting
from portal.services.texting.send import SendResult, TextingError
from tests.support.families import HOME, make_parent, make_student, phone, say, stop

PAT = Actor(1, "Pat Fields")
ANA, BEN, SHARED, HOME_PHONE = "+14155550101", "+14155550102", "+14155550103", "+14155550104"


def send(
    school: SchoolRow, *ids: int, key: str = "key", text: str = "No school today.", at: str = "1234"
) -> SendResult:
    with writing():
        positions = frozenset(int(p) for p in at)
        return texting.send(school, PAT, key, "a family", ids, positions, text)


def messages(batch_id: int | None = None) -> dict[str | None, tuple[str, str | None]]:
    """State and reason by number, of a batch or of what belongs to none."""
    rows = db.session.scalars(select(Message).where(Message.batch_id == batch_id))
    return {row.number: (row.state, row.reason) for row in rows}


def test_each_number_gets_one_text_and_who_cannot_fails_with_the_reason(school: SchoolRow) -> None:
    mateo, lucia = make_student(school, "Mateo Ruiz"), make_student(school, "Lucia Ruiz")
    make_parent(
        school, "Ana Ruiz", mateo, lucia, phones=[phone(ANA), phone(SHARED, slot=1)], typed=True
    )
    ben = make_parent(
        school, "Ben Ruiz", mateo, phones=[phone(BEN), phone(SHARED, slot=1)], typed=True
    )
    make_parent(school, "Cleo Ruiz", lucia, phones=[phone(HOME_PHONE, HOME)], typed=True)
    unasked = make_parent(school, "Dan Ruiz", lucia, phones=[phone("+14155550105")])
    abroad = make_parent(school, "Eva Ruiz", phones=[phone("+447400123456")], typed=True)
    blocked = make_parent(school, "Flo Ruiz", phones=[phone("+14155550106")], typed=True)
    say(school, "+14155550106", Source.PARENT_FORM, Answer.YES, blocked)
    say(school, "+14155550106", Source.CARRIER, Answer.NO)
    stop(school, BEN)

    sent = send(school, mateo, lucia, ben, abroad, blocked, unasked)

    assert (sent.queued, sent.refused) == (2, 5)
    assert messages(sent.batch_id) == {
        ANA: ("queued", None),
        SHARED: ("queued", None),
        BEN: ("failed", "opted_out"),
        None: ("failed", "no_cell"),
        "+14155550105": ("failed", "not_asked"),
        "+447400123456": ("failed", "country"),
        "+14155550106": ("failed", "blocked_by_carrier"),
    }
    for_shared = select(MessageContact.contact_id).join(
        Message, Message.id == MessageContact.message_id
    )
    texted = for_shared.where(Message.number == SHARED, Message.kind == MessageKind.BATCH)
    assert len(db.session.scalars(texted).all()) == 2


def test_only_the_parents_at_the_chosen_positions_are_meant(school: SchoolRow) -> None:
    mateo = make_student(school, "Mateo Ruiz")
    make_parent(school, "Ana Ruiz", mateo, phones=[phone(ANA)], typed=True)
    make_parent(school, "Ben Ruiz", mateo, phones=[phone(BEN)], typed=True)
    assert [row.name for row in recipients(school, [mateo], frozenset({2}))] == ["Ben Ruiz"]
    assert messages(send(school, mateo, at="1").batch_id) == {ANA: ("queued", None)}


def test_nobody_of_another_school_is_meant(school: SchoolRow, other_school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    assert recipients(other_school, [ana]) == []


def test_the_same_page_sends_once(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    assert send(school, ana) == send(school, ana)
    assert send(school, ana, key="another").batch_id != send(school, ana).batch_id


def test_the_first_text_to_a_number_is_a_welcome_once(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    for key in ("one", "two"):
        send(school, ana, key=key)
    order = select(Message.kind).order_by(Message.rank, Message.id)
    assert db.session.scalars(order).all() == ["welcome", "batch", "batch"]


def test_a_school_may_send_no_welcome(school: SchoolRow) -> None:
    from dataclasses import replace

    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    send(replace(school, welcome_on=False), ana)
    assert messages() == {}


def test_a_welcome_that_failed_before_it_went_goes_with_the_next_text(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    send(school, ana)
    with writing():
        welcome = db.session.scalars(select(Message).where(Message.kind == "welcome")).one()
        welcome.state, welcome.reason = "failed", "opted_out"
    send(school, ana, key="another")
    assert messages() == {ANA: ("queued", None)}


def test_where_texting_is_off_every_text_fails(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        off = set_school("oakwood", texting_on=False)
    assert messages(send(off, ana).batch_id) == {ANA: ("failed", "texting_off")}


def test_what_waits_can_be_stopped(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    sent = send(school, ana)
    with writing():
        assert texting.cancel(school, sent.batch_id, "Pat Fields") == 1
        assert texting.cancel(school, sent.batch_id, "Pat Fields") == 0
    assert messages(sent.batch_id) == {ANA: ("failed", "cancelled")}


def test_what_the_provider_may_have_is_not_called_stopped(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    sent = send(school, ana)
    with writing():
        db.session.execute(update(Message).values(in_doubt=True))
        assert texting.cancel(school, sent.batch_id, "Pat Fields") == 1
    assert messages(sent.batch_id) == {ANA: ("not_known", None)}


def test_a_welcome_that_the_provider_refused_is_not_sent_again(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    send(school, ana)
    welcome = update(Message).where(Message.kind == MessageKind.WELCOME)
    with writing():
        db.session.execute(welcome.values(state="failed", reason="provider", error_code=21211))
    send(school, ana, key="another")
    row = db.session.scalars(select(Message).where(Message.kind == MessageKind.WELCOME)).one()
    assert (row.state, row.reason, row.error_code) == ("failed", "provider", 21211)


def test_a_text_that_cannot_go_keeps_the_no_that_it_failed_on(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    stop(school, ANA)
    sent = send(school, ana)
    row = db.session.scalars(select(Message).where(Message.batch_id == sent.batch_id)).one()
    assert (row.reason, row.event_seq) == ("opted_out", 2)


def test_an_answer_goes_once_a_day_for_a_number(school: SchoolRow) -> None:
    with writing():
        queued = [
            texting.queue_reply(
                school, kind, ANA, reply_to=text, texting_number=school.texting_number
            )
            for kind in (MessageKind.STOP_CONFIRMATION, MessageKind.HELP)
            for text in (f"{kind}1", f"{kind}2")
        ]
    assert queued == [True, False, True, False]


@pytest.mark.parametrize(
    ("typed", "body"),
    [
        ("  No   school\r\n\r\n\r\n\r\ntoday. ", "Oakwood School: No school\n\ntoday."),
        ("From OAKWOOD SCHOOL: closed.", "From OAKWOOD SCHOOL: closed."),
        ("Oakwood schooling.", "Oakwood School: Oakwood schooling."),
        ("No\u200b sch\u00adool\u2060\ufeff\ufffc.", "Oakwood School: No school."),
        ("No\u3164 school\ufe0f\U000e0020.", "Oakwood School: No school."),
        ("No\u2800school.", "Oakwood School: No school."),
        ("Snow \u2744\ufe0f", "Oakwood School: Snow \u2744\ufe0f"),
        (
            "\U0001f469\U0001f3fd\u200d\U0001f3eb",
            "Oakwood School: \U0001f469\U0001f3fd\u200d\U0001f3eb",
        ),
        ("1\ufe0f\u20e3 1\ufe0f", "Oakwood School: 1\ufe0f\u20e3 1"),
        ("می\u200cخواهم", "Oakwood School: می\u200cخواهم"),
    ],
)
def test_a_text_names_the_school(school: SchoolRow, typed: str, body: str) -> None:
    assert texting.compose(school, typed).body == body


@pytest.mark.parametrize("typed", ["", " \n ", "a" * 1585, "a\x00b"])
def test_a_text_that_cannot_be_sent_is_refused_in_words(school: SchoolRow, typed: str) -> None:
    with pytest.raises(TextingError, match=r"[Tt]ext|characters"):
        texting.compose(school, typed)


def test_a_text_to_one_number_goes_through_the_same_gate(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    with writing():
        assert texting.send_to_number(school, PAT, ANA, "Hello") is None
        assert texting.send_to_number(school, PAT, BEN, "Hello") == "not_asked"
    kinds = {(row.number, row.kind, row.state) for row in db.session.scalars(select(Message))}
    assert kinds == {
        (ANA, "welcome", "queued"),
        (ANA, "batch", "queued"),
        (BEN, "batch", "failed"),
    }
