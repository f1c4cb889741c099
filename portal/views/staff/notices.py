"""Putting a notice on the overview aside."""

from flask import abort, flash, g, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.enums import StaffRole
from portal.extensions import writing
from portal.services.mail import staff_notices
from portal.views.staff import bp
from portal.views.staff.auth.access import needs


@bp.post("/notices/<int:notice_id>/close")
@needs(StaffRole.EDITOR)
def close_notice(notice_id: int) -> ResponseReturnValue:
    with writing():
        closed = staff_notices.close(g.school.id, notice_id, g.member.name)
    if not closed:
        abort(404)
    flash("Notice removed.", "good")
    return redirect(url_for("staff.overview"), 303)
