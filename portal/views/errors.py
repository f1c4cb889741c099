"""Pages for what went wrong: what happened and what to do next, with no look at the database."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, make_response, render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    OperationalError,
    PendingRollbackError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response
from werkzeug.wsgi import ClosingIterator

from portal.database import schema_version
from portal.database.engines import POSTGRESQL_READ_ONLY
from portal.extensions import db
from portal.views.csrf_check import TokenFault, token_fault
from portal.views.parent import sign_in as parent_sign_in
from portal.views.staff.auth import joining, resume, sign_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass(frozen=True, slots=True)
class ErrorWords:
    title: str
    happened: str
    next: str


_AGAIN = _l("Go back, reload the page, and try again.")
_WORDS = {
    400: ErrorWords(
        _l("We couldn't process that"), _l("Something was missing from what you sent."), _AGAIN
    ),
    403: ErrorWords(
        _l("You don't have permission to do this"),
        _l("Your account can't open this page or make this change."),
        _l("If you need access, ask your school's tech support."),
    ),
    404: ErrorWords(
        _l("Page not found"),
        _l("The web address may be wrong, or the page may be gone."),
        _l("Check the address, or go to the home page."),
    ),
    405: ErrorWords(
        _l("You can't open this page directly"),
        _l("It only works when you send a form."),
        _l("Go back to the form and send it again."),
    ),
    413: ErrorWords(
        _l("That's too long"),
        _l("You sent more than this page can accept. Nothing was saved."),
        _l("Go back, make it shorter, and send it again."),
    ),
    429: ErrorWords(
        _l("Too many tries"),
        _l("There were too many tries in a short time."),
        _l("Wait 15 minutes, then try again."),
    ),
    500: ErrorWords(
        _l("Something went wrong on our end"),
        _l("It's not your fault, and we have a record of it. We may not have saved what you sent."),
        _l("Go back and try again in a few minutes. If it happens again, call the school."),
    ),
    503: ErrorWords(
        _l("We can't get to our records right now"),
        _l("We didn't save what you just sent. Everything you saved before is safe."),
        _l("Wait a minute, then try again."),
    ),
}
_REFUSED = {
    TokenFault.EXPIRED: ErrorWords(
        _l("This page has expired"),
        _l("For your safety, a form works for 12 hours. Nothing was saved."),
        _AGAIN,
    ),
    TokenFault.NO_COOKIE: ErrorWords(
        _l("Your browser didn't send our cookie"),
        _l(
            "We need one cookie to know that a form is yours. Your browser may block cookies, or "
            "it was closed since you opened the page. Nothing was saved."
        ),
        _l(
            "Allow cookies for this website, or use another browser. Then go back and reload the "
            "page."
        ),
    ),
    TokenFault.OTHER_TAB: ErrorWords(
        _l("This page is out of date"),
        _l("You opened another tab, or signed in or out there. Nothing was saved."),
        _AGAIN,
    ),
    TokenFault.OTHER_WEBSITE: ErrorWords(
        _l("Another website sent this form"),
        _l("For your safety, a form works only on our own pages. Nothing was saved."),
        _l("Go to the home page, and open the form there."),
    ),
}
"""By the reason why we refused a form."""


_AWAY = (OperationalError, InterfaceError, PoolTimeoutError, PendingRollbackError)
"""Errors of a database that can't be reached, or is locked for too long."""
_DAMAGED = ("file is not a database", "database disk image is malformed")
_MADE = "portal.response"
"""The key in a request's environment of the response that was made."""


def register(app: Flask) -> None:
    app.register_error_handler(CSRFError, _token_refused)
    app.register_error_handler(HTTPException, _http_error)
    for away in _AWAY:
        app.register_error_handler(away, _database_away)
    app.register_error_handler(DBAPIError, _database_failed)
    app.after_request(_remember)
    app.wsgi_app = _EndOfRequest(app)  # type: ignore[method-assign]  # Flask's documented way
    app.log_exception = _log_exception  # type: ignore[method-assign]  # Flask's documented way


class _EndOfRequest:
    """Shows an error page if the database fails after Flask's error handlers: at the end of the
    session, or before the first rows of a download.

    The answer to a form is sent anyway. The form may have been saved, so "We didn't save it" would
    be wrong.
    """

    def __init__(self, app: Flask) -> None:
        self._app, self._inner = app, app.wsgi_app

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        started: list[Any] = []

        def note_start(*given: Any) -> Callable[[bytes], object]:
            started[:] = given
            return lambda _data: None

        try:
            body = self._inner(environ, note_start)
            made: Response | None = environ.get(_MADE)
            if made is not None and made.is_streamed:
                body = _begun(body)
        except (*_AWAY, DBAPIError) as error:
            with self._app.request_context(environ):
                return self._instead(environ, error)(environ, start_response)
        start_response(*started)
        return body

    def _instead(self, environ: "WSGIEnvironment", error: Exception) -> Response:
        made: Response | None = environ.get(_MADE)
        if made is not None and environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return made
        page = _database_away(error) if isinstance(error, _AWAY) else _database_failed(error)
        return self._app.finalize_request(page, from_error_handler=True)


def _begun(body: Iterable[bytes]) -> Iterable[bytes]:
    """Read the first two pieces of a download, its heading and the first rows, before sending
    any."""
    pieces = iter(body)
    first = list(islice(pieces, 2))
    return ClosingIterator(chain(first, pieces), getattr(body, "close", None))


def _remember(response: Response) -> Response:
    request.environ[_MADE] = response
    return response


def error_page(code: int, words: ErrorWords) -> Response:
    """A designed page; staff's addresses lead back to the staff's start."""
    start = "/staff/" if request.blueprint in {"staff", "accounts"} else "/"
    return make_response(render_template("errors/error.html", words=words, start=start), code)


def _http_error(error: HTTPException) -> Response:
    code = error.code or 500
    fallback = _WORDS[400 if code < 500 else 500]
    words = _WORDS.get(code, fallback)
    if error.description and error.description != type(error).description:
        # Our own code gave a reason, which says more than the general words.
        words = ErrorWords(words.title, error.description, words.next)
    response = error_page(code, words)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _token_refused(_error: CSRFError) -> Response:
    answer: Response | None = None
    fault = token_fault() or TokenFault.OTHER_WEBSITE
    if request.blueprint == "staff":
        answer = resume.token_refused(fault)
    elif request.endpoint == "accounts.sign_in":
        answer = sign_in.token_refused(fault)
    elif request.endpoint == "accounts.invitation" and fault is TokenFault.OTHER_TAB:
        answer = joining.token_refused()
    elif request.blueprint == "parent" and fault is TokenFault.OTHER_TAB:
        answer = parent_sign_in.token_refused()
    return answer or error_page(400, _REFUSED[fault])


def _database_away(error: Exception) -> Response:
    """The records can't be reached, or are locked for too long. Staff's typing is kept."""
    current_app.logger.error("database unavailable: %s", error)
    kept = resume.typed() if request.blueprint == "staff" else []
    if kept:
        response = resume.pick_up_page(resume.way_back(), kept, "away", 503)
    else:
        response = error_page(503, _WORDS[503])
    response.headers["Retry-After"] = "30"
    return response


def _database_failed(error: Exception) -> Response:
    """Handle any other database error. It is a bug, unless the database is not fit for this
    version."""
    cause = getattr(error, "orig", None)
    unusable = getattr(cause, "sqlstate", None) == POSTGRESQL_READ_ONLY or str(cause) in _DAMAGED
    if unusable or _is_outdated():
        return _database_away(error)
    raise error


def _is_outdated() -> bool:
    try:
        with db.engine.connect() as connection:
            return schema_version.is_outdated(connection)
    except SQLAlchemyError:
        return True


def _log_exception(exc_info: Any) -> None:
    """Name the page by its rule: an address may hold a number, or a link that signs in."""
    rule = request.url_rule.rule if request.url_rule else "an unknown address"
    current_app.logger.error("error at %s %s", request.method, rule, exc_info=exc_info)
