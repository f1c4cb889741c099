"""Find names that people write as one word or as several: Delarosa by "De la Rosa".

The other way around needs no query: we store each name as one word too.
"""

from collections.abc import Sequence

from sqlalchemy import select

from portal.extensions import db
from portal.models import NameWord
from portal.queries.compare import begins
from portal.queries.lookup.matching import there
from portal.queries.lookup.terms import Term, Word


def join_words(school_id: int, terms: Sequence[Term]) -> list[Term] | None:
    """Join the most words in a row that together start a name at the school. None if no words do.
    One query, if there are several words."""
    runs = [
        (first, end, Word("".join(term.text for term in terms[first:end])))
        for first in range(len(terms))
        for end in range(first + 2, len(terms) + 1)
        if all(isinstance(term, Word) and not term.is_email for term in terms[first:end])
    ]
    if not runs:
        return None
    mine = NameWord.school_id == school_id
    known = db.session.execute(
        select(*(there(mine, begins(NameWord.word, word.text)) for _, _, word in runs))
    ).one()
    longest = max(
        (run for run, is_known in zip(runs, known, strict=True) if is_known),
        key=lambda run: run[1] - run[0],
        default=None,
    )
    if longest is None:
        return None
    first, end, word = longest
    return [*terms[:first], word, *terms[end:]]
