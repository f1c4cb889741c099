"""Words that are texted from the handset itself: they lift what only it, or its holder, may."""

import io
import secrets
from collections.abc import Iterator
from datetime import timedelta

import pytest

from portal import clock
from portal.consent import holdings
from portal.consent.wording import consent_wording
from portal.enums import Answer, Source
from portal.extensions import writing
from portal.queries.schools import SchoolRow
from portal.services.texting import handset_confirmation
from tests.support.families import make_parent, phone, say, stop
from tests.support.incoming import ANA, BEN, events, newest, state, take


@pytest.fixture
def ana(school: SchoolRow) -> int:
    """Ana Ruiz, opted in as staff typed her Cell."""
    return make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)


@pytest.fixture
def word(school: SchoolRow, ana: int) -> str:
    """Ana's number has opted out, and she is shown a word for it."""
    stop(school, ANA)
    with writing():
        wording = consent_wording(school.name, school.texting_number, school.country)
        return handset_confirmation.issue_confirmation_word(school, ana, ANA, wording)


def test_a_word_from_its_handset_opts_in(school: SchoolRow, ana: int, word: str) -> None:
    take(word, number=BEN)
    assert (newest().kind, state()) == ("reply", "opted_out"), "it is no other number's"
    take(f"{word[:3]} {word[3:].lower()}.", provider_id="SM1")
    row = newest()
    assert (row.kind, row.event_seq, row.code) == ("word", 3, None)
    assert row.read_at is not None
    assert (state(), events()[-1].source, events()[-1].message_id) == ("opted_in", "handset", "SM1")
    held = holdings.open_holding(school.id, ana, ANA)
    assert held is not None
    assert held.handset_seq == 3, "the phone itself confirmed it"
    take(word)
    assert (newest().kind, newest().read_at) == ("reply", None), "it counts once"


def test_a_word_that_comes_in_late_counts_by_when_it_was_sent(
    school: SchoolRow, ana: int, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = clock.now()
    with monkeypatch.context() as later:
        later.setattr(clock, "now", lambda: then + timedelta(hours=2))  # the word is void by now
        take(word, happened_at=then + timedelta(minutes=1))
    assert (newest().kind, state()) == ("word", "opted_in")
    assert events()[-1].happened_at == then + timedelta(minutes=1)


def test_a_word_sent_before_a_newer_stop_is_left_to_staff(
    school: SchoolRow, ana: int, word: str
) -> None:
    sent_at = clock.now()
    say(school, ANA, Source.PARENT_FORM, Answer.YES, ana)
    stop(school, ANA)
    take(word, happened_at=sent_at)
    assert (newest().kind, newest().read_at, state()) == ("word", None, "opted_out")
    assert newest().code == "older_than_the_stop"
    held = holdings.open_holding(school.id, ana, ANA)
    assert held is not None
    assert held.handset_seq is None, "a late word proves nothing"


def test_a_word_that_holds_a_keyword_is_taken_for_the_word(
    school: SchoolRow, ana: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(school, ANA)
    assert shown(school, ana, "ENDKLM", monkeypatch) == "ENDKLM"
    take("end klm")
    assert (newest().kind, state()) == ("word", "opted_in")


def test_no_word_is_shown_that_says_something_else(
    school: SchoolRow, ana: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shown(school, ana, "CANCELHRLTVW", monkeypatch) == "HRLTVW"


def shown(school: SchoolRow, parent: int, letters: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The word that is shown when chance gives these letters."""
    chance: Iterator[str] = iter(io.StringIO(letters).read())
    wording = consent_wording(school.name, school.texting_number, school.country)
    with monkeypatch.context() as lucky, writing():
        lucky.setattr(secrets, "choice", lambda _letters: next(chance))
        return handset_confirmation.issue_confirmation_word(school, parent, ANA, wording)
