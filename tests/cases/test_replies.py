"""The test sets of replies, written by somebody who had not seen the rules, and their scores."""

import csv
from pathlib import Path

import pytest

from portal.consent.keywords import classify
from portal.enums import InboundKind

CASES = Path(__file__).parent
PAUSES = {InboundKind.WISH, InboundKind.WRONG_NUMBER, InboundKind.STOP}
"""Kinds after which no text goes out. A keyword opts out."""


def wrongly_read(name: str) -> tuple[list[str], list[str]]:
    """The wishes that don't pause, and the other replies that do."""
    missed, paused = [], []
    with (CASES / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            pauses = classify(row["text"]) in PAUSES
            if row["class"] == "wish" and not pauses:
                missed.append(row["text"])
            elif row["class"] != "wish" and pauses:
                paused.append(row["text"])
    return missed, paused


@pytest.mark.parametrize(("name", "figures"), [("replies.csv", (0, 0)), ("replies2.csv", (7, 2))])
def test_the_score_is_the_one_in_the_docs_with_every_miss(
    name: str, figures: tuple[int, int]
) -> None:
    """The goals: at least 98% of wishes pause, and at most 2% of the rest. The first set's misses
    (5 and 4) shaped the rules, so only the second set says how good they are: it was scored once,
    afterwards, and missed the first goal by four wishes."""
    missed, paused = wrongly_read(name)
    assert (len(missed), len(paused)) == figures
    listed = (CASES.parents[1] / "docs" / "texting.md").read_text(encoding="utf-8")
    assert [text for text in missed + paused if f"- {text}\n" not in listed] == []
