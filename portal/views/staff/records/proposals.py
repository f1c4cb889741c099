"""Accept or decline a form's proposals about a record: one by one, or all that are shown."""

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.enums import StaffRole
from portal.extensions import writing
from portal.labels import ONLY_THE_PARENT, plural
from portal.normalize import whole_numbers
from portal.phone import show_number
from portal.services.proposals import review
from portal.services.proposals.accept import (
    CHANGED_SINCE,
    NO_CELL_OF_THEIRS,
    NO_POSITION,
    ProposalOutcome,
)
from portal.views.responses import require_school_ids
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, needs
from portal.views.staff.records.shared import record_or_404

GONE = "Someone else just reviewed some of these. Here is what's left."
ONE_BY_ONE = "Nothing was accepted. Accept older changes and emails one at a time."
NO_ROOM = "This student already has four parents. Remove one, then accept."
NOT_SAVED = f"That number is opted out, so we didn't save the yes to texts. {ONLY_THE_PARENT}"

REFUSALS = {
    NO_POSITION: NO_ROOM,
    CHANGED_SINCE: "The record has changed since the form came in. Check it, then accept again.",
    NO_CELL_OF_THEIRS: (
        "That number is no longer a cell phone on this record, so we didn't save the parent's yes "
        "to texts."
    ),
}


@bp.post("/contacts/<int:contact_id>/proposals")
@needs(StaffRole.EDITOR)
def proposals_decide(contact_id: int) -> ResponseReturnValue:
    """`accept` or `decline` holds one proposal's id, or `all` for those in `shown`. `seen-ID` has a
    digest of the value on file that the page showed."""
    record_or_404(contact_id)
    verb = "accept" if "accept" in request.form else "decline"
    chosen = request.form.get(verb, "")
    shown = whole_numbers(request.form.getlist("shown"))
    ids = shown if chosen == "all" else whole_numbers([chosen])
    require_school_ids("proposal", [*shown, *ids])
    seen = {i: request.form.get(f"seen-{i}", "") for i in ids}
    actor = current_actor()
    try:
        with writing():
            if verb == "accept":
                accept = review.accept_together if chosen == "all" else review.accept
                outcomes = accept(g.school, ids, actor, seen)
            else:
                declined = review.decline(g.school, ids, actor)
    except review.ProposalsChangedError:
        flash(GONE, "warn")
    else:
        if verb == "accept":
            _flash_outcomes(outcomes)
        else:
            flash(f"Declined {plural(declined, 'change')}. The record wasn't changed.", "info")
    return redirect(url_for("staff.record", contact_id=contact_id), 303)


def _flash_outcomes(outcomes: list[ProposalOutcome]) -> None:
    if not outcomes:
        flash(ONE_BY_ONE, "info")
    accepted = sum(outcome.accepted for outcome in outcomes)
    if accepted:
        flash(f"Accepted {plural(accepted, 'change')}.", "good")
    country = g.school.country
    for number in {n for outcome in outcomes for n in outcome.opted_in}:
        flash(
            f"{show_number(number, country)} is now opted in to texts. The form said yes.", "good"
        )
    for number in {n for outcome in outcomes for n in outcome.still_out}:
        flash(f"{show_number(number, country)} is still opted out. {ONLY_THE_PARENT}", "warn")
    refusals = {outcome.refusal for outcome in outcomes if outcome.refusal}
    for refusal in sorted(refusals):
        flash(REFUSALS.get(refusal, NOT_SAVED), "warn")
