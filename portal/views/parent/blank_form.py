"""The contact form with nothing typed in it, as most parents open it.

Its 40 fields are rendered once for each school and language, and only what is each visitor's own is
set in. A form that was filled in, or is opened by a link or signed in, is rendered each time.
"""

import re
import secrets
from collections.abc import Callable
from functools import lru_cache

from flask import current_app, g, render_template
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from portal.forms.contact import ContactForm, SchoolFacts
from portal.queries.schools import SchoolRow
from portal.views import language
from portal.views.parent.access import session_token
from portal.views.parent.form_layout import Layout
from portal.views.parent.form_token import browser_mark, issue_token
from portal.views.parent.wording import current_wording
from portal.views.responses import asset

_SPLIT = secrets.token_hex(8)
"""No school's name has this in it."""
_ASSETS = ("portal.css", "portal.js")


def blank_form() -> str:
    """Return the page, for this visitor."""
    own = {"csrf": generate_csrf(), "token": issue_token(), "mark": browser_mark(session_token())}
    versions = tuple(asset(path) for path in _ASSETS)
    render = _pieces.__wrapped__ if current_app.debug else _pieces
    pieces = render(g.school, language.page_language(), versions)
    return "".join(own[piece] if n % 2 else piece for n, piece in enumerate(pieces))


def remember_blocks(school: SchoolRow) -> Callable[..., Markup]:
    """Return the function by which a template renders a blank block of many pages: once for each
    school, language and key. A key with None in it is not remembered."""
    version = (school, language.page_language())

    def remembered(*key: object, caller: Callable[[], Markup]) -> Markup:
        if None in key or current_app.debug:
            return caller()
        if (version, key) not in _blocks:
            if len(_blocks) >= MOST_BLOCKS:
                _blocks.clear()
            _blocks[version, key] = caller()
        return _blocks.get((version, key)) or caller()

    return remembered


_blocks: dict[tuple[object, ...], Markup] = {}
MOST_BLOCKS = 1000
"""A school has some 70 in each language."""


@lru_cache(maxsize=256)
def _pieces(school: SchoolRow, _language: str, _versions: tuple[str, ...]) -> tuple[str, ...]:
    """The page, in turn as it is and the names of what is set in there."""
    form = ContactForm(MultiDict(), SchoolFacts(school.name, school.country, school.texting_on))
    page = render_template(
        "parent/contact_form.html",
        layout=Layout(form, set()),
        errors=[],
        csrf_token=lambda: f"{_SPLIT}csrf{_SPLIT}",
        is_private=lambda: False,
        token=f"{_SPLIT}token{_SPLIT}",
        mark=f"{_SPLIT}mark{_SPLIT}",
        wording=current_wording(),
        wording_of_another=current_wording(of_another=True),
        school=school,
        seen={},
        remembered=remember_blocks(school),
    )
    return tuple(re.split(f"{_SPLIT}(.*?){_SPLIT}", page))
