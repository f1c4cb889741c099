"""The opt-out export. It goes out also where texting is off: it says what was, not what may be."""

from flask import Response, g, stream_with_context

from portal import times
from portal.services.csv_export import opt_out_lines
from portal.views.staff import bp


@bp.get("/opt-outs.csv")
def opt_outs() -> Response:
    """A row for each parent and opted-out number, sent as it is read."""
    today = times.local(times.now(), g.school.timezone).date()
    response = Response(
        stream_with_context(opt_out_lines(g.school)), content_type="text/csv; charset=utf-8"
    )
    response.headers.set(
        "Content-Disposition", "attachment", filename=f"opt-outs-{g.school.slug}-{today}.csv"
    )
    return response
