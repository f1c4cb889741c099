"""Numbers as people of many countries write them, and the cause where one is refused."""

import phonenumbers
import pytest

from portal.phone import PhoneError, PhoneFault, PhoneNumber, is_verified

MEXICO, US = "+525541637145", "+14255550168"


@pytest.mark.parametrize(
    ("typed", "e164"),
    [
        ("+52 1 55 4163 7145", MEXICO),
        ("+52 (1) 55 4163 7145", MEXICO),
        ("+521 55 41637145", MEXICO),
        ("52 55 4163 7145", MEXICO),
        ("52 1 55 4163 7145", MEXICO),
        ("521 55 4163 7145", MEXICO),
        ("525541637145", MEXICO),
        ("5215541637145", MEXICO),
        ("00 52 55 4163 7145", MEXICO),
        ("0052 1 55 4163 7145", MEXICO),
        ("00 (52) 55-4163-7145", MEXICO),
        ("001 52 55 4163 7145", MEXICO),
        ("010 52 55 4163 7145", MEXICO),
        ("810 52 55 4163 7145", MEXICO),
        ("011 52 1 55 4163 7145", MEXICO),
        ("+011 52 55 4163 7145", MEXICO),
        ("+00 52 55 4163 7145", MEXICO),
        ("+52 01 55 4163 7145", MEXICO),
        ("+52 044 55 4163 7145", MEXICO),
        ("+52 045 55 4163 7145", MEXICO),
        ("001 425 555 0168", US),
        ("00 1 425 555 0168", US),
        ("0014255550168", US),
        ("0011 1 425 555 0168", US),
        ("011 1 425 555 0168", US),
        ("+001 425 555 0168", US),
        ("+1 (0) 425 555 0168", US),
        ("+1 0 425 555 0168", US),
        ("+1 1 425 555 0168", US),
        ("44 7400 123456", "+447400123456"),
        ("00 44 (0)7400 123456", "+447400123456"),
        ("34 612 345 678", "+34612345678"),
        ("+34 (0) 612 345 678", "+34612345678"),
        ("91 98765 43210", "+919876543210"),
        ("86 138 0013 8000", "+8613800138000"),
        ("65 9123 4567", "+6591234567"),
        ("+7 8 916 123 45 67", "+79161234567"),
        ("+54 9 11 15 2345 6789", "+5491123456789"),
        ("+54 11 15 2345 6789", "+5491123456789"),
        ("+55 11 8234 5678", "+5511982345678"),
        ("+229 90 12 34 56", "+2290190123456"),
    ],
)
def test_a_number_is_read_with_the_prefixes_that_people_write(typed: str, e164: str) -> None:
    assert PhoneNumber.parse(typed, "US").e164 == e164


@pytest.mark.parametrize(
    ("country", "typed", "e164"),
    [
        ("MX", "044 55 4163 7145", MEXICO),
        ("MX", "01 55 4163 7145", MEXICO),
        ("MX", "001 425 555 0168", US),
        ("MX", "1 425 555 0168", US),
        ("GB", "011 1 425 555 0168", US),
        ("AR", "011 15 2345-6789", "+5491123456789"),
        ("BR", "(11) 8234-5678", "+5511982345678"),
        ("IT", "+39 06 1234 5678", "+390612345678"),
    ],
)
def test_prefixes_are_read_in_every_country(country: str, typed: str, e164: str) -> None:
    assert PhoneNumber.parse(typed, country).e164 == e164


@pytest.mark.parametrize(
    ("typed", "fault", "country_code"),
    [
        ("206 555 01477", "too_long", None),  # in Egypt it would be a landline
        ("447 555 0147 12", "too_long", None),  # in Britain, a cell phone
        ("919876543210", "too_long", None),
        ("+1 425 555 01688", "too_long", None),
        ("+1 52 55 4163 7145", "too_long", None),
        ("+52 55 4163 71455", "too_long", 52),
        ("011 52 55 4163 71455", "too_long", 52),
        ("+52 55 4163", "too_short", 52),
        ("07402 345678", "country_code", None),  # without the 0 it would be in Ohio
        ("0151 23456789", "country_code", None),  # in Texas
        ("0 425 555 0168", "country_code", None),
        ("011 425 555 0168", "country_code", None),
        ("044 55 4163 7145", "country_code", None),
        ("8 916 123 45 67", "country_code", None),
        ("+425 555 0168", "not_valid", None),
        ("+999 12345678", "not_valid", None),
    ],
)
def test_a_number_that_may_be_another_is_refused_with_the_true_cause(
    typed: str, fault: str, country_code: int | None
) -> None:
    with pytest.raises(PhoneError) as refused:
        PhoneNumber.parse(typed, "US")
    assert (refused.value.fault, refused.value.country_code) == (PhoneFault(fault), country_code)


@pytest.mark.parametrize("area", ["861", "679", "436", "565", "457", "729", "821", "927", "627"])
@pytest.mark.parametrize("typed", ["({}) 555-0123", "1-{}-555-0123", "+1 {} 555 0123"])
def test_an_area_code_that_may_be_new_is_taken(area: str, typed: str) -> None:
    number = PhoneNumber.parse(typed.format(area), "US")
    assert number.e164 == f"+1{area}5550123"
    assert number.as_cell() == number
    assert number.country == "US"


@pytest.mark.parametrize("area", ["861", "679", "436", "565", "457", "729"])
def test_a_number_that_the_library_knows_nothing_of_is_not_verified(area: str) -> None:
    parsed = phonenumbers.parse(f"+1{area}5550123")
    known = phonenumbers.is_valid_number(parsed)
    assert is_verified(f"+1{area}5550123") is known
    assert is_verified("+12065550123")


@pytest.mark.parametrize(
    "typed",
    [
        "(111) 555-0123",
        "(911) 555-0123",
        "(211) 555-0123",
        "(861) 155-0123",
        "(861) 055-0123",
        "(861) 911-0123",
    ],
)
def test_what_has_not_the_shape_of_an_american_number_is_refused(typed: str) -> None:
    with pytest.raises(PhoneError) as refused:
        PhoneNumber.parse(typed, "US")
    assert refused.value.fault is PhoneFault.NOT_VALID


def test_a_new_range_in_another_country_is_taken_by_its_length_and_start() -> None:
    number = PhoneNumber.parse("+52 57 1234 5678", "US")
    assert (number.e164, number.country) == ("+525712345678", "MX")
    assert is_verified(number.e164) is phonenumbers.is_valid_number(phonenumbers.parse(number.e164))
    for typed in ("+52 07 1234 5678", "+44 4123 456789"):
        with pytest.raises(PhoneError):
            PhoneNumber.parse(typed, "US")
