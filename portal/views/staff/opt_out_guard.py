"""Staff can't opt a parent out: there is no control for it, and a request that tries is refused."""

import re

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from portal.views.staff import bp

_NOES = {"no", "n", "out", "off", "false", "0", "opted_out", "opt_out"}
_OPT_OUT = re.compile(r"(?:^|[^a-z])opt(?:ed)?[-_ ]?out", re.IGNORECASE)
_ABOUT_TEXTS = re.compile(r"(?:consent|opt[-_ ]?in|texting|texts|sms)$", re.IGNORECASE)


@bp.before_request
def refuse_opt_outs() -> Response | None:
    """Registered after the sign-in check: who may not be here is not told about it."""
    if request.method == "POST" and any(
        _opts_out(name, value) for name, value in request.form.items(multi=True)
    ):
        return make_response(render_template("staff/opt_out_guard.html"), 403)
    return None


def _opts_out(name: str, value: str) -> bool:
    if _OPT_OUT.search(name) or value in {"opted_out", "opt_out"}:
        return True
    said = value.strip().lower()
    return bool(_ABOUT_TEXTS.search(name)) and (said in _NOES or said.startswith(("no ", "no,")))
