"""The staff's side: every page under `/<school>/staff/` is for members of that school only."""

from importlib import import_module
from typing import Any

from flask import Blueprint, Flask, abort, g
from werkzeug.wrappers import Response

from portal.queries.schools import get_school
from portal.views.staff.auth import access, resume

# One line a module with routes, in the order of the alphabet.
_PAGES = (
    "accounts",
    "add",
    "audit_trail",
    "batches",
    "compose",
    "doors",
    "downloads",
    "edit",
    "exports",
    "help",
    "invitations",
    "no_opt_out",
    "notices",
    "number_proof",
    "overview",
    "proposals",
    "records",
    "saved",
    "search",
    "search_columns",
    "texts",
    "waiting_answers",
)

bp = Blueprint("staff", __name__, url_prefix="/<slug>/staff")


def register(app: Flask) -> None:
    for name in _PAGES:
        import_module(f"{__name__}.{name}")
    for name in ("joining", "passwords"):
        import_module(f"{__name__}.{name}")
    auth = import_module(f"{__name__}.auth")
    app.register_blueprint(auth.accounts)
    app.register_blueprint(bp)


@bp.url_value_preprocessor
def _take_slug(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    values = values or {}
    g.slug = values.pop("slug", "")
    if any(isinstance(value, int) and value >= 2**63 for value in values.values()):
        abort(404)  # no database has such an id, and some fail at the question


@bp.url_defaults
def _give_slug(_endpoint: str, values: dict[str, Any]) -> None:
    if "school" in g:
        values.setdefault("slug", g.school.slug)


@bp.before_request
def _enter() -> Response | None:
    """Let members in. Who is no member learns nothing; who is not signed in is sent to do so."""
    member = access.current_member(g.slug)
    if member is None:
        if access.current_account() is not None or get_school(g.slug) is None:
            abort(404)
        return resume.sign_in_first()
    g.member = member
    g.school = member.school
    if access.reviewing() and not access.is_reviewable():
        abort(400)
    return None
