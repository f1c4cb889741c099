"""Wishes as parents type them: misspelled, abbreviated, in any order, and what only looks like one.

The rules were written with these at hand: they show that a change of a rule breaks no other.
"""

import csv
from pathlib import Path

import pytest

from portal.consent.wishes.reading import wish_in

with Path(__file__).with_name("wishes_as_typed.csv").open(encoding="utf-8", newline="") as file:
    ROWS = [(row["wish"] == "yes", row["text"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("wish", [True, False])
def test_a_wish_is_told_from_what_only_looks_like_one(wish: bool) -> None:
    texts = [text for is_wish, text in ROWS if is_wish is wish]
    assert [text for text in texts if (wish_in(text) is not None) is not wish] == []
