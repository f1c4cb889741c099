"""Signing in without a password: an email, then the code or the link that came by email.

Pages, statuses and times are the same whether or not the email is on file.
"""

import time

from flask import abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.extensions import writing
from portal.forms.parent_sign_in import CodeForm, SignInEmailForm
from portal.queries.accounts.parents import parents_with
from portal.queries.records.names import contact_names
from portal.services.accounts import parent_sessions, parent_sign_in
from portal.services.accounts.parent_sessions import KeyBrowser
from portal.services.mail import limits as mail_limits
from portal.services.mail import parent_emails
from portal.services.mail import queue as mail_queue
from portal.services.texting import welcomes
from portal.views import language
from portal.views.parent import access, bp
from portal.views.parent.email_change import OBJECTING
from portal.views.parent.form_token import browser_name, forget_sent
from portal.views.responses import (
    clear_site_data,
    client_network,
    outside_url,
    pad_response_time,
    settings,
    sign_in_link_url,
)

_ASKED = "asked"
_CHOICE = "choice"


@bp.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    if access.current_parent() is not None:
        return redirect(url_for("parent.household_page"), 303)
    return _email_page(SignInEmailForm())


@bp.post("/sign-in")
def ask_for_code() -> ResponseReturnValue:
    started = time.monotonic()
    form = SignInEmailForm(request.form)
    if not form.check():
        return _email_page(form, 422)
    email = form.text("email")
    try:
        with writing():
            asked = parent_sign_in.request_code(
                g.school.id,
                email,
                client_network(),
                current_app.config["SECRET_KEY"],
                settings().sign_in_limit,
                _browser(),
            )
            _post_code(asked)
    except parent_sign_in.TooManyCodesError:
        form.add_error("email", _("Too many codes were requested. Try again in an hour."))
        return _email_page(form, 429)
    session[_ASKED] = {"school": g.school.id, "key": asked.key_id, "email": email}
    pad_response_time(started)
    return redirect(url_for("parent.code"), 303)


@bp.get("/sign-in/code")
def code() -> ResponseReturnValue:
    asked = _asked()
    if asked is None:
        return redirect(url_for("parent.sign_in"), 303)
    return _signed_in_by(asked["key"]) or _code_page(CodeForm())


@bp.post("/sign-in/code")
def send_code() -> ResponseReturnValue:
    asked = _asked()
    if asked is None:
        return redirect(url_for("parent.sign_in"), 303)
    form = CodeForm(request.form)
    with writing():
        opened = parent_sign_in.redeem_code(
            g.school.id,
            asked["key"],
            form["code"].data or "",
            current_app.config["SECRET_KEY"],
            _browser(),
        )
    if opened is None:
        form.add_error(
            "code",
            _("This code is wrong or has expired. Check your newest email, or get a new code."),
        )
        return _code_page(form, 422)
    session[_ASKED] = {**asked, "key": opened.key_id}
    return _enter(opened)


@bp.get("/sign-in/link/<token>")
def link(token: str) -> ResponseReturnValue:
    if access.session_token() is not None:
        already = _signed_in_by(parent_sign_in.key_of_link(g.school.id, token))
        if already is not None:
            return already
    good = parent_sign_in.peek_link(g.school.id, token, _browser())
    return render_template("parent/link.html", school=g.school, good=good), 200 if good else 410


@bp.post("/sign-in/link/<token>")
def follow_link(token: str) -> ResponseReturnValue:
    with writing():
        opened = parent_sign_in.redeem_link(g.school.id, token, _browser())
        if opened is not None:
            welcomes.after_link(g.school, opened)
    if opened is None:
        return render_template("parent/link.html", school=g.school, good=False), 410
    return _enter(opened)


@bp.get("/sign-in/who")
def who() -> ResponseReturnValue:
    ids = _choice()
    if ids and (already := _signed_in_by(session[_CHOICE]["key"])):
        return already
    if not ids:
        return redirect(url_for("parent.sign_in"), 303)
    return render_template(
        "parent/who.html", school=g.school, people=contact_names(g.school.id, ids)
    )


@bp.post("/sign-in/who")
def choose_who() -> ResponseReturnValue:
    offered, chosen = _choice(), request.form.get("contact", "")
    if not offered:
        return redirect(url_for("parent.sign_in"), 303)
    ids = [i for i in offered if str(i) == chosen]
    if not ids:
        return abort(404) if chosen else redirect(url_for("parent.who"), 303)
    return _open(ids[0], session[_CHOICE]["email_key"], session[_CHOICE]["key"])


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    sign_out_here(everywhere="everywhere" in request.form)
    return clear_site_data(redirect(url_for("parent.home"), 303))


def sign_out_here(everywhere: bool = False) -> None:
    """End this browser's sign-in at the school, or all of the parent's, if there is one; and what
    it sent is no longer its own to see."""
    parent = access.current_parent()
    if parent is not None:
        with writing():
            if everywhere:
                parent_sessions.end_everywhere(g.school.id, parent.contact_id)
            else:
                parent_sessions.end_session(g.school.id, parent.session_hash)
    access.forget()
    forget_sent()
    for key in (_ASKED, _CHOICE, OBJECTING):
        session.pop(key, None)


def token_refused() -> Response | None:
    """Redirect a parent who tapped the button twice. The first tap signed them in, and the page's
    token is older than that. None if they aren't signed in by this key."""
    if request.endpoint == "parent.follow_link":
        token = (request.view_args or {}).get("token", "")
        return _signed_in_by(parent_sign_in.key_of_link(g.school.id, token))
    if request.endpoint == "parent.send_code" and (asked := _asked()):
        return _signed_in_by(asked["key"])
    if request.endpoint == "parent.choose_who" and _choice():
        return _signed_in_by(session[_CHOICE]["key"])
    return None


def _browser() -> KeyBrowser:
    return KeyBrowser(browser_name(), current_app.config["SECRET_KEY"])


def _signed_in_by(key_id: int | None) -> Response | None:
    """Redirect to the household if this browser is signed in by this key. Otherwise None."""
    if key_id is None or access.session_token() != _browser().session_token(key_id):
        return None
    return redirect(url_for("parent.household_page"), 303) if access.current_parent() else None


def _post_code(asked: parent_sign_in.CodeRequest) -> None:
    to, school, network = asked.to_address, g.school, client_network()
    if to is None:
        return
    if asked.known:
        link = sign_in_link_url(asked.token)
        words = parent_emails.code_mail(school.name, asked.code, link)
        page_language = language.page_language()
        mail_queue.enqueue(
            school.id, mail_queue.CODE, to, page_language, words.subject, words.body, network
        )
    else:
        words = parent_emails.unknown_mail(school.name, outside_url("parent.contact_form"))
        mail_limits.enqueue_limited(
            school.id, mail_queue.NO_RECORD, to, language.page_language(), words, network
        )


def _enter(opened: parent_sign_in.OpenedParentSession) -> ResponseReturnValue:
    if len(opened.contact_ids) == 1:
        return _open(opened.contact_ids[0], opened.email_key, opened.key_id)
    session[_CHOICE] = {
        "school": g.school.id,
        "email_key": opened.email_key,
        "key": opened.key_id,
        "ids": list(opened.contact_ids),
        "until": int(time.time() + parent_sign_in.CODE_LIFE.total_seconds()),
    }
    return redirect(url_for("parent.who"), 303)


def _open(contact_id: int, email_key: str, key_id: int) -> ResponseReturnValue:
    """Open the session of the key, unless the record's email changed after the key was used, or
    somebody signed out."""
    asked_for = _browser().session_token(key_id)
    with writing():
        token = parent_sessions.open_session(
            g.school.id, contact_id, email_key, language.page_language(), asked_for
        )
    if token is None:
        return redirect(url_for("parent.sign_in"), 303)
    access.remember(token)
    return redirect(url_for("parent.household_page"), 303)


def _asked() -> dict[str, int] | None:
    asked = session.get(_ASKED)
    return asked if asked and asked["school"] == g.school.id else None


def _choice() -> list[int]:
    choice = session.get(_CHOICE)
    if not choice or "key" not in choice or choice["school"] != g.school.id:
        return []
    if choice["until"] < time.time():
        return []
    still = parents_with(g.school.id, choice["email_key"])
    return [i for i in choice["ids"] if i in still]


def _email_page(form: SignInEmailForm, status: int = 200) -> ResponseReturnValue:
    browser_name()  # so the session's cookie goes out with the page
    page = render_template(
        "parent/sign_in.html", school=g.school, form=form, errors=form.error_list()
    )
    return page, status


def _code_page(form: CodeForm, status: int = 200) -> ResponseReturnValue:
    email = session[_ASKED]["email"]
    page = render_template(
        "parent/code.html", school=g.school, form=form, email=email, errors=form.error_list()
    )
    return page, status
