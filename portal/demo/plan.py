"""Sample families before they are written: plain values, the same for the same seed."""

import random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from portal.demo.names import AREA_CODES
from portal.enums import Answer, EnrollmentStatus, Grade, Relationship, Source
from portal.services.contacts.phones import PhoneValue

PHONES_PER_FAMILY = 16
OWN_PHONE = 15
"""The place of a child's own phone among its family's numbers."""
FOREIGN_NUMBERS = 1000
_LATIN = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "æ": "ae", "ß": "ss", "\u0131": "i"})

Answers = tuple[tuple[Source, Answer], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One answer about a cell phone, some days ago, at a time of the day (UTC)."""

    source: Source
    answer: Answer
    days_ago: int
    hour: int
    minute: int


@dataclass(frozen=True, slots=True)
class Child:
    first_name: str
    last_name: str
    grade: Grade
    statuses: tuple[EnrollmentStatus, ...]
    """Of the default term, in turn: the last one is the current one."""
    last_year: EnrollmentStatus | None
    phones: tuple[PhoneValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Parent:
    first_name: str
    last_name: str
    email: str
    relationship: Relationship
    phones: tuple[PhoneValue, ...]
    said: tuple[tuple[str, tuple[Said, ...]], ...]
    """The answers about each number, in order."""


@dataclass(slots=True)
class Family:
    """Every parent, at position 1 and on, is each child's."""

    children: list[Child] = field(default_factory=list)
    parents: list[Parent] = field(default_factory=list)


def dice_of(seed: int, index: int) -> random.Random:
    """Return the dice for everything about one family, so it can be generated again."""
    return random.Random(f"{seed}/{index}")  # noqa: S311 -- made-up names, nothing secret


def phone_number(position: int) -> str:
    """The sample number at a position, E.164: each one once, the fictional 555-01xx first."""
    line, area = divmod(position, len(AREA_CODES))
    ordered = 100 + line if line < 100 else line - 100 if line < 200 else line
    return f"+1{AREA_CODES[area]}555{ordered:04}"


def own_number(index: int, place: int) -> str:
    """One of a family's own numbers."""
    return phone_number(index * PHONES_PER_FAMILY + place)


def cell_number(index: int, parent: int) -> str:
    """Now and then one from abroad: +44 7400 123xxx, the British example numbers."""
    turn = index // 17
    if index % 17 == 3 and parent == 0 and turn < FOREIGN_NUMBERS:
        return f"+447400123{turn:03}"
    return own_number(index, parent * 3)


def email(first_name: str, last_name: str, index: int, parent: int) -> str:
    """`bridget.oshea1@example.com`; of names in other scripts nothing is left but the place."""
    words = (plain_letters(first_name) or f"parent{parent + 1}", plain_letters(last_name))
    return f"{words[0]}.{words[1] or 'family'}{index + 1}@example.com"


def plain_letters(word: str) -> str:
    return re.sub("[^a-z]", "", unicodedata.normalize("NFKD", word.lower()).translate(_LATIN))


def spread(dice: random.Random, answers: Answers, days: Sequence[int]) -> tuple[Said, ...]:
    """The answers, one after the other, over the past days."""
    ago = sorted(dice.sample(days, len(answers)), reverse=True)
    return tuple(
        Said(source, answer, day, dice.randrange(16, 24), dice.randrange(60))
        for (source, answer), day in zip(answers, ago, strict=True)
    )
