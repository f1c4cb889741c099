"""Pause texts to a number during a call, and end that: the school's own decision."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.consent.pauses import StaffEnding, staff_ending
from portal.enums import PauseReason, StaffRole
from portal.extensions import writing
from portal.forms.pauses import PauseForm, ResumeForm
from portal.normalize import whole_number
from portal.queries.records.pauses import open_pauses_of
from portal.queries.records.phones import PhoneRow
from portal.queries.records.record import Record
from portal.services.texting import number_pauses
from portal.views.responses import outside_url, posted, sign_in_link_url
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, needs, reviewable, reviewing
from portal.views.staff.records.shared import is_saving, record_or_404

CHANGED = "Nothing changed. Look at the pauses again: one of them changed meanwhile."


@bp.route("/contacts/<int:contact_id>/numbers/<digits>/pause", methods=["GET", "POST"])
@needs(StaffRole.EDITOR)
@reviewable
def pause_number(contact_id: int, digits: str) -> ResponseReturnValue:
    """The number's pauses, and a new one: `?reason=asked_to_stop` has it chosen already."""
    record, phone = _found(contact_id, digits)
    form = PauseForm(posted(), data={"reason": request.args.get("reason", "")})
    if not (is_saving() and form.check(g.school.timezone)):
        return _page(record, phone, form, status=422 if is_saving() else 200)
    with writing():
        number_pauses.pause_by_staff(
            g.school,
            phone.number,
            PauseReason(form.typed("reason")),
            form.text("note"),
            form.asked_at,
            current_actor(),
            sign_in_link_url,
        )
    return redirect(url_for("staff.pause_number", contact_id=contact_id, digits=digits), 303)


@bp.post("/contacts/<int:contact_id>/numbers/<digits>/resume")
@needs(StaffRole.EDITOR)
@reviewable
def resume_number(contact_id: int, digits: str) -> ResponseReturnValue:
    record, phone = _found(contact_id, digits)
    form = ResumeForm(posted())
    offered = {ending.value: ending for ending in StaffEnding}
    ending = offered.get(form.typed("ending"))
    began_seq = whole_number(form.typed("began_seq"))
    if ending is None or began_seq is None:
        abort(400)
    if not (is_saving() and form.check(needed=ending is not StaffEnding.UNDO)):
        return _page(record, phone, PauseForm(), form, 422 if is_saving() else 200)
    try:
        with writing():
            number_pauses.resume_by_staff(
                g.school,
                phone.number,
                began_seq,
                ending,
                form.text("why"),
                current_actor(),
                sign_in_link_url,
            )
    except number_pauses.NotOpenError:
        flash(CHANGED, "warn")
    else:
        flash(f"The pause of {phone.shown} has ended.", "good")
    return redirect(url_for("staff.pause_number", contact_id=contact_id, digits=digits), 303)


@bp.post("/contacts/<int:contact_id>/numbers/<digits>/wants-to-stop")
@needs(StaffRole.EDITOR)
def confirm_wish(contact_id: int, digits: str) -> ResponseReturnValue:
    """Staff read a reply: its parent wants texts to stop."""
    _, phone = _found(contact_id, digits)
    began_seq = whole_number(request.form.get("began_seq", ""))
    if began_seq is None:
        abort(400)
    try:
        with writing():
            number_pauses.confirm_wish(
                g.school, phone.number, began_seq, "", current_actor(), sign_in_link_url
            )
    except number_pauses.NotOpenError:
        flash(CHANGED, "warn")
    return redirect(url_for("staff.pause_number", contact_id=contact_id, digits=digits), 303)


def _found(contact_id: int, digits: str) -> tuple[Record, PhoneRow]:
    """A parent's record and the cell phone number on it, or a 404."""
    record = record_or_404(contact_id)
    phones = {phone.number: phone for phone in record.contact.phones}
    phone = phones.get(f"+{digits}")
    if phone is None or phone.state is None:
        abort(404)
    return record, phone


def _page(
    record: Record,
    phone: PhoneRow,
    form: PauseForm,
    resume: ResumeForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    actor = current_actor()
    page = render_template(
        "staff/records/pause_number.html",
        record=record,
        phone=phone,
        form=form,
        resume=resume,
        blank_why=ResumeForm().why,
        sign_in_url=outside_url("parent.sign_in", slug=g.school.slug),
        pauses=[
            (row, staff_ending(row.pause, actor.key, actor.is_admin))
            for row in open_pauses_of(g.school, [phone.number]).get(phone.number, [])
        ],
        errors=[*form.error_list(), *(resume.error_list() if resume else [])],
        reviewing=reviewing(),
    )
    return page, status
