"""Email the form to one parent, or to all who opted out or have no answer yet."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.enums import StaffRole
from portal.extensions import writing
from portal.labels import plural
from portal.normalize import whole_numbers
from portal.queries.records.invitations import invitees
from portal.queries.texting.recipients import parents_of
from portal.services.mail import invitations, limits
from portal.services.mail.invitations import NotInvited
from portal.services.schools.saved_searches import search_of
from portal.views.responses import require_school_ids, sign_in_link_url
from portal.views.staff import bp
from portal.views.staff.auth.access import needs
from portal.views.staff.records.shared import record_or_404
from portal.views.staff.search.selection import chosen_ids

SHOWN = 10


@bp.post("/contacts/<int:contact_id>/invitation")
@needs(StaffRole.EDITOR)
def invite(contact_id: int) -> ResponseReturnValue:
    parent = record_or_404(contact_id).contact
    if not parent.is_parent or not parent.email:
        abort(404)
    with writing():
        refused = invitations.invite_one(g.school, contact_id, g.member.name, sign_in_link_url)
    if refused is None:
        flash(f"We're emailing the form to {parent.email}. Its link signs them in.", "good")
    elif refused is NotInvited.JUST_ASKED:
        flash(
            f"Not sent again. We started to email {parent.email} less than 2 minutes ago.", "warn"
        )
    elif refused is NotInvited.SHARED_ADDRESS:
        flash(
            f"Not sent. {parent.email} is on more than one record, and one of these parents may "
            "not see a child. Enter a different email address for each parent first.",
            "warn",
        )
    else:
        most = limits.TO_ADDRESS.most
        flash(f"Not sent. {parent.email} had {most} of these emails in the last hour.", "warn")
    return redirect(url_for("staff.record", contact_id=contact_id), 303)


@bp.get("/invitations")
@needs(StaffRole.EDITOR)
def invitations_page() -> ResponseReturnValue:
    """List the parents whom the email would go to. The button sends it to these, and to nobody
    else."""
    found = invitees(g.school, clock.now() - invitations.PAUSE, invitations.MOST)
    return render_template("staff/invitations.html", found=found, shown_rows=found.rows[:SHOWN])


@bp.post("/invitations")
@needs(StaffRole.EDITOR)
def send_invitations() -> ResponseReturnValue:
    ids = _ids()
    require_school_ids("contact", ids)
    with writing():
        sent = invitations.invite_all(g.school, ids, g.member.name, sign_in_link_url)
    flash(f"We're emailing the form to {plural(len(sent), 'parent')}.", "good" if sent else "warn")
    return redirect(url_for("staff.overview"), 303)


@bp.post("/invitations/chosen")
@needs(StaffRole.EDITOR)
def invite_chosen() -> ResponseReturnValue:
    """The chosen rows of a search: the parents among them, and the chosen students' parents."""
    back = f"{url_for('staff.search_page')}?{search_of(request.form.get('search', ''))}"
    chosen = chosen_ids(invitations.MOST)
    if not chosen:
        flash("Select at least one person first.", "warn")
        return redirect(back, 303)
    ids = parents_of(g.school.id, chosen)[: invitations.MOST]
    with writing():
        sent = invitations.invite(g.school, ids, g.member.name, sign_in_link_url)
    left = len(ids) - len(sent)
    also = f" {left} skipped: they got it in the last day or have no email." if left else ""
    flash(
        f"We're emailing the form to {plural(len(sent), 'parent')}.{also}",
        "good" if sent else "warn",
    )
    return redirect(back, 303)


def _ids() -> list[int]:
    return whole_numbers(request.form.get("ids", "").split(","))
