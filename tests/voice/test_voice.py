"""Every string that a person may read keeps to the voice guide, and every string that the guide's
review looked at has a decision."""

import csv
import re
from collections import Counter
from pathlib import Path

import click
import pytest

from portal import create_app
from tests.support.databases import settings
from tests.voice import voice
from tests.voice.current import is_current
from tests.voice.voice import Read

HERE = Path(__file__).parent
CATALOGUE = "portal/translations/es/LC_MESSAGES/messages.po"
AUDIENCES = ("parent", "staff", "operator")
DECISIONS = {"adopted", "changed", "rejected", "kept", "gone"}
COLUMNS = ["file", "line", "current", "verdict", "decision", "now", "why"]
EXCEPTIONS = {
    "no such mailbox": "the words of email servers, which staff know from bounces",
    "(message left out of the log)": "the message of an error, not a text",
    "PORTAL_SECRET_KEY must be random, like the output of: "
    "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'": "a line of Python",
}
"""Texts that have a word to avoid, and why they keep it."""

SENTENCE = re.compile(
    r"(?:Check|Choose|Enter|Type|Use) (?:\S+ ){2}|[A-Z].*[^.][.?!] [A-Z]", re.DOTALL
)
"""The start of a text that tells somebody what to do, or that is more than one sentence."""

Key = tuple[str, str, str]


def looked_at(audience: str) -> Counter[Key]:
    """The rows of the review."""
    with (HERE / "strings.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["audience"] == audience]
    return Counter((row["file"], row["line"], row["current"]) for row in rows)


def decided(audience: str) -> list[dict[str, str]]:
    with (HERE / f"strings_{audience}.csv").open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        rows = list(reader)
        assert reader.fieldnames == COLUMNS
    return rows


def faulty(file: str) -> dict[str, list[str]]:
    """The texts of a file that break the guide, with their faults."""
    found = {}
    for read in STRINGS:
        if read.file == file and read.text not in EXCEPTIONS:
            spanish = TRANSLATED.get(read.text, "") if file == CATALOGUE else ""
            if bad := voice.faults(read) + voice.spanish_faults(spanish):
                found[read.text] = bad
    return found


STRINGS = [
    *voice.templates(),
    *voice.modules(),
    *voice.make_targets(),
    *(read for read, _ in voice.catalogue()),
]
TRANSLATED = {read.text: translated for read, translated in voice.catalogue()}
FILES = sorted({read.file for read in STRINGS})


def test_the_review_has_all_its_rows() -> None:
    rows = Counter({audience: looked_at(audience).total() for audience in AUDIENCES})
    assert rows == {"parent": 269, "staff": 786, "operator": 236}
    assert rows.total() == 1291


@pytest.mark.parametrize("audience", AUDIENCES)
def test_each_row_of_the_review_has_one_decision(audience: str) -> None:
    rows = Counter((row["file"], row["line"], row["current"]) for row in decided(audience))
    assert rows - looked_at(audience) == Counter()
    assert looked_at(audience) - rows == Counter()


@pytest.mark.parametrize("audience", [*AUDIENCES, "es"])
def test_a_decision_says_the_text_that_there_is_now(audience: str) -> None:
    rows = decided(audience)
    for row in rows:
        assert row["decision"] in DECISIONS, row
        assert row["now"] or row["decision"] == "gone", row
        if row["decision"] != "adopted" and row["verdict"] != "good":
            assert row["why"], row
    assert [row for row in rows if row["now"] and not is_current(row["now"])] == []


@pytest.mark.parametrize("text", ["Text the parents of Ana", "Thank you. It counts now."])
def test_a_text_that_is_gone_is_not_found(text: str) -> None:
    assert not is_current(text)


@pytest.mark.parametrize("file", FILES)
def test_every_text_keeps_to_the_guide(file: str) -> None:
    assert faulty(file) == {}


def test_every_sentence_ends_with_a_period() -> None:
    texts = {read.text.strip() for read in [*voice.modules(), *(r for r, _ in voice.catalogue())]}
    sentences = {text for text in texts if SENTENCE.match(text) and "PORTAL_" not in text}
    assert len(sentences) > 100
    assert [
        text for text in sentences if not re.search(r"(?:[.!?:)”X]|--[a-z-]+|%\(\w+\)s)$", text)
    ] == []


def test_every_exception_is_a_text_that_needs_one() -> None:
    for text, why in EXCEPTIONS.items():
        assert why
        assert any(voice.faults(read) for read in STRINGS if read.text == text), text


def test_the_help_of_every_command_keeps_to_the_guide() -> None:
    app = create_app(settings("sqlite:////nowhere/at/all"))
    ours = click.Group(commands={n: c for n, c in app.cli.commands.items() if n != "db"})
    texts = list(voice.of_commands(ours))
    assert len(texts) > 60
    assert [(t, found) for t in texts if (found := voice.faults(Read("portal/cli", t)))] == []


def test_a_translation_that_breaks_the_guide_is_found() -> None:
    assert voice.spanish_faults("Entrar")
    assert voice.spanish_faults("El enlace sirve 7 días.")
    assert not voice.spanish_faults("Entre 2 y 6 mensajes de texto al mes. El enlace vence hoy.")


@pytest.mark.parametrize(
    "text",
    [
        "Look at your mail",
        "Who asks you to stop texts them STOP.",
        "Saved. What differs from the record waits.",
        "Nothing stands here",
        "It counts now.",
        "Fill in the form",
        "Nobody answers at once",
        "This number is not on your record any more.",
        "A yes is kept",
        "Take a parent out of the family",
        "Look a family up",
        "Type a number; we do the rest",
        "Whoever reads it",
        "Play this phone",
    ],
)
def test_a_text_that_breaks_the_guide_is_found(text: str) -> None:
    assert voice.faults(Read("a page", text))


@pytest.mark.parametrize(
    "text",
    [
        "Check your email",
        "Who may text this number?",
        "Message and data rates may apply.",
        "It counts as 2 texts",
        "Fill out the form",
        "Run `flask mail work`.",
        "Anyone who has the link can see it.",
        "Choose yes or no.",
        "No one answered.",
    ],
)
def test_a_text_that_keeps_to_the_guide_passes(text: str) -> None:
    assert voice.faults(Read("a page", text)) == []


def test_texts_are_found_in_a_template_wherever_they_are() -> None:
    source = """{# Not read #}<h1>Some <b>bold</b> words</h1>
    <p title="In a title">{{ _("In code") }}</p><img alt="A picture">
    <p>{% if a == "x" %}One way{% else %}Other way{% endif %}</p>"""
    found = set(voice.of_template(source))
    assert {"Some bold words", "In a title", "In code", "A picture", "XOne wayXOther wayX"} <= found
    assert not any("Not read" in text for text in found)


def test_texts_are_found_in_a_module_but_not_its_docstrings() -> None:
    source = (
        '"""A docstring here."""\nflash("Two words")\nx = f"{n} of them"\n"""About x here."""\n'
    )
    assert set(voice.of_module(source)) == {"Two words", "X of them"}
