"""`/`: the installation's schools."""

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.queries.schools import all_schools, get_school
from portal.views import language

bp = Blueprint("home", __name__)
bp.before_request(language.take_choice)


@bp.get("/")
def index() -> Response | str:
    """The schools, or straight to the only one."""
    schools = all_schools()
    if len(schools) == 1:
        return redirect(url_for("parent.home", slug=schools[0].slug))
    return render_template("home.html", schools=schools)


@bp.get("/<slug>")
def without_slash(slug: str) -> Response:
    """`/oakwood`: spelt out, so for a school that is not there it is a 404 at once."""
    if get_school(slug) is None:
        abort(404)
    return redirect(url_for("parent.home", slug=slug), 308)
