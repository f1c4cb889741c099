"""Looks at each statement of the portal: rows of schools are joined within one school only.

So a distributed PostgreSQL, which has a school's rows on one of its servers, joins them there.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Alias, Engine, Select, Subquery, Table, event
from sqlalchemy.sql import operators
from sqlalchemy.sql.dml import DMLWhereBase
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    ColumnClause,
    Grouping,
    Label,
    Tuple,
)
from sqlalchemy.sql.selectable import CTE, Join, ScalarSelect, SelectBase
from sqlalchemy.sql.visitors import iterate

KEY = "school_id"
ROOT = Path(__file__).resolve().parents[2]
PORTAL, TESTS = str(ROOT / "portal"), str(ROOT / "tests")
DEMO = str(ROOT / "portal" / "queries" / "demo")
"""The demo's phones are those of all schools, on one machine."""
EXTENSIONS = str(ROOT / "portal" / "extensions.py")
GIVEN = 0
"""Stands for a school that the statement is given."""
_SAME = {operators.eq, operators.in_op, operators.is_not_distinct_from}


class SchoolJoins:
    def __init__(self, statement: Any) -> None:
        self._up: dict[int, int] = {}
        self.tables: dict[int, str] = {}
        self.alone: set[str] = set()
        self._seen: set[int] = set()
        self._walk(statement, frozenset())

    def apart(self) -> list[str]:
        """The tables, if a join in the statement may be of rows of several schools."""
        groups = {self._group(node) for node in self.tables}
        wrong = len(groups) > 1 or (self.alone and len(self.tables) > 1)
        return sorted(self.tables.values()) if wrong else []

    def says_which_school(self) -> bool:
        return all(self._group(node) == self._group(GIVEN) for node in self.tables)

    def _walk(self, part: Any, outer: frozenset[int]) -> None:
        """`outer`: the tables of the SELECTs around this part, which it may speak of."""
        if id(part) in self._seen:
            return
        self._seen.add(id(part))
        if isinstance(part, BinaryExpression) and part.operator in _SAME:
            self._compare(part.left, part.right)
        if isinstance(part, Select | DMLWhereBase):
            leaves = _tables_of(part)
            own = [leaf for leaf in leaves if hash(leaf) not in outer] or leaves
            self._look_at(part, own)
        else:
            leaves = []
        inner = outer | {hash(leaf) for leaf in leaves}
        for child in part.get_children():
            self._walk(child, outer if isinstance(child, Subquery | CTE) else inner)

    def _look_at(self, part: Any, leaves: list[Any]) -> None:
        """Remember the tables, and those whose school a SELECT neither compares nor gives."""
        named = {node for each in iterate(part) for node in _school_nodes(each)}
        if isinstance(part, Select):
            named |= {node for c in part.selected_columns for node in _nodes(c)}
        for leaf in leaves:
            table = _table_of(leaf)
            if table is not None and (KEY in table.c or table.name == "school"):
                self.tables[hash(leaf)] = table.name
                if hash(leaf) not in named:
                    self.alone.add(table.name)

    def _compare(self, left: Any, right: Any) -> None:
        for one, other in _pairs(left, right):
            for node in _nodes(one):
                for same in _nodes(other):
                    self._up[self._group(node)] = self._group(same)

    def _group(self, node: int) -> int:
        while (up := self._up.get(node, node)) != node:
            node = up
        return node


def _pairs(left: Any, right: Any) -> Iterator[tuple[Any, Any]]:
    """Split a comparison: one pair, or one for each part of a tuple."""
    left, right = _plain(left), _plain(right)
    if isinstance(left, Tuple) and isinstance(right, SelectBase):
        yield from zip(left.clauses, right.selected_columns, strict=True)
    elif isinstance(left, Tuple) and isinstance(right, Tuple):
        yield from zip(left.clauses, right.clauses, strict=True)
    elif isinstance(left, Tuple):
        yield from ((part, right) for part in left.clauses)
    elif isinstance(right, SelectBase):
        yield left, next(iter(right.selected_columns))
    else:
        yield left, right


def _school_nodes(part: Any) -> Iterator[int]:
    if isinstance(part, BinaryExpression) and part.operator in _SAME:
        for pair in _pairs(part.left, part.right):
            for side in pair:
                yield from _nodes(side)


def _nodes(side: Any) -> Iterator[int]:
    """The tables whose `school_id` an expression is, or GIVEN."""
    side = _plain(side)
    if isinstance(side, BindParameter):
        yield GIVEN
    elif isinstance(side, Label):
        yield from _nodes(side.element)
    elif isinstance(side, ColumnClause) and side.table is not None:
        if _table_of(side.table) is not None:
            if side.name == (KEY if KEY in side.table.c else "id"):
                yield hash(side.table)
        else:
            for inner in getattr(side, "_proxies", ()):
                yield from _nodes(inner)


def _plain(side: Any) -> Any:
    while isinstance(side, Grouping | ScalarSelect):
        side = side.element
    return side


def _table_of(part: Any) -> Table | None:
    while isinstance(part, Alias) and not isinstance(part, Subquery | CTE):
        part = part.element
    return part if isinstance(part, Table) else None


def _leaves(part: Any) -> Iterator[Any]:
    if isinstance(part, Join):
        yield from _leaves(part.left)
        yield from _leaves(part.right)
    else:
        yield part


def _tables_of(part: Any) -> list[Any]:
    if isinstance(part, DMLWhereBase):
        return [part.table]
    return [leaf for found in part.get_final_froms() for leaf in _leaves(found)]


class Watch:
    """Collects the portal's statements whose joins may be of several schools."""

    def __init__(self) -> None:
        self.apart: dict[str, list[str]] = {}
        self.across: dict[str, list[str]] = {}
        """Statements about rows of schools that don't say which school, and their tables."""
        self._seen: set[str] = set()

    def start(self) -> None:
        """Look at every statement from now on."""
        event.listen(Engine, "before_cursor_execute", self._look)

    def _look(
        self, _conn: Any, _cursor: Any, sql: str, _bound: Any, context: Any, _many: bool
    ) -> None:
        if sql in self._seen or not _is_portals():
            return
        self._seen.add(sql)
        compiled = getattr(context, "compiled", None)
        if compiled is None:
            return
        found = SchoolJoins(compiled.statement)
        if tables := found.apart():
            self.apart[sql] = tables
        elif found.tables and not found.says_which_school():
            self.across[sql] = sorted(found.tables.values())


def _is_portals() -> bool:
    """True if code of the portal executes the statement, and not a test's own."""
    frame: Any = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith((TESTS, DEMO)):
            return False
        if file.startswith(PORTAL) and file != EXTENSIONS:
            return True
        frame = frame.f_back
    return False
