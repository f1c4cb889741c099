"""Forms that are accepted first and applied a moment later, and what comes in between."""

from collections.abc import Callable
from itertools import permutations
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.consent.wording import consent_wording
from portal.delivery import form_worker
from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.form_answers import ContactAnswers
from portal.models import ConsentEvent, Contact, FormOptOut, Holding, Mail, Submission
from portal.queries.schools import SchoolRow
from portal.services.intake import form_opt_outs, receive
from portal.services.intake.receive import FormContext, Receipt
from tests.support.families import make_parent, phone, say, stop
from tests.support.incoming import take
from tests.support.intake import ANA, BEN_S, NO, YES, cell, count, parent, ruiz, state, waiting
from tests.support.texted_links import token_to

Accept = Callable[..., Receipt]


@pytest.fixture
def accept(school: SchoolRow) -> Accept:
    def accept(
        answers: ContactAnswers, key: str = "a", session: str = "one", link: str = ""
    ) -> Receipt:
        context = FormContext(
            form_key=key.ljust(32, "0"),
            session_digest=session,
            language="en",
            evidence={"ip": "203.0.113.7", "browser": "Test", "name": "Ana Ruiz"},
            wording=consent_wording(school.name, school.texting_number, school.country),
            link_token=link,
        )
        with writing():
            return receive.accept_form(school, answers, context)

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
    apply_form = receive.apply_form

    def fail_once(school: SchoolRow, form: Submission, *rest: object) -> None:
        if form.id == bad:
            raise RuntimeError("this one")
        apply_form(school, form, *rest)  # type: ignore[arg-type]

    with patch.object(receive, "apply_form", fail_once):
        apply(app)
    assert (state(ANA), state(BEN_S)) == ("not_asked", "opted_in")
    assert f"form {bad} could not be applied" in caplog.text
    with writing():
        form = db.session.scalars(select(Submission).where(Submission.id == bad)).one()
        assert form.apply_at is not None
        form.apply_at -= receive.RETRY_AFTER
    assert apply(app) == 1
    assert state(ANA) == "opted_in"
