"""Objecting to a change of the sign-in email, by the link that went to the earlier address.

It needs no sign-in, because the person who changed the address may have signed out everyone else.
"""

from flask import g, render_template, session
from flask.typing import ResponseReturnValue

from portal.extensions import writing
from portal.services.accounts.tokens import token_hash
from portal.services.contacts import email_objections
from portal.views.parent import bp

OBJECTING = "objecting"
"""In the session: the hash of the link whose page this browser saw."""


@bp.get("/sign-in/email/<token>")
def email_change(token: str) -> ResponseReturnValue:
    if email_objections.is_open(g.school.id, token):
        session[OBJECTING] = token_hash(token)
        return _page("ask")
    return _page(_state_of_used(token))


@bp.post("/sign-in/email/<token>")
def undo_email_change(token: str) -> ResponseReturnValue:
    with writing():
        done = email_objections.object_to(g.school, token)
    return _page("done" if done else _state_of_used(token))


def _state_of_used(token: str) -> str:
    """The button pressed twice in this browser says again what it did."""
    here = session.get(OBJECTING) == token_hash(token)
    return "done" if here and email_objections.was_used(g.school.id, token) else "expired"


def _page(state: str) -> ResponseReturnValue:
    page = render_template("parent/email_change.html", school=g.school, state=state)
    return page, 410 if state == "expired" else 200
