"""A school's own page, what is kept and why, the terms of texting, and the thank-you page."""

from flask import g, render_template
from flask.typing import ResponseReturnValue

from portal.forms.contact import GRADE_WORDS
from portal.forms.words import TYPE_WORDS
from portal.queries.submissions import get_submission
from portal.views.parent import bp
from portal.views.parent.access import current_visitor
from portal.views.parent.contact import CORRECTION_SECONDS
from portal.views.parent.sheet import recall_sent, session_digest


@bp.get("/")
def home() -> ResponseReturnValue:
    return render_template("parent/home.html", school=g.school)


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    return render_template("parent/privacy.html", school=g.school)


@bp.get("/terms")
def terms() -> ResponseReturnValue:
    return render_template("parent/terms.html", school=g.school)


@bp.get("/forms/contact/sent")
def sent() -> ResponseReturnValue:
    """What was said, number by number: for the session that said it, for a quarter of an hour."""
    sent_id = recall_sent(CORRECTION_SECONDS)
    submission = get_submission(g.school.id, sent_id) if sent_id else None
    if submission is not None and submission.session_digest != session_digest():
        submission = None
    return render_template(
        "parent/sent.html",
        school=g.school,
        submission=submission,
        signed=current_visitor() is not None,
        grade_words=GRADE_WORDS,
        type_words=TYPE_WORDS,
    )
