"""What staff need to know about texts, on one page."""

from flask import render_template

from portal.labels import FAULTS, NOT_KNOWN, PROVIDER_CODES, UNDELIVERED
from portal.views.staff import bp


@bp.get("/help")
def help_page() -> str:
    reasons = [*FAULTS.values(), NOT_KNOWN, UNDELIVERED]
    return render_template("staff/texting/help.html", reasons=reasons, codes=PROVIDER_CODES)
