"""Forms that are accepted first and applied a moment later, and what comes in between."""

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations
from unittest.mock import patch

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from portal import clock
from portal.delivery import form_worker
from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.form_answers import ContactAnswers
from portal.models import ConsentEvent, Contact, FormOptOut, Holding, Mail, Submission
from portal.queries.schools import SchoolRow
from portal.services.intake import form_opt_outs, pending_forms, receive
from portal.services.intake.pending_forms import PendingForm
from portal.services.intake.submissions import Receipt
from portal.services.schools import schools
from tests.support.families import make_parent, phone, say, stop
from tests.support.incoming import take
from tests.support.intake import (
    ANA,
    BEN_S,
    NO,
    YES,
    cell,
    count,
    parent,
    ruiz,
    sheet,
    state,
    waiting,
)
from tests.support.texted_links import token_to

Accept = Callable[..., Receipt]


@pytest.fixture
def accept(school: SchoolRow) -> Accept:
    def accept(
        answers: ContactAnswers, key: str = "a", session: str = "one", link: str = ""
    ) -> Receipt:
        with writing():
            return receive.accept_form(school, answers, sheet(school, key, session, link))

    return accept


def apply(app: Flask) -> int:
    """Apply what is accepted, and read what comes after anew."""
    try:
        return form_worker.apply_pending(app)
    finally:
        db.session.rollback()


def answered(answer: Answer, number: str = ANA) -> ContactAnswers:
    return ruiz(parent("Ana", "ana@example.com", cell(number, answer)))


def test_an_accepted_form_is_kept_and_changes_nothing_but_its_noes(
    app: Flask, accept: Accept
) -> None:
    accept(ruiz(parent(), parent("Ben", "ben@example.com", cell(BEN_S, NO))))
    assert (count(Submission), count(Contact), count(Mail)) == (1, 0, 0)
    assert (state(ANA), state(BEN_S)) == ("not_asked", "opted_out")
    assert apply(app) == 1
    assert (count(Contact), count(Mail)) == (3, 1)
    assert (state(ANA), state(BEN_S)) == ("opted_in", "opted_out")


def test_a_form_is_applied_once(app: Flask, accept: Accept) -> None:
    accept(ruiz())
    assert [apply(app) for _ in range(3)] == [1, 0, 0]
    assert count(ConsentEvent) == 1


def test_the_same_answers_again_from_the_same_page_are_one_form(app: Flask, accept: Accept) -> None:
    first = accept(ruiz())
    assert accept(ruiz()) == Receipt(first.submission_id, repeated=True)
    assert apply(app) == 1


def test_a_yes_is_dated_to_when_the_form_came_in(app: Flask, accept: Accept) -> None:
    accept(ruiz())
    received = db.session.scalars(select(Submission.received_at)).one()
    apply(app)
    event = db.session.scalars(select(ConsentEvent)).one()
    assert event.happened_at == received < event.recorded_at


def test_a_form_and_its_correction_are_applied_in_their_order(app: Flask, accept: Accept) -> None:
    accept(ruiz(child="Matteo"))
    accept(ruiz(child="Mateo"))
    assert apply(app) == 2
    names = set(db.session.scalars(select(Contact.first_name)))
    assert names == {"Mateo", "Ana"}


@pytest.mark.parametrize("order", list(permutations(("no", "signed yes", "apply"))))
def test_a_no_and_a_signed_in_yes_count_in_the_order_in_which_they_came(
    app: Flask, school: SchoolRow, accept: Accept, order: tuple[str, ...]
) -> None:
    ana = make_parent(school, "Ana Ruiz", email="ana@example.com", phones=[phone(ANA)])
    steps = {
        "no": lambda: accept(answered(NO)),
        "signed yes": lambda: say(school, ANA, Source.PARENT_FORM, YES, ana),
        "apply": lambda: apply(app),
    }
    for step in (*order, "apply"):
        steps[step]()
    later = max(("no", "signed yes"), key=order.index)
    assert state(ANA) == ("opted_out" if later == "no" else "opted_in")


def test_a_no_of_the_same_session_after_a_yes_wins(app: Flask, accept: Accept) -> None:
    accept(answered(YES), key="a")
    accept(answered(NO), key="b")
    apply(app)
    assert state(ANA) == "opted_out"
    assert not waiting(), "nobody is asked about a yes that a no came after"


def test_a_yes_of_the_same_session_after_a_no_corrects_it(app: Flask, accept: Accept) -> None:
    accept(answered(NO), key="a")
    accept(answered(YES), key="b")
    apply(app)
    assert state(ANA) == "opted_in"


def test_yes_and_no_about_one_number_in_one_form_is_a_no(app: Flask, accept: Accept) -> None:
    accept(ruiz(parent(), parent("Ben", "ben@example.com", cell(ANA, NO))))
    apply(app)
    assert state(ANA) == "opted_out"
    assert not waiting()


def test_a_stop_after_a_yes_is_not_lifted_by_it(
    app: Flask, school: SchoolRow, accept: Accept
) -> None:
    accept(answered(YES))
    stop(school, ANA)
    apply(app)
    assert state(ANA) == "opted_out"
    assert not waiting(), "the yes is kept with its form, and that is all"


def test_a_stop_after_a_yes_by_a_texted_link_is_not_lifted_by_it(
    app: Flask, school: SchoolRow, accept: Accept
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    take("STOP", number=ANA)
    accept(answered(YES), link=token_to(ANA))
    stop(school, ANA)
    apply(app)
    assert state(ANA) == "opted_out"


def test_a_yes_by_a_texted_link_is_the_phones_own_once_it_is_applied(
    app: Flask, school: SchoolRow, accept: Accept
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    take("STOP", number=ANA)
    accept(answered(YES), link=token_to(ANA))
    apply(app)
    newest = select(ConsentEvent.source).order_by(ConsentEvent.seq.desc()).limit(1)
    assert db.session.scalar(newest) == Source.HANDSET


def test_a_no_that_waits_is_not_ended_by_an_earlier_yes(app: Flask, accept: Accept) -> None:
    accept(answered(YES), key="a")
    with patch.object(form_opt_outs, "is_unusual", return_value=True):
        accept(answered(NO), key="b")
    apply(app)
    assert db.session.scalars(select(FormOptOut.state)).all() == ["waiting"]


def test_what_a_parent_said_later_stays_on_their_page(
    app: Flask, school: SchoolRow, accept: Accept
) -> None:
    accept(answered(NO), key="a")
    apply(app)
    accept(answered(YES), key="b")
    holding = db.session.scalars(select(Holding)).one()
    with writing():
        db.session.refresh(holding)
        holding.said, holding.said_at = NO, clock.now()
    apply(app)
    db.session.refresh(holding)
    assert holding.said == NO


def test_a_form_that_can_not_be_applied_holds_up_no_other(
    app: Flask, accept: Accept, caplog: pytest.LogCaptureFixture
) -> None:
    bad = accept(ruiz(), key="a").submission_id
    accept(ruiz(parent("Ben", "ben@example.com", cell(BEN_S, YES)), child="Ada"), key="b")
    fail(app, bad)
    assert (state(ANA), state(BEN_S)) == ("not_asked", "opted_in")
    assert f"form {bad} could not be applied" in caplog.text
    assert try_again(app) == 1
    assert state(ANA) == "opted_in"


def test_a_no_said_again_before_the_yes_between_is_applied_still_waits(
    app: Flask, accept: Accept
) -> None:
    with patch.object(form_opt_outs, "is_unusual", return_value=True):
        accept(answered(NO), key="a")
        accept(answered(YES), key="b")
        accept(answered(NO), key="c")
    apply(app)
    states = db.session.scalars(select(FormOptOut.state).order_by(FormOptOut.id)).all()
    assert states == ["ended", "waiting"]


def test_a_list_that_names_a_number_after_a_yes_is_not_undone_by_it(
    app: Flask, school: SchoolRow, accept: Accept
) -> None:
    accept(answered(NO), key="a")
    accept(answered(YES), key="b")
    say(school, ANA, Source.OPT_OUT_LIST, NO)
    apply(app)
    assert state(ANA) == "opted_out"


@pytest.mark.parametrize("back", [timedelta(0), timedelta(seconds=5)])
def test_a_no_after_a_yes_wins_whatever_the_clocks_say(
    app: Flask, accept: Accept, monkeypatch: pytest.MonkeyPatch, back: timedelta
) -> None:
    now = clock.now() - timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: now)
    accept(answered(YES), key="a")
    monkeypatch.setattr(clock, "now", lambda: now - back)
    accept(answered(NO), key="b")
    monkeypatch.undo()
    apply(app)
    assert state(ANA) == "opted_out"
    assert not waiting()


@pytest.mark.parametrize("back", [timedelta(0), timedelta(seconds=5)])
def test_a_no_that_waits_outlasts_an_earlier_yes_whatever_the_clocks_say(
    app: Flask, accept: Accept, monkeypatch: pytest.MonkeyPatch, back: timedelta
) -> None:
    now = clock.now() - timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: now)
    accept(answered(YES), key="a")
    monkeypatch.setattr(clock, "now", lambda: now - back)
    with patch.object(form_opt_outs, "is_unusual", return_value=True):
        accept(answered(NO), key="b")
    monkeypatch.undo()
    apply(app)
    assert db.session.scalars(select(FormOptOut.state)).all() == ["waiting"]


def test_of_yes_and_no_on_one_form_the_no_waits_whatever_the_clock_says(
    app: Flask, accept: Accept, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    with patch.object(form_opt_outs, "is_unusual", return_value=True):
        accept(ruiz(parent(), parent("Ben", "ben@example.com", cell(ANA, NO))))
    monkeypatch.undo()
    apply(app)
    assert db.session.scalars(select(FormOptOut.state)).all() == ["waiting"]


def test_a_yes_keeps_the_texting_number_that_its_form_showed(
    app: Flask, school: SchoolRow, accept: Accept
) -> None:
    accept(answered(YES))
    with writing():
        schools.set_school(school.slug, texting_number="+12065550148")
    apply(app)
    assert db.session.scalars(select(ConsentEvent.texting_number)).one() == "+12065550147"


def fail(app: Flask, *ids: int) -> None:
    """Apply what is accepted, and fail with these forms."""
    apply_form = pending_forms.apply_form

    def failing(school: SchoolRow, form: PendingForm, *rest: object) -> None:
        if form.submission.id in ids:
            raise RuntimeError("this one")
        apply_form(school, form, *rest)  # type: ignore[arg-type]

    with patch.object(pending_forms, "apply_form", failing):
        apply(app)


def try_again(app: Flask) -> int:
    """Apply what could not be applied, as if its time had come."""
    with writing():
        for form in db.session.scalars(select(Submission).where(Submission.apply_at.is_not(None))):
            form.apply_at = form.received_at
    return apply(app)


def test_a_form_that_its_correction_has_overtaken_undoes_none_of_it(
    app: Flask, school: SchoolRow, accept: Accept
) -> None:
    make_parent(school, "Ben Ruiz", email="ben@example.com", phones=[phone(BEN_S)], typed=True)
    bens = parent("Ben", "b2@example.com", cell(BEN_S, NO))
    slip = accept(ruiz(parent(), bens, child="Matteo")).submission_id
    accept(ruiz(parent(), bens, child="Mateo"))
    fail(app, slip)
    told = count(Mail)
    assert try_again(app) == 1
    assert set(db.session.scalars(select(Contact.first_name))) == {"Mateo", "Ana", "Ben"}
    assert not waiting()
    assert count(Mail) == told + 1, "the owner of the number that it said no about is told"


def test_a_correction_of_a_form_whose_last_correction_failed_corrects_the_one_before(
    app: Flask, accept: Accept
) -> None:
    accept(ruiz(child="Matteo"))
    apply(app)
    bad = accept(ruiz(child="Mattteo")).submission_id
    fail(app, bad)
    accept(ruiz(child="Mateo"))
    apply(app)
    try_again(app)
    assert set(db.session.scalars(select(Contact.first_name))) == {"Mateo", "Ana"}
    assert not waiting()


def test_forms_that_keep_coming_at_one_school_hold_up_no_other(
    app: Flask, school: SchoolRow, other_school: SchoolRow, accept: Accept
) -> None:
    first = min(school, other_school, key=lambda one: one.slug)
    second = max(school, other_school, key=lambda one: one.slug)
    applied: list[int] = []
    apply_form = pending_forms.apply_form

    def and_another(at: SchoolRow, *rest: object) -> None:
        apply_form(at, *rest)  # type: ignore[arg-type]
        applied.append(at.id)
        if len(applied) < 200 and second.id not in applied:
            send(first, f"{len(applied):x}")

    def send(at: SchoolRow, key: str) -> None:
        answers = ruiz(parent("Ana", f"{key}@example.com", cell(ANA, NO)), child=f"K{key}")
        receive.accept_form(at, answers, sheet(at, key))

    with writing():
        send(first, "first")
        send(second, "second")
    with patch.object(pending_forms, "apply_form", and_another):
        apply(app)
    assert second.id in applied[:100]


@pytest.mark.parametrize("times", [1, 2])
def test_a_form_that_met_a_deadlock_is_tried_again_right_away_once(
    app: Flask, accept: Accept, times: int
) -> None:
    accept(ruiz())
    apply_form, calls = pending_forms.apply_form, []

    def deadlocked(*given: object) -> None:
        calls.append(given)
        if len(calls) <= times:
            raise OperationalError("", {}, psycopg.errors.DeadlockDetected())
        apply_form(*given)  # type: ignore[arg-type]

    with patch.object(pending_forms, "apply_form", deadlocked):
        apply(app)
    assert state(ANA) == ("opted_in" if times == 1 else "not_asked")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_staff_may_confirm_a_no_of_a_form_while_it_is_applied(
    school: SchoolRow, accept: Accept
) -> None:
    """The event refers to the form: they would wait for it, with the number locked."""
    accept(answered(NO))
    with writing():
        pending_forms.oldest_pending(school.id)
        with db.engine.connect() as another:
            another.execute(text("SET LOCAL lock_timeout = '1s'"))
            another.execute(text("SELECT 1 FROM submission FOR KEY SHARE"))
