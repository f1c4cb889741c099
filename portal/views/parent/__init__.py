"""The parents' side: a school's page, its forms, what is kept and why. No sign-in."""

from contextlib import suppress
from typing import Any

from flask import Blueprint, Flask, abort, current_app, g
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from portal.extensions import db
from portal.queries.schools import SchoolRow, all_schools, get_school
from portal.views import language

bp = Blueprint("parent", __name__, url_prefix="/<slug>")

_LAST_KNOWN = "portal-schools"
"""Under this an app keeps each school as it was last read: a form that can't be saved is shown
again from it."""


def read_schools(app: Flask) -> None:
    """Read all schools when a worker starts: it may be asked for one when the database is away."""
    with app.app_context(), suppress(SQLAlchemyError):
        last_known = app.extensions.setdefault(_LAST_KNOWN, {})
        last_known.update({school.slug: school for school in all_schools()})
        db.session.remove()


@bp.url_value_preprocessor
def find_school(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    slug = (values or {}).pop("slug", "")
    last_known: dict[str, SchoolRow] = current_app.extensions.setdefault(_LAST_KNOWN, {})
    try:
        school = get_school(slug)
    except (OperationalError, InterfaceError):
        db.session.rollback()
        if slug not in last_known:
            raise
        school = last_known[slug]
    if school is None:
        abort(404)
    last_known[slug] = school
    g.school = school


bp.before_request(language.take_choice)


@bp.url_defaults
def fill_in_school(_endpoint: str, values: dict[str, Any]) -> None:
    if "school" in g:
        values.setdefault("slug", g.school.slug)


from portal.views.parent import (  # noqa: E402 -- routes on `bp`
    contact_form,
    email_change,
    household,
    pages,
    sign_in,
    texted_link,
)

__all__ = ["bp", "contact_form", "email_change", "household", "pages", "sign_in", "texted_link"]
