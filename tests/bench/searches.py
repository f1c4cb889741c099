"""The searches that are measured: any page of the saved ones, and every criterion there is."""

from collections.abc import Iterator, Sequence
from datetime import date
from random import Random
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import select

from portal.enums import ContactRole
from portal.extensions import db
from portal.models import Contact, ContactRoleAssignment
from portal.queries.schools import SchoolRow, field_labels, term_names
from portal.queries.search import parse
from portal.queries.search.catalogue import shown_fields
from portal.queries.search.fields import Field, Kind, Operator
from portal.queries.search.statement import Edge, Key, ordered
from portal.queries.search.values import NO_VALUE
from portal.services.schools.saved_searches import COME_WITH_SCHOOL
from portal.views.staff.search.search import edge_of
from tests.bench.draws import TIMES, OnFile

BEYOND: Key = ("\U0010ffff", "\U0010ffff", 2**63 - 1)
FEW = 30


def saved_pages(school: SchoolRow, seed: int, times: int = TIMES) -> dict[str, list[str]]:
    """Addresses of pages of the two saved searches, by what they are."""
    dice = Random(seed)
    found = {}
    for name, here in COME_WITH_SCHOOL.items():
        pairs = parse_qsl(here)
        terms, labels = term_names(school.id), field_labels(school.id)
        search = parse.read(pairs, school, terms, labels).search
        keys = dice.choices(keys_of(school, search.role), k=times)
        last = db.session.execute(ordered(school, search, Edge(BEYOND, True)).limit(FEW)).all()
        end = edge_of(tuple(last[-1])[1:])
        found |= {
            f"“{name}”, first page": [here] * times,
            f"“{name}”, any page": [f"{here}&{edge_of(key)}" for key in keys],
            f"“{name}”, any page, backwards": [f"{here}&{edge_of(key, True)}" for key in keys],
            f"“{name}”, last page": [f"{here}&{end}"] * times,
        }
    return found


def keys_of(school: SchoolRow, role: ContactRole) -> list[Key]:
    """The place of everybody of a role in the order by name."""
    rows = db.session.execute(
        select(Contact.last_key, Contact.first_key, Contact.id)
        .join(
            ContactRoleAssignment,
            (ContactRoleAssignment.school_id == Contact.school_id)
            & (ContactRoleAssignment.contact_id == Contact.id),
        )
        .where(Contact.school_id == school.id, ContactRoleAssignment.role == role)
        .order_by(Contact.id)
    )
    return [tuple(row) for row in rows]


def criteria(school: SchoolRow, there: OnFile, seed: int) -> Iterator[tuple[ContactRole, str, str]]:
    """Every field with every operator and with common, rare and impossible values: for whom, what
    is asked in words, and its address."""
    dice = Random(seed)
    terms = term_names(school.id)
    for role in (ContactRole.STUDENT, ContactRole.PARENT):
        for key, field in parse.criterion_fields(role, shown_fields(school)).items():
            for operator in field.operators:
                for values in _values(field, operator, there, list(terms), dice):
                    asked = {"f2": key, "o2": operator.value, **values}
                    said = " ".join([key, operator.value, *values.values()])
                    yield role, said, urlencode({"f1": "role", "o1": "is", "v1": role} | asked)


def pairs(
    asked: Sequence[tuple[ContactRole, str, str]], seed: int, times: int = TIMES
) -> Iterator[tuple[ContactRole, str, str]]:
    """Draw searches with two criteria, of different fields, from those with one: so many for each
    role. The draw is by fields, since those with many choices would crowd out the others."""
    dice = Random(seed)
    for role in (ContactRole.STUDENT, ContactRole.PARENT):
        by_field: dict[str, list[tuple[str, str]]] = {}
        for of, said, here in asked:
            if of is role:
                by_field.setdefault(said.split()[0], []).append((said, here))
        for _ in range(times):
            (said, here), (too, there) = (
                dice.choice(by_field[key]) for key in dice.sample(sorted(by_field), 2)
            )
            second = [(f"{key[0]}3", value) for key, value in parse_qsl(there) if key[1] == "2"]
            yield role, f"{said}, {too}", f"{here}&{urlencode(second)}"


def _values(
    field: Field, operator: Operator, there: OnFile, terms: list[int], dice: Random
) -> list[dict[str, str]]:
    if operator in NO_VALUE:
        return [{}]
    if field.kind is Kind.DATE:
        today, far = date.today().isoformat(), "2199-01-01"  # noqa: DTZ011
        last = [today, far] if operator is Operator.BETWEEN else [""]
        return [
            {"v2": day, "w2": w} for day in ("1999-01-01", today, far) for w in last if w != day
        ]
    if field.kind is Kind.STATUS:
        asked = ["", "any", *map(str, terms)]
        return [{"v2": value, "t2": term} for value in field.choices for term in asked]
    if field.choices:
        return [{"v2": value} for value in field.choices]
    return [{"v2": value} for value in _typed(field, operator, there, dice)]


def _typed(field: Field, operator: Operator, there: OnFile, dice: Random) -> list[str]:
    """Values typed for a text or a number: of many, of few, of nobody."""
    if field.kind is Kind.PHONE:
        number = dice.choice(there.numbers)
        if operator in {Operator.IS, Operator.IS_NOT}:
            return [number, "(206) 555-0199"]
        return [number[2:5], number[2:8], number[-4:], number[2:], "5550", "999999"]
    of = {
        "first_name": [first for first, _ in there.names],
        "last_name": there.surnames,
        "email": there.emails,
    }[field.key]
    whole = [of[0], dice.choice(of), of[-1], "nobody at all"]
    if operator in {Operator.IS, Operator.IS_NOT}:
        return whole
    return [word[:n] for word in whole for n in (1, 3, 7)]
