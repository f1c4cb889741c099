"""The columns of a search's results: the people that they are about, and those shown at first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from portal.enums import ContactRole
from portal.queries.search.fields import Field, FieldOwner, Kind

MOST_COLUMNS = 40
ENTITIES: Mapping[ContactRole, Mapping[str, str]] = {
    ContactRole.STUDENT: {
        "student": "Student",
        "parent1": "Parent 1",
        "parent2": "Parent 2",
        "parent3": "Parent 3",
        "parent4": "Parent 4",
    },
    ContactRole.PARENT: {"parent": "Parent"},
    ContactRole.CONSULTANT: {"contact": "Contact"},
}
"""The people that a row's columns can be about, by the kind of the rows."""
_OF = {"student": FieldOwner.STUDENT, "parent": FieldOwner.PARENT, "contact": FieldOwner.CONTACT}
_DEFAULTS = {
    ContactRole.STUDENT: (
        "student.name",
        "student.grade",
        "student.enrollment_status",
        "parent1.name",
    ),
    ContactRole.PARENT: ("parent.name", "parent.email", "parent.primary_phone", "parent.children"),
    ContactRole.CONSULTANT: ("contact.name", "contact.email", "contact.primary_phone"),
}


@dataclass(frozen=True, slots=True)
class Column:
    entity: str
    field: Field

    @property
    def key(self) -> str:
        return f"{self.entity}.{self.field.key}"


def main_entity(role: ContactRole) -> str:
    """The person that a row of this kind is."""
    return next(iter(ENTITIES[role]))


def owner_of(entity: str) -> FieldOwner:
    return _OF.get(entity, FieldOwner.LINK)


def fields_of(entity: str, fields: Iterable[Field]) -> list[Field]:
    """The fields that an entity has, for the choice of columns."""
    owner = owner_of(entity)
    return [f for f in fields if owner in f.of and f.kind is not Kind.ROLE]


def default_columns(role: ContactRole, fields: Mapping[str, Field]) -> list[Column]:
    found = [column_of(key, role, fields) for key in _DEFAULTS[role]]
    return [column for column in found if column is not None]


def columns_of(
    keys: Sequence[str], role: ContactRole, fields: Mapping[str, Field]
) -> tuple[list[Column], list[str]]:
    """The columns that there are of these, once each; and what is wrong with the others."""
    found: dict[str, Column] = {}
    unknown = 0
    for key in keys:
        column = column_of(key, role, fields)
        if column is None:
            unknown += 1
        else:
            found.setdefault(key, column)
    problems = []
    if unknown:
        problems.append(
            "A column in this link can't be shown here, so it was left out."
            if unknown == 1
            else f"{unknown} columns in this link can't be shown here, so they were left out."
        )
    if len(found) > MOST_COLUMNS:
        problems.append(
            f"You can show up to {MOST_COLUMNS} columns. Only the first {MOST_COLUMNS} are shown."
        )
    return list(found.values())[:MOST_COLUMNS], problems


def are_of_other_rows(keys: Sequence[str], role: ContactRole, fields: Mapping[str, Field]) -> bool:
    """True if these are the columns that rows of another role had: the role was chosen since."""
    others = [other for other in ENTITIES if other is not role]
    return any(all(column_of(key, other, fields) for key in keys) for other in others)


def column_of(key: str, role: ContactRole, fields: Mapping[str, Field]) -> Column | None:
    entity, _, name = key.partition(".")
    if entity not in ENTITIES[role] or name not in fields:
        return None
    field = fields[name]
    return Column(entity, field) if field in fields_of(entity, [field]) else None
