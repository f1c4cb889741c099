"""The help page for staff."""

from flask import render_template

from portal.views.staff import bp
from portal.views.staff.texting.labels import CODES, FAULTS, NOT_KNOWN, UNDELIVERED


@bp.get("/help")
def help_page() -> str:
    reasons = [*FAULTS.values(), NOT_KNOWN, UNDELIVERED]
    return render_template("staff/texting/help.html", reasons=reasons, codes=CODES)
