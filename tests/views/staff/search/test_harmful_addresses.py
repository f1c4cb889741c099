"""Addresses of a search that mean harm, and edges of pages that somebody made up."""

import base64
import itertools
import json
import random
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from portal.queries.search.catalogue import BY_KEY
from tests.queries.search.search_school import SearchSchool
from tests.support.client import AuditedClient
from tests.support.long import examples
from tests.views.staff.search.search_steps import PARENTS, SEARCH, texts

NASTY = [
    "' OR 1=1 --",
    '"><script>alert(1)</script>',
    "%",
    "_",
    "\\",
    "\0",
    "a\0b",
    "9" * 400,
    "-1",
    str(2**63),
    "1e999",
    "\U0001f600",
    "\ud800",
    "\ufffe",
    "\r\nX: y",
    "٢٠٦",
    "NaN",
    "{}",
    "[" * 5000,
    "W10",
    "é" * 150,
]


def nasty_addresses(dice: random.Random, heaps: int) -> Iterator[str]:
    """Every key of an address with every value that means harm, and a heap of them at random."""
    keys = [*BY_KEY, *(f"parents.{key}" for key in BY_KEY)]

    def value() -> str:
        return quote(dice.choice([*NASTY, "yes", "3"]), errors="surrogatepass")

    names = ("f1", "f3", "o3", "v2", "w2", "t2", "col", "sort", "find", "after")
    for text in NASTY:
        harm = quote(text, errors="surrogatepass")
        yield "&".join([*(f"{name}={harm}" for name in names), f"f2={dice.choice(keys)}"])
    for _ in range(heaps):
        found = []
        for n in range(1, dice.randrange(2, 8)):
            field = BY_KEY[(key := dice.choice(keys)).removeprefix("parents.")]
            operator = dice.choice(field.operators or ("is",))
            found.append(f"f{n}={key}&o{n}={operator}&v{n}={value()}&w{n}={value()}&t{n}={value()}")
        yield "&".join(found)


@examples(few=8, many=24)
def test_no_address_breaks_the_search(
    world: SearchSchool, desk: AuditedClient, examples: int
) -> None:
    for n, address in enumerate(nasty_addresses(random.Random(5), examples)):
        page = ("", "/columns", ".csv")[n % 3] if n > len(NASTY) else ""
        role = ("", "&f9=role&o9=is&v9=parent")[n % 2]
        answer = desk.get(f"{SEARCH}{page}?{address}{role}", follow_redirects=True)
        assert answer.status_code == 200, address
    names = ("add", "remove", "found", "up", "order", "out", "entity")
    both = list(itertools.product(("", "/columns"), NASTY))
    for page, text in both if examples > 8 else both[::2]:  # of the few, each text at one page
        asked = quote(text, errors="surrogatepass")
        more = "&".join(f"{name}={asked}" for name in names)
        assert desk.get(f"{SEARCH}{page}?{PARENTS}&{more}").status_code == 200, text


def edge(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


@pytest.mark.parametrize(
    "forged",
    [
        "W10",
        "=",
        "\u00e9",
        "W1tb" * 3000,
        edge("a"),
        edge("a", "b", "c"),
        edge("a", "b", 2**63),
        edge("a", "b", 1, 2, 3),
        edge("a\0", "b", 1),
        edge("\ud800", "b", 1),
        edge(None, None, None),
        edge(True, "b", 1),
        edge({"a": 1}, [], 1),
    ],
)
@pytest.mark.parametrize(
    "sort", ["", pytest.param("&sort=parent.created_at", marks=pytest.mark.long)]
)
def test_a_forged_edge_of_a_page_is_the_beginning(
    desk: AuditedClient, forged: str, sort: str
) -> None:
    page = desk.page(f"{SEARCH}?{PARENTS}{sort}&after={forged}")
    assert page.query("tbody tr")
    assert not [link for link in texts(page, "nav.pages a") if link == "Previous"]


@pytest.mark.parametrize("day", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_day_beyond_all_calendars_is_the_beginning(desk: AuditedClient, day: str) -> None:
    for way in ("after", "before"):
        forged = edge(1, day, "a", "b", 5)
        page = desk.page(f"{SEARCH}?{PARENTS}&sort=parent.created_at&{way}={forged}")
        assert page.query("tbody tr")


def test_beyond_the_last_row_stands_the_first_page(desk: AuditedClient) -> None:
    page = desk.page(f"{SEARCH}?{PARENTS}&after={edge(chr(0x10FFFF), 'x', 5)}")
    assert page.query("tbody tr")
