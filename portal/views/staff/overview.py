"""The look-up, and what waits for staff."""

from datetime import timedelta

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal import clock
from portal.enums import InboundKind, StaffRole
from portal.extensions import writing
from portal.normalize import clean
from portal.queries.lookup.families import MOST, look_up
from portal.queries.lookup.suggestions import near_misses
from portal.queries.records import overview as overview_queries
from portal.queries.records.pauses import wrong_numbers
from portal.queries.records.staff_notices import open_notices
from portal.queries.records.waiting_answers import untold_noes
from portal.queries.texting.log import TextPage, texts
from portal.queries.texting.log_filter import LogFilter
from portal.services.mail import staff_notices
from portal.views.staff import bp
from portal.views.staff.auth.access import needs
from portal.views.staff.lag import allow_lag

FORMS_LATE_AFTER = timedelta(minutes=5)
"""A form is on its record within a second. After so long, something is wrong."""
NEW_FOR = timedelta(days=14)
LATE_FOR = timedelta(days=30)
FAILED_FOR = timedelta(days=7)
UNTOLD_FOR = timedelta(days=14)
REPLIES = 4
WISHES = frozenset({InboundKind.WISH, InboundKind.WRONG_NUMBER})
MENTIONS = frozenset({InboundKind.NEAR_MISS})
REFUSED_EMAILS = {
    "f1": "role",
    "o1": "is",
    "v1": "parent",
    "f2": "email_refused",
    "o2": "is_not_empty",
    "col": ["parent.name", "parent.email", "parent.email_refused", "parent.email_refused_at"],
}
"""The search for parents whose last email did not arrive."""


@bp.get("")
def without_slash() -> Response:
    """`/oakwood/staff`: spelt out, so for a school that is not there it is a 404 as well."""
    return redirect(url_for("staff.overview"), 308)


@bp.get("/")
def overview() -> str:
    typed = clean(request.args.get("q", ""))[:100]
    if typed:
        found = look_up(g.school, typed)
        near = [] if found.found else near_misses(g.school, typed)
        return render_template("staff/look_up.html", typed=typed, found=found, most=MOST, near=near)
    allow_lag()  # the look-up does not: a parent who has just sent the form may be on the phone
    now = clock.now()
    texting = g.school.texting_on
    counts = overview_queries.overview_counts(
        g.school.id, now - FORMS_LATE_AFTER, now - FAILED_FOR, now
    )
    return render_template(
        "staff/overview.html",
        waiting=overview_queries.waiting_families(g.school.id),
        notices=open_notices(g.school.id),
        late_forms=counts.late_forms,
        late_after=FORMS_LATE_AFTER.seconds // 60,
        inquiries=overview_queries.new_inquiries(g.school.id, now - NEW_FOR),
        no_answers=counts.no_answers if texting else 0,
        untold=untold_noes(g.school.id, now - UNTOLD_FOR) if texting else [],
        untold_for=UNTOLD_FOR.days,
        wrong_numbers=wrong_numbers(g.school.id) if texting else [],
        late_noes=overview_queries.late_noes(g.school.id, now - LATE_FOR) if texting else [],
        new_for=NEW_FOR.days,
        wishes=_unread(WISHES),
        likely_opt_outs=_unread(MENTIONS),
        replies=_unread(frozenset(InboundKind) - WISHES - MENTIONS),
        no_office=texting and not (g.school.office_phone and g.school.office_email),
        failed=counts.failed if texting else 0,
        texts_since=counts.texts_since if texting else None,
        failed_for=FAILED_FOR.days,
        emails_refused=counts.emails_refused,
        refused_search=REFUSED_EMAILS,
    )


def _unread(kinds: frozenset[InboundKind]) -> TextPage:
    if not g.school.texting_on:
        return TextPage([], False)
    return texts(g.school, LogFilter(show="unread", kinds=kinds), REPLIES)


@bp.post("/notices/<int:notice_id>/close")
@needs(StaffRole.EDITOR)
def close_notice(notice_id: int) -> ResponseReturnValue:
    """Put a notice on the overview aside."""
    with writing():
        closed = staff_notices.close(g.school.id, notice_id, g.member.name)
    if not closed:
        abort(404)
    flash("Notice removed.", "good")
    return redirect(url_for("staff.overview"), 303)
