"""The provider's requests: texts that came in, and reports on those that went out.

Signed by the provider, or refused. Deduplicated in the database itself: it delivers again, out of
order, and several times at once.
"""

import re
import time
from typing import NoReturn

from flask import Blueprint, Response, abort, current_app, request
from werkzeug.datastructures import MultiDict

from portal.config import Settings
from portal.delivery import district_stops, text_sender
from portal.delivery.text_sender import NotNowError
from portal.enums import InboundKind, InboundVia
from portal.extensions import csrf, db, write_with_retry
from portal.normalize import whole_number
from portal.services.texting import delivery_reports, inbound, reply_wishes
from portal.services.texting import queue as text_queue
from portal.services.texting.delivery_reports import Report
from portal.services.texting.inbound import Received

NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
LOOK_EVERY = 0.05
_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks/twilio")
csrf.exempt(bp)


@bp.before_request
def _from_the_provider() -> None:
    settings: Settings = current_app.config["PORTAL"]
    query = request.query_string.decode("latin-1")
    path = f"{request.path}?{query}" if query else request.path
    signature = request.headers.get("X-Twilio-Signature", "")
    if not is_signed(settings, path, request.form, signature):
        _refuse(403, "the request has no valid provider signature")
    account = settings.twilio_account_sid
    if account and request.form.getlist("AccountSid") != [account]:
        _refuse(403, "the request is for a different account, or for none")


@bp.post("/inbound", provide_automatic_options=False)
def receive() -> Response:
    """A text that came in. A STOP or a clear wish is acknowledged when nothing that was on its way
    before can go out to its number anymore, from any school that it is for."""
    received = _received()
    taken = write_with_retry(lambda: inbound.receive_text(received, InboundVia.WEBHOOK))
    if taken is None:
        _refuse(404, f"a text to {received.texting_number!r}, which does not belong to any school")
    if taken.kind is InboundKind.STOP:
        others = district_stops.carry_out(taken.school.id, received.provider_id)
        _let_go([taken.school.id, *others], received.number)
    elif taken.kind in reply_wishes.REASONS:
        _let_go([taken.school.id], received.number)
    return _xml()


@bp.post("/status", provide_automatic_options=False)
def report() -> Response:
    """Record a report on a text that went out."""
    told = Report(
        provider_id=_message_sid(),
        texting_number=_required("From"),
        number=_required("To"),
        status=_required("MessageStatus").lower(),
        error_code=whole_number(request.form.get("ErrorCode", ""), 999_999),
        message_id=whole_number(request.args.get("message", "")),
    )
    known = write_with_retry(lambda: delivery_reports.receive_report(told))
    if told.error_code == delivery_reports.UNSUBSCRIBED:
        _settle_unsubscribed()
    if not known:
        _refuse(
            404, f"a status report for {told.texting_number!r}, which does not belong to any school"
        )
    return _xml()


def _settle_unsubscribed() -> None:
    """At once, if the provider can be asked what was missed; else a worker does it."""
    try:
        text_sender.settle_unsubscribed(current_app.config["PORTAL"])
    except NotNowError as error:
        current_app.logger.warning("could not check the provider for missed texts: %s", error)


def _received() -> Received:
    return Received(
        provider_id=_message_sid(),
        number=_required("From"),
        texting_number=_required("To"),
        body=request.form.get("Body", ""),
        opt_out_type=request.form.get("OptOutType") or None,
        media=whole_number(request.form.get("NumMedia", ""), 99) or 0,
    )


def _let_go(school_ids: list[int], number: str) -> None:
    """Wait, with no transaction open, for what may be on its way to the number."""
    until = time.monotonic() + text_queue.SEND_SECONDS
    while time.monotonic() < until:
        busy = any(text_queue.is_being_sent(school_id, number) for school_id in school_ids)
        db.session.rollback()
        if not busy:
            return
        time.sleep(LOOK_EVERY)


def _required(name: str) -> str:
    value = request.form.get(name, "").strip()
    if not value:
        _refuse(400, f"the field {name} is missing")
    return value


def _message_sid() -> str:
    """The text's id at the provider; the older name of the field is good as well."""
    sid = request.form.get("MessageSid", "") or request.form.get("SmsSid", "")
    if not _SID.fullmatch(sid):
        _refuse(400, "the field MessageSid is missing or invalid")
    return sid


def _refuse(status: int, what: str) -> NoReturn:
    """With no page: nobody reads it there. The log says what it was."""
    current_app.logger.warning("rejected (%s): %s", status, what)
    abort(Response(status=status, content_type="text/plain"))


def _xml() -> Response:
    return Response(NOTHING_TO_SAY, content_type="text/xml; charset=utf-8")


def is_signed(settings: Settings, path: str, posted: MultiDict[str, str], signature: str) -> bool:
    """True if the provider sent this. `path` is with its query, `posted` what came in the body.

    The address is PORTAL_PUBLIC_URL's, not the one seen behind a proxy. Without the account's
    token nothing is from the provider.
    """
    from twilio.request_validator import RequestValidator  # most workers never need it

    if not settings.twilio_auth_token or not signature:
        return False
    validator = RequestValidator(settings.twilio_auth_token)
    return bool(validator.validate(settings.public_url + path, posted, signature))
