"""Find the parent who is signed in at a school, as far as this browser shows.

The signed cookie holds a token for each school; the database holds their hashes, and may end them.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Response as FlaskResponse
from flask import g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from portal.queries.accounts.parents import SignedInParent, find_signed_in_parent
from portal.services.accounts.tokens import token_hash
from portal.views.parent import bp

_TOKENS = "parents"
_PRIVATE = {
    "parent.thank_you",
    "parent.code",
    "parent.link",
    "parent.who",
    "parent.email_change",
    "parent.undo_email_change",
    "parent.texted_link",
    "parent.answer_by_link",
    "parent.answered_by_link",
}
"""Pages that hold what was sent, an email address, a link that is a key, or names of a family."""

P = ParamSpec("P")
R = TypeVar("R")


def signed_in(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Only for a signed-in parent, who is `g.parent`; others are sent to sign in."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        g.parent = current_parent()
        if g.parent is None:
            return redirect(url_for("parent.sign_in"), 303)
        return view(*args, **kwargs)

    return guarded


@bp.after_request
def keep_private(response: FlaskResponse) -> FlaskResponse:
    """Have the browser keep no page with a family's data: Back would show it to the next person.

    The form of somebody who is not signed in holds only what they typed. That must still be there
    when they come back to it, so it is kept; but not a form that the portal filled in with what was
    sent.
    """
    if is_private():
        response.headers["Cache-Control"] = "no-store"
    return response


@bp.app_template_global()
def is_private() -> bool:
    """True if this page may hold a family's data."""
    corrects = request.endpoint == "parent.contact_form" and "correct" in request.args
    private = corrects or request.endpoint in _PRIVATE
    return private or bool(g.get("school") and session_token() is not None)


def current_parent() -> SignedInParent | None:
    token = session_token()
    return find_signed_in_parent(g.school.id, token_hash(token)) if token is not None else None


def session_token() -> str | None:
    """Return this browser's token for the school. It may have ended."""
    token = session.get(_TOKENS, {}).get(str(g.school.id))
    return token if isinstance(token, str) else None


def remember(token: str) -> None:
    """Let this browser be signed in. It gets new form tokens, in case somebody knew the old
    ones."""
    session.pop("csrf_token", None)
    session[_TOKENS] = {**session.get(_TOKENS, {}), str(g.school.id): token}


def forget() -> None:
    session[_TOKENS] = {k: v for k, v in session.get(_TOKENS, {}).items() if k != str(g.school.id)}
