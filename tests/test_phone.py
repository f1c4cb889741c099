"""Phone numbers: what people type, and what comes of it."""

import random
import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.phone import PhoneError, PhoneFault, PhoneNumber, parse_extension, show_number

OAKWOOD = "+12065550147"

WRITTEN_DIFFERENTLY = [
    "206 555 0147",
    "(206) 555-0147",
    "(206)555-0147",
    "206.555.0147",
    "206/555/0147",
    "[206] 555~0147",
    "1-206-555-0147",
    "1 (206) 555-0147",
    "+1 206 555 0147",
    "+12065550147",
    "  206 555 0147\t",
    "206,555,0147",
    "206\u00b7555\u00b70147",  # middle dots
    "206\u2022555\u20220147",  # bullets
    "206\u30fb555\u30fb0147",  # katakana middle dots
    "206\u3002555\u30020147",  # ideographic full stops
    "206\uff0e555\uff0e0147",  # full-width full stops
    "206\u2010555\u20110147",  # hyphens
    "206\u2013555\u20140147",  # dashes
    "206\u2212555\u22120147",  # minus signs
    "206\u30fc555\u30fc0147",  # long vowel marks, the dash of a Japanese keyboard
    "２０６５５５０１４７",
    "（２０６）５５５－０１４７",
    "＋１\u3000２０６ ５５５ ０１４７",
    "٢٠٦٥٥٥٠١٤٧",
    "۲۰۶۵۵۵۰۱۴۷",
    "२०६५५५०१४७",
    "\u202a+1 206-555-0147\u202c",  # as Apple's Contacts paste it
    "\u200e(206)\u00a0555-0147\u200f",
    "\ufeff206\u200b555\u20600147",
    "206\u00ad555\u00ad0147",  # soft hyphens
    "206\u200c555\u200d0147",  # joiners
    "206\x00555\x070147",  # control characters
    "+1\u2028206\n555\r\n0147",
    "+1\ufe0d-206-555-0147",  # variation selectors
    "\u3164206 555 0147",  # a Hangul filler
    "206\u034f5550147",  # grapheme joiners
    "206\u2800555\u28000147",  # blanks of Braille
    "\ufffc206 555 0147",  # the place of a picture
    "206\U000e0020555\U000e00200147",  # tags
    "tel:+12065550147",
    "TEL: 206-555-0147",
    "Cell: (206) 555-0147",
    "'2065550147",
    "\u2018206 555 0147\u2019",
    "\u201c206 555 0147\u201d",
    "«206 555 0147»",
    '"206-555-0147"',
    "206_555_0147",
    "206:555:0147",
    "206 555 0147;",
    "206\u2027555\u20270147",  # hyphenation points
    "206\u2043555\u20430147",  # hyphen bullets
    "{206} 555 0147",
    "`206 555 0147`",
]


@pytest.mark.parametrize("typed", WRITTEN_DIFFERENTLY, ids=ascii)
def test_a_number_is_the_same_however_it_is_written(typed: str) -> None:
    assert PhoneNumber.parse(typed, "US").e164 == OAKWOOD


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("+52 55 1234 5678", "+525512345678"),
        ("011 52 55 1234 5678", "+525512345678"),
        ("+44 7400 123456", "+447400123456"),
        ("+44 (0)7400 123456", "+447400123456"),
        ("011 44 7400 123456", "+447400123456"),
        ("+1 604 555 0147", "+16045550147"),
        ("604 555 0147", "+16045550147"),
        ("+49 1512 3456789", "+4915123456789"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("＋５２ ５５ １２３４ ５６７８", "+525512345678"),
    ],
)
def test_a_foreign_number_is_known_by_its_country_code(typed: str, e164: str) -> None:
    assert PhoneNumber.parse(typed, "US").e164 == e164


@pytest.mark.parametrize(
    ("country", "typed", "e164"),
    [
        ("US", "206 555 0147", OAKWOOD),
        ("GB", "07400 123456", "+447400123456"),
        ("GB", "00 1 206 555 0147", OAKWOOD),
        ("MX", "55 1234 5678", "+525512345678"),
        ("MX", "+1 206 555 0147", OAKWOOD),
    ],
)
def test_without_a_country_code_a_number_is_of_the_schools_country(
    country: str, typed: str, e164: str
) -> None:
    assert PhoneNumber.parse(typed, country).e164 == e164


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", "empty"),
        (" \t ", "empty"),
        ("\u200b\u202c", "empty"),
        ("\x00", "empty"),
        ("0", "too_short"),
        ("12", "too_short"),
        ("911", "too_short"),
        ("+1", "too_short"),
        ("+44 7400", "too_short"),
        ("555-0147", "too_short"),
        ("206 555 014", "too_short"),
        ("٢٠٦٥٥٥", "too_short"),
        ("206 555 01477", "too_long"),
        ("(206) 555-0147 / (206) 555-0148", "too_long"),
        ("206-555-0147,,12", "too_long"),
        ("9" * 30, "too_long"),
        ("9" * 300, "too_long"),
        ("+" + "9" * 5000, "too_long"),
        ("07400 123456", "country_code"),
        ("206-555-CALL", "letters"),
        ("O2O6 555 0147", "letters"),
        ("206 555 0147 (mom)", "letters"),
        ("206 555 0147 e", "letters"),
        ("二〇六五五五〇一四七", "letters"),
        ("отец 206 555 0147", "letters"),
        ("אבא 206 555 0147", "letters"),
        ("206 555 0147 x12", "extension_inside"),
        ("206-555-0147 ext. 12", "extension_inside"),
        ("206-555-0147 Extension 12", "extension_inside"),
        ("206-555-0147;ext=12", "extension_inside"),
        ("206-555-0147 #12", "extension_inside"),
        ("206-555-0147Ｘ１２", "extension_inside"),
        ("000 000 0000", "not_valid"),
        ("123 456 7890", "not_valid"),
        ("206 055 0147", "not_valid"),
        ("206 155 0147", "not_valid"),
        ("+999 12345678", "not_valid"),
        ("+", "not_valid"),
        ("---", "not_valid"),
        ("++12065550147", "not_valid"),
        ("+1+2065550147", "not_valid"),
        ("206*555*0147", "not_valid"),
        ("\U0001f4f1 206 555 0147", "not_valid"),
        ("2\ufe0f\u20e3065550147", "not_valid"),
        ("206 555 0147\u0301", "not_valid"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_what_is_no_number_is_refused_with_the_reason(typed: str, fault: str) -> None:
    with pytest.raises(PhoneError) as refused:
        PhoneNumber.parse(typed, "US")
    assert refused.value.fault is PhoneFault(fault)


@given(st.text(max_size=40) | st.from_regex(r"[+(]?[\d０-９٠-٩ .)-]{3,20}", fullmatch=True))
def test_whatever_is_typed_is_a_number_that_can_be_dialled_or_a_reason(typed: str) -> None:
    try:
        number = PhoneNumber.parse(typed, "US")
    except PhoneError:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", number.e164)
    assert PhoneNumber.parse(number.e164, "GB") == number
    assert PhoneNumber.parse(number.shown("US"), "US") == number


@pytest.mark.parametrize(
    ("typed", "extension"),
    [
        ("", None),
        ("  ", None),
        ("\u200b", None),
        ("12", "12"),
        ("007", "007"),
        ("x12", "12"),
        ("Ext. 12", "12"),
        ("ext:12", "12"),
        ("extension 12", "12"),
        ("#12", "12"),
        ("１２", "12"),
        ("١٢", "12"),
        ("12345678", "12345678"),
    ],
)
def test_an_extension_is_its_digits(typed: str, extension: str | None) -> None:
    assert parse_extension(typed) == extension


@pytest.mark.parametrize("typed", ["123456789", "twelve", "12a", "1-2", "x", "+12", "12;13", "½"])
def test_an_extension_that_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(PhoneError) as refused:
        parse_extension(typed)
    assert refused.value.fault is PhoneFault.EXTENSION_NOT_DIGITS


@pytest.mark.parametrize(
    ("e164", "country", "shown"),
    [
        (OAKWOOD, "US", "(206) 555-0147"),
        (OAKWOOD, "GB", "00 1 206-555-0147"),
        ("+16045550147", "US", "1 (604) 555-0147"),
        ("+447400123456", "US", "011 44 7400 123456"),
        ("+447400123456", "GB", "07400 123456"),
        ("+525512345678", "US", "011 52 55 1234 5678"),
        ("+525512345678", "MX", "55 1234 5678"),
    ],
)
def test_a_number_is_shown_as_people_at_the_school_dial_it(
    e164: str, country: str, shown: str
) -> None:
    assert show_number(e164, country) == shown
    assert PhoneNumber(e164).shown(country) == shown


@pytest.mark.parametrize(
    ("e164", "country"),
    [(OAKWOOD, "US"), ("+16045550147", "CA"), ("+525512345678", "MX"), ("+80012345678", "001")],
)
def test_a_number_knows_its_country(e164: str, country: str) -> None:
    assert PhoneNumber(e164).country == country


@given(st.text(max_size=30) | st.from_regex(r"\+?[0-9]{0,25}", fullmatch=True))
def test_anything_that_came_in_as_a_number_can_be_shown(given_as: str) -> None:
    for country in ("US", "GB", "ZZ"):
        assert bool(show_number(given_as, country)) == bool(given_as)
    assert PhoneNumber(given_as).country


def by_the_library(number: str, country: str) -> str:
    """The number as phonenumbers shows it, with nothing remembered."""
    if not re.fullmatch(r"\+[0-9]{1,20}", number):
        return number
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    region = phonenumbers.region_code_for_number(parsed)
    length = phonenumbers.is_possible_number_with_reason(parsed)
    if region is None and length == phonenumbers.ValidationResult.IS_POSSIBLE:
        region = phonenumbers.region_code_for_country_code(parsed.country_code)
    if region == country:
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return phonenumbers.format_out_of_country_calling_number(parsed, country)


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
OF_PLUS_1 = phonenumbers.region_codes_for_country_code(1)
AREAS = ("206", "246", "310", "472", "523", "524", "658", "800", "809", "876", "900", "983")
"""Area codes that need more than their three digits to be placed, among others."""


@st.composite
def neighbors(draw: st.DrawFn) -> str:
    """A number with some digits of an example of a region, and any digits behind."""
    example = phonenumbers.example_number(draw(st.sampled_from(REGIONS)))
    digits = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    kept = digits[: draw(st.integers(2, len(digits)))]
    return kept + draw(st.from_regex(r"[0-9]{0,8}", fullmatch=True))


@given(
    st.from_regex(rf"\+1({'|'.join(AREAS)})[0-9]{{7}}", fullmatch=True)
    | st.from_regex(r"\+1[0-9]{10}", fullmatch=True)
    | st.from_regex(r"\+?[0-9]{1,16}", fullmatch=True)
    | neighbors(),
    st.sampled_from(OF_PLUS_1) | st.sampled_from([*REGIONS, "ZZ", "001"]),
    st.none() | st.from_regex(r"[0-9]{1,8}", fullmatch=True),
)
def test_a_number_is_shown_as_the_library_shows_it(
    number: str, country: str, extension: str | None
) -> None:
    shown = by_the_library(number, country)
    assert show_number(number, country) == shown
    with_extension = f"{shown} ext. {extension}" if extension else shown
    assert show_number(number, country, extension) == with_extension


@pytest.mark.parametrize("country", ["US", "CA", "DO", "GB"])
def test_every_area_code_and_exchange_is_shown_as_the_library_shows_it(country: str) -> None:
    dice = random.Random(1)
    for start in range(1000, 10_000, 1 if country == "US" else 7):
        number = f"+1{start}{dice.randrange(10**6):06d}"
        assert show_number(number, country) == by_the_library(number, country)


def test_a_number_that_is_not_handed_out_yet_is_shown_as_its_neighbors_are() -> None:
    """523 and 524 are personal numbers, some of them handed out and some not."""
    handed_out, not_yet = "+15232001234", "+15232111234"
    assert show_number(handed_out, "US") == "(523) 200-1234"
    assert show_number(not_yet, "US") == "(523) 211-1234"


def test_a_number_with_a_new_area_code_is_shown_as_all_others_are() -> None:
    assert show_number("+18615550123", "US") == "(861) 555-0123"
    assert show_number("+18615550123", "GB") == "00 1 861-555-0123"
