"""Write the families that a batch did not reach for a spreadsheet: a row for each phone."""

from collections.abc import Iterator

from portal.labels import GRADE_WORDS, TYPE_WORDS, english
from portal.phone import show_number
from portal.queries.schools import SchoolRow
from portal.queries.texting.not_reached import (
    NO_PARENT,
    NO_PHONE,
    UnreachedFamily,
    not_reached_chunks,
)

HEADER = [
    "child_name",
    "grade",
    "parent_name",
    "relationship",
    "phone_type",
    "phone_number",
    "why",
    "parent_email",
]
_GRADES, _TYPES = english(GRADE_WORDS), english(TYPE_WORDS)


def chunks(school: SchoolRow, batch_id: int) -> Iterator[list[list[str]]]:
    """All rows, some hundred families at a time."""
    for families in not_reached_chunks(school, batch_id):
        yield [line for family in families for line in _lines(school, family)]


def _lines(school: SchoolRow, family: UnreachedFamily) -> Iterator[list[str]]:
    """A row for each phone of each parent. Parents without one, and children without a parent, have
    a row too."""
    child = [family.name, _GRADES.get(family.grade or "", "")]
    if not family.parents:
        yield [*child, "", "", "", "", NO_PARENT, ""]
    for parent in family.parents:
        who = [parent.name, parent.relationship]
        if not parent.phones:
            yield [*child, *who, "", "", NO_PHONE, parent.email]
        for unreached in parent.phones:
            phone = unreached.phone
            number = show_number(phone.number, school.country, phone.extension)
            yield [*child, *who, _TYPES[phone.type], number, unreached.why, parent.email]
