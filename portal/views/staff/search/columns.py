"""Choosing a search's columns: a page of its own, which the search shows as a panel too."""

from dataclasses import dataclass

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.normalize import without_control
from portal.queries.search import serialize
from portal.queries.search.catalogue import label_of, shown_fields
from portal.queries.search.result_columns import (
    ENTITIES,
    MOST_COLUMNS,
    Column,
    columns_of,
    fields_of,
)
from portal.views.staff import bp
from portal.views.staff.search.search import SearchRequest, read_request


@dataclass(frozen=True, slots=True)
class Offer:
    """A column that can be chosen."""

    key: str
    label: str
    column: str
    """As the heading of a column."""
    words: str
    """Words to find it by: the school's name for it and its own, folded."""
    chosen: bool


@bp.get("/search/columns")
def search_columns() -> ResponseReturnValue:
    """`col` are the chosen ones, `order` how they stood; `up` and `down` move one, `out` takes
    one out. `was`: all of them as they were at first, for going back without changes."""
    search_request = read_request(_in_order(list(request.args.items(multi=True))))
    was = request.args.get("was") or ",".join(
        column.key for column in search_request.search.columns
    )
    fields = {field.key: field for field in shown_fields(g.school)}
    before, _ = columns_of(was.split(","), search_request.search.role, fields)
    columns = _moved(list(search_request.search.columns))
    columns = [column for column in columns if column.key != request.args.get("out")]
    here = serialize.write_all(search_request.read, columns=tuple(columns))
    if "apply" in request.args:
        again = serialize.refused_problems(search_request.read)
        for problem in search_request.read.problems:
            if problem not in again:
                flash(problem, "warn")
        return redirect(f"{url_for('staff.search_page')}?{here}")
    offers = _offers(search_request, columns)
    find = without_control(request.args.get("find", ""))[:60]
    everything = [offer for of in offers.values() for some in of.values() for offer in some]
    return render_template(
        "staff/search/columns.html",
        asked=search_request,
        columns=columns,
        most=MOST_COLUMNS,
        entities=ENTITIES[search_request.search.role],
        offers=offers,
        none_found=not any(find.lower() in offer.words for offer in everything),
        criteria=[pair for pair in serialize.all_pairs(search_request.read) if pair[0] != "col"],
        was=was,
        back=serialize.write_all(search_request.read, columns=tuple(before)),
        find=find,
    )


def _in_order(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Columns that had a place keep it; new ones come last, and are the first to be too many."""
    order = request.args.getlist("order")
    places = {("col", key): place for place, key in enumerate(order)}
    columns = [pair for pair in pairs if pair[0] == "col"]
    others = [pair for pair in pairs if pair[0] != "col"]
    return others + sorted(columns, key=lambda pair: places.get(pair, len(order)))


def _moved(columns: list[Column]) -> list[Column]:
    keys = [column.key for column in columns]
    for way, step in (("up", -1), ("down", 1)):
        if (key := request.args.get(way)) in keys:
            i = keys.index(key)
            j = min(max(i + step, 0), len(columns) - 1)
            columns[i], columns[j] = columns[j], columns[i]
    return columns


def _offers(
    search_request: SearchRequest, columns: list[Column]
) -> dict[str, dict[str, list[Offer]]]:
    """All columns by entity and grouping."""
    chosen = {column.key for column in columns}
    fields = shown_fields(g.school)
    found: dict[str, dict[str, list[Offer]]] = {}
    for entity in ENTITIES[search_request.search.role]:
        groupings = found.setdefault(entity, {})
        for field in fields_of(entity, fields):
            key = f"{entity}.{field.key}"
            label = label_of(field, search_request.labels)
            heading = search_request.column(Column(entity, field))
            words = f"{label} {field.label}".lower()
            offer = Offer(key, label, heading, words, key in chosen)
            groupings.setdefault(field.grouping, []).append(offer)
    return found
