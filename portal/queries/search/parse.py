"""A whole search as its query string has it, read and written.

    f1=enrollment_status&o1=currently&v1=enrolled&t1=&f2=grade&o2=is&v2=3
    &col=student.name&col=parent1.primary_phone&sort=-student.name

`fN` is a field, `oN` its operator, `vN` and `wN` its values, `tN` a term. Parts without a meaning
get a message, and the rest of the search still runs.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from portal.enums import ContactRole
from portal.labels import ROLE_WORDS
from portal.normalize import has_control, without_control
from portal.queries.schools import SchoolRow
from portal.queries.search.catalogue import BY_KEY, label_of, shown_fields
from portal.queries.search.fields import OPERATOR_WORDS, Field, FieldOwner, Kind, Operator
from portal.queries.search.result_columns import (
    Column,
    are_of_other_rows,
    column_of,
    columns_of,
    default_columns,
    main_entity,
    owner_of,
)
from portal.queries.search.values import NO_VALUE, NotUnderstoodError, Raw, understand

MOST_CRITERIA = 12
_FIELD = "f[1-9][0-9]?"
PARENTS_OWN = "parents."
"""Before a field's key: of a student's parents."""


@dataclass(frozen=True, slots=True)
class Criterion:
    field: Field
    raw: Raw
    typed: Any
    of_parents: bool = False
    """Of a student's parents: one of them has to meet it."""

    @property
    def key(self) -> str:
        return (PARENTS_OWN if self.of_parents else "") + self.field.key


@dataclass(frozen=True, slots=True)
class Search:
    role: ContactRole
    """The kind of the rows."""
    criteria: tuple[Criterion, ...]
    """All to be met; without the one about the role."""
    columns: tuple[Column, ...]
    sort: Column
    descending: bool = False


Typed = tuple[tuple[str, str], ...]
"""A criterion as it was written: texts by the letters `f`, `o`, `v`, `w` and `t`."""


@dataclass(frozen=True, slots=True)
class ParsedSearch:
    search: Search
    problems: tuple[str, ...]
    """The problems with filters that were skipped, in words."""
    rows: tuple[tuple[str, Raw | None, str], ...]
    """Every criterion as it stood there, for the form: field, what was asked, what is wrong."""
    refused: tuple[tuple[Typed, str], ...]
    """Those that could not be used, to the letter, and what is wrong with each."""
    default_columns: bool
    widened: bool
    """True if a criterion was left out: more people are found than were asked for."""


def read(
    pairs: Sequence[tuple[str, str]],
    school: SchoolRow,
    terms: Mapping[int, str],
    labels: Mapping[str, str],
) -> ParsedSearch:
    """The search of a query string, as far as it can be understood."""
    given: dict[str, str] = dict(reversed(pairs))
    numbers = criterion_numbers(given)
    rows = [_row(given, n) for n in numbers[:MOST_CRITERIA]]
    role, wrong_roles = _role(rows)
    problems = list(wrong_roles.values())
    if len(numbers) > MOST_CRITERIA:
        problems.append(f"You can use up to {MOST_CRITERIA} filters. The rest were skipped.")
    fields = {field.key: field for field in shown_fields(school)}
    criteria, told = [], []
    for place, (key, raw) in enumerate(rows):
        if key == "role":
            told.append((key, raw, wrong_roles.get(place, "")))
            continue
        found = _criterion(key, raw, role, fields, school, terms, labels)
        if isinstance(found, Criterion):
            criteria.append(found)
        else:
            problems.append(found)
        told.append((key, raw, found if isinstance(found, str) else ""))
    keys, sorting = [v for k, v in pairs if k == "col"], given.get("sort", "")
    if keys and are_of_other_rows([*keys, sorting.lstrip("-") or keys[0]], role, fields):
        keys, sorting = [], ""
    columns, wrong = columns_of(keys, role, fields)
    sort = column_of(sorting.lstrip("-"), role, fields)
    if sorting and sort is None:
        wrong.append("That column isn't shown, so results are sorted by name.")
    search = Search(
        role=role,
        criteria=tuple(criteria),
        columns=tuple(columns) or tuple(default_columns(role, fields)),
        sort=sort or Column(main_entity(role), BY_KEY["name"]),
        descending=sort is not None and sorting.startswith("-"),
    )
    refused = [
        (typed, problem)
        for n, (_, _, problem) in zip(numbers, told, strict=False)
        if problem and (typed := _typed(given, n)) is not None
    ]
    return ParsedSearch(
        search,
        tuple(problems + wrong),
        tuple(told),
        tuple(refused),
        default_columns=not columns,
        widened=len(numbers) > MOST_CRITERIA or any(problem for _, _, problem in told),
    )


def without(pairs: Sequence[tuple[str, str]], place: int) -> list[tuple[str, str]]:
    """A query string without the criterion at a place, from 1. Questions about a parent stay that
    way: if the rows become students, they are about the students' parents."""
    given = dict(reversed(pairs))
    numbers = criterion_numbers(given)
    if not 1 <= place <= len(numbers):
        return list(pairs)
    n = numbers[place - 1]
    gone = {f"{letter}{n}" for letter in "fovwt"}
    left = [pair for pair in pairs if pair[0] not in gone]
    if (_role_of(pairs), _role_of(left)) != (ContactRole.PARENT, ContactRole.STUDENT):
        return left
    return [(k, _of_parents(v) if re.fullmatch(_FIELD, k) else v) for k, v in left]


def _role_of(pairs: Sequence[tuple[str, str]]) -> ContactRole:
    given = dict(reversed(pairs))
    return _role([_row(given, n) for n in criterion_numbers(given)[:MOST_CRITERIA]])[0]


def _of_parents(key: str) -> str:
    field = BY_KEY.get(key)
    theirs = field is not None and FieldOwner.LINK in field.of and field.operators
    return PARENTS_OWN + key if theirs else key


def _typed(given: Mapping[str, str], n: int) -> Typed | None:
    """A criterion to the letter, if something was typed that is fit for a query string again:
    with a control character taken out it might mean something else."""
    texts = {letter: given.get(f"{letter}{n}", "") for letter in "fovwt"}
    known = texts["o"] in ("", *Operator)
    if (known and not (texts["v"] or texts["w"])) or any(map(has_control, texts.values())):
        return None
    return tuple((letter, text) for letter, text in texts.items() if text)


def asks_about_texts(written: str) -> bool:
    """True if a criterion of an address is about texts: without it the search is another one."""
    asked = [v for k, v in parse_qsl(written) if re.fullmatch(_FIELD, k)]
    fields = [BY_KEY.get(key.removeprefix(PARENTS_OWN)) for key in asked]
    return any(field is not None and field.about_texts for field in fields)


def criterion_fields(role: ContactRole, fields: Iterable[Field]) -> dict[str, Field]:
    """The fields that rows of this role can be searched by, as a query string calls them. A student
    is found by the parents' fields too."""
    asked = [f for f in fields if f.operators and f.kind is not Kind.ROLE]
    own = {f.key: f for f in asked if owner_of(main_entity(role)) in f.of}
    if role is ContactRole.STUDENT:
        own |= {PARENTS_OWN + f.key: f for f in asked if FieldOwner.LINK in f.of}
    return own


def criterion_numbers(given: Mapping[str, str]) -> list[int]:
    """The N of each criterion, in their order."""
    return sorted(int(k[1:]) for k in given if re.fullmatch(_FIELD, k) and given[k])


def _row(given: Mapping[str, str], n: int) -> tuple[str, Raw | None]:
    """A criterion as it is written; no Raw if its operator is none."""
    key, operator = given[f"f{n}"], given.get(f"o{n}", "")
    if not operator and key in BY_KEY and BY_KEY[key].operators:
        operator = BY_KEY[key].operators[0]
    if operator not in list(Operator):
        return key, None
    value, value2, term = (given.get(f"{letter}{n}", "") for letter in "vwt")
    return key, Raw(Operator(operator), value, value2, term)


def _role(rows: Sequence[tuple[str, Raw | None]]) -> tuple[ContactRole, dict[int, str]]:
    """Return the kind of the rows, and the problems with filters about it, by their place."""
    problems: dict[int, str] = {}
    role = None
    for place, (key, raw) in enumerate(rows):
        if key != "role":
            continue
        if raw is None or raw.operator is not Operator.IS:
            problems[place] = f"Role only works with “{OPERATOR_WORDS[Operator.IS]}.”"
        elif raw.value not in list(ContactRole):
            problems[place] = f"Role is one of: {', '.join(ROLE_WORDS.values())}."
        elif role is not None and role != raw.value:
            problems[place] = "Use Role only once. Only the first one was used."
        else:
            role = role or ContactRole(raw.value)
    return role or ContactRole.STUDENT, problems


def _criterion(
    key: str,
    raw: Raw | None,
    role: ContactRole,
    fields: Mapping[str, Field],
    school: SchoolRow,
    terms: Mapping[int, str],
    labels: Mapping[str, str],
) -> Criterion | str:
    """The criterion, or what is wrong with it in words."""
    own = criterion_fields(role, fields.values())
    name = key.removeprefix(PARENTS_OWN)
    # A student's parents' field, if the student has no such one; of a parent it is the row's own.
    other = name if role is ContactRole.PARENT else PARENTS_OWN + key
    asked = next((k for k in (key, other) if k in own), None)
    field = fields.get(name) if asked is None else own[asked]
    if field is None or not field.operators or (asked is None and role is ContactRole.STUDENT):
        return f"There is no field named “{without_control(key)[:60]}.”"
    label = label_of(field, labels)
    if asked is None:
        word = ROLE_WORDS[role]
        return (
            f"{label} doesn't apply to a {word.lower()}, so this filter was skipped. "
            "Remove it, or change Role."
        )
    if raw is None or raw.operator not in field.operators:
        words = ", ".join(OPERATOR_WORDS[operator] for operator in field.operators)
        return f"{label} works with these: {words}."
    try:
        typed = understand(field, raw, school, terms)
    except NotUnderstoodError as error:
        return str(error).replace("{field}", label)
    return Criterion(field, _needed(field, raw), typed, asked.startswith(PARENTS_OWN))


def _needed(field: Field, raw: Raw) -> Raw:
    """The criterion without what its operator has no use for, and nobody looked at."""
    return Raw(
        raw.operator,
        "" if raw.operator in NO_VALUE else raw.value,
        raw.value2 if raw.operator is Operator.BETWEEN else "",
        raw.term if field.kind is Kind.STATUS else "",
    )
