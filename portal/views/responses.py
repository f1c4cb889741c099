"""Parts that every answer has: headers, caching, and the words that templates may use."""

import hashlib
import os
import time
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, current_app, g, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as WerkzeugResponse

from portal import clock, labels
from portal.config import Settings, is_loopback
from portal.extensions import compress
from portal.normalize import bare_address, full_name, network_of
from portal.phone import is_e164, is_verified, show_number
from portal.queries.records.ownership import Kind, all_at_school
from portal.views import language

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    )
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_FORWARDED = {"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip"}
_NEVER_STORED = {"staff", "accounts", "health", "outbox", "handset"}


def register(app: Flask) -> None:
    # A doubled slash is an address that does not exist: a 404, not a redirect to one that might.
    app.url_map.merge_slashes = False
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["asset"] = asset
    app.jinja_env.globals["url_for"] = page_url
    for word in (say_date, say_time, shown, is_not_verified):
        app.jinja_env.globals[word.__name__] = word
        app.jinja_env.filters[word.__name__] = word
    app.jinja_env.filters["plural"] = labels.plural
    app.jinja_env.globals["labels"] = PageLabels()
    app.jinja_env.globals["full_name"] = full_name
    app.jinja_env.globals["say_window"] = clock.say_window
    app.jinja_env.filters["day"] = language.day
    app.jinja_env.globals["page_language"] = language.page_language
    app.jinja_env.globals["other_languages"] = language.other_languages
    # A sentence may be broken over the lines of a template; babel.cfg says so to the catalogue too.
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.after_request(_finish)


def settings() -> Settings:
    """The settings of the app at work."""
    found: Settings = current_app.config["PORTAL"]
    return found


def client_network() -> str:
    """Return the client as limits see it: an IPv4 address, or the /64 of an IPv6 customer."""
    return network_of(client_address())


def client_address() -> str:
    """Return the client's address, without the port that some proxies add to it."""
    return bare_address(request.remote_addr or "")


def posted() -> MultiDict[str, str] | None:
    """Return the posted values for a form. None on a GET, so it shows the record on file."""
    return request.form if request.method == "POST" else None


def require_school_ids(kind: Kind, ids: Iterable[int]) -> None:
    """Answer 404 unless all ids that a request brought are of the page's school."""
    if not all_at_school(g.school.id, kind, ids):
        abort(404)


def was_forwarded() -> bool:
    """True if a proxy says that it passed this request on: it comes from elsewhere, whatever
    address it seems to come from."""
    names = {name.lower() for name in request.headers.keys()}  # noqa: SIM118 -- pairs otherwise
    return bool(names & _FORWARDED) or any(name.startswith("x-forwarded") for name in names)


def from_this_machine() -> bool:
    """True if the request comes from the machine itself."""
    return is_loopback(client_address()) and not was_forwarded()


def outside_url(endpoint: str, **values: str) -> str:
    """A page's whole address, for emails: by PORTAL_PUBLIC_URL, whatever host was asked."""
    return settings().public_url + page_url(endpoint, **values)


def sign_in_link_url(token: str) -> str:
    """The URL of an emailed link that signs a parent in."""
    return outside_url("parent.link", slug=g.school.slug, token=token)


def clear_site_data(response: WerkzeugResponse) -> WerkzeugResponse:
    """Have the browser forget pages that it kept: Back must not show them after signing out.

    Not its cookies: staff may be signed in on the same browser.
    """
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


class PageLabels:
    """portal.labels for templates. Lazy words are plain ones in the page's language: translating
    them again in each row took most of a list's time."""

    def __getattr__(self, name: str) -> Any:
        if name not in labels.TRANSLATED:
            return getattr(labels, name)
        return _translated(name, "en" if "member" in g else language.page_language())


@lru_cache
def _translated(name: str, _language: str) -> dict[str, str]:
    return {key: str(word) for key, word in getattr(labels, name).items()}


def page_url(endpoint: str, **values: Any) -> str:
    """`url_for` for templates. Addresses with nothing but ids in them are remembered: a page has
    dozens, and to make one takes as long as to write a row of a table."""
    if any(value is not None and type(value) is not int for value in values.values()):
        return url_for(endpoint, **values)
    slug = g.school.slug if "school" in g else None
    return _known_url(request.root_path, slug, endpoint, tuple(values.items()))


@lru_cache(maxsize=4096)
def _known_url(
    _root: str, _slug: str | None, endpoint: str, values: tuple[tuple[str, int | None], ...]
) -> str:
    return url_for(endpoint, **dict[str, Any](values))


def asset(path: str) -> str:
    """The address of a file in static/, with its content's hash, to be kept for ever."""
    return _asset_url(request.root_path, path, _version(path))


@lru_cache(maxsize=256)
def _asset_url(_root: str, path: str, version: str | None) -> str:
    return url_for("static", filename=path, v=version)


def _version(path: str) -> str | None:
    file = f"{current_app.static_folder}/{path}"
    try:
        changed = os.stat(file).st_mtime_ns  # no Path: every page asks for several
    except OSError:
        return None
    return _digest(file, changed)


@lru_cache(maxsize=256)
def _digest(file: str, _changed: int) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:12]


def say_date(moment: datetime) -> str:
    """`3 Sep 2026`, on the calendar of the page's school."""
    return clock.say_date(moment, _timezone())


def say_time(moment: datetime) -> str:
    """`3 Sep 2026, 8:03 pm`, on the clock of the page's school."""
    return clock.say_time(moment, _timezone())


def shown(e164: str, extension: str | None = None) -> str:
    """A number as people at the page's school dial it. Parents read its extension elsewhere."""
    return show_number(e164, g.school.country, extension)


def is_not_verified(number: str) -> bool:
    """True for a phone number with an area code that the portal doesn't know."""
    return is_e164(number) and not is_verified(number)


def _timezone() -> str:
    return g.school.timezone if "school" in g else "UTC"


def _finish(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if settings().https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if response.mimetype == "text/html":
        response.content_language.add(language.page_language())
        response.vary.add("Accept-Language")
    if request.endpoint == "static" and response.status_code in {200, 206, 304}:
        response.headers["Cache-Control"] = _static_caching()
        if response.status_code == 200:
            # Whole, not as a stream: Flask-Compress gives streams no gzip.
            response.direct_passthrough = False
            response.get_data()
    elif 400 <= response.status_code < 500:
        _compress_refusal(response)
    if "Cache-Control" not in response.headers:
        # What parents typed must be there when they come back: `no-store` would lose it. Pages
        # with a family's data are not to be there: portal.views.parent.access says which.
        came_back = request.blueprint == "parent" and request.method == "POST"
        fine = response.status_code < 400 or came_back
        kept = request.blueprint not in _NEVER_STORED and fine
        response.headers["Cache-Control"] = "private, no-cache" if kept else "no-store"
    return response


def _compress_refusal(response: Response) -> None:
    """A form that comes back is as long as one that goes out; Flask-Compress leaves 4xx alone."""
    status = response.status_code
    response.status_code = 200
    compress.after_request(response)
    response.status_code = status


def _static_caching() -> str:
    """For ever where the address names the content that is served, else to be asked for again."""
    version = (request.view_args or {}).get("filename", "")
    if request.args.get("v") == _version(version):
        return "public, max-age=31536000, immutable"
    return "public, no-cache"


def pad_response_time(started: float) -> None:
    """Wait until the next whole step of time since `started` (`time.monotonic()`), so that the time
    of an answer doesn't reveal what is on file.

    Called after the transaction is committed: nobody waits for this but the one who sent.
    """
    step = settings().level_seconds
    if step:
        time.sleep(step - (time.monotonic() - started) % step)
