"""Staff sign in and out, for the whole installation, and choose among their schools.

A sign-in that is refused is answered in the same words and time, whether or not the email has an
account.
"""

import time
from datetime import datetime
from math import ceil

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal import clock
from portal.extensions import writing
from portal.forms.staff_sign_in import NO_MATCH, SignInForm
from portal.labels import plural
from portal.queries.accounts.staff import memberships
from portal.services.accounts import staff_sign_in
from portal.services.accounts.accounts import HashingBusyError, check_password, pretend_to_check
from portal.views import responses
from portal.views.csrf_check import TokenFault, may_be_cross_origin
from portal.views.responses import pad_response_time
from portal.views.staff.auth import access, resume
from portal.views.staff.auth.device import device_token, keep_device

accounts = Blueprint("accounts", __name__, url_prefix="/staff")

BUSY = "Many people are signing in right now. Wait a moment, then try again."
_REFUSED = {
    TokenFault.EXPIRED: "You're not signed in. The page was open too long. Try again.",
    TokenFault.NO_COOKIE: "You're not signed in. Your browser didn't send our cookie. Try again. "
    "If you see this again, allow cookies for this website.",
    TokenFault.OTHER_TAB: "You opened another tab, or signed in or out there. Try again.",
    TokenFault.OTHER_WEBSITE: (
        "You're not signed in. Another website sent this form. Try again here."
    ),
}


@accounts.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    started = time.monotonic()
    form = SignInForm(responses.posted(), next=request.args.get("next", ""))
    if request.method == "GET" and access.current_account() is not None:
        return redirect(_onward(form), 303)
    kept = resume.carried()
    if request.method != "POST":
        return resume.sign_in_page(form)
    if not form.validate():
        return resume.sign_in_page(form, 422, kept=kept)
    response = _try(form, kept)
    if response.status_code in {422, 429}:
        pad_response_time(started)
    return response


@accounts.post("/sign-out")
def sign_out() -> Response:
    key = access.session_hash()
    if key is not None:
        with writing():
            staff_sign_in.end_session(key, responses.client_network())
    session.clear()
    flash("You are signed out.")
    return responses.clear_site_data(redirect(url_for("accounts.sign_in"), 303))


@accounts.get("/")
def schools() -> Response | str:
    """The schools of who is signed in; straight to it where there is only one."""
    account = access.current_account()
    if account is None:
        return redirect(url_for("accounts.sign_in", next=request.path), 303)
    rows = memberships(account.account_id)
    if len(rows) == 1:
        return redirect(url_for("staff.overview", slug=rows[0].slug), 303)
    return render_template("staff/auth/schools.html", account=account, schools=rows)


def token_refused(fault: TokenFault) -> Response:
    """Show the sign-in page again if its form was refused."""
    form = SignInForm(responses.posted())
    kept = [] if may_be_cross_origin() else resume.carried()
    return resume.sign_in_page(form, 400, _REFUSED[fault], kept)


def wait_words(until: datetime) -> tuple[str, int]:
    """Return the time to wait, in words and in seconds."""
    seconds = max(1, ceil((until - clock.now()).total_seconds()))
    minutes = ceil(seconds / 60)
    if seconds <= 60:
        return plural(seconds, "second"), seconds
    return plural(minutes, "minute"), seconds


def wait(response: Response, seconds: int) -> Response:
    response.headers["Retry-After"] = str(seconds)
    return response


def _try(form: SignInForm, kept: resume.Pairs) -> Response:
    email, network, settings = form.email.data, responses.client_network(), responses.settings()
    device = device_token()
    with writing():
        attempt = staff_sign_in.begin(email, network, settings.sign_in_limit, device)
        if attempt.blocked_until is not None:
            staff_sign_in.fail(attempt, network)
    if attempt.blocked_until is not None:
        return _blocked(form, attempt.blocked_until, kept)
    try:
        right = _is_right(attempt, form.password.data, settings.argon2_memory_kib)
    except HashingBusyError:
        with writing():
            staff_sign_in.withdraw(attempt)
        return wait(resume.sign_in_page(form, 503, BUSY, kept), 5)
    with writing():
        opened = staff_sign_in.succeed(attempt, email, network, device) if right else None
        if opened is None:
            staff_sign_in.fail(attempt, network)
    if opened is None:
        return resume.sign_in_page(form, 422, NO_MATCH, kept)
    access.remember(opened.token)
    return keep_device(_welcome(form, kept), opened.device)


def _is_right(attempt: staff_sign_in.Attempt, password: str, memory_kib: int) -> bool:
    if not attempt.worth_hashing:
        pretend_to_check()
        return False
    found = attempt.credentials
    password_hash = found.password_hash if found and not found.disabled else None
    return check_password(
        password, password_hash, memory_kib, known=attempt.device_hash is not None
    )


def _welcome(form: SignInForm, kept: resume.Pairs) -> Response:
    target = resume.local_path(form.next.data)
    if kept and target:
        return resume.pick_up_page(target, kept, "signed_in")
    return redirect(_onward(form), 303)


def _onward(form: SignInForm) -> str:
    """Return the address after signing in: the page they wanted, or their school or schools."""
    return resume.local_path(form.next.data) or url_for("accounts.schools")


def _blocked(form: SignInForm, until: datetime, kept: resume.Pairs) -> Response:
    span, seconds = wait_words(until)
    error = f"Too many failed tries. Wait {span}, then try again, or set a new password by email."
    return wait(resume.sign_in_page(form, 429, error, kept), seconds)
