"""Exports by what numbers' owners said. They go out also where texting is off: they say what was,
not what may be."""

from collections.abc import Iterator

from flask import Response, g, stream_with_context

from portal import clock
from portal.services.exports.csv import never_asked_lines, opt_in_lines, opt_out_lines
from portal.views.staff import bp
from portal.views.staff.lag import may_lag


@bp.get("/opt-outs.csv")
@may_lag
def opt_outs() -> Response:
    """A row for each parent and opted-out number, sent as it is read."""
    return _file(opt_out_lines(g.school), "opt-outs")


@bp.get("/opt-ins.csv")
@may_lag
def opt_ins() -> Response:
    """Its sibling: each parent and Cell that may be texted."""
    return _file(opt_in_lines(g.school), "opt-ins")


@bp.get("/never-asked.csv")
@may_lag
def never_asked() -> Response:
    """Its sibling: each parent and Cell that nobody has answered for."""
    return _file(never_asked_lines(g.school), "never-asked")


def _file(lines: Iterator[str], name: str) -> Response:
    today = clock.local(clock.now(), g.school.timezone).date()
    response = Response(stream_with_context(lines), content_type="text/csv; charset=utf-8")
    response.headers.set(
        "Content-Disposition", "attachment", filename=f"{name}-{g.school.slug}-{today}.csv"
    )
    return response
