"""The consent question as a page of this school shows it now."""

from flask import g, request
from flask_babel import lazy_gettext as _l

from portal.consent.wording import ConsentWording, consent_wording
from portal.views import language

WORDS_CHANGED = _l("We changed the wording of this question. Please read it and answer again.")


def current_wording(of_another: bool = False) -> ConsentWording | None:
    """In the page's language. None where texting is off: there is no question."""
    return _wording(language.page_language(), of_another) if g.school.texting_on else None


def shown_wording(of_another: bool = False) -> ConsentWording | None:
    """The question as the page that was sent had it, in whichever language it was shown.

    None where texting is off, or where the words are others by now.
    """
    shown = request.form.get("wording-of-another" if of_another else "wording", "")
    codes = language.languages() if g.school.texting_on else ()
    offered = (_wording(code, of_another) for code in codes)
    return next((wording for wording in offered if wording.id == shown), None)


def _wording(code: str, of_another: bool) -> ConsentWording:
    school = g.school
    return consent_wording(school.name, school.texting_number, school.country, code, of_another)
