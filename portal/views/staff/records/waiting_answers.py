"""Noes on forms that came in a burst: staff confirm or discard them."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.enums import StaffRole
from portal.extensions import writing
from portal.labels import plural
from portal.normalize import whole_numbers
from portal.phone import show_number
from portal.queries.records.waiting_answers import waiting_answers
from portal.services.intake import answer_reviews
from portal.services.intake.answer_reviews import Alike, AnswersChangedError, Reviewed
from portal.views.responses import sign_in_link_url
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, needs

GONE = "Nothing was changed. Choose from the answers below. Others may have been reviewed already."


@bp.get("/waiting-answers")
@needs(StaffRole.EDITOR)
def waiting_answers_page() -> ResponseReturnValue:
    return render_template("staff/records/waiting_answers.html", networks=waiting_answers(g.school))


@bp.post("/waiting-answers")
@needs(StaffRole.EDITOR)
def review_answers() -> ResponseReturnValue:
    """`confirm` or `discard` holds an answer's id, `selected` for the checked ones, or
    `sender:ID` or `network:ID` for all that came from where that answer came from."""
    confirms = "confirm" in request.form
    chosen = request.form.get("confirm" if confirms else "discard", "")
    staff = current_actor()
    try:
        with writing():
            ids = _ids(chosen)
            if confirms:
                reviewed = answer_reviews.confirm(g.school, ids, staff, sign_in_link_url)
            else:
                reviewed = answer_reviews.discard(g.school, ids, staff)
    except LookupError:
        abort(404)
    except AnswersChangedError:
        flash(GONE, "warn")
    else:
        _flash_result(reviewed, confirms)
    return redirect(url_for("staff.waiting_answers_page"), 303)


def _ids(chosen: str) -> list[int]:
    """Raises GoneError if nothing that could be an id was chosen."""
    which, _, anchor = chosen.partition(":")
    if which in set(Alike):
        [answer_id, newest] = _numbers([anchor, request.form.get("newest", "")], 2)
        return answer_reviews.alike(g.school.id, answer_id, Alike(which), newest)
    return _numbers(request.form.getlist("chosen") if chosen == "selected" else [chosen])


def _numbers(typed: list[str], wanted: int = 1) -> list[int]:
    ids = whole_numbers(typed)
    if len(ids) < max(wanted, len(typed)):
        raise AnswersChangedError
    return ids


def _flash_result(reviewed: Reviewed, confirms: bool) -> None:
    done = f"{'Confirmed' if confirms else 'Discarded'} {plural(reviewed.decided, 'answer')}."
    if reviewed.opted_out:
        done += f" {plural(reviewed.opted_out, 'number is', 'numbers are')} opted out now."
    if reviewed.emailed:
        done += f" We're emailing {plural(reviewed.emailed, 'sender')}."
    flash(done, "good")
    for number in reviewed.still_in:
        flash(
            f"{show_number(number, g.school.country)} is still opted in. "
            "The parent said yes later.",
            "info",
        )
    if reviewed.left:
        flash(f"{reviewed.left} more are waiting. Choose again to review the next ones.", "info")
