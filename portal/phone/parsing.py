"""Find the number that somebody means by the digits they typed, or the reason why there is none.

People write a number the way they dial it, with old and new prefixes of their own country, and with
or without a +. If we aren't sure, we refuse the number.
"""

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneMetadata,
    PhoneNumberFormat,
    ValidationResult,
)

from portal.phone import numbering_plans


class PhoneFault(StrEnum):
    EMPTY = "empty"
    LETTERS = "letters"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COUNTRY_CODE = "country_code"
    """Not a number of this country, and without the code of another."""
    NOT_VALID = "not_valid"
    NOT_A_CELL = "not_a_cell"
    EXTENSION_INSIDE = "extension_inside"
    EXTENSION_NOT_DIGITS = "extension_not_digits"


class PhoneError(ValueError):
    """Not a phone number. `fault` says why, and the caller has the words. `country_code`: the typed
    code of another country, if the rest of the number is wrong."""

    def __init__(self, fault: PhoneFault, country_code: int | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.country_code = country_code


_PREFIXES = ("0011", "001", "002", "00", "010", "011", "810")
"""Prefixes that people in other countries dial, and write, before a country's code."""
_MOST_DIGITS = 25
"""The most digits of a number, with all prefixes."""
_REASONS = {
    ValidationResult.TOO_SHORT: PhoneFault.TOO_SHORT,
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: PhoneFault.TOO_SHORT,
    ValidationResult.TOO_LONG: PhoneFault.TOO_LONG,
}


def is_verified(e164: str) -> bool:
    """True if the library's metadata knows numbers like this one."""
    # The last four digits don't matter in North America. Without them, the cache works for
    # thousands of numbers.
    american = len(e164) == 12 and e164.startswith("+1")
    return _is_valid(f"{e164[:8]}0000" if american else e164)


@lru_cache(maxsize=8192)
def _is_valid(e164: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(e164))
    except NumberParseException:
        return False


def read(bare: str, first: str, country: str) -> str:
    """Return the number (E.164) that was typed. `first` is the first group of its digits.

    If it is not a number the way it was typed, try it with other prefixes.
    """
    number = _valid(bare, country) or _new(bare, country)
    if number is None and len(bare) <= _MOST_DIGITS:
        readings = _readings(bare, first, country)
        number = next((found for text in readings if (found := _valid(text, country))), None)
    if number is None:
        raise _error(bare, country)
    return number


def _valid(bare: str, country: str) -> str | None:
    """Return the number (E.164, in today's form) if the metadata knows numbers like it."""
    parsed = _parsed(bare, country)
    if parsed is None:
        return None
    e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    if bare.startswith("1") and e164.startswith("+521"):
        return None  # at home nobody dialed that 1: it may be North America's
    number = numbering_plans.canonical_form(e164)
    return number if is_verified(number) else None


def _new(bare: str, country: str) -> str | None:
    """Return the number (E.164) if its length and shape are right, but the metadata doesn't know
    it."""
    parsed = _parsed(bare, country)
    if parsed is None or not numbering_plans.may_be_new(parsed):
        return None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)


def _parsed(bare: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(bare, country)
    except NumberParseException:
        return None


def _readings(bare: str, first: str, country: str) -> Iterator[str]:
    """Other possible meanings, each with + and a country's code."""
    if bare.startswith("+0"):  # no country's code starts with 0: it is a prefix
        yield from _readings(bare.lstrip("+"), first.lstrip("+"), country)
    elif bare.startswith("+"):
        yield from _without_trunk(bare)
    else:
        for prefix in _PREFIXES:
            if bare.startswith(prefix):
                yield f"+{bare.removeprefix(prefix)}"
                yield from _without_trunk(f"+{bare.removeprefix(prefix)}")
        if _lacks_plus(bare, first, country):
            yield f"+{bare}"


def _without_trunk(number: str) -> Iterator[str]:
    """`+1 (0) 425 ...` without the 0 that some people dial at home, and `+54 9 11 15 ...` without
    the 9, which means the same as the 15."""
    for length in (2, 3, 4):
        code, rest = number[:length], number[length:]
        if rest.startswith("0") and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            yield code + rest.lstrip("0")
    if number.startswith("+549"):
        yield f"+54{number.removeprefix('+549')}"


def _lacks_plus(bare: str, first: str, country: str) -> bool:
    """True if a + in front is missing: the first group of digits is another country's code, or the
    digits don't start with a whole number of the school's country."""
    apart = first.isdigit() and int(first) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    at_home = phonenumbers.country_code_for_region(country)
    return (apart and int(first) != at_home) or not _starts_with_number(bare, country)


def _starts_with_number(bare: str, country: str) -> bool:
    metadata = PhoneMetadata.metadata_for_region(country)
    any_kind = metadata.general_desc if metadata else None
    whole = any_kind.possible_length if any_kind else ()
    lengths = {length + dialed for length in whole for dialed in (0, 1)}
    starts = (_valid(bare[:length], country) for length in sorted(lengths) if length < len(bare))
    return any(number and numbering_plans.may_be_cell(number) for number in starts)


def _error(bare: str, country: str) -> PhoneError:
    """Return the reason why this is not a number."""
    try:
        parsed = phonenumbers.parse(bare, country)
    except NumberParseException as error:
        short = NumberParseException.TOO_SHORT_NSN, NumberParseException.TOO_SHORT_AFTER_IDD
        if error.error_type in short or len(bare) < 4:
            return PhoneError(PhoneFault.TOO_SHORT)
        if error.error_type == NumberParseException.TOO_LONG:
            return PhoneError(PhoneFault.TOO_LONG)
        foreign = not bare.startswith("+")
        return PhoneError(PhoneFault.COUNTRY_CODE if foreign else PhoneFault.NOT_VALID)
    fault = _REASONS.get(phonenumbers.is_possible_number_with_reason(parsed), PhoneFault.NOT_VALID)
    if fault is PhoneFault.NOT_VALID:
        return PhoneError(fault)
    at_home = phonenumbers.country_code_for_region(country)
    if parsed.country_code != at_home:
        return PhoneError(fault, parsed.country_code)
    short_of_code = fault is PhoneFault.TOO_LONG and len(bare) <= _MOST_DIGITS
    if short_of_code and not bare.startswith("+") and not _starts_with_number(bare, country):
        return PhoneError(PhoneFault.COUNTRY_CODE)
    return PhoneError(fault)
