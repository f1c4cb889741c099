"""The log of texts, and the replies that wait to be read."""

from urllib.parse import urlencode

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.enums import StaffRole, TextFault
from portal.extensions import writing
from portal.phone import PhoneError, PhoneNumber
from portal.queries.record import get_record
from portal.queries.texts import SHOWS, Wanted, numbers_like, texts, unread_count
from portal.services import replies
from portal.text import clean, digits
from portal.views.staff import bp
from portal.views.staff.access import needs

MOST_AT_ONCE = 100


@bp.get("/texts")
def texts_page() -> str:
    number = clean(request.args.get("number", ""))[:30]
    wanted, problem = _wanted(number)
    found = texts(g.school, wanted)
    about = get_record(g.school, _id("contact") or 0)
    return render_template(
        "staff/texts.html",
        found=found,
        wanted=wanted,
        number=number,
        problem=problem,
        about=about.contact if about else None,
        contact=request.args.get("contact") if about else None,
        unread=unread_count(g.school.id),
        older=_address(before=str(found.rows[-1].id)) if found.more else None,
    )


@bp.post("/texts/read")
@needs(StaffRole.EDITOR)
def mark_read() -> ResponseReturnValue:
    ids = [
        int(i) for i in request.form.getlist("id") if i.isascii() and i.isdigit() and len(i) < 19
    ]
    with writing():
        read = replies.mark_read(g.school.id, ids[:MOST_AT_ONCE], g.member.name)
    if read:
        flash("Marked as read." if read == 1 else f"{read} replies marked as read.", "good")
    return redirect(url_for("staff.texts_page", show="unread"), 303)


def _wanted(number: str) -> tuple[Wanted, str | None]:
    """What the address asks for, and what of it means nothing, in words."""
    args = request.args
    problem = None
    show = args.get("show", "all")
    if show not in SHOWS:
        show, problem = "all", "That is no part of the log: all of it is shown."
    reason = args.get("reason") or None
    if reason is not None and reason not in list(TextFault):
        reason, problem = None, "That is no reason: all texts are shown."
    numbers = None
    if number:
        numbers = _numbers(number)
        if not numbers:
            problem = f"No number here holds “{number}”. Type three digits of it or more."
    return (
        Wanted(
            show=show,
            contact_ids=_contacts(),
            numbers=numbers,
            reason=reason,
            batch_id=_id("batch"),
            before=_id("before"),
        ),
        problem,
    )


def _contacts() -> tuple[int, ...] | None:
    """A student's texts are those of the parents too."""
    contact_id = _id("contact")
    record = get_record(g.school, contact_id) if contact_id else None
    return tuple(record.ids) if record else None


def _numbers(typed: str) -> tuple[str, ...]:
    try:
        return (PhoneNumber.parse(typed, g.school.country).e164,)
    except PhoneError:
        return tuple(numbers_like(g.school.id, digits(typed)))


def _id(name: str) -> int | None:
    found = request.args.get(name, 0, int)
    return found if 0 < found < 2**63 else None


def _address(**changes: str) -> str:
    kept = {k: v for k, v in request.args.items() if k != "before"}
    return "?" + urlencode(kept | changes)
