"""Edit pages: a contact's fields, its phones, a student's parents."""

from flask import abort, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.enums import Grade, Slot, StaffRole
from portal.extensions import writing
from portal.forms.record import ContactEditForm, RecordPhonesForm, RelationshipForm
from portal.labels import SLOT_WORDS
from portal.queries.records.record import Record
from portal.services.contacts import add as add_contacts
from portal.services.contacts import edit as edit_contacts
from portal.services.contacts.contacts import NoSuchContactError
from portal.services.contacts.edit import ContactValues, StaleRecordError
from portal.views.responses import posted
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, needs, reviewable, reviewing
from portal.views.staff.records.conflict import contact_versions, phone_versions
from portal.views.staff.records.shared import (
    is_saving,
    phone_values,
    phones_form,
    posted_seen,
    posted_version,
    record_or_404,
    seen_of,
    tell_results,
)
from portal.views.staff.records.timeline import timeline

NOTHING_CHANGED = "No changes to save."


@bp.route("/contacts/<int:contact_id>/edit", methods=["GET", "POST"])
@needs(StaffRole.EDITOR)
@reviewable
def edit_contact(contact_id: int) -> ResponseReturnValue:
    record = record_or_404(contact_id)
    form, kin = _contact_forms(record)
    if is_saving():
        form.check_all(record.contact.is_student)
        for relation in kin.values():
            relation.check()
        if not _errors(form, kin):
            return _save_contact(record, form, kin)
    return _contact_page(record, form, kin, 422 if is_saving() else 200)


def _contact_forms(record: Record) -> tuple[ContactEditForm, dict[int, RelationshipForm]]:
    contact = record.contact
    enrollment = contact.enrollment
    form = ContactEditForm(
        posted(),
        data={
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "email": contact.email,
            "grade": contact.grade or "",
            "status": enrollment.status.value if enrollment else "",
        },
    )
    form.offer_statuses(g.school.default_term, none_yet=enrollment is None)
    kin = {}
    for parent in record.parents:
        kin[parent.id] = relation = RelationshipForm(
            posted(),
            data={"relationship": parent.relationship or ""},
            prefix=f"parent{parent.position}-",
        )
        relation.relationship.label.text = f"Parent {parent.position}, {parent.name}"
    return form, kin


def _errors(form: ContactEditForm, kin: dict[int, RelationshipForm]) -> list[tuple[str, str]]:
    return [
        *form.error_list(),
        *(error for relation in kin.values() for error in relation.error_list()),
    ]


def _save_contact(
    record: Record, form: ContactEditForm, kin: dict[int, RelationshipForm]
) -> ResponseReturnValue:
    """Save the page. Fields that were not on it stay as they are."""
    contact = record.contact
    grade = Grade(contact.grade) if contact.grade else None
    if contact.is_student and form["grade"].raw_data:
        grade = form.grade_value()
    values = ContactValues(
        first_name=form.text("first_name"),
        last_name=form.text("last_name"),
        email=form.text("email") or None if form["email"].raw_data else contact.email,
        grade=grade,
        status=form.status_value() if contact.is_student else None,
        relationships={
            parent_id: relation.value()
            for parent_id, relation in kin.items()
            if relation["relationship"].raw_data
        },
    )
    try:
        with writing():
            changed = edit_contacts.save_contact(
                g.school, contact.id, values, posted_version(), current_actor()
            )
    except StaleRecordError as stale:
        return _contact_page(record_or_404(record.contact.id), form, kin, 409, stale)
    flash("Saved." if changed else NOTHING_CHANGED, "good" if changed else "info")
    return redirect(url_for("staff.record", contact_id=record.contact.id), 303)


def _contact_page(
    record: Record,
    form: ContactEditForm,
    kin: dict[int, RelationshipForm],
    status: int,
    stale: StaleRecordError | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "staff/records/edit_contact.html",
        record=record,
        form=form,
        kin=kin,
        errors=_errors(form, kin),
        version=_version(record, stale),
        stale=stale,
        edits=timeline(stale.edits, g.school.country, alone=True) if stale else [],
        versions=contact_versions(record, form, kin) if stale else [],
        reviewing=reviewing(),
    )
    return page, status


@bp.route("/contacts/<int:contact_id>/phones", methods=["GET", "POST"])
@needs(StaffRole.EDITOR)
@reviewable
def edit_phones(contact_id: int) -> ResponseReturnValue:
    record = record_or_404(contact_id)
    form = phones_form(record.contact.phones)
    if is_saving() and form.check():
        return _save_phones(record, form)
    return _phones_page(record, form, 422 if is_saving() else 200)


def _save_phones(record: Record, form: RecordPhonesForm) -> ResponseReturnValue:
    contact_id = record.contact.id
    try:
        with writing():
            saved = edit_contacts.save_phones(
                g.school,
                contact_id,
                phone_values(form),
                posted_version(),
                posted_seen(),
                current_actor(),
            )
    except StaleRecordError as stale:
        return _phones_page(record_or_404(contact_id), form, 409, stale)
    if not saved.results:
        flash("Saved." if saved.changed else NOTHING_CHANGED, "good" if saved.changed else "info")
    tell_results(contact_id, saved.results)
    return redirect(url_for("staff.record", contact_id=contact_id), 303)


def _phones_page(
    record: Record, form: RecordPhonesForm, status: int, stale: StaleRecordError | None = None
) -> ResponseReturnValue:
    phones = record.contact.phones
    fresh = stale is not None or posted() is None
    page = render_template(
        "staff/records/edit_phones.html",
        record=record,
        form=form,
        slots=SLOT_WORDS,
        on_file={Slot(phone.slot): phone for phone in phones},
        errors=form.error_list(),
        version=_version(record, stale),
        seen=seen_of(phones) if fresh else posted_seen(),
        stale=stale,
        edits=timeline(stale.edits, g.school.country, alone=True) if stale else [],
        decided=[p for p in phones if stale and p.number in stale.numbers],
        versions=phone_versions(phones, form, g.school.country) if stale else [],
        reviewing=reviewing(),
    )
    return page, status


def _version(record: Record, stale: StaleRecordError | None) -> int:
    """A page that comes back with errors keeps the version it was made from; one that comes back
    with a conflict has shown the newer one, so saving again works."""
    if stale is not None or posted() is None:
        return record.contact.version
    return posted_version()


@bp.post("/contacts/<int:contact_id>/parents/<int:parent_id>/remove")
@needs(StaffRole.EDITOR)
def remove_parent(contact_id: int, parent_id: int) -> ResponseReturnValue:
    """Remove a parent from a student's record. Both records are kept."""
    try:
        with writing():
            removed = add_contacts.unlink_parent(g.school, contact_id, parent_id, current_actor())
    except NoSuchContactError:
        abort(404)
    flash(
        "Parent removed from this student's record. The parent's own record is kept."
        if removed
        else NOTHING_CHANGED,
        "good" if removed else "info",
    )
    return redirect(url_for("staff.record", contact_id=contact_id), 303)
