"""What came of an answer, in words for parents."""

from flask_babel import gettext as _

from portal.enums import Answer, Refusal
from portal.phone import show_number
from portal.queries.schools import SchoolRow
from portal.services.household import Heard


def heard_words(heard: Heard, school: SchoolRow) -> str:
    number = show_number(heard.number, school.country)
    if heard.result.code is Refusal.HANDSET_MUST_CONFIRM:
        return str(_("We need to see that %(number)s is yours.", number=number))
    if heard.answer is Answer.YES:
        return str(_("Texts to %(number)s are on.", number=number))
    return str(_("Texts to %(number)s are off.", number=number))
