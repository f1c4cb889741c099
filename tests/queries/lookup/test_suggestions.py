"""Suggestions when no family is found."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import product
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.extensions import db, writing
from portal.models import NameWord
from portal.queries.lookup.families import look_up
from portal.queries.lookup.suggestions import (
    OF_EACH,
    TRIES,
    distance,
    misdialled,
    near_misses,
    nearest_ways,
)
from portal.queries.schools import SchoolRow
from tests.support.families import make_parent, make_student, phone
from tests.support.people import SignIn

MEANT = [
    ("Matteo Ruis", "mateo ruiz"),
    ("ruiz mtaeo", "ruiz mateo"),
    ("Nateo", "mateo"),
    ("Núnes", "nunez"),
    ("mateos", "mateo"),
    ("ana.ruiz@gmial.com", "ana.ruiz@example.com"),
    ("(206) 555-0128", "(206) 555-0182"),
    ("206 555 0192", "(206) 555-0182"),
    ("206 55 0182", "(206) 555-0182"),
    ("206 5555 0182", "(206) 555-0182"),
    ("555-0183", "(206) 555-0182"),
    ("0128", "(206) 555-0182"),
    ("Anna 0128", "ana (206) 555-0182"),
]


@pytest.fixture
def families(school: SchoolRow, other_school: SchoolRow) -> None:
    mateo = make_student(school, "Mateo Ruiz")
    make_parent(
        school, "Ana Núñez", mateo, email="Ana.Ruiz@example.com", phones=[phone("+12065550182")]
    )
    make_student(school, "Noor Adams")
    make_student(other_school, "Mattea Ruisz")


@pytest.mark.usefixtures("families")
def test_what_is_a_letter_or_a_digit_off_is_offered(school: SchoolRow) -> None:
    for typed, meant in MEANT:
        assert not look_up(school, typed).found, typed
        near = near_misses(school, typed)
        assert [one.typed for one in near][:1] == [meant], typed
        assert near[0].names == ["Mateo Ruiz"], typed


@pytest.mark.usefixtures("families")
@pytest.mark.parametrize(
    "typed", ["zzzz", "xy", "", "Mateo Adams", "0000", "q@r.example", "a" * 99]
)
def test_what_is_near_nobody_is_not_offered(school: SchoolRow, typed: str) -> None:
    assert near_misses(school, typed) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("011 44 7400 132456", "011 44 7400 123456"),
        ("+44 7400 12346", "011 44 7400 123456"),
        ("00447400123465", "011 44 7400 123456"),
        ("0118 44 7400 123456", "011 44 7400 123456"),
        ("1 (206) 555-01822", "(206) 555-0182"),
    ],
)
def test_of_a_number_from_abroad_the_end_is_looked_at(
    school: SchoolRow, typed: str, meant: str
) -> None:
    make_parent(school, "Lou Hill", phones=[phone("+447400123456")])
    make_parent(school, "Ana Ruiz", phones=[phone("+12065550182")])
    assert not look_up(school, typed).found
    assert [one.typed for one in near_misses(school, typed)] == [meant]


@pytest.mark.usefixtures("families")
def test_the_page_says_what_was_looked_for_and_offers_the_near_ones(staff: SignIn) -> None:
    desk = staff("viewer")
    page = desk.page("/oakwood/staff/?q=Matteo+Ruis")
    assert "No results for Matteo Ruis" in page.query("h1")[0].to_text()
    link = page.query(".near a")[0]
    assert link.to_text() == "mateo ruiz"
    found = desk.page(link.attrs["href"])
    assert found.query(".results h2")[0].to_text() == "Mateo Ruiz"
    assert not found.query(".near")


def test_a_districts_words_are_searched_in_no_time(
    school: SchoolRow, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [a + b + c + "ar" + d for a in letters for b in letters for c in letters for d in "aeo"]
    with writing():
        db.session.execute(
            NameWord.__table__.insert(),  # type: ignore[attr-defined]
            [{"school_id": school.id, "word": word} for word in words[:40_000]],
        )
    make_student(school, "Mateo Ruiz")
    began = process_time()
    with count_queries() as queries:
        assert [one.typed for one in near_misses(school, "matteo ruis")] == ["mateo ruiz"]
    assert process_time() - began < 2
    assert len(queries) <= 2 + 6 * TRIES


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_a_distance_is_the_same_both_ways_and_none_to_oneself(one: str, two: str) -> None:
    off = distance(one, two)
    assert off == distance(two, one)
    assert (off == 0) is (one == two)
    assert abs(len(one) - len(two)) <= off <= max(len(one), len(two))


@pytest.mark.parametrize(
    ("one", "two", "off"),
    [
        ("ruiz", "ruis", 1),
        ("mateo", "mtaeo", 1),
        ("mateo", "matteo", 1),
        ("ab", "ba", 1),
        ("", "ab", 2),
    ],
)
def test_a_distance_counts_the_slips(one: str, two: str, off: int) -> None:
    assert distance(one, two) == off


def test_of_few_digits_only_neighbours_change_places() -> None:
    assert misdialled("0147") == {"1047", "0417", "0174"}
    assert {"5550148", "555147", "5505147", "55501477"} <= misdialled("5550147")
    assert "5550147" not in misdialled("5550147")


def test_ends_of_other_lengths_are_looked_for_after_some_of_one(school: SchoolRow) -> None:
    """Two look-ups whose statements look alike are about different digits."""
    make_parent(school, "Ana Ruiz", phones=[phone("+12065550182")])
    assert not look_up(school, "03456789012").found
    assert look_up(school, "065550182").found


@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(0, 2), st.sampled_from("abcde")),
            min_size=1,
            max_size=3,
            unique_by=lambda guess: guess[1],
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 6),
)
def test_the_nearest_ways_are_those_of_all_ways(
    options: list[list[tuple[int, str]]], most: int
) -> None:
    every = {
        " ".join(text for _, text in way): sum(off for off, _ in way) for way in product(*options)
    }
    nearest = nearest_ways(options, most)
    assert len(set(nearest)) == min(most, len(every))
    assert [every[way] for way in nearest] == sorted(every.values())[:most]


def test_of_many_words_not_every_way_is_made() -> None:
    begun = process_time()
    assert len(nearest_ways([[(n, str(n)) for n in range(1 + OF_EACH)]] * 30, 5)) == 5
    assert process_time() - begun < 0.5, "5 to the 30th"
