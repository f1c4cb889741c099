"""Addresses of the staff's side that only lead on."""

from flask import redirect, url_for
from werkzeug.wrappers import Response

from portal.views.staff import bp


@bp.get("")
def without_slash() -> Response:
    """`/oakwood/staff`: spelt out, so that for a school that is not there it is a 404 as well."""
    return redirect(url_for("staff.overview"), 308)
