"""Joins of a person of a row with the tables around them, as they are needed.

A `JoinedPerson` is for what is selected: each table that a field asks for is joined once, to the
left. A `ConditionContext` is for what is compared: conditions there are of their own, with
subqueries by contact id, so an index can drive them.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    func,
    inspect,
    join,
    not_,
    select,
)
from sqlalchemy.orm import aliased

from portal.enums import ConsentState, ContactRole, PhoneType, Slot
from portal.extensions import on_postgresql
from portal.models import (
    ConsentPause,
    ConsentStatus,
    Contact,
    ContactRoleAssignment,
    EmailRefusal,
    Enrollment,
    ParentLink,
    Phone,
    same_school,
)
from portal.queries.schools import SchoolRow


@dataclass(frozen=True, slots=True)
class ConditionContext:
    """A person in a condition; `link` is how they belong to a student, where that is known."""

    school: SchoolRow
    person: Any
    link: Any = None
    many: bool = False
    """True if many meet it: then each row is looked at in its turn, until a page is full; else
    those who do are found first."""
    role: ContactRole | None = None
    """A role that the person is known to have."""
    finds: bool = False
    """True if the conditions themselves have to find the people, among all contacts."""

    def among(self, ids: Select[Any]) -> ColumnElement[bool]:
        """True if the person is one of those that the statement selects, in its one column."""
        column = next(iter(ids.selected_columns))
        found: ColumnElement[bool]
        if self.many:
            # No EXISTS: PostgreSQL would find all of them first.
            one = ids.with_only_columns(column).where(column == self.person.id).limit(1)
            found = one.scalar_subquery().is_not(None)
        elif on_postgresql():
            # Worked out once, whatever it thinks how many they are: before it has looked a school
            # over it would do so again for each row. SQLite makes a set of them in any case.
            once = ids.cte().prefix_with("MATERIALIZED")
            found = self.person.id.in_(select(once.c[0]))
        else:
            found = self.person.id.in_(ids)
        return found

    def outside(self, ids: Select[Any]) -> ColumnElement[bool]:
        """True if the person is none of those that the statement selects, in its one column."""
        if not self.finds or self.role is None:
            return not_(self.among(ids))
        # Else all contacts would be gone through.
        row = aliased(ContactRoleAssignment)
        others = select(row.contact_id).where(
            row.school_id == self.school.id,
            row.role == self.role,
            row.contact_id.not_in(ids),
        )
        return self.person.id.in_(others)  # type: ignore[no-any-return]


class Joined:
    """A row's tables: the row's own contact, and what its columns need besides."""

    def __init__(self, school: SchoolRow) -> None:
        self.school = school
        self.base: Any = _named("row", Contact)
        self.tables: FromClause = _table(self.base)
        self._joined: dict[tuple[str, ...], Any] = {}
        self.row = JoinedPerson(self, "row", self.base)

    def left(self, key: tuple[str, ...], model: Any, on: Any) -> Any:
        """The model's alias under this key, joined the first time that it is asked for.

        `on` makes the condition out of the alias.
        """
        if key not in self._joined:
            alias = _named("_".join(key), model)
            self.tables = join(
                self.tables,
                _table(alias),
                and_(alias.school_id == self.school.id, on(alias)),
                isouter=True,
            )
            self._joined[key] = alias
        return self._joined[key]

    def parent(self, position: int) -> "JoinedPerson":
        """The row's parent at a position, 1 to 4."""
        key = f"parent{position}"
        link = self.left(
            (key, "link"),
            ParentLink,
            lambda a: and_(a.student_id == self.base.id, a.position == position),
        )
        person = self.left((key,), Contact, lambda a: a.id == link.parent_id)
        return JoinedPerson(self, key, person, link)


@dataclass(frozen=True, slots=True)
class JoinedPerson:
    """A person in a row, whose fields are selected."""

    joined: Joined
    key: str
    person: Any
    link: Any = None

    @property
    def school(self) -> SchoolRow:
        return self.joined.school

    def phone(self, slot: Slot) -> Any:
        return self.joined.left(
            (self.key, slot),
            Phone,
            lambda a: and_(a.contact_id == self.person.id, a.slot == slot),
        )

    def status(self, slot: Slot) -> Any:
        """Of the slot's number, if it is a parent's cell phone."""
        phone = self.phone(slot)
        return self.joined.left(
            (self.key, slot, "status"),
            ConsentStatus,
            lambda a: and_(
                a.number == phone.number,
                phone.type == PhoneType.CELL,
                phone.of_parent,
            ),
        )

    def state(self, slot: Slot) -> ColumnElement[str | None]:
        """The circle's state; NULL where there is none: not a parent's cell phone."""
        known = func.coalesce(self.status(slot).state, ConsentState.NOT_ASKED.value)
        phone = self.phone(slot)
        return case((and_(phone.type == PhoneType.CELL, phone.of_parent), known), else_=None)

    def refusal(self) -> Any:
        """Of the last email to the person's address, if it did not arrive."""
        return self.joined.left(
            (self.key, "refusal"),
            EmailRefusal,
            lambda a: a.email_key == self.person.email_key,
        )

    def paused_at(self) -> ColumnElement[Any]:
        """The start of the oldest pause of the parent's cell phones."""
        began = (
            select(func.min(ConsentPause.recorded_at))
            .join(Phone, same_school(Phone, ConsentPause, Phone.number == ConsentPause.number))
            .where(
                ConsentPause.school_id == self.school.id,
                ConsentPause.ended_seq.is_(None),
                Phone.contact_id == self.person.id,
                Phone.type == PhoneType.CELL,
                Phone.of_parent,
            )
            .correlate(self.person)
        )
        return began.scalar_subquery()

    def children(self) -> ColumnElement[str]:
        """The names of a parent's children."""
        child = aliased(Contact)
        # In their order before they are strung together: both databases keep to it.
        names = (
            select(child.full_name.label("name"))
            .join(ParentLink, same_school(ParentLink, child, ParentLink.student_id == child.id))
            .where(child.school_id == self.school.id, ParentLink.parent_id == self.person.id)
            .order_by(child.last_key, child.first_key, child.id)
            .correlate(self.person)
            .subquery()
        )
        return select(func.aggregate_strings(names.c.name, ", ")).scalar_subquery()

    def enrollment(self) -> Any:
        """In the school's default term."""
        return self.joined.left(
            (self.key, "enrollment"),
            Enrollment,
            lambda a: and_(
                a.student_id == self.person.id, a.term_id == self.school.default_term_id
            ),
        )


@cache
def _named(name: str, model: Any) -> Any:
    """The model's alias of this name. Made once, for all statements: making them again was a
    quarter of a page's time, and what they leave behind is collected at somebody's cost."""
    return aliased(model, name=name)


def _table(alias: Any) -> FromClause:
    selectable: FromClause = inspect(alias).selectable
    return selectable
