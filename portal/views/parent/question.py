"""The consent question as a page of this school shows it now."""

from flask import g

from portal.consent.wording import ConsentWording, consent_wording


def current_wording() -> ConsentWording | None:
    """None where texting is off: there is no question."""
    school = g.school
    if not school.texting_on:
        return None
    return consent_wording(school.name, school.texting_number, school.country)
