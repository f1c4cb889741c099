"""Objecting to a change of the sign-in email, by the link that went to the earlier address.

It needs no sign-in, because the person who changed the address may have signed out everyone else.
"""

from flask import g, render_template
from flask.typing import ResponseReturnValue

from portal.extensions import writing
from portal.services.contacts import email_objections
from portal.views.parent import bp


@bp.get("/sign-in/email/<token>")
def email_change(token: str) -> ResponseReturnValue:
    return _page("ask" if email_objections.is_open(g.school.id, token) else "expired")


@bp.post("/sign-in/email/<token>")
def undo_email_change(token: str) -> ResponseReturnValue:
    with writing():
        done = email_objections.object_to(g.school, token)
    return _page("done" if done else "expired")


def _page(state: str) -> ResponseReturnValue:
    page = render_template("parent/email_change.html", school=g.school, state=state)
    return page, 410 if state == "expired" else 200
