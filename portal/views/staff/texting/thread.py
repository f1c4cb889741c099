"""The conversation with one number: texts both ways, and a box to reply."""

import secrets
from dataclasses import dataclass

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal import clock
from portal.enums import MessageFault, StaffRole
from portal.extensions import writing
from portal.forms.texting import ReplyForm
from portal.labels import FAULTS
from portal.normalize import whole_number, whole_numbers
from portal.phone import is_e164, show_number
from portal.phone.numbering_plans import variants_of
from portal.queries.records.names import ContactName, children_of, people_with
from portal.queries.records.phones import Circle, circles_of
from portal.queries.texting.log import TextRow, texts
from portal.queries.texting.log_filter import LogFilter
from portal.queries.texting.replies import number_of_text
from portal.services.texting import threads
from portal.services.texting.number_variants import variants_on_file
from portal.services.texting.send import MOST_CHARACTERS, TextingError, fault_of
from portal.services.texting.send_window import opening
from portal.views.responses import require_school_ids
from portal.views.staff import bp
from portal.views.staff.auth.access import current_actor, needs, reviewable, reviewing

SHOWN = 30
"""The most texts on a page."""


@dataclass(frozen=True, slots=True)
class Conversation:
    number: str
    shown: str
    people: list[ContactName]
    """The people who have the number on their record now."""
    children: list[str]
    circle: Circle | None
    rows: list[TextRow]
    """The oldest first."""
    more: bool
    fault: MessageFault | None
    """The reason why a text to the number would not go out now."""

    @property
    def unread(self) -> list[int]:
        return [row.id for row in self.rows if row.unread]


@bp.get("/texts/numbers/<digits>")
def thread(digits: str) -> ResponseReturnValue:
    return _page(_conversation(digits), ReplyForm())


@bp.post("/texts/numbers/<digits>")
@needs(StaffRole.EDITOR)
@reviewable
def reply(digits: str) -> ResponseReturnValue:
    """Send the reply, and mark as read what it answers."""
    found = _conversation(digits)
    form = ReplyForm(request.form)
    key = request.form.get("form_key", "")
    unread = whole_numbers(request.form.getlist("id"))[:SHOWN]
    require_school_ids("inbound_text", unread)
    if reviewing() or not (len(key) == 32 and key.isalnum()):
        return _page(found, form, not_sent=True)
    try:
        with writing():
            fault = threads.answer(
                g.school, current_actor(), key, found.number, form.body.data or "", unread
            )
    except TextingError as error:
        form.add_error("body", str(error))
        return _page(found, form, 422)
    if fault is not None:
        flash(f"Not sent. This number can't be texted: {FAULTS[fault].why}.", "warn")
        return _page(_conversation(digits), form, 422)
    return redirect(url_for("staff.thread", digits=found.number[1:], _anchor="newest"), 303)


@bp.get("/texts/replies/<int:text_id>")
def reply_to(text_id: int) -> Response:
    """Lead from an email about a reply to its conversation. The email's link holds no number."""
    number = number_of_text(g.school.id, text_id)
    if number is None:
        abort(404)
    if not is_e164(number):
        return redirect(url_for("staff.texts_page", show="replies"), 303)
    return redirect(url_for("staff.thread", digits=number[1:], _anchor="newest"), 303)


def _conversation(digits: str) -> Conversation:
    """Return the conversation, or a 404 if the school has nothing to do with the number."""
    if not (digits.isascii() and digits.isdigit() and is_e164(f"+{digits}")):
        abort(404)
    number = variants_on_file(g.school.id, f"+{digits}")[0]
    before = whole_number(request.args.get("before", "")) or None
    found = texts(g.school, LogFilter(numbers=variants_of(number), before=before), SHOWN)
    people = people_with(g.school.id, [number]).get(number, [])
    if not found.rows and not people:
        abort(404)
    children = children_of(g.school.id, {person.contact_id for person in people})
    return Conversation(
        number=number,
        shown=show_number(number, g.school.country),
        people=people,
        children=list(dict.fromkeys(name for names in children.values() for name in names)),
        circle=circles_of(g.school, [number]).get(number),
        rows=found.rows[::-1],
        more=found.more,
        fault=fault_of(g.school, number),
    )


def _page(
    found: Conversation, form: ReplyForm, status: int = 200, not_sent: bool = False
) -> ResponseReturnValue:
    """Show the conversation. `not_sent`: the reply came back from a sign-in, to be looked over."""
    opens = opening(g.school.send_window, g.school.timezone, clock.now())
    page = render_template(
        "staff/texting/thread.html",
        found=found,
        form=form,
        errors=form.error_list(),
        not_sent=not_sent,
        opens=clock.say_time(opens, g.school.timezone) if opens else None,
        most=MOST_CHARACTERS,
        form_key=secrets.token_hex(16),
    )
    return page, status
