"""Contacts that match one term. Each way of matching is served by an index.

A word, its start, an email and its start: `contact_word`. A part inside of a word: among
the school's few name words first, then there. Any part of a number of three digits and more: it
starts one of the number's ends, which have an index each, or the number itself.
"""

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

from portal.models import Contact, ContactWord, NameWord, Phone, same_school
from portal.models.phone import TAILS, tail
from portal.queries.lookup.parameters import SCHOOL, TermShape

MISS = 100
"""The rank of a term that a contact does not match; the ranks of those that do are far below."""
MOST_WORDS = 400
"""Words that a part is looked for in; a part of more words than that says too little."""
WHOLE, BEGINNING, OF_EMAIL, PART = 0, 1, 2, 3


def _within(column: Any, start: Any, after: Any) -> ColumnElement[bool]:
    """As compare.starts, of what is bound later."""
    return and_(column >= start, column < after)


def hits(asked: TermShape, parts: bool, most: int) -> Select[int]:
    """`contact_id` of who matches, once each, of at most so many by the index's own order.
    `parts`: those inside of words too."""
    limited = [way.limit(most).subquery() for way in ways_of(asked, parts)]
    found = union(*(select(way.c.contact_id) for way in limited)).subquery()
    return select(found.c.contact_id)


def ranked_hits(ways: Sequence[Select[int, int]], most: int) -> Select[int, int]:
    """`contact_id` and the best `rank` of who is found in any of these ways, by so many of each."""
    limited = [way.limit(most).subquery() for way in ways]
    found = union_all(*(select(way.c.contact_id, way.c.rank) for way in limited)).subquery()
    best = func.min(found.c.rank).label("rank")
    return select(found.c.contact_id, best).group_by(found.c.contact_id)


def all_hits(asked: TermShape, parts: bool, whole: bool = False) -> Select[int]:
    """`contact_id` of everybody who matches; `whole`: with a whole word, if it is one."""
    if whole and not asked.is_number:
        mine = ContactWord.school_id == SCHOOL
        return select(ContactWord.contact_id).where(mine, ContactWord.word == asked.text())
    ways = [way.order_by(None).subquery() for way in ways_of(asked, parts)]
    return select(union_all(*(select(way.c.contact_id) for way in ways)).subquery())


def rank_of(asked: TermShape, contact_id: Any, parts: bool) -> ColumnElement[int]:
    """Rank one contact's match with the term: less is better."""
    if asked.is_number:
        return _number_rank(asked, contact_id)
    word = ContactWord.word
    words = (ContactWord.school_id == SCHOOL, ContactWord.contact_id == contact_id)
    begun = _within(word, asked.text(), asked.after())
    ranks = [
        (there(*words, word == asked.text(), ContactWord.of_name), WHOLE),
        (there(*words, begun, ContactWord.of_name), BEGINNING),
        (there(*words, begun), OF_EMAIL),
    ]
    if parts and asked.has_parts:
        ranks.append((there(*words, word.like(asked.inside(), escape="\\")), PART))
    return case(*ranks, else_=MISS)


def there(*conditions: Any) -> ColumnElement[bool]:
    """True if a row like that is found by its index, each time that it is asked. Of an
    EXISTS, PostgreSQL may read the whole table instead, once, to make a list of it."""
    return select(literal(1)).where(*conditions).limit(1).scalar_subquery().is_not(None)


def matches(
    asked: TermShape, contact_id: Any, parts: bool, whole: bool = False
) -> ColumnElement[bool]:
    """True if one contact matches the term, however well; `whole`: with a whole word."""
    if asked.is_number:
        return _number_rank(asked, contact_id) < MISS
    word = ContactWord.word
    found = word == asked.text() if whole else _within(word, asked.text(), asked.after())
    if parts and asked.has_parts and not whole:
        found = or_(found, word.like(asked.inside(), escape="\\"))
    return there(ContactWord.school_id == SCHOOL, ContactWord.contact_id == contact_id, found)


def how_many(asked: TermShape, most: int) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """About how many match, counted up to a bound; and how many more inside of words."""
    begun = ways_of(asked, parts=False)
    inside = ways_of(asked, parts=True)[len(begun) :]
    return _counted(begun, most), _counted(inside, most)


def _counted(ways: Sequence[Select[int, int]], most: int) -> ColumnElement[int]:
    total: ColumnElement[int] = literal(0)
    for way in ways:
        some = way.with_only_columns(literal(1)).order_by(None).limit(most).subquery()
        total = total + select(func.count()).select_from(some).scalar_subquery()
    return total


def ways_of(asked: TermShape, parts: bool) -> list[Select[int, int]]:
    """`contact_id` and `rank` of who matches, in each way that there is."""
    if asked.is_number:
        return [way for ways in number_ways(asked) for way in ways]
    word = ContactWord.word
    rank = case(
        (and_(word == asked.text(), ContactWord.of_name), WHOLE),
        (ContactWord.of_name, BEGINNING),
        else_=OF_EMAIL,
    )
    ways = [
        select(ContactWord.contact_id, rank.label("rank"))
        .where(ContactWord.school_id == SCHOOL, _within(word, asked.text(), asked.after()))
        .order_by(word)
    ]
    if parts and asked.has_parts:
        ways.append(_inside_of_email(asked) if asked.is_email else _inside(asked))
    return ways


def _inside(asked: TermShape) -> Select[int, int]:
    """Select the contacts with a word that has the text in its middle."""
    words = (
        select(NameWord.word)
        .where(
            NameWord.school_id == SCHOOL,
            NameWord.word.like(asked.inside(), escape="\\"),
            ~_within(NameWord.word, asked.text(), asked.after()),
        )
        .limit(MOST_WORDS)
        .subquery()
    )
    return (
        select(ContactWord.contact_id, literal(PART).label("rank"))
        .join(words, words.c.word == ContactWord.word)
        .where(ContactWord.school_id == SCHOOL)
    )


def _inside_of_email(asked: TermShape) -> Select[int, int]:
    """`garcia@exam` of `ana.garcia@example.com`: by the word before the @."""
    return (
        select(ContactWord.contact_id, literal(PART).label("rank"))
        .join(Contact, same_school(Contact, ContactWord, Contact.id == ContactWord.contact_id))
        .where(
            ContactWord.school_id == SCHOOL,
            ContactWord.word == asked.local_word(),
            Contact.email_key.like(asked.inside(), escape="\\"),
        )
    )


def number_ways(asked: TermShape) -> tuple[list[Select[int, int]], list[Select[int, int]]]:
    """The best ways and the others. The end of a number is what people say of it: those first.
    Where a whole number was typed, it may still be part of a longer one: of one abroad, typed
    without its country's code."""

    ways = [(WHOLE, Phone.number == asked.number())] if asked.exact else []
    ways += [
        (
            BEGINNING if i == 0 and n == length else PART,
            _within(tail(Phone.number, n), asked.text(i), asked.after(i)),
        )
        for i, length in enumerate(asked.lengths)
        for n in TAILS
        if n >= length
    ]
    ways += [
        (
            BEGINNING if j < asked.dialled else PART,
            _within(Phone.number, asked.start(j), asked.after_start(j)),
        )
        for j in range(asked.starts)
    ]
    found = [
        (
            rank,
            select(Phone.contact_id, literal(rank).label("rank")).where(
                Phone.school_id == SCHOOL, condition
            ),
        )
        for rank, condition in ways
    ]
    best = [way for rank, way in found if rank < PART]
    return best, [way for rank, way in found if rank == PART]


def _number_rank(asked: TermShape, contact_id: Any) -> ColumnElement[int]:
    """Of one contact: its few phones are looked at."""
    mine = (Phone.school_id == SCHOOL, Phone.contact_id == contact_id)
    dialled = [
        _within(Phone.number, asked.start(j), asked.after_start(j)) for j in range(asked.dialled)
    ]
    best = or_(Phone.number.like(asked.at_end()), *dialled)
    anywhere = or_(*(Phone.number.like(asked.inside(i)) for i in range(len(asked.lengths))))
    ranks = [(there(*mine, best), BEGINNING), (there(*mine, anywhere), PART)]
    if asked.exact:
        ranks.insert(0, (there(*mine, Phone.number == asked.number()), WHOLE))
    return case(*ranks, else_=MISS)
