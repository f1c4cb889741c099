"""A search as a query string again: for links, downloads, and searches that are kept."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from portal.enums import ContactRole
from portal.queries.search.fields import Operator
from portal.queries.search.parse import MOST_CRITERIA, ParsedSearch, Search
from portal.queries.search.values import Raw

LONGEST_REFUSED = 1000
"""Characters of a query string for what could not be used: it stands in every link of the page."""


def write(search: Search, **changes: Any) -> str:
    """The query string of a search; `changes` are of its attributes."""
    return urlencode(pairs_of(replace(search, **changes)))


def pairs_of(search: Search, says_role: bool = False) -> list[tuple[str, str]]:
    """Return the address parameters of a search: always at least one filter, or nothing would be
    searched for. `says_role`: also that rows are students, which is the default."""
    pairs: list[tuple[str, str]] = []
    raws = [(c.key, c.raw) for c in search.criteria]
    if search.role is not ContactRole.STUDENT or says_role or not raws:
        raws.insert(0, ("role", Raw(Operator.IS, search.role.value)))
    for n, (key, raw) in enumerate(raws, 1):
        pairs += [(f"f{n}", key), (f"o{n}", raw.operator.value)]
        values = (("v", raw.value), ("w", raw.value2), ("t", raw.term))
        pairs += [(f"{letter}{n}", value) for letter, value in values if value]
    pairs += [("col", column.key) for column in search.columns]
    pairs.append(("sort", ("-" if search.descending else "") + search.sort.key))
    return pairs


def write_all(read: ParsedSearch, **changes: Any) -> str:
    """The query string of a search, also with what could not be used: whoever sorts or turns a page
    still sees it, with what is wrong."""
    return urlencode(all_pairs(read, **changes))


def all_pairs(read: ParsedSearch, **changes: Any) -> list[tuple[str, str]]:
    pairs = pairs_of(replace(read.search, **changes), says_role=_names_role(read))
    return pairs + [pair for refused in _written(read) for pair in refused[0]]


def refused_problems(read: ParsedSearch) -> set[str]:
    """Return the problems with the filters that `write_all` writes though they were skipped."""
    return {problem for _, problem in _written(read)}


def _names_role(read: ParsedSearch) -> bool:
    """True if a role was refused: the one that counted is written then, or that one would count."""
    return any(dict(typed)["f"] == "role" for typed, _ in read.refused)


def _written(read: ParsedSearch) -> list[tuple[list[tuple[str, str]], str]]:
    """Each refused criterion that there is room for, as query string pairs, and its problem."""
    before = pairs_of(read.search, says_role=_names_role(read))
    used = sum(name.startswith("f") for name, _ in before)
    found, room = [], LONGEST_REFUSED
    for n, (typed, problem) in enumerate(read.refused[: MOST_CRITERIA - used], used + 1):
        pairs = [(f"{letter}{n}", text) for letter, text in typed]
        room -= len(urlencode(pairs)) + 1  # and what joins them
        if room < 0:
            break
        found.append((pairs, problem))
    return found
