"""Error messages of forms: what to do, with an example. Parents and staff share them."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.phone import PhoneFault, show_number

CELL_HAS_NO_EXTENSION = _l(
    "Cell phones don't have extensions. Delete the extension, or choose Home or Work."
)
CHOOSE_TYPE = _l("Choose Cell, Home, or Work for this number.")
CHOOSE_GRADE = _l("Choose a grade from the list.")
CHOOSE_RELATIONSHIP = _l("Choose a relationship from the list.")

_EXAMPLES = {"US": "+12065550147", "CA": "+16045550147", "GB": "+447400123456"}


def example_number(country: str) -> str:
    """An example of a number, as people in the country dial it."""
    return show_number(_EXAMPLES.get(country, _EXAMPLES["US"]), country)


def phone_message(fault: PhoneFault, country: str, country_code: int | None = None) -> str:
    """Return the message for a number or an extension that we can't use. `country_code`: the typed
    code of another country, if the rest of the number is wrong."""
    like = {"example": example_number(country)}
    if country_code is not None:
        return _of_country_code(fault, country_code)
    messages = {
        PhoneFault.EMPTY: _("Enter a phone number, like %(example)s.", **like),
        PhoneFault.LETTERS: _("Use only digits in the phone number, like %(example)s.", **like),
        PhoneFault.TOO_SHORT: _(
            "This number is too short. Enter the full number, like %(example)s.", **like
        ),
        PhoneFault.TOO_LONG: _(
            "This number is too long. Enter just one phone number, like %(example)s. For a number "
            "in another country, start with + and the country code.",
            **like,
        ),
        PhoneFault.COUNTRY_CODE: _(
            "Phone numbers here don't start with these digits. Enter one like %(example)s. For a "
            "number in another country, start with + and the country code.",
            **like,
        ),
        PhoneFault.NOT_VALID: _(
            "This doesn't look like a working phone number. Check it, or enter one like "
            "%(example)s. For a number in another country, start with + and the country code.",
            **like,
        ),
        PhoneFault.NOT_A_CELL: _(
            "Texts can't go to this number. It's a toll-free, premium, or service number. Enter a "
            "cell phone number, or choose Home or Work."
        ),
        PhoneFault.EXTENSION_INSIDE: _(
            "Enter the extension in the Extension box, not after the phone number."
        ),
        PhoneFault.EXTENSION_NOT_DIGITS: _("Use only digits in the extension, like 12."),
    }
    return str(messages[fault])


def _of_country_code(fault: PhoneFault, country_code: int) -> str:
    code = f"+{country_code}"
    if fault is PhoneFault.TOO_LONG:
        words = _("This number is too long for one that starts with %(code)s. Check it.", code=code)
    else:
        words = _(
            "This number is too short for one that starts with %(code)s. Check it.", code=code
        )
    return str(words)
