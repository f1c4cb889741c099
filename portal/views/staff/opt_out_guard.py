"""Staff can't opt a parent out: there is no control for it, and a request that tries is refused."""

import re

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from portal.views.staff import bp

_NO = re.compile(r"(?:no|n|out|off|false|0|opt(?:ed)?[-_ ]?out|no[ ,].*)", re.DOTALL)
_OPT_OUT = re.compile(r"(?:^|[^a-z])opt(?:ed)?[-_ ]?out", re.IGNORECASE)
_CONSENT = re.compile(
    r"consent|opt[-_ ]?in(?![a-z])|(?:^|[^a-z])(?:texting|texts?|sms|state|answer)(?:\[\])?$",
    re.IGNORECASE,
)
"""The names of fields that could be about consent. Other fields, such as the body of a text or the
name of a saved search, may say anything."""


@bp.before_request
def refuse_opt_outs() -> Response | None:
    """Registered after the sign-in check: who may not be here is not told about it."""
    if request.method == "POST" and any(
        _opts_out(name, value) for name, value in request.form.items(multi=True)
    ):
        return make_response(render_template("staff/opt_out_guard.html"), 403)
    return None


def _opts_out(name: str, value: str) -> bool:
    if _OPT_OUT.search(name):
        return True
    return bool(_CONSENT.search(name) and _NO.fullmatch(value.strip().lower()))
