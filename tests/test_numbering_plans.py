"""Old forms of numbers, and numbers that get no texts."""

import phonenumbers
import pytest

from portal.phone import PhoneError, PhoneFault, PhoneNumber
from portal.phone.numbering_plans import canonical_form, may_be_cell, texting_form, variants_of


@pytest.mark.parametrize(
    ("old", "now"),
    [
        ("+5215541637145", "+525541637145"),
        ("+5213312345678", "+523312345678"),
        ("+541123456789", "+5491123456789"),
        ("+542231234567", "+5492231234567"),
        ("+551182345678", "+5511982345678"),
        ("+552196543210", "+5521996543210"),
        ("+22990123456", "+2290190123456"),
    ],
)
def test_an_old_form_and_the_number_are_one_where_texts_come_from(old: str, now: str) -> None:
    assert texting_form(old) == texting_form(now) == now
    assert variants_of(old) == variants_of(now) == (now, old)


@pytest.mark.parametrize(
    "number",
    [
        "+12065550147",
        "+447400123456",
        "+52155416371",  # too short to have the 1 in front
        "+521554163714599",
        "+551132345678",  # a landline
        "+551172345678",  # of a network whose numbers kept 8 digits
        "+548005551234",  # toll-free
        "12345",
        "OAKWOOD",
        "",
    ],
)
def test_a_number_with_no_other_form_stays_as_it_is(number: str) -> None:
    assert texting_form(number) == canonical_form(number) == number
    assert variants_of(number) == (number,)


def test_a_landline_in_argentina_keeps_its_form() -> None:
    assert PhoneNumber.parse("+54 11 2345 6789", "US").e164 == "+541123456789"
    assert PhoneNumber.parse("+54 11 2345 6789", "US").as_cell().e164 == "+5491123456789"


NO_CELLS = [
    *("+19005550123", "+18005550123", "+18335550123", "+18885550123", "+15005550123"),
    *("+15215550123", "+15445550123", "+15885550123", "+17005550123", "+17105550123"),
    *("+18225550123", "+18805550123", "+16005550123", "+15555550123", "+14565550123"),
    "+447012345678",  # personal
    "+447640123456",  # a pager
    "+448451234567",
    "+448001234567",
    "+443001234567",
    "+4970012345678",
    "+491801234567",
    "+33892123456",
    "+611900123456",
    "+528001234567",
    "+80012345678",
    "+979123456789",
]


@pytest.mark.parametrize("number", NO_CELLS)
def test_a_toll_free_premium_or_personal_number_is_no_cell(number: str) -> None:
    assert not may_be_cell(number)
    with pytest.raises(PhoneError) as refused:
        PhoneNumber(number).as_cell()
    assert refused.value.fault is PhoneFault.NOT_A_CELL


CELLS = [
    *("+12065550147", "+18615550123", "+16795550123", "+15655550123", "+16045550147"),
    *("+525541637145", "+447400123456", "+5511982345678", "+17875550123", "12345"),
]


@pytest.mark.parametrize("number", CELLS)
def test_any_other_number_may_be_a_cell(number: str) -> None:
    assert may_be_cell(number)


def test_every_area_code_of_a_place_may_be_a_cells() -> None:
    places = {phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
    for area in range(200, 1000):
        number = f"+1{area}2345678"
        if phonenumbers.number_type(phonenumbers.parse(number)) in places:
            assert may_be_cell(number)
