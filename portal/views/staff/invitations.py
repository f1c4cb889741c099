"""Email the form to one parent, to selected people, or to all parents of some groups."""

import secrets
from collections.abc import Mapping

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.delivery import campaign_worker
from portal.enums import StaffRole
from portal.extensions import writing
from portal.labels import plural
from portal.queries.records.invitations import PERIOD, CampaignChoice, campaign_counts
from portal.queries.records.invitations import campaigns as campaigns_of
from portal.queries.texting.recipients import parents_of
from portal.services.mail import campaigns, invitations, limits
from portal.services.mail.invitations import NotInvited
from portal.services.schools.saved_searches import search_of
from portal.views.responses import sign_in_link_url
from portal.views.staff import bp
from portal.views.staff.auth.access import needs
from portal.views.staff.records.shared import record_or_404
from portal.views.staff.search.selection import chosen_ids

AT_ONCE_SECONDS = 2.0
"""The time that the page waits for a campaign. `flask mail work` does the rest."""


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
    """Choose groups of parents, and see how many the email would go to."""
    choice = _choice(request.args)
    return render_template(
        "staff/invitations.html",
        choice=choice,
        counts=campaign_counts(g.school, choice, clock.now()),
        campaigns=campaigns_of(g.school.id),
        days=PERIOD.days,
        form_key=secrets.token_hex(16),
    )


@bp.post("/invitations")
@needs(StaffRole.EDITOR)
def send_invitations() -> ResponseReturnValue:
    """Start a campaign. Most schools' are over when the page comes back."""
    form_key = request.form.get("form_key", "")
    if not g.school.texting_on or len(form_key) != 32 or not form_key.isalnum():
        abort(400)
    choice = _choice(request.form)
    with writing():
        campaign_id = campaigns.start(g.school, choice, form_key, g.member.name)
    campaign_worker.go_on_for(AT_ONCE_SECONDS, g.school.id, campaign_id)
    return redirect(url_for("staff.invitations_page", _anchor="earlier"), 303)


@bp.post("/invitations/<int:campaign_id>/stop")
@needs(StaffRole.EDITOR)
def stop_campaign(campaign_id: int) -> ResponseReturnValue:
    with writing():
        stopped = campaigns.stop(g.school.id, campaign_id, g.member.name)
    if stopped is None:
        abort(404)
    if not stopped:
        flash("Nothing to stop. The last email is already on its way.", "warn")
    return redirect(url_for("staff.invitations_page", _anchor="earlier"), 303)


def _choice(fields: Mapping[str, str]) -> CampaignChoice:
    """Read the checked boxes. A page that has not been looked at has those of a new campaign."""
    if "chosen" not in fields:
        return CampaignChoice()
    return CampaignChoice(
        no_answer="no_answer" in fields,
        typed_by_staff="typed_by_staff" in fields,
        opted_out="opted_out" in fields,
        enrolled_only="enrolled_only" in fields,
    )


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
