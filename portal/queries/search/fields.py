"""Fields of the catalog, and the operators that each kind of field has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Select, case


class Kind(StrEnum):
    """Decides a field's operators, how it is typed, shown and exported."""

    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    PHONE = "phone"
    TEXTS = "texts"
    """Yes, no, or empty: never asked. A circle."""
    STATUS = "status"
    """An enrollment status, in a term."""
    ROLE = "role"
    """The kind of the rows."""


class Operator(StrEnum):
    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"
    EMPTY = "is_empty"
    NOT_EMPTY = "is_not_empty"
    CURRENTLY = "currently"
    EVER = "ever"
    NOT_CURRENTLY = "not_currently"


OPERATOR_WORDS: Mapping[Operator, str] = MappingProxyType(
    {
        Operator.IS: "is",
        Operator.IS_NOT: "is not",
        Operator.CONTAINS: "contains",
        Operator.STARTS_WITH: "starts with",
        Operator.BEFORE: "is before",
        Operator.AFTER: "is after",
        Operator.BETWEEN: "is between",
        Operator.EMPTY: "is empty",
        Operator.NOT_EMPTY: "is not empty",
        Operator.CURRENTLY: "is currently",
        Operator.EVER: "was ever",
        Operator.NOT_CURRENTLY: "is not currently",
    }
)
_FILLED = (Operator.EMPTY, Operator.NOT_EMPTY)
_WORDS = (Operator.IS, Operator.IS_NOT, Operator.CONTAINS, Operator.STARTS_WITH, *_FILLED)
OPERATORS: Mapping[Kind, tuple[Operator, ...]] = MappingProxyType(
    {
        Kind.TEXT: _WORDS,
        Kind.PHONE: _WORDS,
        Kind.CHOICE: (Operator.IS, Operator.IS_NOT, *_FILLED),
        Kind.DATE: (
            Operator.IS,
            Operator.BEFORE,
            Operator.AFTER,
            Operator.BETWEEN,
            *_FILLED,
        ),
        Kind.TEXTS: (Operator.IS, *_FILLED),
        Kind.STATUS: (Operator.CURRENTLY, Operator.EVER, Operator.NOT_CURRENTLY),
        Kind.ROLE: (Operator.IS,),
    }
)


class FieldOwner(StrEnum):
    """The owner of a field."""

    STUDENT = "student"
    PARENT = "parent"
    CONTACT = "contact"
    """A contact of another role."""
    LINK = "link"
    """A parent as one of a student's: Parent 1 to 4."""


PERSON = frozenset({FieldOwner.STUDENT, FieldOwner.PARENT, FieldOwner.CONTACT, FieldOwner.LINK})
ADULT = PERSON - {FieldOwner.STUDENT}
PARENTS = frozenset({FieldOwner.PARENT, FieldOwner.LINK})

Value = Callable[[Any], ColumnElement[Any]]
"""Of a JoinedPerson; of a ConditionContext too, where only the person's and the link's own columns
are looked at."""


@dataclass(frozen=True, slots=True)
class MatchingIds:
    """The ids of the people that a filter selects."""

    ids: Select[int]
    """Each once or more."""
    others: bool = False
    """True if it selects everybody but these."""


Finds = Callable[[int, Operator, Any], MatchingIds]
"""Of a school's id, an operator and what was typed."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field, declared once; criteria, columns, sorting, saved searches and downloads read it.

    `value` is what is shown and exported; `compared` what criteria and sorting look at, where that
    is not the same. `finds` says whom a criterion selects, where its kind alone does not.
    """

    key: str
    label: str
    grouping: str
    kind: Kind
    of: frozenset[FieldOwner]
    value: Value
    compared: Value | None = None
    finds: Finds | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, Value] = field(default_factory=dict)
    """Parts to show beside the value: a phone's type, extension, and state."""
    about_texts: bool = False
    """Gone where the school does not text."""
    criterion: bool = True
    """False: only a column."""

    @property
    def operators(self) -> tuple[Operator, ...]:
        return OPERATORS[self.kind] if self.criterion else ()

    @property
    def sorted_by(self) -> Value:
        """Of a choice its place among the words that are shown, not those that are kept."""
        if self.compared or not self.choices:
            return self.compared or self.value
        return lambda at: in_order(self.choices, self.value(at))


def in_order(words: Mapping[str, str], value: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the value's place among words in alphabetical order."""
    keys = sorted(words, key=lambda key: words[key])
    return case({key: n for n, key in enumerate(keys)}, value=value)
