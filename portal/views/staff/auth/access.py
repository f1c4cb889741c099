"""Roles on the staff's side, and the length of a sign-in.

The browser's signed cookie holds a random token and the moment it was last at work; the database
holds the token's hash. A sign-in ends 12 hours after it started, after an hour without a request,
by signing out, or when the account is disabled. A page that looks again by itself is nobody at
work.

A POST whose session has ended loses nothing: see `reviewing`.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import abort, current_app, g, request, session

from portal import clock
from portal.enums import StaffRole
from portal.queries.accounts import staff as staff_queries
from portal.services.accounts.tokens import token_hash
from portal.services.actor import Actor
from portal.views.responses import client_network

IDLE_SECONDS = 60 * 60
SEEN_EVERY_SECONDS = 60
WATCHING = "X-Watching"
"""The header of a script that only looks whether something has changed."""
_TOKEN, _SEEN = "staff", "seen"  # in the signed cookie

P = ParamSpec("P")
R = TypeVar("R")


def needs(role: StaffRole) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Only for members whose role includes this one; others get a 403."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not g.member.role.includes(role):
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return decorate


def reviewable(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that asks `reviewing()` before it saves, so what was typed is kept for it.

    Goes on every view with a form that people type in: `@bp.route(...)`, then `@needs(...)`, then
    this. A view without it is never called with something to review.
    """
    vars(view)["reviewable"] = True
    return view


def reviewing() -> bool:
    """True if this POST only brings back what was typed: show the form with it, save nothing.

    When staff send a form after their session ended (or with a token that has expired), nothing is
    saved. They sign in; the fields wait as hidden inputs meanwhile; then one button posts them to
    the same address with `review=1`. A view marked `@reviewable` fills its form from the request as
    ever and, if `reviewing()`, renders it (200, no errors needed) instead of saving, with a line
    such as "Not saved yet. Look it over and save it again."
    """
    return request.method == "POST" and "review" in request.form


def is_reviewable() -> bool:
    """True if the view that this request is for can show again what was typed."""
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, "reviewable", False))


def remember(token: str) -> None:
    """Begin this browser's session again: nothing from before the sign-in is carried over."""
    session.clear()
    g.pop("csrf_token", None)  # Flask-WTF's, made for the session that is gone
    session[_TOKEN] = token
    session[_SEEN] = _now()


def session_hash() -> str | None:
    """Return the key of the browser's session. None without one, or if it was idle too long."""
    token, seen = session.get(_TOKEN), session.get(_SEEN)
    if not isinstance(token, str) or not isinstance(seen, int):
        return None
    if _now() - seen > IDLE_SECONDS:
        return None
    return token_hash(token)


def current_member(slug: str) -> staff_queries.Member | None:
    """Return the person signed in, if they are staff of the school, and mark their session as
    active."""
    key = session_hash()
    member = staff_queries.find_member(key, slug) if key else None
    if member is not None:
        _mark_seen()
    return member


def current_account() -> staff_queries.SignedIn | None:
    """Return the account signed in, whatever its schools, and mark its session as active."""
    key = session_hash()
    account = staff_queries.find_signed_in(key) if key else None
    if account is not None:
        _mark_seen()
    return account


def current_actor() -> Actor:
    """Return the member of staff who makes this request."""
    member = g.member
    is_admin = member.role is StaffRole.ADMIN
    return Actor(member.account_id, member.name, client_network(), is_admin)


def _mark_seen() -> None:
    """At most once a minute, so most answers set no cookie."""
    if WATCHING not in request.headers and _now() - session[_SEEN] > SEEN_EVERY_SECONDS:
        session[_SEEN] = _now()


def _now() -> int:
    return int(clock.now().timestamp())
