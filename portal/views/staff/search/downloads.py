"""Downloads of a search: exactly what is on the screen, all rows, sent as they are read."""

from collections.abc import Iterator
from urllib.parse import urlencode

from flask import Response, g, redirect, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.queries.search import results as search_results
from portal.services.exports import search as search_export
from portal.services.exports.csv import BOM, csv_lines
from portal.services.exports.xlsx import XLSX, xlsx_pieces
from portal.views.staff import bp
from portal.views.staff.lag import may_lag
from portal.views.staff.search.search import SearchRequest, read_request


@bp.get("/search.csv")
@may_lag
def search_csv() -> ResponseReturnValue:
    search_request = read_request()
    if search_request.read.problems:
        return _flash_instead()
    headings = _headings(search_request)

    def pieces() -> Iterator[bytes]:
        yield (BOM + next(csv_lines(headings, ()))).encode()
        for rows in search_export.chunks(g.school, search_request.search):
            lines = csv_lines(headings, rows)
            next(lines)
            yield "".join(lines).encode()

    return _file(search_request, pieces(), "csv", "text/csv; charset=utf-8")


@bp.get("/search.xlsx")
@may_lag
def search_xlsx() -> ResponseReturnValue:
    search_request = read_request()
    if search_request.read.problems:
        return _flash_instead()
    rows = search_export.chunks(g.school, search_request.search)
    return _file(search_request, xlsx_pieces(_headings(search_request), rows), "xlsx", XLSX)


def _flash_instead() -> ResponseReturnValue:
    """A file can't say that something was left out of the search: its page does."""
    pairs = list(request.args.items(multi=True))
    return redirect(f"{url_for('staff.search_page')}?{urlencode(pairs)}", 303)


def _headings(search_request: SearchRequest) -> list[str]:
    columns = search_request.search.columns
    return search_export.header(
        g.school, columns, [search_request.column(column) for column in columns]
    )


def _file(
    search_request: SearchRequest, pieces: Iterator[bytes], ending: str, content_type: str
) -> Response:
    """As it is made; X-About-Bytes says about how long it will be, by its first rows."""
    total = search_results.count(g.school, search_request.search)
    first = next(pieces, b"") + next(pieces, b"")
    response = Response(stream_with_context(_from(first, pieces)), content_type=content_type)
    today = clock.local(clock.now(), g.school.timezone).date()
    response.headers.set(
        "Content-Disposition", "attachment", filename=f"search-{g.school.slug}-{today}.{ending}"
    )
    response.headers["X-Rows"] = str(total)
    response.headers["X-About-Bytes"] = str(
        len(first) * max(total, search_results.CHUNK) // search_results.CHUNK
    )
    return response


def _from(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
