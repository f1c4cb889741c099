"""The staff's side: every page under `/<school>/staff/` is for members of that school only."""

from importlib import import_module
from typing import Any

from flask import Blueprint, Flask, abort, g
from werkzeug.wrappers import Response

from portal.extensions import app_settings
from portal.normalize import LARGEST_ID
from portal.queries.schools import get_school
from portal.views.staff.auth import access, resume

# One line a module with routes, in the order of the alphabet.
_PAGES = (
    "auth.accounts",
    "auth.audit_trail",
    "auth.joining",
    "auth.passwords",
    "exports",
    "invitations",
    "opt_out_guard",
    "overview",
    "records.add",
    "records.edit",
    "records.number_proof",
    "records.pauses",
    "records.proposals",
    "records.record",
    "records.switches",
    "records.waiting_answers",
    "search.columns",
    "search.downloads",
    "search.saved",
    "search.search",
    "texting.batches",
    "texting.compose",
    "texting.log",
    "texting.thread",
    "texting.not_reached",
    "texting.wishes",
)

bp = Blueprint("staff", __name__, url_prefix="/<slug>/staff")


def register(app: Flask) -> None:
    for name in _PAGES:
        import_module(f"{__name__}.{name}")
    sign_in = import_module(f"{__name__}.auth.sign_in")
    app.register_blueprint(sign_in.accounts)
    app.register_blueprint(bp)


@bp.app_template_global()
def nothing_leaves() -> str:
    """Return `texts`, `email`, or both, if this portal keeps them on purpose and doesn't send them.
    Empty if all is sent, and on this machine."""
    return app_settings().not_sent


@bp.url_value_preprocessor
def _take_slug(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    values = values or {}
    g.slug = values.pop("slug", "")
    if any(isinstance(value, int) and value > LARGEST_ID for value in values.values()):
        abort(404)  # no database has such an id, and some fail at the question


@bp.url_defaults
def _give_slug(_endpoint: str, values: dict[str, Any]) -> None:
    if "school" in g:
        values.setdefault("slug", g.school.slug)


@bp.before_request
def _enter() -> Response | None:
    """Let members in. Other accounts learn nothing. People who aren't signed in go to the
    sign-in."""
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
