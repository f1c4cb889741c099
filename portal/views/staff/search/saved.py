"""Searches that are kept: saved, run, renamed, shared, deleted."""

from dataclasses import replace
from urllib.parse import parse_qsl

from flask import abort, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.extensions import writing
from portal.queries.search.parse import asks_about_texts
from portal.services.schools import saved_searches
from portal.services.schools.saved_searches import NotYoursError, SavedSearchError
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, reviewable, reviewing
from portal.views.staff.search.search import SaveForm, show_search


@bp.post("/search/saved")
@reviewable
def save_search() -> ResponseReturnValue:
    """Keep the search that is posted, or say why not, on its page."""
    here = saved_searches.search_of(request.form.get("address", ""))
    args = MultiDict(parse_qsl(here, keep_blank_values=True))
    naming = _typed()
    if reviewing():
        return show_search(args, naming)
    try:
        with writing():
            saved_searches.save(g.school.id, current_actor(), naming.name, here, naming.shared)
    except SavedSearchError as error:
        return show_search(args, replace(naming, problem=str(error)))
    flash("Search saved.", "good")
    return redirect(f"{url_for('staff.search_page')}?{here}", 303)


@bp.post("/search/saved/<int:search_id>/run")
def run_saved(search_id: int) -> ResponseReturnValue:
    try:
        with writing():
            found = saved_searches.run(g.school.id, g.member.account_id, search_id)
            if asks_about_texts(found) and not g.school.texting_on:
                raise LookupError(search_id)
    except LookupError:
        abort(404)
    return redirect(f"{url_for('staff.search_page')}?{found}", 303)


@bp.post("/search/saved/<int:search_id>")
@reviewable
def change_saved(search_id: int) -> ResponseReturnValue:
    """`action`: `rename`, with a name and whether it is shared; or `delete`."""
    naming = replace(_typed(), search_id=search_id)
    deletes = request.form.get("action") == "delete"
    try:
        if reviewing():
            saved_searches.own(g.school.id, current_actor(), search_id)
            if not deletes:
                return show_search(MultiDict(), naming)
            flash("Not deleted yet. Choose Delete again.", "warn")
            return redirect(url_for("staff.search_page"), 303)
        with writing():
            if deletes:
                name = saved_searches.delete(g.school.id, current_actor(), search_id)
                flash(f"“{name}” deleted.", "good")
            else:
                saved_searches.rename(
                    g.school.id, current_actor(), search_id, naming.name, naming.shared
                )
                flash("Saved.", "good")
    except LookupError:
        abort(404)
    except NotYoursError:
        abort(403)
    except SavedSearchError as error:
        return show_search(MultiDict(), replace(naming, problem=str(error)))
    return redirect(url_for("staff.search_page"), 303)


def _typed() -> SaveForm:
    return SaveForm(request.form.get("name", ""), request.form.get("shared") == "yes")
