"""The search: criteria, results, and what can be done with them. Its address has everything."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.enums import ContactRole, StaffRole
from portal.normalize import has_control, whole_number, without_control
from portal.queries.schools import field_labels, term_names
from portal.queries.search import parse, serialize
from portal.queries.search import results as search_results
from portal.queries.search.catalogue import BY_KEY, label_of, shown_fields
from portal.queries.search.fields import OPERATOR_WORDS, Field, Kind, Operator
from portal.queries.search.parse import PARENTS_OWN, ParsedSearch, Search, criterion_fields
from portal.queries.search.result_columns import ENTITIES, Column
from portal.queries.search.results import Page
from portal.queries.search.saved import SavedRow, saved_searches
from portal.queries.search.statement import Edge, Key, key_types
from portal.queries.search.values import Raw
from portal.views.staff import bp
from portal.views.staff.lag import may_lag
from portal.views.staff.search.selection import MOST_CONTACTS

FIRST_FIELDS = ("enrollment_status", "grade", "role")
"""Offered by themselves; all other fields are found by typing."""


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search as its address asks for it, with what the school calls things."""

    read: ParsedSearch
    terms: dict[int, str]
    labels: dict[str, str]

    @property
    def search(self) -> Search:
        return self.read.search

    def label(self, key: str) -> str:
        """Return the subject of a filter: `Grade`, `A parent's Email`."""
        field = _field(key)
        if field is None:
            return without_control(key)[:60]
        label = label_of(field, self.labels)
        theirs = key.startswith(PARENTS_OWN) and self.search.role is not ContactRole.PARENT
        return f"A parent's {label}" if theirs else label

    def column(self, column: Column) -> str:
        """A column's heading: `Parent 1: Primary Phone`, `Grade`."""
        label = label_of(column.field, self.labels)
        if column.entity in {"student", "parent", "contact"}:
            return label
        return f"{ENTITIES[self.search.role][column.entity]}: {label}"

    def headings(self) -> list[tuple[Column, str, str]]:
        """Return each column with its heading, and the address that sorts by it."""
        return [
            (column, self.column(column), sorted_by(self.read, column))
            for column in self.search.columns
        ]


@dataclass(frozen=True, slots=True)
class OfferedField:
    """A field to search by."""

    key: str
    label: str
    words: str
    """Words to find it by: the school's name for it and its own, folded."""

    def has(self, typed: str) -> bool:
        return typed.strip().lower() in self.words


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """A criterion in the form."""

    n: int
    key: str
    field: Field | None
    label: str
    raw: Raw
    problem: str


@dataclass(frozen=True, slots=True)
class SaveForm:
    """The typed values of a search that is not saved yet."""

    name: str
    shared: bool
    problem: str = ""
    """Empty where it only comes back for another look."""
    search_id: int | None = None
    """None: of a new one."""

    @property
    def errors(self) -> list[tuple[str, str]]:
        """For the summary: the field, and what is wrong with it."""
        return [(f"name-{self.search_id or 'new'}", self.problem)] if self.problem else []


def read_request(pairs: Sequence[tuple[str, str]] | None = None) -> SearchRequest:
    """The search of this request's address, or of what it holds put in another order."""
    terms, labels = term_names(g.school.id), field_labels(g.school.id)
    if pairs is None:
        pairs = list(request.args.items(multi=True))
    return SearchRequest(parse.read(pairs, g.school, terms, labels), terms, labels)


@bp.get("/search")
@may_lag
def search_page() -> ResponseReturnValue:
    return show_search(request.args)


def show_search(args: MultiDict[str, str], naming: SaveForm | None = None) -> ResponseReturnValue:
    """The page of an address's parameters; 422 where a search could not be kept."""
    pairs = list(args.items(multi=True))
    search_request = read_request(parse.without(pairs, _place(args.get("remove", ""))))
    rows = _form_rows(search_request)
    changes = {"add", "remove", "found"} & set(args)
    runs = bool(rows) and not changes
    added = args.get("add", "")
    if _field(added) is not None:
        rows = _with_row(search_request, [row for row in rows if not _is_untouched(row)], added)
    most = search_results.MANY
    total = search_results.count(g.school, search_request.search, most) if runs else 0
    found = _page(search_request, args, total) if runs else None
    if not rows:
        rows = _with_row(search_request, rows, "enrollment_status")
    # Numbered again: the next address is read in places too, and what it removes is named by one.
    rows = [replace(row, n=n) for n, row in enumerate(rows, 1)]
    page = render_template(
        "staff/search/search.html",
        asked=search_request,
        rows=rows,
        found=found,
        total=total,
        many=most if total > most else 0,
        headings=search_request.headings(),
        problems=() if changes else search_request.read.problems,
        fields=offered(search_request),
        added=rows[-1].n if added else 0,
        first_fields=[key for key in FIRST_FIELDS if key in BY_KEY],
        all_fields="found" in args,
        find=without_control(args.get("find", ""))[:60] if "found" in args else "",
        sorts=bool(args.get("sort")),
        operator_words=OPERATOR_WORDS,
        here=serialize.write(search_request.search),
        all_of_it=serialize.write_all(search_request.read),
        saved=_saved(),
        naming=naming,
        most_texted=MOST_CONTACTS,
        edge_of=edge_of,
    )
    return page, 422 if naming and naming.problem else 200


def _place(typed: str) -> int:
    """A criterion's place as a button has it; 0 for none."""
    return whole_number(typed, 99) or 0


def _saved() -> list[SavedRow]:
    member = g.member
    is_admin = member.role is StaffRole.ADMIN
    return saved_searches(g.school.id, member.account_id, is_admin, g.school.texting_on)


def _page(search_request: SearchRequest, args: MultiDict[str, str], total: int) -> Page:
    """The page that the address names; the first one, if there is nobody beyond its edge now."""
    edge = _edge(search_request, args)
    found = search_results.page(g.school, search_request.search, edge, total=total)
    if edge is not None and not found.rows:
        found = search_results.page(g.school, search_request.search, total=total)
    return found


def offered(search_request: SearchRequest) -> dict[str, list[OfferedField]]:
    """All fields to search by, by grouping, in the catalogue's order."""
    found: dict[str, list[OfferedField]] = {}
    shown = shown_fields(g.school)
    roles = {field.key: field for field in shown if field.kind is Kind.ROLE}
    for key, field in (criterion_fields(search_request.search.role, shown) | roles).items():
        # Only parents answer about texts: that goes without saying.
        whose = "" if field.about_texts or not key.startswith(PARENTS_OWN) else "A parent's "
        label = whose + label_of(field, search_request.labels)
        offer = OfferedField(key, label, f"{label} {whose}{field.label}".lower())
        found.setdefault(whose + field.grouping, []).append(offer)
    return found


def sorted_by(read: ParsedSearch, column: Column) -> str:
    """The address of the search sorted by a column; the other way round if it is already."""
    down = read.search.sort == column and not read.search.descending
    return serialize.write_all(read, sort=column, descending=down)


def edge_of(key: Key, backwards: bool = False) -> str:
    """A page's edge in its address."""
    plain = [v.isoformat() if isinstance(v, datetime) else v for v in key]
    text = base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")
    return f"{'before' if backwards else 'after'}={text}"


def _edge(search_request: SearchRequest, args: MultiDict[str, str]) -> Edge | None:
    """The edge that the address names; one that means nothing is the start."""
    for name, backwards in (("after", False), ("before", True)):
        if name in args:
            key = _key(args[name], search_request.search)
            return Edge(key, backwards) if key else None
    return None


def _key(text: str, search: Search) -> Key | None:
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        types = key_types(g.school, search)
        if not isinstance(found, list) or len(found) != len(types):
            return None
        return tuple(_value(v, kind) for v, kind in zip(found, types, strict=True))
    except (ValueError, OverflowError, RecursionError):
        return None


def _value(value: Any, kind: type) -> Any:
    """Raises ValueError or OverflowError where it is not of the kind that is sorted by."""
    if kind is datetime:
        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    wrong = not isinstance(value, kind) or isinstance(value, bool)
    if wrong or (kind is int and abs(value) >= 2**63) or (kind is str and has_control(value)):
        raise ValueError(value)
    return value


def _form_rows(search_request: SearchRequest) -> list[CriterionRow]:
    return [
        CriterionRow(
            n,
            without_control(key)[:60],
            _field(key),
            search_request.label(key),
            _shown_raw(raw),
            problem,
        )
        for n, (key, raw, problem) in enumerate(search_request.read.rows, 1)
    ]


def _shown_raw(raw: Raw | None) -> Raw:
    """Return typed values without control characters, to show on a page again."""
    if raw is None:
        return Raw(Operator.IS)
    value, value2 = without_control(raw.value), without_control(raw.value2)
    return replace(raw, value=value, value2=value2)


def _field(key: str) -> Field | None:
    """The field of a criterion, if there is one at the school."""
    field = BY_KEY.get(key.removeprefix(PARENTS_OWN))
    return field if field is not None and field in shown_fields(g.school) else None


def _is_untouched(row: CriterionRow) -> bool:
    """The criterion that an empty search starts with, and that nobody has filled in."""
    return row.n == 1 and row.key == FIRST_FIELDS[0] and not row.raw.value


def _with_row(
    search_request: SearchRequest, rows: list[CriterionRow], key: str
) -> list[CriterionRow]:
    field = _field(key)
    n = max((row.n for row in rows), default=0) + 1
    raw = Raw(field.operators[0] if field and field.operators else Operator.IS)
    return [*rows, CriterionRow(n, key, field, search_request.label(key), raw, "")]
