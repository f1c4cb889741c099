"""Adding a student or a parent by hand."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.email_address import optional_key
from portal.enums import EnrollmentStatus, StaffRole
from portal.extensions import writing
from portal.forms.record import AddParentForm, RecordPhonesForm, StudentForm
from portal.labels import SLOT_WORDS
from portal.queries.lookup.duplicates import Match, parents_like, same_person
from portal.queries.records.record import Record
from portal.services.contacts import add as add_contacts
from portal.services.contacts.add import Added, FamilyPosition, ParentValues
from portal.services.contacts.contacts import NoSuchContactError
from portal.services.contacts.search_words import search_name
from portal.views.responses import posted
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, needs, reviewable, reviewing
from portal.views.staff.records.shared import (
    is_saving,
    phone_values,
    phones_form,
    record_or_404,
    tell_results,
)

TAKEN = "Choose another spot. Someone was just added as that parent."
THERE_ALREADY = "This parent is already on the student's record."
ON_FILE = "We found a similar person on file. Choose the right one."
NO_PARENT = "Choose one from the list, or add a new record."


@bp.route("/students/new", methods=["GET", "POST"])
@needs(StaffRole.EDITOR)
@reviewable
def add_student() -> ResponseReturnValue:
    form = StudentForm(posted(), data={"status": EnrollmentStatus.INQUIRY.value})
    form.name_term(g.school.default_term)
    if is_saving():
        form.check()
        if not form.error_list():
            return _add_student(form)
    page = render_template(
        "staff/records/add_student.html", form=form, errors=form.error_list(), reviewing=reviewing()
    )
    return page, 422 if is_saving() else 200


def _add_student(form: StudentForm) -> ResponseReturnValue:
    with writing():
        student_id = add_contacts.add_student(
            g.school,
            form.text("first_name"),
            form.text("last_name"),
            form.grade_value(),
            form.status_value() or EnrollmentStatus.INQUIRY,
            current_actor(),
        )
    flash("Added. Now add a parent.", "good")
    return redirect(url_for("staff.record", contact_id=student_id), 303)


@bp.route("/contacts/<int:contact_id>/parents/new", methods=["GET", "POST"])
@needs(StaffRole.EDITOR)
@reviewable
def add_parent(contact_id: int) -> ResponseReturnValue:
    """A new parent, or one on file: those with the same name or email are offered first."""
    record = record_or_404(contact_id)
    if not record.contact.is_student:
        abort(404)
    form, phones = AddParentForm(posted()), phones_form([])
    if is_saving():
        form.check()
        right = form.existing_id() is not None or phones.check()
        if right and not form.error_list():
            if form.chosen() or not _same(record, form):
                return _add_parent(record, form, phones)
            form.add_error("existing", ON_FILE)
    return _parent_page(record, form, phones, 422 if is_saving() else 200)


def _same(record: Record, form: AddParentForm) -> list[Match]:
    return same_person(
        g.school,
        record.contact.id,
        optional_key(form.text("email")) or "",
        search_name(form.text("first_name"), form.text("last_name")),
    )


def _add_parent(
    record: Record, form: AddParentForm, phones: RecordPhonesForm
) -> ResponseReturnValue:
    try:
        with writing():
            added = _save_parent(record.contact.id, form, phones)
    except add_contacts.PositionTakenError:
        form.add_error("position", TAKEN)
    except add_contacts.AlreadyLinkedError:
        form.add_error("existing", THERE_ALREADY)
    except add_contacts.NotAParentError:
        form.add_error("existing", NO_PARENT)
    except NoSuchContactError:
        abort(404)
    else:
        flash("Added.", "good")
        tell_results(added.id, added.results)
        return redirect(url_for("staff.record", contact_id=record.contact.id), 303)
    return _parent_page(record_or_404(record.contact.id), form, phones, 422)


def _save_parent(student_id: int, form: AddParentForm, phones: RecordPhonesForm) -> Added:
    position = FamilyPosition(student_id, form.position_value(), form.relationship_value())
    existing = form.existing_id()
    if existing:
        add_contacts.link_parent(g.school, position, existing, current_actor())
        return Added(existing, results={})
    values = ParentValues(
        form.text("first_name"),
        form.text("last_name"),
        form.text("email") or None,
        phone_values(phones),
    )
    return add_contacts.add_parent(g.school, position, values, current_actor())


def _parent_page(
    record: Record, form: AddParentForm, phones: RecordPhonesForm, status: int
) -> ResponseReturnValue:
    find = request.values.get("find", "")[:100]
    found = _candidates(record, form, find)
    form.offer(record.free_positions, {match.id: _describe_match(match) for match in found})
    page = render_template(
        "staff/records/add_parent.html",
        record=record,
        form=form,
        phones=phones,
        slots=SLOT_WORDS,
        errors=[*form.error_list(), *phones.error_list()],
        find=find,
        found=found,
        reviewing=reviewing(),
    )
    return page, status


def _candidates(record: Record, form: AddParentForm, find: str) -> list[Match]:
    found = parents_like(g.school, record.contact.id, find) if find else []
    if posted() is not None:
        found += _same(record, form)
    return list({match.id: match for match in found}.values())


def _describe_match(match: Match) -> str:
    of = f"parent of {', '.join(match.children)}" if match.children else "no student yet"
    return ", ".join(filter(None, [match.name, match.email, of]))
