"""Effects of a yes or a no by a texted link."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from portal.consent import holdings
from portal.enums import Answer, ProofKind, Source
from portal.extensions import db, writing
from portal.models import Holding, Mail
from portal.queries.schools import SchoolRow
from portal.services.intake import form_opt_outs
from portal.services.texting.link_answers import LinkVoidError
from portal.services.texting.welcomes import queue_welcomes
from tests.services.texting.link_cases import answer, is_void
from tests.support.families import make_parent, phone, say
from tests.support.incoming import ANA, BEN, events, state, take
from tests.support.texted_links import token_to


def test_a_yes_in_a_browser_where_the_parent_is_signed_in_proves_the_number(
    school: SchoolRow, token: str
) -> None:
    cleo = make_parent(school, "Cleo Ruiz", email="cleo@x.org", phones=[phone(ANA)], proof=None)
    answer(school, token, parent_id=cleo)
    assert events()[-1].actor == f"contact:{cleo}"
    assert events()[-1].source == "handset"
    holding = holdings.open_holding(school.id, cleo, ANA)
    assert holding is not None
    assert (holding.proven_by, holding.said) == ("handset", "yes")
    assert holding.handset_email_key == "cleo@x.org"


def test_a_yes_of_who_does_not_have_the_number_proves_nothing(
    school: SchoolRow, token: str
) -> None:
    ben = make_parent(school, "Ben Moss", phones=[phone(BEN)], proof=None)
    answer(school, token, parent_id=ben)
    assert (state(), events()[-1].actor) == ("opted_in", "handset")
    assert not db.session.scalars(
        select(Holding.id).where(Holding.proven_by == ProofKind.HANDSET)
    ).all()


def test_a_yes_of_nobody_signed_in_proves_nothing(school: SchoolRow, token: str) -> None:
    cleo = make_parent(school, "Cleo Ruiz", phones=[phone(ANA)], proof=None)
    answer(school, token)
    assert not holdings.is_proven(school.id, cleo, ANA)


def test_a_yes_by_a_link_of_another_school_is_none(
    school: SchoolRow, other_school: SchoolRow, token: str
) -> None:
    with pytest.raises(LinkVoidError):
        answer(other_school, token)
    db.session.rollback()
    assert not is_void(school, token)


def test_a_no_turns_texts_off_and_tells_the_owner(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", email="ana@example.com", phones=[phone(ANA)], typed=True)
    with writing():
        queue_welcomes(school, [ANA])
    answer(school, token_to(ANA, "welcome"), Answer.NO)
    assert state() == "opted_out"
    event = events()[-1]
    assert (event.source, event.answer, event.actor) == ("public_form", "no", "visitor")
    assert db.session.scalars(select(Mail.to_address)).all() == ["ana@example.com"]


def test_a_no_of_the_parent_who_is_signed_in_is_theirs(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", email="ana@example.com", phones=[phone(ANA)], typed=True)
    with writing():
        queue_welcomes(school, [ANA])
    answer(school, token_to(ANA, "welcome"), Answer.NO, parent_id=ana)
    assert (events()[-1].source, events()[-1].actor) == ("parent_form", f"contact:{ana}")
    assert not db.session.scalars(select(Mail)).all()


def test_a_no_by_a_link_never_waits(school: SchoolRow, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person with the link got it on the phone, however many others say no on forms now."""
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    say(school, ANA, Source.PUBLIC_FORM, Answer.YES)
    with writing():
        queue_welcomes(school, [ANA])
    monkeypatch.setattr(form_opt_outs, "is_unusual", lambda *_: True)
    answer(school, token_to(ANA), Answer.NO)
    assert state() == "opted_out"


@pytest.mark.parametrize("said", list(Answer))
def test_tapped_twice_in_one_browser_it_is_one_answer(
    school: SchoolRow, token: str, said: Answer
) -> None:
    answer(school, token, said)
    told = len(events())
    answer(school, token, said)
    assert len(events()) == told
    for other in ({"session": "another"}, {"said": Answer.NO if said == "yes" else Answer.YES}):
        with pytest.raises(LinkVoidError):
            answer(school, token, **{"said": said, **other})  # type: ignore[arg-type]
        db.session.rollback()


def test_of_eight_taps_at_once_one_counts(app: Flask, school: SchoolRow, token: str) -> None:
    start = threading.Barrier(8)

    def tap(n: int) -> bool:
        with app.app_context():
            try:
                start.wait(60)
                answer(school, token, session=f"browser {n}")
            except LinkVoidError:
                return False
            finally:
                db.session.remove()
        return True

    db.session.rollback()
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(tap, range(8))) == [False] * 7 + [True]
    assert [event.source for event in events()].count("handset") == 1


def test_a_tap_on_an_old_page_does_not_say_yes_where_a_stop_has_come_since(
    school: SchoolRow, token: str
) -> None:
    answer(school, token)
    take("STOP")
    with pytest.raises(LinkVoidError):
        answer(school, token)
    db.session.rollback()
    assert state() == "opted_out"
