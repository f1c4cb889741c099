"""Links texted to a number: which texts carry one, what a yes by it does, and when it is void."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from portal import clock
from portal.consent import holdings, ledger, texted_links
from portal.consent.wording import consent_wording
from portal.delivery.text_worker import send_due
from portal.enums import Answer, MessageKind, ProofKind, Source
from portal.extensions import db, writing
from portal.models import ConsentEvidence, Holding, Mail, Message, TextedLink, Wording
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from portal.services.intake import form_opt_outs
from portal.services.schools.schools import set_school
from portal.services.texting import handset_confirmation, link_answers
from portal.services.texting import send as texting
from portal.services.texting.link_answers import LinkAnswer, LinkVoidError
from portal.services.texting.segments import count
from portal.services.texting.standard_messages import body_of
from tests.support.families import make_parent, phone, say, stop
from tests.support.incoming import ANA, BEN, events, state, take
from tests.support.texted_links import link_to, links, newest_text, token_to, words_of

HELP, CONFIRMATION = "help", "stop_confirmation"


@pytest.fixture
def ana(school: SchoolRow) -> int:
    """Ana Ruiz, opted in as staff typed her Cell; she has no email on file."""
    return make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)


@pytest.fixture
def token(school: SchoolRow, ana: int) -> str:
    """Ana texted STOP: the token of the link in its confirmation."""
    take("STOP")
    return token_to(ANA, CONFIRMATION)


def answer(
    school: SchoolRow,
    token: str,
    said: Answer = Answer.YES,
    parent_id: int | None = None,
    session: str = "one",
) -> None:
    given = LinkAnswer(
        said=said,
        wording=consent_wording(school.name, school.texting_number, school.country),
        session_digest=session,
        evidence={"ip": "127.0.0.1", "browser": "Test"},
        parent_id=parent_id,
    )
    with writing():
        link_answers.answer(school, token, given, lambda key: f"http://portal/{key}")


def is_void(school: SchoolRow, token: str) -> bool:
    """True if neither the page nor an answer takes the link."""
    shown = link_answers.number_of(school.id, token) is not None
    db.session.rollback()
    before = len(events())
    try:
        answer(school, token, session="of the one who looks")
    except LinkVoidError:
        db.session.rollback()
        assert not shown, "the page asks what no answer is taken to"
        assert len(events()) == before
        return True
    assert shown, "the page does not ask, and an answer is taken"
    return False


# Which texts carry a link


def test_the_confirmation_of_a_stop_carries_a_link_and_a_yes_by_it_opts_in(
    school: SchoolRow, token: str
) -> None:
    assert state() == "opted_out"
    answer(school, token)
    assert state() == "opted_in"
    event = events()[-1]
    assert (event.source, event.answer, event.actor) == ("handset", "yes", "handset")
    wording = db.session.get_one(Wording, (school.id, event.wording_id))
    assert "May Oakwood School text this number?" in wording.text
    evidence = db.session.get_one(ConsentEvidence, (school.id, ANA, event.seq))
    assert evidence.content == {"ip": "127.0.0.1", "browser": "Test"}


def test_the_welcome_carries_a_link(school: SchoolRow, ana: int) -> None:
    with writing():
        assert texting.welcome(school, ANA)
    assert not is_void(school, token_to(ANA, "welcome"))
    assert events()[-1].source == "handset"


@pytest.mark.parametrize("word", ["HELP", "START", "unstop"])
def test_help_and_start_from_a_number_that_opted_out_are_answered_with_a_fresh_link(
    app: Flask, school: SchoolRow, token: str, word: str
) -> None:
    send_due(app)
    take(word)
    assert state() == "opted_out", "START is no consent"
    fresh = token_to(ANA, HELP)
    assert fresh != token
    assert is_void(school, token), "an older link is void"
    send_due(app)
    text_ = newest_text(ANA, HELP)
    assert (text_.state, text_.reason) == ("sent", None), "it goes to a number that opted out"
    answer(school, fresh)
    assert state() == "opted_in"


def test_they_are_answered_once_a_day(school: SchoolRow, token: str) -> None:
    for word in ("START", "HELP", "START"):
        take(word)
    assert len(links(ANA)) == 2, "the confirmation's, and one answer's"
    with writing():
        db.session.execute(
            update(Message).values(made_at=clock.now() - timedelta(days=1, seconds=1))
        )
    take("HELP")
    assert len(links(ANA)) == 3


def test_an_answer_that_could_not_be_sent_is_none(school: SchoolRow, token: str) -> None:
    """The provider refuses texts to a number that is unsubscribed there; START lifts that."""
    take("HELP")
    with writing():
        db.session.execute(
            update(Message).where(Message.kind == HELP).values(state="failed", reason="opted_out")
        )
    take("START")
    assert len(links(ANA)) == 3


def test_a_stranger_who_says_no_on_a_form_does_not_keep_a_parent_out_for_a_day(
    school: SchoolRow, token: str
) -> None:
    """Only the phone's own no lets the day's answer stand; and there is an end to it."""
    for asked in range(1, 6):
        take("START")
        assert len(links(ANA)) == 1 + min(asked, 3)
        say(school, ANA, Source.PUBLIC_FORM, Answer.NO)


def test_a_stop_after_the_answer_leaves_it_the_only_one_of_the_day(
    school: SchoolRow, token: str
) -> None:
    for body in ("START", "STOP", "START"):
        take(body)
    assert len(links(ANA)) == 2


def test_the_answer_to_help_while_opted_in_does_not_use_up_the_days_link(
    school: SchoolRow, ana: int
) -> None:
    take("HELP")
    assert not words_of(ANA, HELP).startswith("http")
    assert links(ANA) == []
    take("STOP")
    take("HELP")
    assert len(links(ANA)) == 2


@pytest.mark.parametrize("how", [{"opt_out_type": "STOP"}, {"stop_confirmation": "provider"}])
def test_where_the_provider_confirms_stops_the_link_comes_with_start(
    school: SchoolRow, ana: int, how: dict[str, Any]
) -> None:
    told = how.get("opt_out_type")
    with writing():
        set_school("oakwood", **{k: v for k, v in how.items() if k != "opt_out_type"})
    take("STOP", opt_out_type=told)
    assert links(ANA) == []
    take("START", opt_out_type=told and "START")
    answer(school, token_to(ANA, HELP))
    assert state() == "opted_in"


@pytest.mark.usefixtures("token")
def test_what_comes_a_day_late_is_not_answered() -> None:
    take("START", happened_at=clock.now() - timedelta(hours=25))
    assert len(links(ANA)) == 1


@pytest.mark.parametrize("before", ["opted in", "not asked"])
def test_a_start_from_a_number_that_did_not_opt_out_is_not_answered(
    school: SchoolRow, before: str
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=before == "opted in")
    take("START")
    assert links(ANA) == []
    assert not db.session.scalars(select(Message)).all()


def test_a_number_on_no_record_gets_a_link_too(school: SchoolRow) -> None:
    take("STOP")
    answer(school, token_to(ANA, CONFIRMATION))
    assert state() == "opted_in"


# The text


KINDS = [
    (MessageKind.STOP_CONFIRMATION, True, 1),
    (MessageKind.HELP, True, 1),
    (MessageKind.WELCOME, False, 2),
]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize(("kind", "opted_out", "most"), KINDS)
def test_a_link_comes_last_and_its_text_is_short(
    app: Flask, language: str, kind: MessageKind, opted_out: bool, most: int
) -> None:
    body = body_of(kind, "Oakwood School", language, opted_out)
    assert body.endswith(" [link]")
    address = "https://portal.example-district.org/oakwood/t/" + 13 * "0"
    counted = count(body.replace("[link]", address))
    assert (counted.encoding, counted.beyond) == ("GSM-7", ())
    assert counted.segments <= most


def test_the_database_holds_no_link_but_hashed(app: Flask, school: SchoolRow, token: str) -> None:
    send_due(app)
    assert newest_text(ANA).state == "sent"
    rows = [
        str(row)
        for table in ("message", "texted_link")
        for row in db.session.execute(text(f"SELECT * FROM {table}")).all()
    ]
    assert rows
    assert not [row for row in rows if token in row]
    assert newest_text(ANA).body.endswith("[link]")


def test_links_are_told_apart_and_nobody_guesses_one(school: SchoolRow, token: str) -> None:
    take("START")
    assert len({link.token_hash for link in links(ANA)}) == 2
    assert len(token) == 13
    assert token.isalnum()
    assert token == token.lower()


def test_what_a_text_costs_is_counted_with_its_link(school: SchoolRow, token: str) -> None:
    assert newest_text(ANA).segments == count(words_of(ANA)).segments
    take("HELP")
    assert newest_text(ANA).segments == count(words_of(ANA)).segments


# What a yes does


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
        texting.welcome(school, ANA)
    answer(school, token_to(ANA, "welcome"), Answer.NO)
    assert state() == "opted_out"
    event = events()[-1]
    assert (event.source, event.answer, event.actor) == ("public_form", "no", "visitor")
    assert db.session.scalars(select(Mail.to_address)).all() == ["ana@example.com"]


def test_a_no_of_the_parent_who_is_signed_in_is_theirs(school: SchoolRow) -> None:
    ana = make_parent(school, "Ana Ruiz", email="ana@example.com", phones=[phone(ANA)], typed=True)
    with writing():
        texting.welcome(school, ANA)
    answer(school, token_to(ANA, "welcome"), Answer.NO, parent_id=ana)
    assert (events()[-1].source, events()[-1].actor) == ("parent_form", f"contact:{ana}")
    assert not db.session.scalars(select(Mail)).all()


def test_a_no_by_a_link_never_waits(school: SchoolRow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who holds the link got it on the phone, however many others say no on forms just now."""
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    say(school, ANA, Source.PUBLIC_FORM, Answer.YES)
    with writing():
        texting.welcome(school, ANA)
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


# When it is void


def used_for_a_yes(school: SchoolRow, token: str) -> None:
    answer(school, token)


def later_stop(school: SchoolRow, _: str) -> None:
    take("STOP")


def later_no_on_an_imported_list(school: SchoolRow, _: str) -> None:
    say(school, ANA, Source.OPT_OUT_LIST, Answer.NO)


def later_no_on_a_form(school: SchoolRow, _: str) -> None:
    say(school, ANA, Source.PUBLIC_FORM, Answer.NO)


def later_yes_and_no(school: SchoolRow, _: str) -> None:
    say(school, ANA, Source.HANDSET, Answer.YES)
    say(school, ANA, Source.PUBLIC_FORM, Answer.NO)


def near_miss(school: SchoolRow, _: str) -> None:
    take("please stop texting me")


def number_leaves(school: SchoolRow, _: str) -> None:
    [ana] = db.session.scalars(select(Holding.contact_id).where(Holding.until.is_(None)))
    with writing():
        contacts.enter_phones(school, ana, [phone(BEN)], "account:1")


def number_changes_hands(school: SchoolRow, _: str) -> None:
    number_leaves(school, _)
    make_parent(school, "Ben Moss", phones=[phone(ANA)], typed=True)


def newer_link(school: SchoolRow, _: str) -> None:
    take("START")


def thirty_days(school: SchoolRow, _: str) -> None:
    with writing():
        db.session.execute(update(TextedLink).values(expires_at=clock.now()))


VOID = [
    used_for_a_yes,
    later_stop,
    later_no_on_an_imported_list,
    later_no_on_a_form,
    later_yes_and_no,
    near_miss,
    number_leaves,
    number_changes_hands,
    newer_link,
    thirty_days,
]


@pytest.mark.parametrize("what", VOID, ids=lambda what: what.__name__)
def test_it_is_void_after(
    school: SchoolRow, token: str, what: Callable[[SchoolRow, str], None]
) -> None:
    what(school, token)
    assert is_void(school, token)


@pytest.mark.parametrize("body", ["Thanks!", "yes", "START"])
def test_other_texts_leave_a_link_good(school: SchoolRow, token: str, body: str) -> None:
    if body == "START":  # the first brings a newer one
        take(body)
        token = token_to(ANA, HELP)
    take(body)
    assert not is_void(school, token)


def test_its_days_are_counted_from_when_its_text_was_written(school: SchoolRow, token: str) -> None:
    [link] = links(ANA)
    assert link.expires_at - link.created_at == timedelta(days=30)
    assert link.seq == len(events()), "the STOP it confirms speaks not against it"


def test_no_clock_tells_what_came_first(
    school: SchoolRow, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server an hour behind takes the next no in."""
    hour_ago = clock.now() - timedelta(hours=1)
    with monkeypatch.context() as behind:
        behind.setattr(clock, "now", lambda: hour_ago)
        say(school, ANA, Source.PUBLIC_FORM, Answer.NO)
    assert is_void(school, token)


def test_a_link_that_was_asked_for_after_the_number_left_is_good(
    school: SchoolRow, token: str
) -> None:
    """Nothing was said in between: both have the same place in the log."""
    number_leaves(school, token)
    take("START")
    assert not is_void(school, token_to(ANA, HELP))


def test_a_stranger_who_types_a_number_and_takes_it_off_again_voids_nothing(
    school: SchoolRow, token: str
) -> None:
    eve = make_parent(school, "Eve Moss", phones=[phone(ANA)], proof=None)
    with writing():
        contacts.set_phones(school.id, eve, [])
    assert not is_void(school, token)


def test_what_else_speaks_against_texts_voids_by_the_same_door(
    school: SchoolRow, token: str
) -> None:
    with writing():
        ledger.lock_status(school.id, ANA)
        texted_links.void(school.id, [ANA])
    assert is_void(school, token)


def test_a_stop_voids_the_link_of_a_welcome_that_still_waits(
    app: Flask, school: SchoolRow, ana: int
) -> None:
    with writing():
        texting.welcome(school, ANA)
    token = token_to(ANA, "welcome")
    with writing():
        set_school("oakwood", stop_confirmation="provider")
    take("STOP")
    assert is_void(school, token)
    send_due(app)
    assert newest_text(ANA, "welcome").reason == "opted_out"
    say(school, ANA, Source.HANDSET, Answer.YES, ana)
    with writing():
        assert texting.welcome(school, ANA) is False, "it is the same text again"
    assert newest_text(ANA, "welcome").state == "queued"
    again = token_to(ANA, "welcome")
    assert again != token
    assert is_void(school, token)
    assert not is_void(school, again)


def test_an_answer_whose_link_is_void_does_not_go_out(app: Flask, school: SchoolRow) -> None:
    take("STOP")
    send_due(app)
    take("START")
    take("STOP")
    send_due(app)
    assert (newest_text(ANA, HELP).state, newest_text(ANA, HELP).reason) == ("failed", "opted_out")


def test_an_answer_that_a_yes_has_overtaken_does_not_go_out(app: Flask, school: SchoolRow) -> None:
    take("STOP")
    send_due(app)
    take("START")
    say(school, ANA, Source.HANDSET, Answer.YES)
    send_due(app)
    assert newest_text(ANA, HELP).reason == "outdated"


def test_an_answer_to_help_that_a_stop_has_overtaken_does_not_go_out(
    app: Flask, school: SchoolRow, ana: int
) -> None:
    take("HELP")
    take("STOP")
    send_due(app)
    assert newest_text(ANA, HELP).reason == "opted_out"


def test_many_welcomes_each_have_their_own_link(school: SchoolRow) -> None:
    numbers = [f"+1415555{n:04d}" for n in range(1200)]
    with writing():
        assert len(texting._welcome(school, numbers)) == 1200
    links_ = db.session.scalar(select(func.count(TextedLink.token_hash.distinct())))
    assert links_ == 1200
    assert link_to(numbers[0]) != link_to(numbers[1])


def test_the_word_shown_to_a_signed_in_parent_works_beside_a_link(
    school: SchoolRow, ana: int, token: str
) -> None:
    with writing():
        wording = consent_wording(school.name, school.texting_number, school.country)
        word = handset_confirmation.show_word(school, ana, ANA, wording)
    take(word)
    assert state() == "opted_in"
    stop(school, ANA)
    assert is_void(school, token)
