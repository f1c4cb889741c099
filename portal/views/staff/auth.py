"""Staff sign in and out, for the whole installation, and choose among their schools."""

from datetime import datetime
from math import ceil

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal import times
from portal.extensions import writing
from portal.forms.sign_in import NO_MATCH, SignInForm
from portal.queries.accounts import memberships
from portal.services import sign_in as service
from portal.services.accounts import HashingBusyError, check_password
from portal.views import web
from portal.views.staff import access, resume

accounts = Blueprint("accounts", __name__, url_prefix="/staff")

_BUSY = "Many people are signing in just now. Wait a moment, then try again."
_STALE = (
    "You were not signed in: this page was open for too long, or your browser keeps no cookies. "
    "Try again."
)


@accounts.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Response:
    form = SignInForm(next=request.args.get("next", ""))
    if request.method == "GET" and access.current_account() is not None:
        return redirect(_onward(form), 303)
    kept = resume.carried()
    if not form.is_submitted():
        return resume.sign_in_page(form)
    if not form.validate():
        return resume.sign_in_page(form, 422, kept=kept)
    return _try(form, kept)


@accounts.post("/sign-out")
def sign_out() -> Response:
    key = access.session_hash()
    if key is not None:
        with writing():
            service.end_session(key)
    session.clear()
    flash("You are signed out.")
    return web.clear_site_data(redirect(url_for("accounts.sign_in"), 303))


@accounts.get("/")
def schools() -> Response | str:
    """The schools of who is signed in; straight to it where there is only one."""
    account = access.current_account()
    if account is None:
        return redirect(url_for("accounts.sign_in", next=request.path), 303)
    rows = memberships(account.account_id)
    if len(rows) == 1:
        return redirect(url_for("staff.overview", slug=rows[0].slug), 303)
    return render_template("staff/schools.html", account=account, schools=rows)


def token_refused() -> Response:
    """The sign-in page again, when its own token was missing or old."""
    form = SignInForm()
    kept = [] if resume.came_from_elsewhere() else resume.carried()
    return resume.sign_in_page(form, 400, _STALE, kept)


def _try(form: SignInForm, kept: resume.Pairs) -> Response:
    email, settings = form.email.data, web.settings()
    with writing():
        attempt = service.begin(email, web.client_network(), settings.sign_in_limit)
    if attempt.blocked_until is not None:
        return _blocked(form, attempt.blocked_until, kept)
    found = attempt.credentials
    password_hash = found.password_hash if found and not found.disabled else None
    try:
        right = check_password(form.password.data, password_hash, settings.argon2_memory_kib)
    except HashingBusyError:
        with writing():
            service.withdraw(attempt)
        return _wait(resume.sign_in_page(form, 503, _BUSY, kept), 5)
    if found is None or not right:
        return resume.sign_in_page(form, 422, NO_MATCH, kept)
    with writing():
        token = service.succeed(found.account_id, email)
    access.remember(token)
    return _welcome(form, kept)


def _welcome(form: SignInForm, kept: resume.Pairs) -> Response:
    target = resume.local_path(form.next.data)
    if kept and target:
        return resume.pick_up_page(target, kept, "signed_in")
    return redirect(_onward(form), 303)


def _onward(form: SignInForm) -> str:
    """Where to after signing in: where they wanted to go, else their school or schools."""
    return resume.local_path(form.next.data) or url_for("accounts.schools")


def _blocked(form: SignInForm, until: datetime, kept: resume.Pairs) -> Response:
    seconds = max(1, ceil((until - times.now()).total_seconds()))
    minutes = ceil(seconds / 60)
    span = "1 minute" if minutes == 1 else f"{minutes} minutes"
    error = f"Too many sign-ins failed. For safety, wait {span}, then try again."
    return _wait(resume.sign_in_page(form, 429, error, kept), seconds)


def _wait(response: Response, seconds: int) -> Response:
    response.headers["Retry-After"] = str(seconds)
    return response
