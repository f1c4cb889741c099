"""A batch of texts: how far it is, and what became of each."""

from datetime import datetime

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.enums import NoticeKind, StaffRole
from portal.extensions import writing
from portal.labels import plural
from portal.normalize import whole_number, whole_numbers
from portal.queries.records.staff_notices import NoticeRow, open_notices
from portal.queries.texting.batches import SHOWS, BatchRow, contacts_in, get_batch, messages_of
from portal.queries.texting.not_reached import count_not_reached
from portal.services.texting import emergencies, held_texts
from portal.services.texting import send as texting
from portal.services.texting.send_window import opening
from portal.views.responses import require_school_ids
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, needs

RELEASED_SECONDS = 3600
"""Seconds until the page of a held batch reloads by itself."""


@bp.get("/texts/batches/<int:batch_id>")
def batch(batch_id: int) -> str:
    now = clock.now()
    found = get_batch(g.school, batch_id, now)
    if found is None:
        abort(404)
    show = request.args.get("show", "")
    if show not in SHOWS:
        show = "problems" if found.of("problems") else "all"
    after = whole_number(request.args.get("after", "")) or 0
    messages, more = messages_of(g.school, batch_id, show, after)
    unknown = contacts_in(g.school.id, batch_id, "not_known") if found.of("not_known") else []
    return render_template(
        "staff/texting/batch.html",
        batch=found,
        messages=messages,
        more=more,
        show=show,
        unknown=unknown,
        not_reached=None if found.of("waiting") else count_not_reached(g.school.id, batch_id),
        held=_held(found),
        **_next_out(found, now),
    )


def _held(batch: BatchRow) -> NoticeRow | None:
    """Return the notice about the batch's waiting texts, if they wait."""
    if not batch.of("waiting"):
        return None
    about = (held_texts.of_number(g.school.texting_number), held_texts.of_batch(batch.id))
    return next(iter(open_notices(g.school.id, [NoticeKind.TEXTS_HELD], about)), None)


def _next_out(batch: BatchRow, now: datetime) -> dict[str, datetime | int | None]:
    """Return the time when something goes out next, if not now: as the send window opens, or at the
    next try."""
    due = batch.waits_until
    if due == held_texts.UNTIL_RELEASED:
        return {"opens": None, "until": None, "rest": RELEASED_SECONDS}
    window = None if batch.purpose else g.school.send_window
    opens = opening(window, g.school.timezone, due or now)
    until = opens or due
    rest = int((until - now).total_seconds()) if until else 0
    return {"opens": opens, "until": until, "rest": rest}


@bp.post("/texts/resume")
@needs(StaffRole.ADMIN)
def resume_texts() -> ResponseReturnValue:
    """Send the texts that waited while something was wrong on our side."""
    ids = whole_numbers([request.form.get("notice", "")])
    require_school_ids("staff_notice", ids)
    with writing():
        resumed = [held_texts.resume(g.school.id, notice_id, g.member.name) for notice_id in ids]
    if any(resumed):
        flash("The waiting texts are going out now.", "good")
    else:
        flash("Nothing to send. These texts are no longer waiting.", "info")
    return redirect(url_for("staff.overview"), 303)


@bp.post("/texts/batches/<int:batch_id>/approve")
@needs(StaffRole.ADMIN)
def approve_batch(batch_id: int) -> ResponseReturnValue:
    """Send an editor's emergency text."""
    if get_batch(g.school, batch_id, clock.now()) is None:
        abort(404)
    with writing():
        approved = emergencies.approve(g.school, batch_id, current_actor())
    if approved:
        flash("Approved. The emergency text is going out now.", "good")
    else:
        flash("Nothing to approve. This text is no longer waiting for an admin.", "info")
    return redirect(url_for("staff.batch", batch_id=batch_id), 303)


@bp.post("/texts/batches/<int:batch_id>/cancel")
@needs(StaffRole.EDITOR)
def cancel_batch(batch_id: int) -> ResponseReturnValue:
    if get_batch(g.school, batch_id, clock.now()) is None:
        abort(404)
    with writing():
        stopped = texting.cancel(g.school, batch_id, g.member.name)
    if stopped:
        flash(
            f"Stopped. {plural(stopped, 'text')} won't go out. "
            "Texts already sent can't be taken back.",
            "good",
        )
    else:
        flash("Nothing to stop. Every text has already been sent or failed.", "info")
    return redirect(url_for("staff.batch", batch_id=batch_id), 303)
