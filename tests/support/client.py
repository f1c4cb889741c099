"""The test client: audits every page, and watches what each request does to the database."""

import contextvars
from typing import Any

from flask import Flask, has_app_context, request
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from portal import extensions
from portal.extensions import db
from tests.support.audit import Page, audit, audit_policy

_CHANGES = ("INSERT", "UPDATE", "DELETE")


class AuditedClient(FlaskClient):
    """A browser without a window. What it fetches must be sound HTML, or the test fails.

    A request runs apart from the test's own app context, as it does in a server; what the test
    has read through `db.session` is forgotten, so that it sees what the request committed.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        _forget()
        kwargs["buffered"] = True
        run = super().open
        response = contextvars.Context().run(lambda: run(*args, **kwargs))
        _forget()
        if response.mimetype == "text/html" and response.status_code not in {301, 302, 303, 307}:
            faults = audit(response.text) + audit_policy(
                response.headers.get("Content-Security-Policy")
            )
            assert not faults, f"{response.request.path}: " + "; ".join(faults)
        return response

    def page(self, path: str, status: int = 200, **kwargs: Any) -> Page:
        """GET a page that must answer with this status."""
        response = self.get(path, **kwargs)
        assert response.status_code == status, f"{path}: {response.status}"
        return Page(response.text)

    def form(self, path: str, selector: str = "main form") -> dict[str, str]:
        """Values that a form's page holds already, to be posted back with the answers."""
        return form_values(self.page(path), selector)


def form_values(page: Page, selector: str = "main form") -> dict[str, str]:
    """The values that a browser would post back if nothing were typed; without the buttons'."""
    forms = page.query(selector)
    assert forms, f"no form is {selector}"
    values: dict[str, str] = {}
    for element in forms[0].query("input, select, textarea"):
        name, kind = element.attrs.get("name"), element.attrs.get("type")
        if not name or kind in {"submit", "button", "image", "reset"}:
            continue
        if kind in {"radio", "checkbox"} and "checked" not in element.attrs:
            continue
        values[name] = _value(element)
    return values


def _value(element: Any) -> str:
    if element.name == "textarea":
        return str(element.to_text())
    if element.name == "select":
        chosen = element.query("option[selected]") or element.query("option")[:1]
        return (chosen[0].attrs.get("value") or "") if chosen else ""
    return element.attrs.get("value") or ""


def _forget() -> None:
    if has_app_context():
        session = db.session
        waiting = [*session.new, *session.dirty, *session.deleted]
        assert not waiting, f"the test has not committed {waiting}"
        session.rollback()


def watch(app: Flask) -> None:
    """Fail a request that changes the database where it must not, or leaves a change behind.

    A GET changes nothing; every change is made within `writing()`, and committed there.
    """
    changed = contextvars.ContextVar("changed", default=False)

    def look(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(_CHANGES) or not request:
            return
        assert request.method not in {"GET", "HEAD"}, f"a GET changes the database: {statement}"
        assert extensions.is_writing(), f"a change outside of writing(): {statement}"
        changed.set(True)

    def settle(_conn: Any) -> None:
        changed.set(False)

    @app.after_request
    def nothing_left(response: Any) -> Any:
        assert not changed.get(), "the request leaves a change that is not committed"
        return response

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", look)
        event.listen(db.engine, "commit", settle)
        event.listen(db.engine, "rollback", settle)
