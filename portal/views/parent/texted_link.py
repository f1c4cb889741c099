"""The page of a link that was texted to a number: one question about it, answered with one tap.

It tells nothing of the number but the number itself, signs nobody in, and asks for no email.
"""

import time
from typing import Any

from flask import g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.enums import Answer
from portal.extensions import writing
from portal.services.texting import link_answers
from portal.services.texting.link_answers import LinkAnswer, LinkVoidError
from portal.views.parent import bp
from portal.views.parent.access import current_parent
from portal.views.parent.form_token import browser_name, session_digest
from portal.views.parent.wording import WORDS_CHANGED, current_wording, shown_wording
from portal.views.responses import client_address, sign_in_link_url

_ANSWERED = "answered_by_link"
THANKS_SECONDS = 15 * 60


@bp.get("/t/<token>")
def texted_link(token: str) -> ResponseReturnValue:
    """Ask the question. Programs that open links ahead of people change nothing."""
    return _question(token)


@bp.post("/t/<token>")
def answer_by_link(token: str) -> ResponseReturnValue:
    said, wording = request.form.get("answer", ""), shown_wording()
    if said not in set(Answer) or wording is None:
        return _question(token, str(WORDS_CHANGED) if said else "", 422)
    parent = current_parent()
    given = LinkAnswer(
        said=Answer(said),
        wording=wording,
        session_digest=session_digest(),
        evidence={"ip": client_address(), "browser": request.user_agent.string[:300]},
        parent_id=parent.contact_id if parent else None,
    )
    try:
        with writing():
            link_answers.record_link_answer(g.school, token, given, sign_in_link_url)
    except LinkVoidError:
        return _expired()
    session[_ANSWERED] = {"school": g.school.id, "said": said, "at": int(time.time())}
    return redirect(url_for("parent.answered_by_link"), 303)


@bp.get("/texts/answered")
def answered_by_link() -> ResponseReturnValue:
    """Say thank you, to the browser that just answered."""
    answered: dict[str, Any] = session.get(_ANSWERED) or {"school": None, "at": 0}
    fresh = time.time() - answered["at"] <= THANKS_SECONDS
    if not fresh or answered["school"] != g.school.id:
        return redirect(url_for("parent.home"), 303)
    return render_template(
        "parent/texted_link_answered.html",
        school=g.school,
        said=answered["said"],
        signed_in_parent=current_parent(),
    )


def _question(token: str, problem: str = "", status: int = 200) -> ResponseReturnValue:
    number = link_answers.number_of(g.school.id, token)
    wording = current_wording()
    if number is None or wording is None:
        return _expired()
    browser_name()  # now, so both taps of a double tap come from one browser
    page = render_template(
        "parent/texted_link.html",
        school=g.school,
        number=number,
        token=token,
        wording=wording,
        problem=problem,
        signed_in_parent=current_parent(),
    )
    return page, status


def _expired() -> ResponseReturnValue:
    return render_template("parent/texted_link_expired.html", school=g.school), 410
