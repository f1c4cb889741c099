"""Nothing typed is lost when a session ends: it waits on the sign-in page and is shown again.

Nothing is kept on the server. The fields of a POST without a session become hidden inputs
on the sign-in page, then on a page with one button, which posts them to where they were going with
`review=1`: the view shows them in its form, and staff send it themselves (`access.reviewing`).
"""

from urllib.parse import urlsplit

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.forms.staff_sign_in import SignInForm
from portal.normalize import without_control
from portal.queries.schools import get_school
from portal.views.csrf_check import TokenFault, may_be_cross_origin
from portal.views.responses import settings
from portal.views.staff.auth import access

KEPT_PREFIX = "kept-"
KEPT_MAX = 230 * 1024
"""Characters. No form is larger: the largest is a text to 12,000 contacts. Nobody types more than
that, and it would not come back through the sign-in page."""

Pairs = list[tuple[str, str]]


def sign_in_first() -> Response:
    """To the sign-in page and back; with what was typed, where something was."""
    kept = typed()
    if not kept:
        return redirect(url_for("accounts.sign_in", next=way_back()), 303)
    form = SignInForm(next=way_back())
    return sign_in_page(form, 401, kept=kept)


def typed() -> Pairs:
    """Return the values that this POST carries, if its view can show them again later."""
    if request.method != "POST" or not access.is_reviewable() or may_be_cross_origin():
        return []
    return _bounded(
        [
            (name, value)
            for name, value in request.form.items(multi=True)
            if name not in {"csrf_token", "review"}
        ]
    )


def carried() -> Pairs:
    """Return the values that the sign-in page kept."""
    return _bounded(
        [
            (name.removeprefix(KEPT_PREFIX), value)
            for name, value in request.form.items(multi=True)
            if name.startswith(KEPT_PREFIX)
        ]
    )


def _bounded(pairs: Pairs) -> Pairs:
    pairs = [(without_control(name), without_control(value)) for name, value in pairs]
    return pairs if sum(len(name) + len(value) for name, value in pairs) <= KEPT_MAX else []


def way_back() -> str:
    """Return the page to go to after signing in: this one, or for a POST that only does something,
    the one that it was sent from."""
    if request.method in {"GET", "HEAD"} or access.is_reviewable():
        return request.full_path.removesuffix("?")
    page = urlsplit(request.referrer or "")
    ours = {request.host, urlsplit(settings().public_url).netloc}
    if page.netloc in ours and local_path(page.path):
        return page.path + (f"?{page.query}" if page.query else "")
    return url_for("staff.overview", slug=g.slug)


def local_path(target: str | None) -> str | None:
    """The target if it is a path on this site, else None. Browsers read `\\` as `/`, and skip tabs
    and line ends, so neither may be in it."""
    if not target or len(target) > 2000 or not target.startswith("/") or target[1:2] == "/":
        return None
    if "\\" in target or any(c <= " " or c == "\x7f" for c in target):
        return None
    return target


def sign_in_page(
    form: SignInForm, status: int = 200, error: str | None = None, kept: Pairs | None = None
) -> Response:
    """The sign-in page; the password is never sent back."""
    form.password.data = ""
    kept = [(KEPT_PREFIX + name, value) for name, value in kept or []]
    page = render_template("staff/auth/sign_in.html", form=form, error=error, kept=kept)
    return make_response(page, status)


def pick_up_page(target: str, kept: Pairs, reason: str, status: int = 200) -> Response:
    """A page with one button that brings back what was typed, to be looked over and sent again."""
    page = render_template("staff/auth/pick_up.html", target=target, kept=kept, reason=reason)
    return make_response(page, status)


def token_refused(fault: TokenFault) -> Response | None:
    """Return the answer to a staff form that was refused, or None for a plain 400."""
    if may_be_cross_origin():
        return None
    if access.current_member(g.slug) is None:
        if access.current_account() is not None or get_school(g.slug) is None:
            return None
        return sign_in_first()
    kept = typed()
    return pick_up_page(way_back(), kept, fault, 400) if kept else None
