"""The record of a contact: may I text them? And its history."""

from urllib.parse import quote

from flask import g, render_template, request

from portal.enums import ConsentState
from portal.normalize import whole_number
from portal.queries.records.details import details_of
from portal.queries.records.history import history_of
from portal.queries.records.record import Record, RecordPerson
from portal.views.responses import outside_url
from portal.views.staff import bp
from portal.views.staff.records.shared import record_or_404
from portal.views.staff.records.timeline import kind_of, said, timeline

PAGE = 50


@bp.get("/contacts/<int:contact_id>")
def record(contact_id: int) -> str:
    record = record_or_404(contact_id)
    details = details_of(g.school, record)
    return render_template(
        "staff/records/record.html",
        record=record,
        kind=kind_of(record),
        can_text=_can_text(record),
        proposals=details.proposals,
        contact_id=contact_id,
        submissions=[said(s) for s in details.submissions],
        moments=timeline(details.history, g.school.country, alone=not record.parents),
        form_url=form_url(),
        email_draft=email_draft,
        texts=details.texts,
    )


def _can_text(record: Record) -> bool:
    """True if a text to this parent, or this student's parents, would reach at least one number."""
    people = record.parents if record.contact.is_student else [record.contact]
    return any(
        phone.state is ConsentState.OPTED_IN
        and not (phone.blocked or phone.opt_out_waits or phone.paused)
        for person in people
        for phone in person.phones
    )


@bp.get("/contacts/<int:contact_id>/history")
def history(contact_id: int) -> str:
    record = record_or_404(contact_id)
    page = min(whole_number(request.args.get("page", "")) or 1, 10_000)
    found = history_of(
        g.school.id, record.ids, PAGE, offset=(page - 1) * PAGE, events=g.school.texting_on
    )
    return render_template(
        "staff/records/history.html",
        record=record,
        moments=timeline(found.entries, g.school.country, alone=not record.parents),
        page=page,
        more=found.more,
    )


def form_url() -> str:
    """The address of the contact form, to be read out or sent."""
    return outside_url("parent.contact_form")


def email_draft(person: RecordPerson) -> str:
    """Return an email to the parent with the sign-in address, for the staff's own mail program."""
    subject = f"{g.school.name}: texts to your phone"
    body = (
        f"Hello {person.called},\n\nTo turn texts from {g.school.name} on or off, sign in here "
        f"and choose yes or no:\n{outside_url('parent.sign_in')}\n"
    )
    return f"mailto:{quote(person.email or '')}?subject={quote(subject)}&body={quote(body)}"
