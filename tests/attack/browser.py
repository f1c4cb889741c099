"""An attacker's browser: quick, keeps cookies, reads forms, and measures what each request costs.

Unlike the audited test client it does not judge the HTML: it makes thousands of requests.
"""

import contextvars
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import count
from typing import Any
from urllib.parse import urlencode

from flask import Flask, got_request_exception, has_app_context

from portal.extensions import db

Fields = list[tuple[str, str]]
_serial = count()
Observe = Callable[["Answer"], None]


@dataclass(frozen=True)
class Form:
    """A form of a page: where it goes, and what a browser would send if nothing were typed."""

    action: str
    method: str
    fields: Fields
    buttons: Fields
    names: frozenset[str]
    """Every field that the form has, the empty ones too."""

    def values(self, **typed: str) -> Fields:
        """The fields with some of them replaced or added; `__` in a name means `-`."""
        said = {name.replace("__", "-"): value for name, value in typed.items()}
        return [(k, v) for k, v in self.fields if k not in said] + list(said.items())


@dataclass(frozen=True)
class Answer:
    """The portal's answer to one request."""

    method: str
    path: str
    status: int
    location: str
    headers: str
    body: bytes
    seconds: float
    """Processor time of this process: a busy machine does not make it longer."""
    error: str = ""
    """The exception behind a status of 500."""
    sent: str = ""
    mimetype: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def forms(self) -> list[Form]:
        found = read_forms(self.text) if self.mimetype == "text/html" else []
        here = self.path.partition("?")[0]
        return [f if f.action else replace(f, action=here) for f in found]

    def form(self, action_ends: str) -> Form | None:
        """The first form whose action ends so."""
        return next((f for f in self.forms() if f.action.endswith(action_ends)), None)


@dataclass
class Browser:
    """Somebody's browser. `network`: the address that its requests come from."""

    app: Flask
    network: str = "127.0.0.1"
    observers: list[Observe] = field(default_factory=list)
    session: str = field(default_factory=lambda: f"browser {next(_serial)}")
    """A name that no other browser has."""

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def get(self, path: str, query: Fields | None = None) -> Answer:
        return self.ask("GET", path + (f"?{encode(query)}" if query else ""))

    def post(
        self, path: str, fields: Fields | bytes, headers: dict[str, str] | None = None
    ) -> Answer:
        body = fields if isinstance(fields, bytes) else encode(fields).encode()
        return self.ask("POST", path, body, headers)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        """One request, apart from the caller's app context, as in a server."""
        errors: list[str] = []

        def note(_app: Any, exception: BaseException, **_more: Any) -> None:
            errors.append(describe(exception))

        _forget()
        begun = time.process_time()
        with got_request_exception.connected_to(note, self.app):
            response = contextvars.Context().run(
                lambda: self.client.open(
                    path,
                    method=method,
                    data=body or None,
                    content_type="application/x-www-form-urlencoded" if body else None,
                    headers=headers,
                    environ_base={"REMOTE_ADDR": self.network},
                    buffered=True,
                )
            )
        answer = Answer(
            method=method,
            path=path,
            status=response.status_code,
            location=response.headers.get("Location", ""),
            headers=str(response.headers),
            body=response.get_data(),
            seconds=time.process_time() - begun,
            error="; ".join(errors),
            sent=body.decode("utf-8", "replace"),
            mimetype=response.mimetype or "",
        )
        _forget()
        for observe in self.observers:
            observe(answer)
        return answer

    def cookies(self) -> list[Any]:
        return list(self.client._cookies.values())

    def put_back(self, cookies: Iterable[Any]) -> None:
        """Have these cookies again, as somebody who kept a copy of them."""
        for cookie in cookies:
            self.client._cookies[cookie._storage_key] = cookie


def encode(fields: Fields) -> str:
    """As a form is sent; what is no Unicode goes as the bytes it was."""
    return urlencode(fields, errors="surrogatepass")


def describe(exception: BaseException) -> str:
    """The error, and its place in the portal."""
    where = ""
    at = exception.__traceback__
    while at is not None:
        if "/portal/" in at.tb_frame.f_code.co_filename:
            name = at.tb_frame.f_code.co_filename.rpartition("/portal/")[2]
            where = f" at portal/{name}:{at.tb_lineno}"
        at = at.tb_next
    return f"{type(exception).__name__}: {str(exception)[:160]}{where}".replace("\n", " ")


def _forget() -> None:
    if has_app_context():
        db.session.rollback()


def read_forms(html: str) -> list[Form]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.done()


@dataclass
class _Open:
    action: str
    method: str
    fields: Fields = field(default_factory=list)
    buttons: Fields = field(default_factory=list)
    names: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    """The forms of a page; what points at a form by its id belongs to it too."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, _Open] = {}
        self.here: _Open | None = None
        self.select: tuple[_Open, str] | None = None
        self.chosen: str | None = None
        self.area: tuple[_Open, str] | None = None
        self.typed = ""

    def done(self) -> list[Form]:
        return [
            Form(f.action, f.method, f.fields, f.buttons, frozenset(f.names))
            for f in self.found.values()
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {k: v or "" for k, v in attrs}
        if tag == "form":
            key = at.get("id") or f"form {len(self.found)}"
            method = at.get("method", "get").upper()
            self.here = self.found.setdefault(key, _Open(at.get("action", ""), method))
            return
        form = self.found.get(at["form"]) if "form" in at else self.here
        if form is None or (tag != "option" and not at.get("name")):
            return
        if tag == "input":
            self._input(form, at)
        elif tag == "button":
            form.buttons.append((at["name"], at.get("value", "")))
        elif tag == "select":
            self.select, self.chosen = (form, at["name"]), None
        elif tag == "option" and self.select and (self.chosen is None or "selected" in at):
            self.chosen = at.get("value", "")
        elif tag == "textarea":
            self.area, self.typed = (form, at["name"]), ""

    def _input(self, form: _Open, at: dict[str, str]) -> None:
        form.names.add(at["name"])
        kind = at.get("type", "text")
        if kind in {"submit", "button", "image", "reset"}:
            form.buttons.append((at["name"], at.get("value", "")))
        elif kind not in {"radio", "checkbox"} or "checked" in at:
            form.fields.append((at["name"], at.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self.area:
            self.typed += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.here = None
        elif tag == "select" and self.select:
            form, name = self.select
            form.names.add(name)
            form.fields.append((name, self.chosen or ""))
            self.select = None
        elif tag == "textarea" and self.area:
            form, name = self.area
            form.names.add(name)
            form.fields.append((name, self.typed.removeprefix("\n")))
            self.area = None
