"""Values that a form or an address never holds by itself."""

import random
import string

from tests.attack.browser import Fields
from tests.attack.planted import Planted

ODD = [
    "0",
    "-1",
    "1",
    str(2**31),
    str(2**63 - 1),
    str(2**63),
    str(2**64 + 1),
    "9" * 30,
    "9" * 5000,
    "abc",
    "1e5",
    "0x10",
    "1.5",
    " 1",
    "١٢٣",
    "１２３",
    "²",
    "𝟙𝟚",
    "",
    " ",
    "\x00",
    "a\x00b",
    "\n",
    "%00",
    "%",
    "'",
    '"><b>',
    "' OR 1=1 --",
    "{{7*7}}",
    "../../etc/passwd",
    "//example.net/",
    "https://example.net/",
    "null",
    "all",
    "true",
    "[]",
    "\u202e\u0000\u2028",
    "e\u0301" * 50,
    "\ud800",
    "\U0010ffff",
    "a" * 70_000,
]


ODD_NAMES = ["seen-+\x00", "seen-+" + "9" * 17, "seen-+é", "seen-+1", "parent99-email", "f\x00"]
"""Of fields: some that the portal reads by how they begin."""


def value(draw: random.Random, planted: Planted) -> str:
    """Something odd, or something that is somebody's: an id of any kind, a number, an email."""
    kind = draw.randrange(10)
    if kind < 4:
        return draw.choice(ODD)
    if kind < 8:
        school = draw.choice(list(planted.ids.values()))
        return str(draw.choice(list(school.values())))
    family = draw.choice(list(planted.families.values()))
    return draw.choice([family.number(11), family.email, str(family.hidden), str(family.known)])


def name(draw: random.Random, names: list[str]) -> str:
    """A field's name: one that the portal has, or none."""
    if draw.random() < 0.85:
        return draw.choice([*names, *ODD_NAMES])
    return "".join(draw.choices(string.ascii_lowercase + "-_[]", k=draw.randrange(1, 12)))


def forged(draw: random.Random, fields: Fields, names: list[str], planted: Planted) -> Fields:
    """The fields of a form with up to three of them forged, dropped, doubled or added."""
    found = list(fields)
    for _ in range(draw.randrange(0, 4)):
        what = draw.randrange(4)
        if what == 0 or not found:
            found.append((name(draw, names), value(draw, planted)))
            continue
        at = draw.randrange(len(found))
        if what == 1:
            found[at] = (found[at][0], value(draw, planted))
        elif what == 2:
            found.append((found[at][0], value(draw, planted)))
        else:
            del found[at]
    return found


def query(draw: random.Random, names: list[str], planted: Planted) -> Fields:
    if draw.random() < 0.5:
        return []
    return [(name(draw, names), value(draw, planted)) for _ in range(draw.randrange(1, 4))]
