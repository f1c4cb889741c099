"""Facts about countries' phone numbers that the library's metadata doesn't have.

Old forms of a number that people and texting services still use, area codes that are newer than
the metadata, and kinds of numbers that can't get texts. We only have a country's old form if one
rule works for all of its numbers.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType

NORTH_AMERICA = 1
UNKNOWN = "X"
"""Stands for any digit, for `may_match`."""
Match = Callable[[str], re.Match[str] | None]
_DIGIT = re.compile(r"(\{[^}]*\})|\[([^]]*)\]|(\\d|\d)")
"""One digit in a pattern of the library, or, in group 1, how many of it."""
_NORTH_AMERICAN = re.compile(r"\+1([2-9](?!11)[0-9]{2})[2-9](?!11)[0-9]{6}").fullmatch
_SERVICE_AREA = re.compile(
    r"[2-9]([0-9])\1"  # 500, 800, 833, 900: the last two digits alike are for services alone
    r"|5(?:2[1-9]|3[258]|4[2-79]|5[02-46]|6[69]|7[78]|8[89])"  # personal numbers, machines
    r"|456|710|88[0-9]|950|976"
).fullmatch
"""Area codes of North America without a place: toll-free, premium, personal, for carriers."""
_NO_TEXTS = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
    }
)
_CANONICAL = (
    # Mexico: until 2019, 1 came before a cell phone's number from abroad, and 01, 044 or 045 at
    # home. Texting services still send the 1.
    (re.compile(r"\+52(?:01|04[45]|1)([2-9][0-9]{9})"), r"+52\1"),
    # Brazil: until 2016, a cell phone's number had 8 digits and no 9 in front.
    (re.compile(r"\+55([1-9]{2})([689][0-9]{7})"), r"+55\g<1>9\2"),
    # Benin: until November 2024, numbers had 8 digits and no 01 in front.
    (re.compile(r"\+229([2-9][0-9]{7})"), r"+22901\1"),
)
"""Old forms of a number, and today's form of each."""
_ARGENTINE_CELL = re.compile(r"\+549?([1-3][0-9]{9})")
"""A cell phone, with the 9 that calls from abroad need. Texts come with it and without. Landlines
look the same without it, and get no texts."""
_OLDER = (
    (re.compile(r"\+52([2-9][0-9]{9})"), r"+521\1"),
    (re.compile(r"\+55([1-9]{2})9([689][0-9]{7})"), r"+55\1\2"),
    (re.compile(r"\+22901([2-9][0-9]{7})"), r"+229\1"),
    (re.compile(r"\+549([1-3][0-9]{9})"), r"+54\1"),
)


def canonical_form(e164: str) -> str:
    """Return today's form of a number, which is the one that we keep."""
    for old, new in _CANONICAL:
        if found := old.fullmatch(e164):
            return found.expand(new)
    return e164


def texting_form(e164: str) -> str:
    """Return the form of a cell phone's number that texts come from and go to."""
    found = _ARGENTINE_CELL.fullmatch(e164)
    return f"+549{found[1]}" if found else canonical_form(e164)


def variants_of(e164: str) -> tuple[str, ...]:
    """Return the forms of a number that texts may come from: the texting form, then older ones."""
    number = texting_form(e164)
    older = (found.expand(old) for new, old in _OLDER if (found := new.fullmatch(number)))
    return (number, *older)


def may_be_cell(e164: str) -> bool:
    """False for numbers that can't get texts or cost extra: toll-free, premium, shared-cost, and
    personal numbers, and pagers."""
    american = _NORTH_AMERICAN(e164)
    if american is None:
        return _gets_texts(e164)
    # The last four digits don't matter there. Without them, the cache works for thousands of
    # numbers.
    return not _SERVICE_AREA(american[1]) and _gets_texts(f"{e164[:8]}0000")


@lru_cache(maxsize=8192)
def _gets_texts(e164: str) -> bool:
    try:
        return phonenumbers.number_type(phonenumbers.parse(e164)) not in _NO_TEXTS
    except phonenumbers.NumberParseException:
        return True  # a short code, or a name


def may_be_new(number: phonenumbers.PhoneNumber) -> bool:
    """True for a number of the right length and shape for its country, even if the metadata
    doesn't know it: countries hand out new area codes and ranges every month."""
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.country_code == NORTH_AMERICA:
        return _NORTH_AMERICAN(e164) is not None
    digits = phonenumbers.national_significant_number(number)
    return (len(digits), digits[:1]) in _shapes(number.country_code)


@cache
def _shapes(country_code: int) -> frozenset[tuple[int, str]]:
    """The lengths of a country's landlines and cell phones, each with a digit they start with."""
    found: set[tuple[int, str]] = set()
    for region in phonenumbers.region_codes_for_country_code(country_code):
        metadata = PhoneMetadata.metadata_for_region(region)
        for kind in (metadata.fixed_line, metadata.mobile) if metadata else ():
            if kind is not None and kind.national_number_pattern:
                matches = may_match(kind.national_number_pattern)
                found |= {
                    (length, digit)
                    for length in kind.possible_length
                    for digit in "0123456789"
                    if matches(digit + UNKNOWN * (length - 1))
                }
    return frozenset(found)


def may_match(pattern: str) -> Match:
    """Compile the library's pattern so that digits may match even if some of them are UNKNOWN."""
    return re.compile(_DIGIT.sub(_or_unknown, pattern)).fullmatch


def _or_unknown(digit: re.Match[str]) -> str:
    return digit[1] or f"[{digit[2] or digit[3]}{UNKNOWN}]"
