"""Which parent is signed in at a school, as far as this browser shows.

The signed cookie holds a token for each school; the database holds their hashes, and may end them.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import g, redirect, session, url_for
from werkzeug.wrappers import Response

from portal.queries.visits import Visitor, find_visitor
from portal.services.visits import token_hash

_TOKENS = "parents"

P = ParamSpec("P")
R = TypeVar("R")


def signed_in(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Only for a signed-in parent, who is `g.visitor`; others are sent to sign in."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        g.visitor = current_visitor()
        if g.visitor is None:
            return redirect(url_for("parent.sign_in"), 303)
        return view(*args, **kwargs)

    return guarded


def current_visitor() -> Visitor | None:
    token = session.get(_TOKENS, {}).get(str(g.school.id))
    return find_visitor(g.school.id, token_hash(token)) if isinstance(token, str) else None


def remember(token: str) -> None:
    """Let this browser be signed in. Its form tokens are made anew, whoever knew the old ones."""
    session.pop("csrf_token", None)
    session[_TOKENS] = {**session.get(_TOKENS, {}), str(g.school.id): token}


def forget() -> None:
    session[_TOKENS] = {k: v for k, v in session.get(_TOKENS, {}).items() if k != str(g.school.id)}
