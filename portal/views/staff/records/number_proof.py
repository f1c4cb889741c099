"""The proof that a number on a record is the parent's, and a form to say that they told it."""

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.enums import StaffRole
from portal.extensions import writing
from portal.forms.record import NumberProofForm
from portal.queries.records.phones import PhoneRow
from portal.queries.records.record import Record
from portal.services.contacts import number_proof
from portal.views.responses import posted
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, needs, reviewable, reviewing
from portal.views.staff.records.shared import is_saving, record_or_404


@bp.route("/contacts/<int:contact_id>/numbers/<digits>", methods=["GET", "POST"])
@needs(StaffRole.EDITOR)
@reviewable
def prove_number(contact_id: int, digits: str) -> ResponseReturnValue:
    """The parent told us this number."""
    record, phone = _found(contact_id, digits)
    form = NumberProofForm(posted())
    if not (is_saving() and form.check()):
        return _page(record, phone, form, 422 if is_saving() else 200)
    with writing():
        saved = number_proof.prove_by_staff(
            g.school, contact_id, phone.number, form.text("note"), current_actor()
        )
    if not saved:
        abort(404)
    flash(f"Saved. {record.contact.called} can answer for {phone.shown} now.", "good")
    return redirect(url_for("staff.record", contact_id=contact_id), 303)


@bp.post("/contacts/<int:contact_id>/numbers/<digits>/undo")
@needs(StaffRole.EDITOR)
def undo_number_proof(contact_id: int, digits: str) -> ResponseReturnValue:
    _record, phone = _found(contact_id, digits)
    with writing():
        undone = number_proof.undo_staff_proof(g.school, contact_id, phone.number, current_actor())
    if undone:
        flash(f"{phone.shown} is not proven anymore.", "good")
    else:
        flash("Nothing changed. This number was proven in another way.", "info")
    return redirect(url_for("staff.record", contact_id=contact_id), 303)


def _found(contact_id: int, digits: str) -> tuple[Record, PhoneRow]:
    """A parent's record and the number on it, or a 404."""
    record = record_or_404(contact_id)
    phones = {phone.number: phone for phone in record.contact.phones}
    if not record.contact.is_parent or f"+{digits}" not in phones:
        abort(404)
    return record, phones[f"+{digits}"]


def _page(
    record: Record, phone: PhoneRow, form: NumberProofForm, status: int
) -> ResponseReturnValue:
    page = render_template(
        "staff/records/prove_number.html",
        record=record,
        phone=phone,
        form=form,
        errors=form.error_list(),
        reviewing=reviewing(),
    )
    return page, status
