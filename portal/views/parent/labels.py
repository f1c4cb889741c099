"""The result of an answer, in words for parents."""

from flask_babel import gettext as _

from portal.enums import Answer
from portal.phone import show_number
from portal.queries.schools import SchoolRow
from portal.services.texting.record_consent import AnswerResult


def answer_words(heard: AnswerResult, school: SchoolRow) -> str:
    """Of a number that is not proven, the same words whatever came of it."""
    number = show_number(heard.number, school.country)
    if heard.answer is Answer.NO:
        return str(_("Texts to %(number)s are off.", number=number))
    if not heard.handset_must_confirm:
        return str(_("Texts to %(number)s are on.", number=number))
    return str(_("Thank you. You said yes to texts for %(number)s.", number=number))
