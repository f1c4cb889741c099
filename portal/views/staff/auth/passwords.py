"""Staff change their password, or set a new one by a link that comes by email.

Whether an email has an account changes neither words nor status nor time of what its asker sees.
"""

import time

from flask import flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.enums import AccountChange
from portal.extensions import writing
from portal.forms.base import PageForm
from portal.forms.staff_accounts import ChangePasswordForm, ForgotForm, NewPasswordForm
from portal.queries.accounts.staff import SignedIn, memberships
from portal.services.accounts import password_reset, passwords, staff_sign_in
from portal.services.accounts.accounts import HashingBusyError, check_password, hash_password
from portal.services.accounts.password_reset import ResetLink
from portal.services.actor import Actor
from portal.views import responses
from portal.views.responses import pad_response_time
from portal.views.staff.auth import access
from portal.views.staff.auth.device import device_token, keep_device
from portal.views.staff.auth.sign_in import BUSY, accounts, wait, wait_words


@accounts.route("/password", methods=["GET", "POST"])
def change_password() -> Response:
    account = access.current_account()
    if account is None:
        return redirect(url_for("accounts.sign_in", next=url_for("accounts.change_password")), 303)
    form = ChangePasswordForm(responses.posted())
    if request.method == "GET":
        return _change_page(form, account)
    if not form.validate() or not _is_strong(form, account.account_id, account.name, account.email):
        return _change_page(form, account, 422)
    try:
        return _check_and_change(form, account)
    except HashingBusyError:
        form.add_error("current", BUSY)
        return wait(_change_page(form, account, 503), 5)


@accounts.route("/forgot", methods=["GET", "POST"])
def forgot() -> Response:
    started = time.monotonic()
    form = ForgotForm(responses.posted())
    if request.method == "GET" or not form.validate():
        page = render_template("staff/auth/forgot.html", form=form)
        return make_response(page, 422 if form.errors else 200)
    with writing():
        password_reset.request_reset(form.text("email"), responses.client_network(), _reset_url)
    pad_response_time(started)
    return redirect(url_for("accounts.forgot_sent"), 303)


@accounts.get("/forgot/sent")
def forgot_sent() -> str:
    return render_template("staff/auth/forgot_sent.html")


@accounts.route("/reset/<token>", methods=["GET", "POST"])
def reset(token: str) -> Response:
    link = password_reset.find_reset(token)
    if link is None:
        return make_response(render_template("staff/auth/link_expired.html", what="reset"), 410)
    form = NewPasswordForm(responses.posted())
    if request.method == "GET":
        return _reset_page(form, link)
    if not form.validate() or not _is_strong(form, link.account_id, link.name, link.email):
        return _reset_page(form, link, 422)
    try:
        return _reset(form, token)
    except HashingBusyError:
        form.add_error("password", BUSY)
        return wait(_reset_page(form, link, 503), 5)


def new_hash(form: NewPasswordForm) -> str:
    """Hash what was typed; slow, so not within a transaction. Raises HashingBusyError."""
    return hash_password(form.typed("password"), responses.settings().argon2_memory_kib)


def _reset(form: NewPasswordForm, token: str) -> Response:
    """Set the password and sign in. The device is known from now on."""
    password_hash, network = new_hash(form), responses.client_network()
    opened = None
    with writing():
        link = password_reset.use_reset(token)
        if link is not None:
            by = Actor(link.account_id, network=network)
            change = AccountChange.PASSWORD_RESET
            passwords.set_password(link.account_id, password_hash, change, by)
            opened = staff_sign_in.open_session(link.account_id, network, device_token())
    if opened is None:
        return make_response(render_template("staff/auth/link_expired.html", what="reset"), 410)
    access.remember(opened.token)
    flash("Your password is changed, and you are signed in.", "good")
    return keep_device(redirect(url_for("accounts.schools"), 303), opened.device)


def _check_and_change(form: ChangePasswordForm, account: SignedIn) -> Response:
    """Guesses at the current password count as those at the sign-in do."""
    network, device, settings = responses.client_network(), device_token(), responses.settings()
    with writing():
        attempt = staff_sign_in.begin(account.email, network, settings.sign_in_limit, device)
    if attempt.blocked_until is not None:
        span, seconds = wait_words(attempt.blocked_until)
        form.add_error("current", f"Too many tries. Wait {span}, then try again.")
        return wait(_change_page(form, account, 429), seconds)
    right = False
    try:
        if attempt.credentials is not None:
            current = attempt.credentials.password_hash
            memory, known = settings.argon2_memory_kib, attempt.device_hash is not None
            right = check_password(form.typed("current"), current, memory, known)
        password_hash = new_hash(form) if right else ""
    except HashingBusyError:
        with writing():
            staff_sign_in.withdraw(attempt)
        raise
    if not right:
        with writing():
            staff_sign_in.fail(attempt, network)
        form.add_error("current", "This is not your current password.")
        return _change_page(form, account, 422)
    return _change(account, password_hash, network, device)


def _change(account: SignedIn, password_hash: str, network: str, device: str | None) -> Response:
    with writing():
        passwords.set_password(
            account.account_id,
            password_hash,
            AccountChange.PASSWORD_CHANGED,
            Actor(account.account_id, network=network),
            keep_session=access.session_hash(),
            keep_device=device,
        )
    flash("Your password is changed. You are signed out everywhere else.", "good")
    return redirect(url_for("accounts.schools"), 303)


def _is_strong(form: NewPasswordForm, account_id: int, name: str, email: str) -> bool:
    schools = [row.school_name for row in memberships(account_id)]
    return is_strong(form, [name, email, *schools])


def is_strong(form: NewPasswordForm, about: list[str]) -> bool:
    """True if the new password is hard to guess; else the form says what to do."""
    problem = passwords.weakness(form.typed("password"), about)
    if problem is not None:
        form.add_error("password", problem)
    return problem is None


def _reset_url(token: str) -> str:
    return responses.outside_url("accounts.reset", token=token)


def _change_page(form: PageForm, account: SignedIn, status: int = 200) -> Response:
    page = render_template("staff/auth/change_password.html", form=form, account=account)
    return make_response(page, status)


def _reset_page(form: PageForm, link: ResetLink, status: int = 200) -> Response:
    return make_response(render_template("staff/auth/reset.html", form=form, link=link), status)
