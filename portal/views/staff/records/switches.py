"""Turn off, or on, what a parent gets and sees of a child."""

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.enums import StaffRole
from portal.extensions import writing
from portal.forms.record import SwitchesForm
from portal.queries.records.record import Record, RecordPerson
from portal.services.contacts import restrictions
from portal.services.contacts.contacts import NoSuchContactError
from portal.views.responses import posted
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, needs, reviewable, reviewing
from portal.views.staff.records.shared import is_saving, record_or_404


@bp.route("/contacts/<int:contact_id>/parents/<int:parent_id>/access", methods=["GET", "POST"])
@needs(StaffRole.EDITOR)
@reviewable
def parent_access(contact_id: int, parent_id: int) -> ResponseReturnValue:
    """The switches of a parent and a child."""
    record = record_or_404(contact_id)
    parent = next((one for one in record.parents if one.id == parent_id), None)
    if parent is None:
        abort(404)
    form = SwitchesForm(posted() or _now(parent))
    if not (is_saving() and form.check()):
        return _page(record, parent, form, 422 if is_saving() else 200)
    try:
        with writing():
            changed = restrictions.set_switches(
                g.school,
                contact_id,
                parent_id,
                form.is_on("about_child"),
                form.is_on("may_see"),
                form.text("reason"),
                current_actor(),
            )
    except NoSuchContactError:
        abort(404)
    if changed:
        flash("Saved. The reason is in the history of both records.", "good")
    else:
        flash("Nothing changed.", "info")
    return redirect(url_for("staff.record", contact_id=contact_id), 303)


def _now(parent: RecordPerson) -> MultiDict[str, str]:
    on = {"about_child": parent.gets_texts, "may_see": parent.may_see}
    return MultiDict({name: "on" if is_on else "off" for name, is_on in on.items()})


def _page(
    record: Record, parent: RecordPerson, form: SwitchesForm, status: int
) -> ResponseReturnValue:
    page = render_template(
        "staff/records/parent_access.html",
        record=record,
        parent=parent,
        form=form,
        errors=form.error_list(),
        reviewing=reviewing(),
    )
    return page, status
