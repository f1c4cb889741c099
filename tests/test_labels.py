"""The words for codes: one table each, and a word for every code."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from portal import enums, labels
from portal.labels import english, plural


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (labels.GRADE_WORDS, enums.Grade),
        (labels.RELATIONSHIP_WORDS, enums.Relationship),
        (labels.TYPE_WORDS, enums.PhoneType),
        (labels.STATE_WORDS, enums.ConsentState),
        (labels.SLOT_WORDS, enums.Slot),
        (labels.SOURCE_WORDS, enums.Source),
        (labels.STRENGTH_WORDS, enums.ConsentStrength),
        (labels.STRENGTH_LABELS, enums.ConsentStrength),
        (labels.PROOF_WORDS, enums.ProofKind),
        (labels.STAFF_ROLE_WORDS, enums.StaffRole),
        (labels.AUDIT_KIND_WORDS, enums.AuditKind),
        (labels.ACCOUNT_CHANGE_WORDS, enums.AccountChange),
        (labels.MESSAGE_STATE_WORDS, enums.MessageState),
        (labels.MESSAGE_KIND_WORDS, enums.MessageKind),
        (labels.INBOUND_KIND_WORDS, enums.InboundKind),
        (labels.FAULTS, enums.MessageFault),
    ],
)
def test_every_code_has_its_words(words: Mapping[Any, Any], codes: Iterable[str]) -> None:
    assert set(words) == set(codes)


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 matches"), (1, "1 match"), (2, "2 matches"), (1200, "1,200 matches")],
)
def test_a_number_of_things_is_written_with_one_or_many(count: int, words: str) -> None:
    assert plural(count, "match", "matches") == words
    assert plural(count, "text") == words.replace("matches", "texts").replace("match", "text")


def test_parents_read_a_grade_in_their_language_and_downloads_have_it_in_english(
    app: Flask,
) -> None:
    with app.test_request_context(), force_locale("es"):
        assert str(labels.GRADE_WORDS[enums.Grade.G3]) != "Grade 3"
    assert english(labels.GRADE_WORDS)[enums.Grade.G3] == "Grade 3"
