"""What forms say about a phone number that is none: what to do, and an example."""

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from portal.phone import PhoneFault

MESSAGES: dict[PhoneFault, str] = {
    PhoneFault.EMPTY: "Enter a phone number, like {example}",
    PhoneFault.LETTERS: "Enter the phone number in digits only, like {example}",
    PhoneFault.TOO_SHORT: (
        "Enter the whole phone number with its area code, like {example}. This one is too short"
    ),
    PhoneFault.TOO_LONG: "Check the phone number: it has too many digits. Enter it like {example}",
    PhoneFault.NOT_VALID: (
        "Check the phone number: no phone can have this one. Enter it like {example}, "
        "or with + and the country code if it is from another country"
    ),
    PhoneFault.EXTENSION_INSIDE: (
        "Enter the phone number without the extension, like {example}. "
        "The extension has its own box"
    ),
    PhoneFault.EXTENSION_NOT_DIGITS: "Enter the extension in digits only, like 12",
}
"""By fault, with `{example}` for a number as people at the school write it; see phone_message."""


def phone_message(fault: PhoneFault, country: str) -> str:
    return MESSAGES[fault].format(example=example_number(country))


@lru_cache(maxsize=256)
def example_number(country: str) -> str:
    """A number that a phone in the country could have, as people there write it."""
    number = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
    if number is None:
        return "+1 206 555 0147"
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
