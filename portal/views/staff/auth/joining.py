"""A person invited by email joins the school, with a new account or with the one they have."""

from flask import flash, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from portal.extensions import writing
from portal.forms.staff_accounts import JoinForm
from portal.labels import STAFF_ROLE_WORDS
from portal.services.accounts import staff_invitations, staff_sign_in
from portal.services.accounts.accounts import HashingBusyError
from portal.services.accounts.staff_invitations import Invitation
from portal.services.accounts.tokens import token_hash
from portal.services.actor import Actor
from portal.views import responses
from portal.views.staff.auth import access
from portal.views.staff.auth.device import device_token, keep_device
from portal.views.staff.auth.passwords import is_strong, new_hash
from portal.views.staff.auth.sign_in import BUSY, accounts, wait

_INVITED = "invited"
"""In the session: the hash of the link whose page this browser saw."""


@accounts.route("/invitation/<token>", methods=["GET", "POST"])
def invitation(token: str) -> Response:
    found = staff_invitations.find_invitation(token)
    if found is None:
        return _accepted_already(token)
    if request.method == "GET":
        session[_INVITED] = token_hash(token)
    if found.account_id is not None:
        return _join(found, token)
    form = JoinForm(responses.posted())
    if request.method == "GET":
        return _page(found, form)
    about = [form.typed("name"), found.email, found.school_name]
    if not form.check() or not is_strong(form, about):
        return _page(found, form, 422)
    try:
        return _make(found, form, token)
    except HashingBusyError:
        form.add_error("password", BUSY)
        return wait(_page(found, form, 503), 5)


def _join(found: Invitation, token: str) -> Response:
    """The account that was invited joins, once it is signed in."""
    account = access.current_account()
    if account is None:
        here = url_for("accounts.invitation", token=token)
        return redirect(url_for("accounts.sign_in", next=here), 303)
    if account.account_id != found.account_id:
        return _page(found, other=account.email)
    if request.method == "GET":
        return _page(found)
    with writing():
        by = Actor(account.account_id, network=responses.client_network())
        joined = staff_invitations.join_school(token, account.account_id, by)
    if joined is None:
        return _accepted_already(token)
    return _welcome(joined)


def _make(found: Invitation, form: JoinForm, token: str) -> Response:
    password_hash, network = new_hash(form), responses.client_network()
    with writing():
        made = staff_invitations.make_invited(token, form.typed("name"), password_hash, network)
        opened = staff_sign_in.open_session(made[1], network, device_token()) if made else None
    if opened is None:
        return _accepted_already(token)
    access.remember(opened.token)
    session[_INVITED] = token_hash(token)
    return keep_device(_welcome(found), opened.device)


def _welcome(joined: Invitation) -> Response:
    flash(f"You joined {joined.school_name}.", "good")
    return redirect(url_for("staff.overview", slug=joined.slug), 303)


def token_refused() -> Response | None:
    """Redirect a person who pressed the button twice. The first press signed them in, and the
    page's token is older than that. None if they didn't join in this browser."""
    answer = _accepted_already((request.view_args or {}).get("token", ""))
    return answer if answer.status_code == 303 else None


def _accepted_already(token: str) -> Response:
    """The button pressed twice in this browser leads where it led, to those who are signed in. The
    others sign in: the account is made, and somebody may have signed out."""
    here = session.get(_INVITED) == token_hash(token)
    found = staff_invitations.find_just_accepted(token) if here else None
    if found is None:
        return _expired()
    account = access.current_account()
    if account is not None and account.account_id == found.account_id:
        return redirect(url_for("staff.overview", slug=found.slug), 303)
    overview = url_for("staff.overview", slug=found.slug)
    return redirect(url_for("accounts.sign_in", next=overview), 303)


def _expired() -> Response:
    return make_response(render_template("staff/auth/link_expired.html", what="invitation"), 410)


def _page(
    found: Invitation, form: JoinForm | None = None, status: int = 200, other: str | None = None
) -> Response:
    """With a form: for a new account. `other`: somebody else is signed in in this browser."""
    page = render_template(
        "staff/auth/join.html",
        found=found,
        form=form,
        other=other,
        role=STAFF_ROLE_WORDS[found.role].one,
    )
    return make_response(page, status)
