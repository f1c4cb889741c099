"""Staff decide about a reply that may be a wish to stop."""

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.enums import StaffRole
from portal.extensions import writing
from portal.forms.record import LONGEST_NOTE
from portal.normalize import clean, whole_numbers, without_control
from portal.services.texting import reply_wishes
from portal.views.responses import require_school_ids, sign_in_link_url
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, needs


@bp.post("/texts/wish")
@needs(StaffRole.EDITOR)
def decide_wish() -> ResponseReturnValue:
    """`decision`: `stop`, or `not_stop` with a reason in `why`."""
    ids = whole_numbers(request.form.getlist("id"))[:1]
    require_school_ids("inbound_text", ids)
    why = clean(without_control(request.form.get("why", "")))[:LONGEST_NOTE]
    if request.form.get("decision") == "stop":
        flash(*_confirm(ids, why))
    elif not why:
        flash("Nothing changed. Say why you don't think they want to stop.", "warn")
    else:
        flash(*_reject(ids, why))
    return redirect(url_for("staff.overview"), 303)


def _confirm(ids: list[int], why: str) -> tuple[str, str]:
    with writing():
        done = [
            reply_wishes.confirm_wish(g.school, text_id, why, current_actor(), sign_in_link_url)
            for text_id in ids
        ]
    if not any(done):
        return "Nothing changed. That text is not one to decide about.", "warn"
    return "Noted: they asked us to stop. The school won't text this number.", "good"


def _reject(ids: list[int], why: str) -> tuple[str, str]:
    with writing():
        done = [
            reply_wishes.reject_wish(g.school, text_id, why, current_actor(), sign_in_link_url)
            for text_id in ids
        ]
    if not any(done):
        return "Nothing changed. An admin can end this pause.", "warn"
    return "Noted: it was not a wish to stop. The parent is emailed.", "good"
