"""Data on file during a migration ends up as if it had been typed afterwards."""

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.delivery import form_worker
from portal.demo import families as demo_families
from portal.enums import Answer, InboundVia, MessageFault, Source, StaffRole
from portal.extensions import Base, db, writing
from portal.form_answers import ParentAnswer
from portal.models import (
    Account,
    ConsentStatus,
    Contact,
    Holding,
    InboundMessage,
    Message,
    Phone,
    StaffSession,
    Submission,
    TextedLink,
)
from portal.queries.schools import SchoolRow
from portal.services.accounts import accounts, parent_sign_in, staff_invitations, staff_sign_in
from portal.services.actor import COMMAND, Actor
from portal.services.intake import receive
from portal.services.texting import held_texts, inbound
from portal.services.texting import send as texting
from portal.services.texting.inbound import Received
from portal.services.texting.welcomes import queue_welcomes
from tests.support.burst import hold
from tests.support.families import make_parent, phone, say, stop, wrongly_marked
from tests.support.intake import ANA, ruiz, sheet, state

TYPED, FORMED, CONFIRMED = "+12065550101", "+12065550102", "+12065550103"


@pytest.mark.usefixtures("app")
def test_phones_on_file_are_marked_as_a_parents_or_not() -> None:
    with writing():
        school = demo_families.make_schools()
        demo_families.make_families(school, 1, range(12))
    before = marks()
    assert len(set(before.values())) == 2
    db.session.rollback()
    flask_migrate.downgrade(revision="0005")
    columns = text("SELECT * FROM phone LIMIT 1")
    assert "of_parent" not in db.session.execute(columns).keys()  # noqa: SIM118 -- of a result
    db.session.rollback()
    flask_migrate.upgrade(revision="0006")
    assert marks() == before
    assert wrongly_marked() == []


@pytest.mark.usefixtures("app")
def test_the_last_sign_in_of_an_account_is_taken_from_its_sessions() -> None:
    with writing():
        school = demo_families.make_schools()
        made = accounts.create_account("a@x.example", "A", "x", school.id, StaffRole.ADMIN)
        accounts.create_account("b@x.example", "B", "x", school.id, StaffRole.VIEWER)
        for _ in range(2):
            staff_sign_in.open_session(made.account_id, "", None)
    newest = db.session.scalar(select(func.max(StaffSession.created_at)))
    db.session.rollback()
    flask_migrate.downgrade(revision="0006")
    flask_migrate.upgrade(revision="0008")
    found = db.session.execute(select(Account.email, Account.last_sign_in_at).order_by("email"))
    assert [tuple(row) for row in found] == [("a@x.example", newest), ("b@x.example", None)]


def test_forms_that_are_not_applied_yet_are_not_lost_on_the_way_down(
    app: Flask, school: SchoolRow, caplog: pytest.LogCaptureFixture
) -> None:
    with writing():
        receive.accept_form(school, ruiz(), sheet(school, "a"))
    kept = db.session.execute(select(Submission.id, Submission.apply_at, Submission.pending)).one()
    db.session.rollback()
    with pytest.raises(SystemExit):
        flask_migrate.downgrade(revision="0011")
    assert "1 form is not applied to records yet" in caplog.text
    db.session.rollback()
    row = select(Submission.id, Submission.apply_at, Submission.pending)
    assert db.session.execute(row).one() == kept
    db.session.rollback()
    assert form_worker.apply_pending(app) == 1
    flask_migrate.downgrade(revision="0011")
    assert state(ANA) == "opted_in"
    db.session.rollback()
    flask_migrate.upgrade(revision="0012")
    assert db.session.execute(row).one() == (kept.id, None, None)


def test_texts_that_failed_for_a_no_that_waits_stay_when_there_is_no_such_reason(
    school: SchoolRow,
) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone("+14155550182")], typed=True)
    hold(school, ["+14155550182"], ip="203.0.113.7")
    with writing():
        texting.send(school, COMMAND, "key", "Ana", [ana], typed="Hi")
    reasons = select(Message.reason, Message.state).where(Message.batch_id.is_not(None))
    assert db.session.execute(reasons).all() == [(MessageFault.NO_WAITING, "failed")]
    db.session.rollback()
    flask_migrate.downgrade(revision="0007")
    assert db.session.execute(reasons).all() == [(None, "failed")]
    for reason in ("no_waiting", "gave_up"):
        db.session.rollback()
        change = text("UPDATE message SET reason = :reason").bindparams(reason=reason)
        if reason == "no_waiting":
            with pytest.raises(IntegrityError), writing():
                db.session.execute(change)
        else:
            with writing():
                db.session.execute(change)
    db.session.rollback()
    flask_migrate.upgrade(revision="0010")
    with writing():
        db.session.execute(text("UPDATE message SET reason = 'no_waiting'"))
    with pytest.raises(IntegrityError), writing():
        db.session.execute(text("UPDATE message SET reason = 'another'"))


def test_texts_that_wait_with_a_link_fail_where_the_portal_knows_no_links(
    school: SchoolRow,
) -> None:
    """Else the parent would get the word that stands for the link."""
    ana = make_parent(school, "Ana Ruiz", phones=[phone("+14155550182")], typed=True)
    with writing():
        queue_welcomes(school, ["+14155550182"])
        texting.send(school, COMMAND, "key", "Ana", [ana], typed="See [link] there")
    texts = select(Message.kind, Message.state, Message.reason).order_by(Message.id)
    assert {row.state for row in db.session.execute(texts)} == {"queued"}
    db.session.rollback()
    flask_migrate.downgrade(revision="0010")
    found = db.session.execute(texts).all()
    assert ("welcome", "failed", "cancelled") in found
    assert [row.state for row in found if row.kind == "batch"] == ["queued"]
    assert db.session.scalar(select(Message.settled_at).where(Message.kind == "welcome"))


def marks() -> dict[tuple[int, str], bool]:
    rows = db.session.execute(select(Phone.contact_id, Phone.slot, Phone.of_parent))
    return {(row.contact_id, row.slot): row.of_parent for row in rows}


@pytest.mark.usefixtures("app")
def test_numbers_on_file_are_proven_by_their_phone_or_by_who_typed_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with writing():
        school = demo_families.make_schools()
        demo_families.make_families(school, 1, range(12))
    typed = make_parent(school, "Ana Ruiz", phones=[phone(TYPED)], typed=True)
    formed = make_parent(school, "Ben Ruiz", phones=[phone(FORMED)], proof=None)
    confirmed = make_parent(school, "Eve Ruiz", phones=[phone(CONFIRMED)], proof=None)
    with writing():
        db.session.execute(
            update(Contact).where(Contact.id.in_([formed, confirmed])).values(origin="form")
        )
    stop(school, CONFIRMED)
    say(school, CONFIRMED, Source.HANDSET, Answer.YES, confirmed)
    stop(school, CONFIRMED)
    before = places()
    db.session.rollback()
    flask_migrate.downgrade(revision="0006")
    flask_migrate.upgrade(revision="0007")
    assert places() == before
    proofs = {
        row.number: (row.contact_id, row.proven_by, row.proven_seq, row.handset_seq)
        for row in db.session.scalars(select(Holding))
    }
    assert proofs[TYPED] == (typed, "staff_typed", 0, None)
    assert proofs[FORMED] == (formed, None, None, None)
    assert proofs[CONFIRMED] == (confirmed, "handset", 2, 2)
    actors = dict(db.session.execute(select(Holding.number, Holding.proven_actor)).all())  # type: ignore[arg-type]
    assert (actors[CONFIRMED], actors[TYPED]) == (f"contact:{confirmed}", None)
    demo_numbers = set(proofs) - {TYPED, FORMED, CONFIRMED}
    assert {proofs[number][1] for number in demo_numbers} == {"staff_typed"}
    assert ", 1 not proven yet." in capsys.readouterr().out
    status = select(ConsentStatus.state, ConsentStatus.since_seq, ConsentStatus.handset_only)
    found = db.session.execute(status.where(ConsentStatus.number == CONFIRMED)).one()
    assert tuple(found) == ("opted_out", 3, True)


def places() -> dict[tuple[int, str], tuple[int, int | None]]:
    """The places in its number's log where each holding began and ended."""
    rows = db.session.scalars(select(Holding).execution_options(populate_existing=True))
    return {(h.contact_id, h.number): (h.began_seq, h.ended_seq) for h in rows}


def test_links_that_were_sent_still_work_when_their_tokens_are_kept_by_school(
    app: Flask, school: SchoolRow
) -> None:
    with writing():
        token = parent_sign_in.make_link(school.id, "ana@example.com", "receipt")
        made = accounts.create_account("a@x.example", "A", "x", school.id, StaffRole.ADMIN)
        by = Actor(made.account_id, "A")
        staff_invitations.invite_staff(school, "pat@x.example", StaffRole.VIEWER, by, str)
        now = clock.now()
        link = {"number": ANA, "token_hash": "x", "seq": 1, "created_at": now, "expires_at": now}
        db.session.add(TextedLink(school_id=school.id, **link))
    names = ("sign_in_key", "staff_invitation", "texted_link")
    tables = [Base.metadata.tables[name] for name in names]
    before = [db.session.execute(select(table)).all() for table in tables]
    assert all(before)
    db.session.rollback()
    flask_migrate.downgrade(revision="0013")
    flask_migrate.upgrade()
    assert [db.session.execute(select(table)).all() for table in tables] == before
    assert parent_sign_in.peek_link(school.id, token)


def test_a_relationship_may_be_unknown_and_is_other_on_the_way_down(
    app: Flask, school: SchoolRow
) -> None:
    unknown = ruiz(ParentAnswer("Ana", "Ruiz", None, "ana@example.com", ()))
    with writing():
        receive.accept_form(school, unknown, sheet(school, "a"))
    form_worker.apply_pending(app)
    found = text("SELECT relationship FROM parent_link")
    assert db.session.scalars(found).all() == [None]
    db.session.rollback()
    flask_migrate.downgrade(revision="0015")
    assert db.session.scalars(found).all() == ["other"]
    db.session.rollback()
    flask_migrate.upgrade(revision="0020")
    assert db.session.scalars(found).all() == ["other"]
    with pytest.raises(IntegrityError):
        db.session.execute(text("UPDATE parent_link SET relationship = 'boss'"))
    db.session.rollback()


def test_reactions_that_were_taken_for_a_wish_to_stop_are_replies_and_held_texts_are_due_again(
    app: Flask, school: SchoolRow
) -> None:
    bodies = {
        "Liked “Oakwood School: Reply STOP to cancel.”": "reply",
        "Me gusta “Responda STOP”": "reply",
        "which bus stop?": "near_miss",
        "the sign says “STOP”": "near_miss",
    }
    make_parent(school, "Ana Ruiz", phones=[phone("+14155550101")], typed=True)
    with writing():
        for n, body in enumerate(bodies):
            sid, to = f"SM{n}", school.texting_number
            inbound.receive_text(Received(sid, "+14155550199", to, body), InboundVia.WEBHOOK)
        db.session.execute(update(InboundMessage).values(kind="near_miss"))
        texting.send_to_number(school, COMMAND, "+14155550101", "Hi")
        db.session.execute(update(Message).values(due_at=held_texts.UNTIL_RELEASED))
    flask_migrate.downgrade(revision="0015")
    flask_migrate.upgrade(revision="0021")
    rows = db.session.execute(select(InboundMessage.body, InboundMessage.kind)).all()
    assert {row.body: row.kind for row in rows} == bodies
    assert max(db.session.scalars(select(Message.due_at))) < held_texts.UNTIL_RELEASED
