"""The names that demo families are made from."""

import phonenumbers

from portal.demo.names import AREA_CODES, cultures
from portal.demo.plan import phone_number


def test_every_area_code_is_one() -> None:
    for area in AREA_CODES:
        assert phonenumbers.is_valid_number(phonenumbers.parse(f"+1{area}5550100")), area


def test_made_up_numbers_are_all_different() -> None:
    assert len(set(AREA_CODES)) == len(AREA_CODES)
    assert "206" not in AREA_CODES
    step = len(AREA_CODES)
    lines = [phone_number(i * step) for i in range(10_000)]
    assert len(set(lines)) == 10_000
    assert all(len(number) == 12 and number[5:8] == "555" for number in lines)
    assert lines[0].endswith("5550100")


def test_names_are_of_many_kinds() -> None:
    names = " ".join(" ".join(c.surnames + c.children + c.mothers + c.fathers) for c in cultures())
    for sample in ("'", "\u2019", "ñ", "-", "ễ", "خ", "王", "김"):
        assert sample in names
