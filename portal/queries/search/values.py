"""Turn typed values into the values of conditions, or say why that is impossible."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers

from portal.email_address import email_key, search_text, typed_address
from portal.normalize import digits, fold, has_control, plain
from portal.phone import PhoneError, PhoneNumber
from portal.queries.lookup.terms import Digits, dialled
from portal.queries.schools import SchoolRow
from portal.queries.search.conditions import Between, InTerm, Number
from portal.queries.search.fields import Field, Kind, Operator

LONGEST = 100
PARTS = frozenset({Operator.CONTAINS, Operator.STARTS_WITH})
NO_VALUE = frozenset({Operator.EMPTY, Operator.NOT_EMPTY})


class NotUnderstoodError(ValueError):
    """The words say what to do about it; `{field}` stands for the field's label."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A criterion as a query string has it."""

    operator: Operator
    value: str = ""
    value2: str = ""
    """The second day of `is between`."""
    term: str = ""
    """A term's id, `any`, or empty: the school's default term."""


def understand(field: Field, raw: Raw, school: SchoolRow, terms: Mapping[int, str]) -> Any:
    """The typed value of a criterion. Raises NotUnderstoodError."""
    if raw.operator in NO_VALUE:
        return None
    if has_control(raw.value) or len(raw.value) > LONGEST:
        raise NotUnderstoodError(f"Use {LONGEST} characters or fewer for {{field}}.")
    if not raw.value.strip():
        raise NotUnderstoodError("Choose or type something for {field}.")
    if field.kind is Kind.STATUS:
        return InTerm(_choice(field, raw.value), _term(raw, school, terms))
    if field.kind is Kind.DATE:
        return _days(raw, school.timezone)
    return _SIMPLE[field.kind](field, raw, school)


def _text(field: Field, raw: Raw, _school: SchoolRow) -> str:
    """As the column is kept: an email keeps its marks."""
    text = _email(raw) if field.key == "email" else fold(raw.value)
    if not text:
        raise NotUnderstoodError("Type letters or digits for {field}.")
    return text


def _email(raw: Raw) -> str:
    """A whole one by its key; of the start of a domain none can be made."""
    return search_text(raw.value) if raw.operator in PARTS else email_key(typed_address(raw.value))


def _choice(field: Field, value: str) -> str:
    if value not in field.choices:
        words = ", ".join(field.choices.values())
        raise NotUnderstoodError(f"{{field}} is one of: {words}.")
    return value


def _phone(_field: Field, raw: Raw, school: SchoolRow) -> Number:
    value = plain(raw.value)
    found = digits(value)
    if not found or re.search(r"[^\W\d_]", value):
        raise NotUnderstoodError("Type digits for {field}, like 555-0147.")
    exact = None
    try:
        exact = PhoneNumber.parse(value, school.country).e164
    except PhoneError as error:
        if raw.operator in {Operator.IS, Operator.IS_NOT}:
            raise NotUnderstoodError(
                "Type the full phone number for {field}, like (206) 555-0147."
            ) from error
    typed = Digits(found)
    if value.startswith("+"):
        return Number(typed.texts, exact, (f"+{found}",))
    code = phonenumbers.country_code_for_region(school.country)
    starts = (f"+{code}{found}", *dialled(found, school.country))
    return Number(typed.texts, exact, starts)


def _days(raw: Raw, timezone: str) -> Between:
    first = _day(raw.value)
    last = _day(raw.value2) if raw.operator is Operator.BETWEEN else first
    if last < first:
        raise NotUnderstoodError("For {field}, the end date is before the start date. Switch them.")
    zone = ZoneInfo(timezone)
    return Between(_midnight(first, zone), _midnight(last + timedelta(days=1), zone))


def _day(typed: str) -> date:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError as error:
        raise NotUnderstoodError("Enter a date for {field}, like 2026-09-03.") from error
    if not 1900 <= day.year <= 2200:
        raise NotUnderstoodError("Enter a date between 1900 and 2200 for {field}.")
    return day


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _term(raw: Raw, school: SchoolRow, terms: Mapping[int, str]) -> int | None:
    if raw.term == "any":
        return None
    if not raw.term:
        return school.default_term_id
    for term_id in terms:
        if raw.term == str(term_id):
            return term_id
    raise NotUnderstoodError("Your school doesn't have that term. Choose another term for {field}.")


_SIMPLE: Mapping[Kind, Callable[[Field, Raw, SchoolRow], Any]] = {
    Kind.TEXT: _text,
    Kind.PHONE: _phone,
    Kind.CHOICE: lambda field, raw, _school: _choice(field, raw.value),
    Kind.TEXTS: lambda field, raw, _school: _choice(field, raw.value),
    Kind.ROLE: lambda field, raw, _school: _choice(field, raw.value),
}
