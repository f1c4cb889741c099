"""A parent's phone in a demo: the texts that it got, and its answers.

Only where texts are kept and not sent, and only on the machine itself. Anywhere else the page does
not exist, because anyone who can answer from a phone can opt it out.
"""

import secrets

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import clock
from portal.delivery import district_stops
from portal.enums import InboundVia
from portal.extensions import writing
from portal.phone import PhoneError, PhoneNumber, show_number
from portal.queries.demo.handsets import handsets, threads
from portal.queries.schools import all_schools
from portal.services.texting import inbound, link_texts
from portal.services.texting.inbound import Received
from portal.views.demo.outbox import is_trial, pieces
from portal.views.responses import settings

MOST = 60

bp = Blueprint("handset", __name__, url_prefix="/demo/handset")


@bp.before_request
def _in_a_trial() -> None:
    if not is_trial() or settings().sms != "outbox":
        abort(404)


@bp.get("")
def index() -> ResponseReturnValue:
    """List demo phones, and a box for any number."""
    typed = request.args.get("number", "")
    problem = None
    if typed:
        try:
            number = PhoneNumber.parse(typed, "US").e164
            return redirect(url_for("handset.play", digits=number[1:]), 303)
        except PhoneError:
            problem = f"“{typed[:30]}” is not a phone number. Type one like (415) 555-0182."
    return render_template(
        "demo/handsets.html", handsets=handsets(MOST), typed=typed, problem=problem
    )


@bp.get("/<digits>")
def play(digits: str) -> str:
    number = _number(digits)
    schools = [(s.id, s.slug, s.name, s.timezone, s.texting_number) for s in all_schools()]
    found = threads(number, schools, link_texts.filled)
    texted = [thread for thread in found if thread.bubbles] or found
    return render_template(
        "demo/handset.html",
        digits=digits,
        number=number,
        shown=show_number(number, "US"),
        threads=texted,
        say_time=clock.say_time,
        pieces=pieces,
    )


@bp.post("/<digits>")
def answer(digits: str) -> ResponseReturnValue:
    """The handset texts a school."""
    number = _number(digits)
    said = request.form.get("said") or request.form.get("body", "")
    received = Received(
        provider_id=f"handset-{secrets.token_hex(16)}",
        number=number,
        texting_number=request.form.get("to", ""),
        body=said,
    )
    with writing():
        taken = inbound.receive_text(received, InboundVia.HANDSET)
    if taken is None:
        abort(404)
    district_stops.carry_out(taken.school.id, received.provider_id)
    return redirect(url_for("handset.play", digits=digits), 303)


def _number(digits: str) -> str:
    if not (digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15):
        abort(404)
    try:
        return PhoneNumber.parse(f"+{digits}", "US").e164
    except PhoneError:
        abort(404)
