"""Staff pages that may show what was true a few seconds ago, from a replica. Whatever a member of
staff has just changed is there: their next pages are read from the primary."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import request, session
from werkzeug.wrappers import Response

from portal import clock
from portal.database.replica import MOST_BEHIND_SECONDS, has_replica, read_from_replica
from portal.views.staff import bp

_WROTE = "wrote"  # in the signed cookie

P = ParamSpec("P")
R = TypeVar("R")


def may_lag(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view whose reads may come from a replica. The sign-in was checked before it."""

    @wraps(view)
    def lagging(*args: P.args, **kwargs: P.kwargs) -> R:
        allow_lag()
        return view(*args, **kwargs)

    return lagging


def allow_lag() -> None:
    """Let the rest of this request lag, unless this browser changed something just now."""
    wrote = session.get(_WROTE, 0)
    if clock.now().timestamp() - wrote > MOST_BEHIND_SECONDS + 1:
        read_from_replica()


@bp.after_request
def _remember_writing(response: Response) -> Response:
    if request.method == "POST" and has_replica():
        session[_WROTE] = int(clock.now().timestamp())
    return response
