"""Phone numbers: parsed, validated, written as people write them. Source of truth: phonenumbers."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

import phonenumbers
import regex
from phonenumbers import (
    NumberParseException,
    PhoneMetadata,
    PhoneNumberDesc,
    PhoneNumberFormat,
)

from portal.normalize import digits, plain
from portal.phone import numbering_plans
from portal.phone.numbering_plans import NORTH_AMERICA, UNKNOWN, Match, may_match
from portal.phone.parsing import PhoneError, PhoneFault, read

_EXTENSION_INSIDE = re.compile(
    r"\d[\s,.;]*(?:e?xt?n?s?|extension|#|;ext=)[\s.:=]*\d{1,8}\s*$", re.IGNORECASE
)
LABEL = re.compile(r"[^\W\d_]+\.?\s*:\s*(?=[^\w\s]*\d)")
"""A word that was copied along with a number: `tel:+1...`, `Cell: (206)...`."""
# Punctuation of any keyboard, a Japanese long vowel mark typed for a dash, and symbols typed for
# dashes and quotes. No other symbols. People dial `*` and `#`, so they stay.
_SEPARATORS = regex.compile(r"(?V1)[\s[\p{P}--[*#%&@!?\\]]~`\u00b4\u2212\u2219\u22c5\u30fc]+")
_E164_LIKE = re.compile(r"\+[0-9]{1,20}")
_POSSIBLE = phonenumbers.ValidationResult.IS_POSSIBLE
_NORTH_AMERICAN = re.compile(r"\+1[2-9][0-9]{9}").fullmatch


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number in E.164 (`+12065550147`), in the one form that we keep."""

    e164: str

    @classmethod
    def parse(cls, typed: str, country: str) -> "PhoneNumber":
        """Parse a typed number. `country` (ISO 3166, `US`) is used if it has no country code.

        Raises PhoneError. Full-width and other digits are taken as digits; letters never are.
        """
        text = LABEL.sub("", plain(typed), count=1)
        if not text:
            raise PhoneError(PhoneFault.EMPTY)
        if _EXTENSION_INSIDE.search(text):
            raise PhoneError(PhoneFault.EXTENSION_INSIDE)
        bare = _SEPARATORS.sub("", text)
        if any(c.isalpha() for c in bare):
            raise PhoneError(PhoneFault.LETTERS)
        if not re.fullmatch(r"\+?\d+", bare):
            raise PhoneError(PhoneFault.NOT_VALID)
        first = re.match(r"\D*(\d+)", text)
        plus = "+" if bare.startswith("+") else ""
        return cls(read(plus + digits(bare), digits(first[1]) if first else "", country))

    @property
    def country(self) -> str:
        """The ISO code of the number's country, or `ZZ`. Never fails.

        If several countries share a code, and the metadata doesn't know the area, it is the
        main one's.
        """
        try:
            parsed = phonenumbers.parse(self.e164)
        except NumberParseException:
            return "ZZ"
        region = phonenumbers.region_code_for_number(parsed)
        return region or phonenumbers.region_code_for_country_code(parsed.country_code or 0)

    def as_cell(self) -> "PhoneNumber":
        """Return the number in the form for texts. Raises PhoneError if it can't get any."""
        if not numbering_plans.may_be_cell(self.e164):
            raise PhoneError(PhoneFault.NOT_A_CELL)
        return PhoneNumber(numbering_plans.texting_form(self.e164))

    def shown(self, country: str) -> str:
        """As people in `country` dial it: `(206) 555-0147`, or `011 44 7400 123456` from the US."""
        return show_number(self.e164, country)


def is_e164(given: str) -> bool:
    """True if a provider's value is a number in E.164, of a country that exists.

    It need not be valid: numbers are handed out sooner than the metadata knows of them.
    """
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", given):
        return False
    try:
        parsed = phonenumbers.parse(given)
    except NumberParseException:
        return False
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164) == given


def parse_extension(typed: str) -> str | None:
    """The digits of an extension (`12`, `x12`, `ext. 12`), None if nothing was typed.

    Raises PhoneError where it is not 1 to 8 digits.
    """
    text = plain(typed).lower()
    if not text:
        return None
    match = re.fullmatch(r"(?:extension|ext|x|#)?[\s.:]*(\d{1,8})", text)
    if match is None:
        raise PhoneError(PhoneFault.EXTENSION_NOT_DIGITS)
    return digits(match[1])


def show_number(number: str, country: str, extension: str | None = None) -> str:
    """A number as people in `country` dial it, or as it came if nobody can dial it.

    `extension` is written after it as staff read it: `(206) 555-0120 ext. 12`.

    Never fails: the provider delivers texts from short codes, names, and made-up numbers, and a
    page that lists them must be shown all the same.
    """
    start = _start(number[:6], country) if _NORTH_AMERICAN(number) else None
    shown = _shown(number, country) if start is None else f"{start}{number[6:8]}-{number[8:]}"
    return f"{shown} ext. {extension}" if extension else shown


@lru_cache(maxsize=8192)
def _start(beginning: str, country: str) -> str | None:
    """Everything before the last six digits of a North American number as it is shown, or None if
    those digits matter to it. Remembered by area code and the next digit: the library takes 20
    times as long, and an export has ten thousands of numbers of few area codes.
    """
    unknown = beginning[2:] + UNKNOWN * 6
    if any(may_match(unknown) and not matches(unknown) for may_match, matches in _north_america()):
        return None
    shown = _shown(f"{beginning}000000", country)
    return shown.removesuffix("00-0000") if shown.endswith("00-0000") else None


@cache
def _north_america() -> list[tuple[Match, Match]]:
    """The patterns by which the library tells the countries with +1 apart, each of them twice: as
    one that digits may match if some are unknown, and as one that they match in any case."""
    patterns: set[str] = set()
    for region in phonenumbers.region_codes_for_country_code(NORTH_AMERICA):
        metadata = PhoneMetadata.metadata_for_region(region)
        if metadata and metadata.leading_digits:
            patterns.add(rf"(?:{metadata.leading_digits})\d*")
            continue
        kinds = (kind for kind in vars(metadata).values() if isinstance(kind, PhoneNumberDesc))
        patterns.update(kind.national_number_pattern or "" for kind in kinds)
    return [
        (
            may_match(pattern),
            re.compile(pattern.replace(r"\d", rf"[\d{UNKNOWN}]")).fullmatch,
        )
        for pattern in patterns
    ]


@lru_cache(maxsize=4096)
def _shown(number: str, country: str) -> str:
    if not _E164_LIKE.fullmatch(number):
        return number
    try:
        parsed = phonenumbers.parse(number)
        region = phonenumbers.region_code_for_number(parsed)
        if region is None and phonenumbers.is_possible_number_with_reason(parsed) == _POSSIBLE:
            # An area code that is newer than the metadata. Made-up numbers are shown as they came.
            region = phonenumbers.region_code_for_country_code(parsed.country_code or 0)
        if region == country:
            return phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL) or number
        return phonenumbers.format_out_of_country_calling_number(parsed, country) or number
    except NumberParseException:
        return number
