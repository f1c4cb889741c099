"""The language of a page: by the visitor's choice, then by the browser, then by the school.

The staff's side is in English, whatever their browser asks for.
"""

from datetime import datetime

from flask import g, has_request_context, request, session
from flask_babel import format_date, get_locale, refresh

CHOICE = "language"
NAMES = {"en": "English", "es": "Español"}
"""Each language's name for itself."""
_BUTTON = "lang:"
"""The name of a form's button that chooses a language. It sends along everything that was typed."""
_ENGLISH = {"staff", "accounts", "outbox"}
"""Blueprints for the school, not for parents."""


def choose() -> str:
    """The language of this page, of those that it can be had in."""
    offered = languages()
    if not has_request_context() or len(offered) == 1:
        return offered[0]
    if (chosen := session.get(CHOICE)) in offered:
        return str(chosen)
    return next((code for code in _asked_for() if code in offered), offered[0])


def languages() -> tuple[str, ...]:
    """Return the page's languages: those of the school, its default one first."""
    if not has_request_context() or _in_english():
        return ("en",)
    if "school" not in g:
        return tuple(NAMES)
    return tuple(code for code in g.school.languages if code in NAMES) or ("en",)


def page_language() -> str:
    """The language that this page is written in."""
    return str(get_locale())


def other_languages() -> dict[str, str]:
    """The languages that this page can be had in instead, and what they call themselves."""
    return {code: NAMES[code] for code in languages() if code != page_language()}


def take_choice() -> None:
    """Keep the language that a link (`?lang=es`) or a form's button chose."""
    pressed = request.form.get("action", "") if request.method == "POST" else ""
    chosen = pressed.removeprefix(_BUTTON) if pressed.startswith(_BUTTON) else None
    chosen = chosen or request.args.get("lang", "")
    if chosen in NAMES:
        session[CHOICE] = chosen
        refresh()


def day(moment: datetime) -> str:
    """A day as the page's language writes it, on the calendar of its school."""
    return str(format_date(moment, "long"))


def timezone() -> str:
    return g.school.timezone if "school" in g else "UTC"


def _asked_for() -> list[str]:
    """Return the browser's languages, best first, without regions: `es-MX` is Spanish."""
    return [
        tag.replace("_", "-").split("-")[0].lower()
        for tag, quality in request.accept_languages
        if quality > 0
    ]


def _in_english() -> bool:
    """True if the address is the staff's side, also one where no page is."""
    if request.blueprint is not None:
        return request.blueprint in _ENGLISH
    return "staff" in request.path.split("/")[1:3]
