"""The numbers that someone means who types a number, or a part of one, to narrow the log down."""

from sqlalchemy import select

from portal.extensions import db
from portal.models import Phone
from portal.models.phone import TAILS, tail
from portal.phone import is_e164
from portal.phone.numbering_plans import variants_of
from portal.queries.compare import begins
from portal.queries.lookup.terms import Digits, terms_of
from portal.queries.schools import SchoolRow

MOST = 100
"""A part of more numbers than these says too little."""


def numbers_of(school: SchoolRow, typed: str) -> tuple[str, ...] | None:
    """The numbers, none or a few; None if there are too many, of which staff are to type more.

    A part is looked for among the numbers on records, by the indexes that the look-up has. A whole
    number is taken as it is, in each form that texts come from, and so is a short code: texts come
    from numbers on no record too.
    """
    term = next((t for t in terms_of(typed, school.country) if isinstance(t, Digits)), None)
    if term is None:
        return ()
    if term.exact:
        return variants_of(term.exact)
    found = _on_records(school.id, term)
    if len(found) > MOST:
        return None
    return tuple(sorted({*found, *_as_they_are(term)}))


def _as_they_are(term: Digits) -> list[str]:
    """Whole numbers that are valid nowhere, and short codes, come in as well."""
    whole = f"+{term.text}"
    return [term.text, whole] if is_e164(whole) else [term.text]


def _on_records(school_id: int, term: Digits) -> list[str]:
    if not term.whole_enough:
        return []
    mine = Phone.school_id == school_id
    ways = [
        select(Phone.number).where(mine, begins(tail(Phone.number, n), text))
        for text in term.texts
        for n in TAILS
        if n >= len(text)
    ]
    ways += [select(Phone.number).where(mine, begins(Phone.number, s)) for s in term.starts]
    if not ways:
        return []
    limited = [way.distinct().limit(MOST + 1).subquery() for way in ways]
    first, *others = [select(way.c.number) for way in limited]
    return list(db.session.scalars(first.union(*others).limit(MOST + 1)))
