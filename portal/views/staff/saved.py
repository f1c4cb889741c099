"""Searches that are kept: saved, run, renamed, shared, deleted."""

from flask import abort, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.enums import StaffRole
from portal.extensions import writing
from portal.queries.search.address import asks_about_texts
from portal.services import saved_searches
from portal.services.saved_searches import Keeper, NotYoursError, SavedSearchError
from portal.views.staff import bp


@bp.post("/search/saved")
def save_search() -> ResponseReturnValue:
    """Keep the search of the address that is posted, or say why not, on its page."""
    here = request.form.get("address", "")
    try:
        with writing():
            saved_searches.save(
                _keeper(), request.form.get("name", ""), here, request.form.get("shared") == "yes"
            )
        flash("The search is saved.", "good")
    except SavedSearchError as error:
        flash(str(error), "warn")
    found = saved_searches.search_of(here)
    return redirect(f"{url_for('staff.search_page')}?{found}", 303)


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
def change_saved(search_id: int) -> ResponseReturnValue:
    """`action`: `rename`, with a name and whether it is shared; or `delete`."""
    try:
        with writing():
            if request.form.get("action") == "delete":
                name = saved_searches.delete(_keeper(), search_id)
                flash(f"“{name}” is deleted.", "good")
            else:
                saved_searches.rename(
                    _keeper(),
                    search_id,
                    request.form.get("name", ""),
                    shared=request.form.get("shared") == "yes",
                )
                flash("Saved.", "good")
    except LookupError:
        abort(404)
    except NotYoursError:
        abort(403)
    except SavedSearchError as error:
        flash(str(error), "warn")
    return redirect(url_for("staff.search_page"), 303)


def _keeper() -> Keeper:
    member = g.member
    return Keeper(g.school.id, member.account_id, member.name, member.role is StaffRole.ADMIN)
