"""The test set of replies, written by somebody who had not seen the rules, and their score."""

import csv
from pathlib import Path

from portal.consent.keywords import classify
from portal.enums import InboundKind

REPLIES = Path(__file__).parent / "replies.csv"
PAUSES = {InboundKind.WISH, InboundKind.WRONG_NUMBER, InboundKind.STOP}
"""Kinds after which no text goes out. A keyword opts out."""


def wrongly_read() -> tuple[list[str], list[str]]:
    """The wishes that don't pause, and the other replies that do."""
    missed, paused = [], []
    with REPLIES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            pauses = classify(row["text"]) in PAUSES
            if row["class"] == "wish" and not pauses:
                missed.append(row["text"])
            elif row["class"] != "wish" and pauses:
                paused.append(row["text"])
    return missed, paused


def test_the_score_is_the_one_in_the_docs_with_every_miss() -> None:
    """The goals: at least 98% of wishes pause, and at most 2% of the rest. The rules were written
    without this set, and scored once: it missed the first goal by two wishes."""
    missed, paused = wrongly_read()
    assert (len(missed), len(paused)) == (5, 4)
    listed = (Path(__file__).parents[2] / "docs" / "texting.md").read_text(encoding="utf-8")
    assert [text for text in missed + paused if f"- {text}" not in listed] == []
