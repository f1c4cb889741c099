"""A term of a look-up as a statement has it: its shape; the texts are bound when it is run.

A look-up's statements are made once for each shape of what is typed, and kept: to make one takes
longer than to run it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, Integer, String, bindparam

from portal.normalize import fold
from portal.queries.compare import LAST, like
from portal.queries.lookup.terms import SHORT, Digits, Term

SCHOOL: BindParameter[int] = bindparam("school_id", type_=Integer())


@dataclass(frozen=True, slots=True)
class TermShape:
    n: int
    """The term's number among the terms."""
    letters: int
    """Of a word: how many, up to SHORT."""
    is_email: bool = False
    lengths: tuple[int, ...] = ()
    """Of a number: of each of its texts. Of a word none."""
    starts: int = 0
    """The number of possible starts of a number for it,"""
    dialled: int = 0
    """of which so many, the first ones, are what is dialled in front."""
    exact: bool = False
    """True if it is a whole number."""

    @property
    def is_number(self) -> bool:
        return bool(self.lengths)

    @property
    def has_parts(self) -> bool:
        """True if it is looked for inside of words too: not one or two letters."""
        return not self.is_number and self.letters >= SHORT

    def text(self, i: int = 0) -> BindParameter[str]:
        return self._bound(f"text{i}")

    def after(self, i: int = 0) -> BindParameter[str]:
        """The first text after all that start with this one."""
        return self._bound(f"after{i}")

    def inside(self, i: int = 0) -> BindParameter[str]:
        """A LIKE pattern for the text anywhere, to be escaped by a backslash."""
        return self._bound(f"inside{i}")

    def at_end(self) -> BindParameter[str]:
        """A LIKE pattern for the first text at the end."""
        return self._bound("at_end")

    def start(self, j: int) -> BindParameter[str]:
        return self._bound(f"start{j}")

    def after_start(self, j: int) -> BindParameter[str]:
        return self._bound(f"after_start{j}")

    def number(self) -> BindParameter[str]:
        return self._bound("number")

    def local_word(self) -> BindParameter[str]:
        """The last word before an email's @."""
        return self._bound("local_word")

    def _bound(self, name: str) -> BindParameter[str]:
        return bindparam(f"{name}_{self.n}", type_=String())


def shapes(terms: Sequence[Term]) -> tuple[TermShape, ...]:
    return tuple(_shape(n, term) for n, term in enumerate(terms))


def values(school_id: int, terms: Sequence[Term]) -> dict[str, str | int]:
    """Return the values to bind for the terms, by the names that their shapes have for them."""
    bound: dict[str, str | int] = {"school_id": school_id}
    for n, term in enumerate(terms):
        bound |= {f"{name}_{n}": value for name, value in _texts(term).items()}
    return bound


def _shape(n: int, term: Term) -> TermShape:
    if isinstance(term, Digits):
        if term.whole_enough:
            return TermShape(
                n,
                letters=SHORT,
                lengths=tuple(len(text) for text in term.texts),
                starts=len(_starts(term)),
                dialled=len(term.starts),
                exact=term.exact is not None,
            )
        # In emails only, at the start of a word.
        return TermShape(n, min(len(term.text), SHORT - 1))
    return TermShape(n, min(len(term.text), SHORT), "@" in term.text)


def _texts(term: Term) -> dict[str, str]:
    found = {"at_end": f"%{term.text}"}
    for i, text in enumerate(term.texts if isinstance(term, Digits) else (term.text,)):
        found |= {f"text{i}": text, f"after{i}": text + LAST, f"inside{i}": like(text)}
    if isinstance(term, Digits):
        for j, start in enumerate(_starts(term)):
            found |= {f"start{j}": start, f"after_start{j}": start + LAST}
        if term.exact:
            found["number"] = term.exact
    else:
        # As text.words_to_find makes it.
        before = fold(re.split(r"[.+]", term.text.partition("@")[0])[-1]).split()
        found["local_word"] = before[-1] if before else ""
    return found


def _starts(term: Digits) -> list[str]:
    """Return the possible starts of a number. The digits themselves come last, if the numbers that
    start with them are longer than the longest end that has an index."""
    return list(dict.fromkeys((*term.starts, f"+{term.text}")))
