"""The search once more, in plain Python over plain values: what the SQL is compared with.

Nothing here reads the catalogue's expressions: a field that is added there fails the tests until
it says here what it is.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.enums import ConsentState, Grade, PauseReason, Slot
from portal.normalize import digits, fold
from portal.phone import PhoneNumber
from portal.queries.search.catalogue import BY_KEY
from portal.queries.search.fields import Kind, Operator
from portal.queries.search.values import Raw
from tests.queries.search.search_school import Person, SearchSchool

SLOTS = [slot.value for slot in Slot]
Get = Callable[[Person, Any], Any]
"""Of a person and, where they are somebody's parent, the link."""


def _phone(slot: str, what: str) -> Get:
    return lambda p, _link: getattr(p.phones.get(slot), what, None)


def _status(slot: str, what: str) -> Get:
    def get(p: Person, _link: Any) -> Any:
        status = p.statuses.get(p.phones[slot].number) if p.state(slot) else None
        return getattr(status, what, None)

    return get


def _weakest_consent(person: Person, link: Any) -> str | None:
    order = ["roster", "staff_typed", "form", "confirmed"]
    strengths = {_status(slot, "strength")(person, link) for slot in SLOTS}
    return next((weak for weak in order if weak in strengths), None)


def _said(slot: str) -> Get:
    words = {ConsentState.OPTED_IN: "yes", ConsentState.OPTED_OUT: "no"}
    return lambda p, _link: words.get(p.state(slot))


GET: Mapping[str, Get] = {
    "name": lambda p, _: f"{p.row.last_name} {p.row.first_name}",
    "first_name": lambda p, _: p.row.first_name,
    "last_name": lambda p, _: p.row.last_name,
    "email": lambda p, _: p.row.email,
    "email_refused": lambda p, _: getattr(p.refusals.get(p.row.email_key), "fault", None),
    "email_refused_at": lambda p, _: getattr(p.refusals.get(p.row.email_key), "refused_at", None),
    "language": lambda p, _: p.row.language,
    "grade": lambda p, _: p.row.grade,
    "relationship": lambda _, link: link.relationship,
    "created_at": lambda p, _: p.row.created_at,
    "origin": lambda p, _: p.row.origin,
    "children": lambda p, _: (
        ", ".join(
            f"{c.row.first_name} {c.row.last_name}"
            for c in sorted(p.children, key=lambda c: (c.row.last_key, c.row.first_key, c.id))
        )
        or None
    ),
    "paused": lambda p, _: min(
        (pause.reason for pause in p.pauses()), key=list(PauseReason).index, default=None
    ),
    "paused_at": lambda p, _: min((pause.recorded_at for pause in p.pauses()), default=None),
    **{slot: _phone(slot, "number") for slot in SLOTS},
    **{f"{slot}_type": _phone(slot, "type") for slot in SLOTS},
    **{f"{slot}_confirmed_at": _phone(slot, "confirmed_at") for slot in SLOTS},
    **{f"{slot}_opt_in": _said(slot) for slot in SLOTS},
    **{f"{slot}_answered_at": _status(slot, "decided_at") for slot in SLOTS},
    **{f"{slot}_answered_by": _status(slot, "decided_by") for slot in SLOTS},
    **{f"{slot}_strength": _status(slot, "strength") for slot in SLOTS},
    "weakest_consent": _weakest_consent,
}
"""The values of a field. Fields that need more than that are in `meets` and `value_of`."""
OF_PAUSES = {"paused": "reason", "paused_at": "recorded_at"}
"""Fields of any pause of a parent's cell phones."""
ANY = "any_texts"
STATUS = "enrollment_status"


def value_of(world: SearchSchool, key: str, person: Person, link: Any) -> Any:
    if key == STATUS:
        return person.enrolled.get(world.terms["now"])
    if key == ANY:
        states = {person.state(slot) for slot in SLOTS}
        words = [
            word
            for state, word in ((ConsentState.OPTED_IN, "yes"), (ConsentState.OPTED_OUT, "no"))
            if state in states
        ]
        return "Some opted in, some opted out" if len(words) == 2 else (words or [None])[0]
    return GET[key](person, link)


def sort_value(world: SearchSchool, key: str, person: Person, link: Any) -> Any:
    """The sort key of rows. None comes last, both ways. A choice sorts by the word shown."""
    value = value_of(world, key, person, link)
    if value is None:
        return None
    if key == "name":
        return f"{fold(person.row.last_name)} {fold(person.row.first_name)}"
    if key in {"first_name", "last_name"}:
        return fold(value)
    if key == "email":
        return value.casefold()
    if key == "grade":
        return list(Grade).index(Grade(value))
    return BY_KEY[key].choices.get(value, value)


def meets(
    world: SearchSchool, key: str, kind: Kind, raw: Raw, person: Person, link: Any = None
) -> bool:
    """True if a person meets a criterion."""
    if kind is Kind.STATUS:
        return _status_is(world, raw, person)
    if kind is Kind.TEXTS:
        return _answered(key, raw, person)
    if key in OF_PAUSES and raw.operator not in {Operator.EMPTY, Operator.NOT_EMPTY}:
        values = [getattr(pause, OF_PAUSES[key]) for pause in person.pauses()]
        if kind is Kind.DATE:
            return any(_day_is(world, raw, value) for value in values)
        return (raw.value in values) is (raw.operator is Operator.IS)
    value = GET[key](person, link)
    if raw.operator is Operator.EMPTY:
        return value in {None, ""}
    if raw.operator is Operator.NOT_EMPTY:
        return value not in {None, ""}
    if kind is Kind.DATE:
        return value is not None and _day_is(world, raw, value)
    if kind is Kind.PHONE:
        return _number_is(world, raw, value)
    if kind is Kind.CHOICE:
        return (value == raw.value) is (raw.operator is Operator.IS)
    folded = str.casefold if key == "email" else fold
    return _text_is(raw.operator, folded(value or ""), folded(raw.value.strip()))


def _text_is(operator: Operator, value: str, typed: str) -> bool:
    return {
        Operator.IS: value == typed,
        Operator.IS_NOT: value != typed,
        Operator.CONTAINS: typed in value,
        Operator.STARTS_WITH: value.startswith(typed),
    }[operator]


def _number_is(world: SearchSchool, raw: Raw, number: str | None) -> bool:
    country = world.school.country
    if raw.operator in {Operator.IS, Operator.IS_NOT}:
        same = number == PhoneNumber.parse(raw.value, country).e164
        return same is (raw.operator is Operator.IS)
    if number is None:
        return False
    typed = digits(raw.value)
    if raw.operator is Operator.CONTAINS:
        at_home = typed.startswith("0") and len(typed) > 4
        return typed in number or (at_home and typed[1:] in number)
    if raw.value.startswith("+"):
        return number[1:].startswith(typed)
    return any(way.startswith(typed) for way in _dialled(number))


def _dialled(number: str) -> list[str]:
    """All ways to dial a number from the United States."""
    if number.startswith("+1"):
        return [number[2:], number[1:]]
    return ["011" + number[1:], "00" + number[1:]]


def _day_is(world: SearchSchool, raw: Raw, moment: datetime) -> bool:
    day = moment.astimezone(ZoneInfo(world.school.timezone)).date()
    first = date.fromisoformat(raw.value)
    return {
        Operator.IS: day == first,
        Operator.BEFORE: day < first,
        Operator.AFTER: day > first,
        Operator.BETWEEN: first <= day <= date.fromisoformat(raw.value2 or raw.value),
    }[raw.operator]


def _answered(key: str, raw: Raw, person: Person) -> bool:
    slots = SLOTS if key == ANY else [key.removesuffix("_opt_in")]
    states = {person.state(slot) for slot in slots} - {None}
    yes, no = ConsentState.OPTED_IN in states, ConsentState.OPTED_OUT in states
    if raw.operator is Operator.EMPTY:
        return ConsentState.NOT_ASKED in states
    if raw.operator is Operator.NOT_EMPTY:
        return yes or no
    return yes if raw.value == "yes" else no


def _status_is(world: SearchSchool, raw: Raw, person: Person) -> bool:
    terms = (
        set(world.terms.values())
        if raw.term == "any"
        else {int(raw.term) if raw.term else world.terms["now"]}
    )
    if raw.operator is Operator.EVER:
        return any((term, raw.value) in person.ever for term in terms)
    now = any(person.enrolled.get(term) == raw.value for term in terms)
    return now is (raw.operator is Operator.CURRENTLY)
