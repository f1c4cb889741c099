"""Who matches one term of a look-up: each way is served by an index.

A word, its beginning, an email and its beginning: `contact_word`. A part inside of a word: among
the school's few name words first, then there. Any part of a number of three digits and more: it
begins one of the number's ends, which have an index each, or the number itself.
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)

from portal.models import Contact, ContactWord, NameWord, Phone
from portal.models.contact import TAILS, tail
from portal.queries.lookup_terms import SHORT, Digits, Term, Word
from portal.text import fold

LAST = "\U0010ffff"
MISS = 100
"""The rank of a term that a contact does not match; the ranks of those that do are far below."""
MOST_WORDS = 400
"""Words that a part is looked for in; a part of more words than that says too little."""
WHOLE, BEGINNING, OF_EMAIL, PART = 0, 1, 2, 3


def begins(column: Any, text: str) -> ColumnElement[bool]:
    """By a range: a LIKE with a bound value is served by no index."""
    return and_(column >= text, column < text + LAST)


def like(text: str) -> str:
    """A LIKE pattern for any part, to be escaped by a backslash."""
    return "%" + re.sub(r"([%_\\])", r"\\\1", text) + "%"


def hits(school_id: int, term: Term, parts: bool, most: int) -> Select[int]:
    """`contact_id` of who matches, once each, of at most so many by the index's own order.
    `parts`: those inside of words too."""
    ways = _ways(school_id, term, parts)
    limited = [way.limit(most).subquery() for way in ways]
    found = union(*(select(way.c.contact_id) for way in limited)).subquery()
    return select(found.c.contact_id)


def all_hits(school_id: int, term: Term, parts: bool) -> Select[int]:
    """`contact_id` of everybody who matches."""
    ways = [way.order_by(None).subquery() for way in _ways(school_id, term, parts)]
    return select(union_all(*(select(way.c.contact_id) for way in ways)).subquery())


def rank_of(school_id: int, term: Term, contact_id: Any, parts: bool) -> ColumnElement[int]:
    """How well one contact matches the term: less is better."""
    if isinstance(term, Digits) and term.whole_enough:
        return _number_rank(school_id, term, contact_id)
    text = term.text
    words = (ContactWord.school_id == school_id, ContactWord.contact_id == contact_id)

    ranks = [
        (there(*words, ContactWord.word == text, ContactWord.of_name), WHOLE),
        (there(*words, begins(ContactWord.word, text), ContactWord.of_name), BEGINNING),
        (there(*words, begins(ContactWord.word, text)), OF_EMAIL),
    ]
    if parts and has_parts(term):
        ranks.append((there(*words, ContactWord.word.like(like(text), escape="\\")), PART))
    return case(*ranks, else_=MISS)


def there(*conditions: Any) -> ColumnElement[bool]:
    """Whether there is such a row, looked for by its index, each time that it is asked. Of an
    EXISTS, PostgreSQL may read the whole table instead, once, to make a list of it."""
    return select(literal(1)).where(*conditions).limit(1).scalar_subquery().is_not(None)


def matches(school_id: int, term: Term, contact_id: Any, parts: bool) -> ColumnElement[bool]:
    """Whether one contact matches the term, however well."""
    if isinstance(term, Digits) and term.whole_enough:
        return _number_rank(school_id, term, contact_id) < MISS
    word = ContactWord.word
    found = begins(word, term.text)
    if parts and has_parts(term):
        found = or_(found, word.like(like(term.text), escape="\\"))
    return there(ContactWord.school_id == school_id, ContactWord.contact_id == contact_id, found)


def has_parts(term: Term) -> bool:
    """Whether a part of a word is looked for too: not of one or two letters."""
    return isinstance(term, Word) and len(term.text) >= SHORT


def how_many(
    school_id: int, term: Term, most: int
) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """About how many match, counted up to a bound; and how many more inside of words."""
    begun = _ways(school_id, term, parts=False)
    inside = _ways(school_id, term, parts=True)[len(begun) :]
    return _counted(begun, most), _counted(inside, most)


def _counted(ways: Sequence[Select[int, int]], most: int) -> ColumnElement[int]:
    total: ColumnElement[int] = literal(0)
    for way in ways:
        some = way.with_only_columns(literal(1)).order_by(None).limit(most).subquery()
        total = total + select(func.count()).select_from(some).scalar_subquery()
    return total


def _ways(school_id: int, term: Term, parts: bool) -> list[Select[int, int]]:
    if isinstance(term, Digits) and term.whole_enough:
        return _number_ways(school_id, term)
    text = term.text
    word = ContactWord.word
    rank = case(
        (and_(word == text, ContactWord.of_name), WHOLE),
        (ContactWord.of_name, BEGINNING),
        else_=OF_EMAIL,
    )
    ways = [
        select(ContactWord.contact_id, rank.label("rank"))
        .where(ContactWord.school_id == school_id, begins(word, text))
        .order_by(word)
    ]
    if parts and has_parts(term):
        ways.append(_inside_of_email(school_id, text) if "@" in text else _inside(school_id, text))
    return ways


def _inside(school_id: int, text: str) -> Select[int, int]:
    """Who has a word that the text stands in the middle of."""
    words = (
        select(NameWord.word)
        .where(
            NameWord.school_id == school_id,
            NameWord.word.like(like(text), escape="\\"),
            ~begins(NameWord.word, text),
        )
        .limit(MOST_WORDS)
        .subquery()
    )
    return (
        select(ContactWord.contact_id, literal(PART).label("rank"))
        .join(words, words.c.word == ContactWord.word)
        .where(ContactWord.school_id == school_id)
    )


def _inside_of_email(school_id: int, text: str) -> Select[int, int]:
    """`garcia@exam` of `ana.garcia@example.com`: by the word before the @, as text.words_to_find
    makes it."""
    before = fold(re.split(r"[.+]", text.partition("@")[0])[-1]).split()
    return (
        select(ContactWord.contact_id, literal(PART).label("rank"))
        .join(
            Contact,
            and_(Contact.school_id == ContactWord.school_id, Contact.id == ContactWord.contact_id),
        )
        .where(
            ContactWord.school_id == school_id,
            ContactWord.word == (before[-1] if before else ""),
            Contact.email_key.like(like(text), escape="\\"),
        )
    )


def _number_ways(school_id: int, term: Digits) -> list[Select[int, int]]:
    """The end of a number is what people say of it: those first. Where a whole number was typed,
    it may still be part of a longer one: of one abroad, typed without its country's code."""
    mine = Phone.school_id == school_id
    ways = [
        select(
            Phone.contact_id, literal(BEGINNING if n == len(text) else PART).label("rank")
        ).where(mine, begins(tail(Phone.number, n), text))
        for text in term.texts
        for n in TAILS
        if n >= len(text)
    ]
    ways += [
        select(Phone.contact_id, literal(BEGINNING).label("rank")).where(
            mine, begins(Phone.number, start)
        )
        for start in _starts(term)
    ]
    if term.exact:
        exact = select(Phone.contact_id, literal(WHOLE).label("rank"))
        ways.insert(0, exact.where(mine, Phone.number == term.exact))
    return ways


def _starts(term: Digits) -> list[str]:
    """What a number may begin with; with the digits themselves too, where the numbers that have
    them in front are longer than the longest end that has an index."""
    return list(dict.fromkeys((*term.starts, f"+{term.text}")))


def _number_rank(school_id: int, term: Digits, contact_id: Any) -> ColumnElement[int]:
    """Of one contact: its few phones are looked at."""
    mine = (Phone.school_id == school_id, Phone.contact_id == contact_id)
    best = or_(Phone.number.like("%" + term.text), *(begins(Phone.number, s) for s in term.starts))
    anywhere = or_(*(Phone.number.like(f"%{text}%") for text in term.texts))
    ranks = [(there(*mine, best), BEGINNING), (there(*mine, anywhere), PART)]
    if term.exact:
        ranks.insert(0, (there(*mine, Phone.number == term.exact), WHOLE))
    return case(*ranks, else_=MISS)
