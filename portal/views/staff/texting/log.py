"""The log of texts, and the replies that wait to be read."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.enums import StaffRole
from portal.extensions import writing
from portal.labels import FAILURE_WORDS, FAULTS, NOT_KNOWN, PROVIDER_CODES, UNDELIVERED
from portal.normalize import clean, whole_number, whole_numbers
from portal.provider_codes import Reason
from portal.queries.records.record import RecordPerson, get_record
from portal.queries.texting.counts import MOST_COUNTED
from portal.queries.texting.log import TextPage, texts
from portal.queries.texting.log_filter import SHOWS, LogFilter
from portal.queries.texting.number_filter import numbers_of
from portal.services.texting import inbound
from portal.views.responses import require_school_ids, settings
from portal.views.staff import bp
from portal.views.staff.auth.access import needs
from portal.views.staff.lag import may_lag

MOST_AT_ONCE = 100
KEPT = ("show", "contact", "number", "reason", "batch")
"""The log's filters, in its address. `before` turns the pages."""


@bp.get("/texts")
@may_lag
def texts_page() -> str:
    problems: list[str] = []
    log_filter, about = _read_filter(problems)
    unread, found = (
        _replies(log_filter) if log_filter.show == "replies" else (None, _log(log_filter))
    )
    return render_template(
        "staff/texting/log.html",
        found=found,
        unread=unread,
        wanted=log_filter,
        about=about,
        number=_number(),
        problems=problems,
        log_url=_log_url,
    )


@bp.post("/texts/read")
@needs(StaffRole.EDITOR)
def mark_read() -> ResponseReturnValue:
    ids = whole_numbers(request.form.getlist("id"))[:MOST_AT_ONCE]
    require_school_ids("inbound_text", ids)
    with writing():
        read = inbound.mark_read(g.school.id, ids, g.member.name)
    if read:
        flash("Marked as read." if read == 1 else f"{read} replies marked as read.", "good")
    show = request.form.get("show", "")
    return redirect(url_for("staff.texts_page", show=show if show in SHOWS else "replies"), 303)


@bp.app_template_global()
def unread_texts() -> str:
    """`3`, beside the way to the texts on every page; nothing if all has been read."""
    unread = g.member.unread_texts if g.school.texting_on else 0
    return f"{MOST_COUNTED - 1}+" if unread >= MOST_COUNTED else str(unread or "")


def _log(log_filter: LogFilter) -> TextPage:
    return texts(g.school, log_filter)


def _replies(log_filter: LogFilter) -> tuple[TextPage | None, TextPage]:
    """Return the unread texts, on the first page, and the other texts that came in."""
    unread = None
    if not log_filter.before:
        unread = texts(g.school, replace(log_filter, show="unread"), before=True)
    return unread, texts(g.school, replace(log_filter, show="read"), before=True)


def _read_filter(problems: list[str]) -> tuple[LogFilter, RecordPerson | None]:
    """Read the filters in the address, and the person they are about. `problems` gets the ones that
    mean nothing."""
    show = request.args.get("show", "all")
    if show not in SHOWS:
        show = "all"
        problems.append("That view doesn't exist. Showing all texts.")
    reason = request.args.get("reason") or None
    if reason is not None and reason not in FAILURE_WORDS:
        reason = None
        problems.append("That reason doesn't exist. Showing texts with any result.")
    contact_id = _id("contact")
    record = get_record(g.school, contact_id) if contact_id else None
    if request.args.get("contact") and record is None:
        problems.append("That record doesn't exist. Showing everyone's texts.")
    log_filter = LogFilter(
        show=show,
        contact_ids=tuple(record.ids) if record else None,  # a student's are the parents' too
        numbers=_numbers(problems),
        reason=reason,
        batch_id=_id("batch"),
        before=_id("before"),
    )
    return log_filter, record.contact if record else None


def _number() -> str:
    return clean(request.args.get("number", ""))[:30]


def _numbers(problems: list[str]) -> tuple[str, ...] | None:
    typed = _number()
    if not typed:
        return None
    found = numbers_of(g.school, typed)
    if found is None:
        problems.append(f"Too many numbers contain {typed}. Type more digits.")
    elif not any(number.startswith("+") for number in found):
        problems.append(
            f"No number on file contains {typed}. Type at least three digits in a row. For a "
            "number that isn't on file, type the whole number."
        )
    return found or ()


def _id(name: str) -> int | None:
    return whole_number(request.args.get(name, "")) or None


def _log_url(**changes: Any) -> str:
    """The log's URL with some of what narrows it down changed, or left out (None)."""
    kept = {name: request.args.get(name) for name in KEPT} | changes
    return "?" + urlencode({name: value for name, value in kept.items() if value})


@bp.get("/help")
def help_page() -> str:
    """Show help for staff: texts, finding a family, and changes to review."""
    reasons = [*FAULTS.values(), NOT_KNOWN, UNDELIVERED]
    codes: dict[Reason, list[int]] = {}
    for code, reason in PROVIDER_CODES.items():
        codes.setdefault(reason, []).append(code)
    return render_template(
        "staff/texting/help.html", reasons=reasons, codes=codes, settings=settings()
    )
