"""Suggestions for when nobody is found: a letter or a digit off.

Words are looked for among the school's name words, a few thousand even in a district; numbers by
the ends that they have an index for. Only what finds somebody is offered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import func, select, union

from portal.extensions import db
from portal.models import ContactWord, NameWord, Phone
from portal.models.phone import TAILS, tail
from portal.phone import show_number
from portal.queries.compare import begins
from portal.queries.lookup.families import look_up
from portal.queries.lookup.ranking import common_ones
from portal.queries.lookup.terms import Digits, Term, terms_of
from portal.queries.schools import SchoolRow

MOST = 3
TRIES, TRIES_OF_SEVERAL = 8, 4
"""Look-ups at most, one for each guess; of several words each takes longer."""
OF_EACH = 4
"""Guesses for one word or number."""
SHORTEST_WORD, LONG_WORD = 3, 5
"""Shorter ones are near everything; long ones may be two letters off."""
SHORTEST_NUMBER, LONG_NUMBER = 4, 7
"""Of a few digits only two that changed places are looked for."""
OF_LONG_ONES = 9
"""Digits of a number that is longer than any that are dialled at home."""

Guess = tuple[int, str]
"""The distance, and the text to type instead."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    typed: str
    """The text to type instead."""
    names: list[str]
    """Some of whom that finds."""
    more: bool


def near_misses(school: SchoolRow, typed: str) -> list[NearMiss]:
    """Return the nearest texts that find somebody, the nearest first."""
    terms = terms_of(typed, school.country)
    common = common_ones(school.id, terms) if len(terms) > 1 else set()
    options = [
        [(0, term.text), *(islice(_guesses(school, term), OF_EACH) if term not in common else ())]
        for term in terms
    ]
    found: list[NearMiss] = []
    # The first one is what was typed.
    tries = TRIES if len(terms) == 1 else TRIES_OF_SEVERAL
    for instead in nearest_ways(options, 1 + tries)[1:]:
        there = look_up(school, instead, quick=True).found
        if there:
            found.append(NearMiss(instead, [one.name for one in there[:3]], len(there) > 3))
        if len(found) == MOST:
            break
    return found


def nearest_ways(options: Sequence[Sequence[Guess]], most: int) -> list[str]:
    """The ways to take one of each that are least far off. Term by term: of all ways there may be
    hundreds of thousands."""
    ways: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    for some in options:
        longer = [(off + more, (*texts, text)) for off, texts in ways for more, text in some]
        ways = sorted(longer, key=lambda way: way[0])[:most]
    return [" ".join(texts) for _, texts in ways]


def _guesses(school: SchoolRow, term: Term) -> Iterator[Guess]:
    if isinstance(term, Digits):
        yield from _numbers(school, term.text)
    elif term.is_email:
        yield from _emails(school.id, term.text)
    elif len(term.text) >= SHORTEST_WORD:
        yield from _words(school.id, term.text)


def _words(school_id: int, word: str) -> Iterator[Guess]:
    most = 1 if len(word) < LONG_WORD else 2
    length = func.length(NameWord.word)
    near = select(NameWord.word).where(
        NameWord.school_id == school_id, length.between(len(word) - most, len(word) + most)
    )
    letters = set(word)
    found = []
    for other in db.session.scalars(near):
        # Each change brings in at most one letter, and takes one away: this is quick to see.
        if len(letters.symmetric_difference(other)) > 2 * most or other == word:
            continue
        off = distance(word, other)
        if off <= most:
            found.append((off, other[:1] != word[:1], other))
    yield from ((off, other) for off, _, other in sorted(found))


def _emails(school_id: int, email: str) -> Iterator[Guess]:
    """The same before the @, and something else after it."""
    before = email.partition("@")[0]
    same = (
        select(ContactWord.word)
        .where(ContactWord.school_id == school_id, begins(ContactWord.word, f"{before}@"))
        .order_by(ContactWord.word)
        .limit(OF_EACH)
    )
    if before:
        yield from ((1, other) for other in db.session.scalars(same) if other != email)


def _numbers(school: SchoolRow, digits: str) -> Iterator[Guess]:
    if len(digits) < SHORTEST_NUMBER:
        return
    others = misdialled(digits)
    if len(digits) >= TAILS[-1]:
        # From abroad, or with more in front than there should be: by the end, which may be right.
        end = digits[-OF_LONG_ONES:]
        others |= misdialled(end) | {end}
    by_length: dict[int, set[str]] = {}
    for other in others:
        by_length.setdefault(len(other), set()).add(other)
    # One by one: of two ends at once no index is made use of.
    ends = [
        select(Phone.number).where(
            Phone.school_id == school.id, tail(Phone.number, n).in_(by_length[n])
        )
        for n in TAILS
        if n in by_length
    ]
    if ends:
        near = union(*ends).subquery("near")
        numbers = db.session.scalars(select(near.c.number).order_by(near.c.number).limit(OF_EACH))
        yield from ((1, show_number(number, school.country)) for number in numbers)


def misdialled(digits: str) -> set[str]:
    """Two neighbours changed; of longer numbers also one digit wrong, missing or too many."""
    places = range(len(digits))
    found = {
        digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :] for i in range(len(digits) - 1)
    }
    if len(digits) >= LONG_NUMBER:
        found |= {digits[:i] + digits[i + 1 :] for i in places}
        found |= {digits[:i] + d + digits[i + 1 :] for i in places for d in "0123456789"}
        found |= {digits[:i] + d + digits[i:] for i in (*places, len(digits)) for d in "0123456789"}
    return found - {digits}


def distance(one: str, two: str) -> int:
    """The number of letters that are wrong, missing, too many, or switched with their neighbor."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(two, 1):
            off = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and b == one[i - 2]:
                off = min(off, last[j - 2] + 1)
            row.append(off)
    return row[-1]
