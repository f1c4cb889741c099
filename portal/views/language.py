"""The language of a page: by the visitor's choice, then by the browser, then by the school."""

from datetime import datetime

from flask import g, has_request_context, request, session
from flask_babel import format_date

CHOICE = "language"
NAMES = {"en": "English", "es": "Español"}
"""What each language calls itself."""


def choose() -> str:
    """The language of this page, of those that its school has."""
    offered = languages()
    if not has_request_context():
        return offered[0]
    if (chosen := session.get(CHOICE)) in offered:
        return str(chosen)
    return request.accept_languages.best_match(offered) or offered[0]


def languages() -> tuple[str, ...]:
    """The page's school's languages that the portal speaks, the default one first."""
    if "school" not in g:
        return ("en",)
    return tuple(code for code in g.school.languages if code in NAMES) or ("en",)


def take_choice() -> None:
    """Keep the language that a link on the page chose (`?lang=es`)."""
    chosen = request.args.get("lang", "")
    if chosen in NAMES:
        session[CHOICE] = chosen


def day(moment: datetime) -> str:
    """A day as the page's language writes it, on the calendar of its school."""
    return str(format_date(moment, "long"))


def timezone() -> str:
    return g.school.timezone if "school" in g else "UTC"
