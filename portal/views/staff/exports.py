"""Exports by what numbers' owners said. They go out also where texting is off: they say what was,
not what may be."""

from collections.abc import Callable, Iterator
from itertools import chain, islice

from flask import Response, g, stream_with_context

from portal import clock
from portal.queries import consent_lists
from portal.queries.consent_lists import NumberRow
from portal.queries.schools import SchoolRow
from portal.services.exports import workbook_rows
from portal.services.exports.csv import BOM, never_asked_lines, opt_in_lines, opt_out_lines
from portal.services.exports.xlsx import XLSX, xlsx_pieces
from portal.views.staff import bp
from portal.views.staff.lag import may_lag


@bp.get("/opt-outs.csv")
@may_lag
def opt_outs() -> Response:
    """A row for each parent and opted-out number, sent as it is read."""
    return _csv(opt_out_lines(g.school), "opt-outs")


@bp.get("/do-not-text.csv")
@may_lag
def do_not_text() -> Response:
    """Its sibling: everyone the school must not text, those it paused too."""
    return _csv(opt_out_lines(g.school, with_unknown=True, with_paused=True), "do-not-text")


@bp.get("/opt-ins.csv")
@may_lag
def opt_ins() -> Response:
    """Its sibling: each parent and Cell that may be texted."""
    return _csv(opt_in_lines(g.school), "opt-ins")


@bp.get("/never-asked.csv")
@may_lag
def never_asked() -> Response:
    """Its sibling: each parent and Cell that nobody has answered for."""
    return _csv(never_asked_lines(g.school), "never-asked")


@bp.get("/opt-outs.xlsx")
@may_lag
def opt_outs_xlsx() -> Response:
    """The same lists as workbooks."""
    return _xlsx(consent_lists.opt_outs, "opted_out_at", "opt-outs", "Opted out")


@bp.get("/do-not-text.xlsx")
@may_lag
def do_not_text_xlsx() -> Response:
    return _xlsx(consent_lists.do_not_text, "opted_out_at", "do-not-text", "Do not text")


@bp.get("/opt-ins.xlsx")
@may_lag
def opt_ins_xlsx() -> Response:
    return _xlsx(consent_lists.opt_ins, "opted_in_at", "opt-ins", "Opted in")


@bp.get("/never-asked.xlsx")
@may_lag
def never_asked_xlsx() -> Response:
    return _xlsx(consent_lists.never_asked, "no_answer_since", "never-asked", "No answer yet")


def _csv(lines: Iterator[str], name: str) -> Response:
    pieces = (piece.encode() for piece in chain([BOM], lines))
    return file_response(pieces, name, "csv", "text/csv; charset=utf-8")


def _xlsx(
    rows: Callable[[SchoolRow], Iterator[NumberRow]], since: str, name: str, title: str
) -> Response:
    chunks = workbook_rows.chunks(g.school, rows(g.school))
    return file_response(
        xlsx_pieces(workbook_rows.header(since), chunks, title), name, "xlsx", XLSX
    )


def file_response(pieces: Iterator[bytes], name: str, ending: str, content_type: str) -> Response:
    """Send a file as it is made, with the school and the day in its name."""
    # Read the first rows before the answer starts. Without a database, it is a 503 and not a file.
    first = b"".join(islice(pieces, 3))
    today = clock.local(clock.now(), g.school.timezone).date()
    whole = stream_with_context(chain([first], pieces))
    response = Response(whole, content_type=content_type)
    response.headers.set(
        "Content-Disposition", "attachment", filename=f"{name}-{g.school.slug}-{today}.{ending}"
    )
    return response
