"""The audit trail: what staff did at a school, for its admins; and its entries about pages.

A record that is opened, a file that is downloaded, and a page that is refused are noted once the
answer has been sent: nobody waits for it, and no page fails because of it.
"""

from flask import Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from portal import clock
from portal.audit_writer import AuditWriter
from portal.enums import AccountChange, AuditKind, StaffRole
from portal.labels import ACCOUNT_CHANGE_WORDS, AUDIT_KIND_WORDS, EXPORT_WORDS
from portal.normalize import whole_number
from portal.queries.accounts.audit import AuditRow, audit_page
from portal.queries.accounts.members import school_staff
from portal.services.accounts import audit
from portal.services.accounts.audit import AuditNote
from portal.views.responses import client_network
from portal.views.staff import bp
from portal.views.staff.auth.access import needs
from portal.views.staff.lag import may_lag

PAGE = 50


@bp.get("/audit")
@needs(StaffRole.ADMIN)
@may_lag
def audit_trail() -> ResponseReturnValue:
    chosen = request.args.get("kind", "")
    kind = AuditKind(chosen) if chosen in set(AuditKind) else None
    person_id, before = _id("person"), _id("before")
    found = audit_page(g.school.id, kind, person_id, before, PAGE)
    people = school_staff(g.school.id)
    return render_template(
        "staff/auth/audit.html",
        found=found,
        kinds=AUDIT_KIND_WORDS,
        kind=kind,
        people=people,
        person_id=person_id,
        former=person_id is not None and all(p.account_id != person_id for p in people),
        before=before,
        said=said,
        kept_days=audit.KEPT_FOR.days,
    )


def said(row: AuditRow) -> str:
    """Describe the event, without the names."""
    word, _, more = row.detail.partition(":")
    match row.kind:
        case AuditKind.SIGN_IN:
            return "Signed in"
        case AuditKind.SIGN_OUT:
            return "Signed out"
        case AuditKind.SIGN_IN_REFUSED:
            return "Sign-in refused: " + ("too many tries" if word else "wrong password")
        case AuditKind.RECORD_VIEW:
            return "Opened the record of"
        case AuditKind.EXPORT:
            return f"Downloaded {EXPORT_WORDS.get(word, word)}"
        case AuditKind.PERMISSION_REFUSED:
            return f"Refused: no permission for {word.replace('_', ' ')}"
    change = ACCOUNT_CHANGE_WORDS[AccountChange(word)] if word in set(AccountChange) else word
    return f"{change} ({more})" if more else change


@bp.after_request
def note_request(response: Response) -> Response:
    entry = _entry(response) if "member" in g else None
    if entry is not None:
        writer: AuditWriter = current_app.extensions["audit"]
        row = audit.row(g.school.id, entry)
        response.call_on_close(lambda: writer.put(row))
    return response


def _entry(response: Response) -> AuditNote | None:
    """Return the trail's entry for this request, if there is one."""
    page = (request.endpoint or "").rpartition(".")[2]
    contact_id = (request.view_args or {}).get("contact_id")
    account_id, network = g.member.account_id, client_network()
    if response.status_code == 403:
        once = f"refused:{account_id}:{page}:{contact_id}:{clock.now():%Y%m%d%H%M}"
        return AuditNote(
            AuditKind.PERMISSION_REFUSED, account_id, None, contact_id, page[:60], network, once
        )
    if request.method != "GET" or response.status_code != 200:
        return None
    if response.headers.get("Content-Disposition", "").startswith("attachment"):
        return AuditNote(AuditKind.EXPORT, account_id, None, contact_id, page[:60], network)
    if contact_id is not None:
        once = f"view:{account_id}:{contact_id}:{clock.now():%Y%m%d%H}"
        return AuditNote(AuditKind.RECORD_VIEW, account_id, None, contact_id, "", network, once)
    return None


def _id(name: str) -> int | None:
    return whole_number(request.args.get(name, ""))
