"""Conditions for filters, by kind. A condition is over one person. An empty value is never equal,
and `is not` holds for it.

`typed` is what Criterion.value became for the kind: folded text, a number's digits, a moment's
bounds, a word of the choices.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select, true
from sqlalchemy.orm import aliased

from portal.enums import ConsentState, ConsentStrength, PhoneType, Slot
from portal.extensions import on_postgresql
from portal.models import (
    ConsentPause,
    ConsentStatus,
    Contact,
    EmailRefusal,
    Enrollment,
    EnrollmentChange,
    Phone,
    same_school,
)
from portal.queries.compare import begins, by_code_point, like
from portal.queries.search.fields import Field, Finds, Kind, MatchingIds, Operator
from portal.queries.search.joins import ConditionContext


@dataclass(frozen=True, slots=True)
class Between:
    """From the first moment of a day to the first after another one."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class InTerm:
    status: str
    term_id: int | None
    """None: in any term."""


@dataclass(frozen=True, slots=True)
class Number:
    digits: tuple[str, ...]
    """The digits to find in a number: without the 0 dialed in front too."""
    exact: str | None
    """The whole number (E.164), if that is what was typed."""
    starts: tuple[str, ...]
    """The starts of a number (E.164) whose digits start like this, dialed here or abroad."""


def of_text(column: Any, operator: Operator, typed: str) -> ColumnElement[bool]:
    """Of a column of folded text; NULL and empty are the same.

    What starts with a text is a range of code points: a database's own collation knows no such.
    """
    empty = or_(column.is_(None), column == "")
    met: dict[Operator, Callable[[], ColumnElement[bool]]] = {
        Operator.IS: lambda: column == typed,
        Operator.IS_NOT: lambda: or_(column.is_(None), column != typed),
        Operator.CONTAINS: lambda: column.like(like(typed), escape="\\"),
        Operator.STARTS_WITH: lambda: begins(by_code_point(column), typed),
        Operator.EMPTY: lambda: empty,
        Operator.NOT_EMPTY: lambda: not_(empty),
    }
    return met[operator]()


def of_choice(column: Any, operator: Operator, typed: str) -> ColumnElement[bool]:
    met: dict[Operator, ColumnElement[bool]] = {
        Operator.IS: column == typed,
        Operator.IS_NOT: or_(column.is_(None), column != typed),
        Operator.EMPTY: column.is_(None),
        Operator.NOT_EMPTY: column.is_not(None),
    }
    return met[operator]


def of_date(column: Any, operator: Operator, typed: Between | None) -> ColumnElement[bool]:
    if typed is None:
        return of_choice(column, operator, "")
    within = and_(column >= typed.start, column < typed.end)
    met: dict[Operator, ColumnElement[bool]] = {
        Operator.IS: within,
        Operator.BETWEEN: within,
        Operator.BEFORE: column < typed.start,
        Operator.AFTER: column >= typed.end,
    }
    return met[operator]


_OPPOSITES = {
    Operator.IS_NOT: Operator.IS,
    Operator.EMPTY: Operator.NOT_EMPTY,
    Operator.NOT_CURRENTLY: Operator.CURRENTLY,
}


def of_slot(slot: Slot, condition: Callable[[Any, Operator, Any], ColumnElement[bool]]) -> Finds:
    """Of the phone in a slot: `condition(Phone, operator, typed)` is over one that is there."""

    def finds(school_id: int, operator: Operator, typed: Any) -> MatchingIds:
        there = select(Phone.contact_id).where(Phone.school_id == school_id, Phone.slot == slot)
        opposite = _OPPOSITES.get(operator)
        met = there.where(condition(Phone, opposite or operator, typed))
        return MatchingIds(met, others=opposite is not None)

    return finds


def type_is(phone: Any, operator: Operator, typed: str) -> ColumnElement[bool]:
    """Of a phone that is there: it has a type."""
    return true() if operator is Operator.NOT_EMPTY else of_choice(phone.type, operator, typed)


def number_is(phone: Any, operator: Operator, typed: Number | None) -> ColumnElement[bool]:
    if typed is None:
        return true()
    if operator is Operator.IS:
        exact: ColumnElement[bool] = phone.number == (typed.exact or "")
        return exact
    if operator is Operator.STARTS_WITH:
        return or_(*(begins(phone.number, s) for s in typed.starts))
    return or_(*(phone.number.like(like(part), escape="\\") for part in typed.digits))


_STATES = {"yes": ConsentState.OPTED_IN, "no": ConsentState.OPTED_OUT}


def of_texts(*slots: Slot) -> Finds:
    """Of the answer for a parent's cell phone in any of the slots.

    Empty is a cell phone that was never asked; who has no cell phone there has no answer to look
    for.
    """

    def finds(school_id: int, operator: Operator, typed: str) -> MatchingIds:
        never_asked = operator is Operator.EMPTY
        return MatchingIds(_cells(school_id, slots, _answered(operator, typed), never_asked))

    return finds


def of_answer(
    slot: Slot,
    column: Any,
    condition: Callable[[Any, Operator, Any], ColumnElement[bool]],
) -> Finds:
    """Of what is known about the answer for a parent's cell phone in a slot: empty is no answer, if
    only because there is no cell phone."""

    def finds(school_id: int, operator: Operator, typed: Any) -> MatchingIds:
        opposite = _OPPOSITES.get(operator)
        met = _cells(school_id, (slot,), condition(column, opposite or operator, typed))
        return MatchingIds(met, others=opposite is not None)

    return finds


def of_weakest_consent(school_id: int, operator: Operator, typed: str) -> MatchingIds:
    """Of the weakest consent of a parent's cell phones that are opted in."""
    opposite = _OPPOSITES.get(operator)
    slots, strength = tuple(Slot), ConsentStatus.strength
    met = _cells(school_id, slots, of_choice(strength, opposite or operator, typed))
    if weaker := _weaker_than(typed):
        met = met.where(~_has_consent(school_id, weaker))
    return MatchingIds(met, others=opposite is not None)


def _has_consent(school_id: int, strengths: list[str]) -> ColumnElement[bool]:
    """True if a cell phone of a row's contact has one of these strengths."""
    phone, status = aliased(Phone), aliased(ConsentStatus)
    on = same_school(status, phone, status.number == phone.number)
    found = select(phone.contact_id).join(status, on)
    return found.where(
        phone.school_id == school_id,
        phone.contact_id == Phone.contact_id,
        phone.type == PhoneType.CELL,
        status.strength.in_(strengths),
    ).exists()


def _weaker_than(strength: str) -> list[str]:
    order = [one.value for one in ConsentStrength]
    return order[order.index(strength) + 1 :] if strength else []


def _cells(
    school_id: int, slots: Sequence[Slot], condition: ColumnElement[bool], without_too: bool = False
) -> Select[int]:
    """Select the parents with a cell phone in one of the slots whose number is in this state, each
    as often as they have one. `without_too`: the condition may hold for a number that has no
    status."""
    found = (
        select(Phone.contact_id)
        .join(
            ConsentStatus,
            and_(ConsentStatus.school_id == school_id, ConsentStatus.number == Phone.number),
            isouter=without_too,
        )
        .where(
            Phone.school_id == school_id,
            Phone.type == PhoneType.CELL,
            Phone.of_parent,
            condition,
        )
    )
    return found if set(slots) == set(Slot) else found.where(Phone.slot.in_(slots))


def _answered(operator: Operator, typed: str) -> ColumnElement[bool]:
    state = ConsentStatus.state
    if operator is Operator.IS:
        return state == _STATES[typed]
    said = state.in_(_STATES.values())
    return said if operator is Operator.NOT_EMPTY else or_(state.is_(None), not_(said))


def of_refusal(
    column: Any, condition: Callable[[Any, Operator, Any], ColumnElement[bool]]
) -> Finds:
    """Of the last email to a person's address, if it did not arrive."""

    def finds(school_id: int, operator: Operator, typed: Any) -> MatchingIds:
        opposite = _OPPOSITES.get(operator)
        met = (
            select(Contact.id)
            .join(
                EmailRefusal,
                same_school(EmailRefusal, Contact, EmailRefusal.email_key == Contact.email_key),
            )
            .where(
                Contact.school_id == school_id,
                EmailRefusal.school_id == school_id,
                condition(column, opposite or operator, typed),
            )
        )
        return MatchingIds(met, others=opposite is not None)

    return finds


def of_pause(column: Any, condition: Callable[[Any, Operator, Any], ColumnElement[bool]]) -> Finds:
    """Of a pause of one of a parent's cell phones: empty is a parent without one."""

    def finds(school_id: int, operator: Operator, typed: Any) -> MatchingIds:
        opposite = _OPPOSITES.get(operator)
        met = (
            select(Phone.contact_id)
            .join(
                ConsentPause,
                same_school(ConsentPause, Phone, ConsentPause.number == Phone.number),
            )
            .where(
                Phone.school_id == school_id,
                Phone.type == PhoneType.CELL,
                Phone.of_parent,
                ConsentPause.school_id == school_id,
                ConsentPause.ended_seq.is_(None),
                condition(column, opposite or operator, typed),
            )
        )
        return MatchingIds(met, others=opposite is not None)

    return finds


def of_enrollment(school_id: int, operator: Operator, typed: InTerm) -> MatchingIds:
    """Select the students who have a status, or ever had it: `was ever` searches the history.

    A student can come more than once, but not of a status that is current in one term.
    """
    table: Any = EnrollmentChange if operator is Operator.EVER else Enrollment
    found = select(table.student_id).where(
        table.school_id == school_id, table.status == typed.status
    )
    if typed.term_id is not None:
        found = found.where(table.term_id == typed.term_id)
    return MatchingIds(found, others=operator in _OPPOSITES)


def meets(
    field: Field, at: ConditionContext, operator: Operator, typed: Any
) -> ColumnElement[bool]:
    """The condition of a criterion: to be one of those whom the field finds, or that of its kind
    over what it compares."""
    if field.finds is not None:
        found = field.finds(at.school.id, operator, typed)
        return at.outside(found.ids) if found.others else at.among(found.ids)
    if field.kind is Kind.TEXT:
        text = field.sorted_by(at)
        # SQLite would find all of the many by the text's index and sort them, for one page.
        no_index = at.many and not on_postgresql()
        return of_text(text.concat("") if no_index else text, operator, typed)
    condition = of_date if field.kind is Kind.DATE else of_choice
    return condition(field.value(at), operator, typed)
