"""A school's own page, what is kept and why, the terms of texting, and the thank-you page."""

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.queries.records.submissions import SubmissionRow, get_submission
from portal.views.parent import bp
from portal.views.parent.access import current_parent
from portal.views.parent.contact_form import CORRECTION_SECONDS
from portal.views.parent.form_token import recall_sent, session_digest, show_sent_once, use_showing
from portal.views.parent.sign_in import sign_out_here
from portal.views.responses import clear_site_data, settings


@bp.get("/")
def home() -> ResponseReturnValue:
    return render_template("parent/home.html", school=g.school)


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    return render_template("parent/privacy.html", school=g.school)


@bp.get("/terms")
def terms() -> ResponseReturnValue:
    return render_template("parent/terms.html", school=g.school, settings=settings())


@bp.get("/forms/contact/sent")
def thank_you() -> ResponseReturnValue:
    """Show the answers, number by number: to the session that sent them, for 15 minutes.

    It is shown once. After that, the browser asks if it should show or clear the answers.
    """
    submission = _own_submission()
    return render_template(
        "parent/thank_you.html",
        school=g.school,
        submission=submission,
        answers_shown=submission is not None and use_showing(),
        signed=current_parent() is not None,
    )


@bp.post("/forms/contact/sent")
def show_answers() -> ResponseReturnValue:
    """Show what was sent once more."""
    show_sent_once()
    return redirect(url_for("parent.thank_you"), 303)


@bp.post("/forms/contact/sent/clear")
def clear_answers() -> ResponseReturnValue:
    """On a shared computer: forget here what was sent, and sign out. The school keeps the form."""
    sign_out_here()
    flash(_("We cleared your answers from this computer. The school still has your form."), "good")
    return clear_site_data(redirect(url_for("parent.home"), 303))


def _own_submission() -> SubmissionRow | None:
    """Return this session's form of the last 15 minutes."""
    sent_id = recall_sent(CORRECTION_SECONDS)
    submission = get_submission(g.school.id, sent_id) if sent_id else None
    if submission is not None and submission.session_digest != session_digest():
        return None
    return submission
