"""Sending a text: written, looked over with who gets it and who does not, and only then sent."""

import secrets
from collections import Counter
from dataclasses import dataclass

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.enums import MessageFault, StaffRole
from portal.extensions import writing
from portal.forms.texting import TextForm
from portal.normalize import whole_numbers
from portal.queries.texting.recipients import (
    Chosen,
    Recipient,
    chosen,
    parents_by_position,
    recipients,
    without_welcome,
)
from portal.services.texting import send as texting
from portal.services.texting.schedule import Schedule, ScheduleError, plan, plan_emergency
from portal.services.texting.send import Composed, TextingError
from portal.services.texting.send_window import opening
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, needs, reviewable, reviewing
from portal.views.staff.search.selection import MOST_CONTACTS, chosen_ids

SHOWN = 200
"""The most people named who get the text, and who don't."""
AT_A_GLANCE = 10
"""The most of them named without a click."""


@dataclass(frozen=True, slots=True)
class Preview:
    """The people who would get the text now."""

    numbers: int
    welcomes: int
    will: list[Recipient]
    wont: dict[MessageFault, list[Recipient]]
    counts: Counter[MessageFault]


@bp.get("/texts/new")
@needs(StaffRole.EDITOR)
def compose_text() -> ResponseReturnValue:
    ids = whole_numbers(request.args.getlist("contact"))
    return _write_page(chosen(g.school.id, ids[:MOST_CONTACTS]), TextForm())


@bp.post("/texts/new")
@needs(StaffRole.EDITOR)
@reviewable
def send_text() -> ResponseReturnValue:
    """`action`: `preview`, `change`, `send`; without one a list of contacts has sent its ids."""
    to = chosen(g.school.id, chosen_ids(MOST_CONTACTS))
    action = request.form.get("action", "")
    if not action:
        return _write_page(to, TextForm())
    form = TextForm(request.form)
    if action == "change" or reviewing():
        return _write_page(to, form)
    form.check(for_students=to.students > 0)
    composed, times = _compose(form), _plan(form)
    if form.error_list() or composed is None or times is None or not to.ids:
        return _write_page(to, form, 422)
    form_key = request.form.get("form_key", "")
    if action == "send" and len(form_key) == 32 and form_key.isalnum():
        return _send(to, form, form_key, times)
    return _check_page(to, form, composed, times)  # nothing goes that was not looked over


def _compose(form: TextForm) -> Composed | None:
    try:
        return texting.compose(g.school, form.body.data or "")
    except TextingError as error:
        form.add_error("body", str(error))
        return None


def _plan(form: TextForm) -> Schedule | None:
    """Return when the text goes out. None, with an error in the form, if it can't go out then."""
    when = form.text("send_at"), form.text("not_after")
    try:
        if form.emergency.data:
            return plan_emergency(g.school, form.text("purpose"), *when)
        return plan(g.school, *when)
    except ScheduleError as error:
        form.add_error(error.field, str(error))
        return None


def _send(to: Chosen, form: TextForm, form_key: str, times: Schedule) -> ResponseReturnValue:
    with writing():
        sent = texting.send(
            g.school,
            current_actor(),
            form_key,
            to.words,
            to.ids,
            form.chosen(),
            form.body.data or "",
            times,
        )
    if not sent.queued:
        flash("None of these numbers can be texted. Nothing was sent.", "warn")
    return redirect(url_for("staff.batch", batch_id=sent.batch_id), 303)


def _write_page(to: Chosen, form: TextForm, status: int = 200) -> ResponseReturnValue:
    parents = parents_by_position(g.school.id, to.ids[0]) if to.one_student else {}
    if parents:
        form.offer(parents)
    page = render_template(
        "staff/texting/compose.html",
        to=to,
        named=bool(parents),
        form=form,
        errors=form.error_list(),
        opens=_opens(),
        reviewing=reviewing(),
        most=texting.MOST_CHARACTERS,
    )
    return page, status


def _check_page(
    to: Chosen, form: TextForm, composed: Composed, times: Schedule
) -> ResponseReturnValue:
    preview = _preview(recipients(g.school, to.ids, form.chosen()))
    page = render_template(
        "staff/texting/compose_check.html",
        to=to,
        form=form,
        composed=composed,
        preview=preview,
        shown=SHOWN,
        at_a_glance=AT_A_GLANCE,
        times=times,
        later=times.first > clock.now(),
        form_key=secrets.token_hex(16),
    )
    return page, 200 if preview.numbers else 422


def _preview(rows: list[Recipient]) -> Preview:
    """Each number is counted once, however many have it; who has none by contact."""
    will = [row for row in rows if row.fault is None]
    numbers = {row.number for row in will if row.number}
    wont: dict[MessageFault, list[Recipient]] = {}
    seen: set[tuple[MessageFault, str | int]] = set()
    for row in rows:
        if row.fault is not None:
            wont.setdefault(row.fault, []).append(row)
            seen.add((row.fault, row.number or row.contact_id))
    welcomes = len(without_welcome(g.school.id, numbers)) if g.school.welcome_on else 0
    return Preview(len(numbers), welcomes, will, wont, Counter(fault for fault, _ in seen))


def _opens() -> str | None:
    """Return the time when texts go out, if that is not now."""
    opens = opening(g.school.send_window, g.school.timezone, clock.now())
    return clock.say_time(opens, g.school.timezone) if opens else None
