"""Text as people type it: what is kept, and what is taken for the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.normalize import (
    clean,
    digits,
    fold,
    has_control,
    has_letter,
    whole_number,
    whole_numbers,
)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Ana   María \t Núñez\n", "Ana María Núñez"),
        ("Ana\u00a0Núñez", "Ana Núñez"),
        ("Ana\u3000Núñez", "Ana Núñez"),
        ("Nu\u0301n\u0303ez", "Núñez"),  # decomposed, as a Mac writes it
        ("O\u2019Brien", "O\u2019Brien"),
        ("D'Arcy-O'Neil", "D'Arcy-O'Neil"),
        ("\u202bשרה כהן\u202c", "שרה כהן"),  # right to left, with the marks it was pasted with
        ("فاطمة\u200f", "فاطمة"),
        ("山田 太郎", "山田 太郎"),
        ("\ufeffAna\u200b", "Ana"),
        ("An\u00ada", "Ana"),
        ("Zoë \U0001f98a", "Zoë \U0001f98a"),
        (
            "\U0001f468\u200d\U0001f469\u200d\U0001f467",
            "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        ),
        ("می\u200cخواهم", "می\u200cخواهم"),  # the joiner is spelling
        ("Ana\x00\x07\x1bNúñez", "AnaNúñez"),
        ("Ana\x85\x9f", "Ana"),
        ("Ana\ud800", "Ana"),
        ("\ufffeAna\uffff", "Ana"),
        ("\u2066\u2069", ""),
        ("\u3164", ""),
        ("\uffa0\u115f\u1160", ""),  # fillers of Hangul
        ("Ana\ufe0f", "Ana"),
        ("A\u034fna", "Ana"),
        ("Ana\ufffc", "Ana"),
        ("Ana\U000e0041", "Ana"),
        ("\ufff9Ana\ufffaAnna\ufffb", "AnaAnna"),
        ("\u17b4\u2065Ana", "Ana"),
        ("Ana\u2800Ruiz", "Ana Ruiz"),  # a blank of Braille
        ("Mar\u200dia", "Maria"),  # Latin letters aren't joined
        ("क्\u200dष", "क्\u200dष"),
        ("ශ්\u200dරී", "ශ්\u200dරී"),
        ("\u200cمی\u200d", "می"),  # at the ends nothing is joined
        ("\u0600\u0661", "\u0600\u0661"),  # a sign over a number, which is seen
        ("\u06dd\u0661", "\u06dd\u0661"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("❤\ufe0f\u200d\U0001f525", "❤\ufe0f\u200d\U0001f525"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("1\ufe0f", "1"),
        ("\U0001f44d\u200d", "\U0001f44d"),
        (
            "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
            "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        ),
        ("\U0001f3f4\U000e0067", "\U0001f3f4"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("Ana\U000e0100", "Ana"),
        ("", ""),
    ],
    ids=ascii,
)
def test_a_name_is_kept_as_it_reads(typed: str, kept: str) -> None:
    assert clean(typed) == kept


@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_what_is_kept_can_be_stored_and_is_clean_already(typed: str) -> None:
    kept = clean(typed)
    assert clean(kept) == kept
    assert not has_control(kept)
    assert kept.encode().decode() == kept
    assert "\x00" not in kept


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Ana\x00", True),
        ("\x1b[31mAna", True),
        ("Ana\x7f", True),
        ("Ana\ud800", True),
        ("Ana\tNúñez\r\n", False),
        ("\u202bשרה\u202c \U0001f98a", False),
    ],
    ids=ascii,
)
def test_control_characters_are_noticed(typed: str, found: bool) -> None:
    assert has_control(typed) is found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Brien-Núñez", "obrien nunez"),
        ("O\u2019BRIEN", "O'Brien"),
        ("Zoë", "ZOE"),
        ("Łucja Straße", "łucja STRASSE"),
        ("Đặng Thị Hồng", "đang thi hong"),
        ("Đặng Thị Hồng", "dang thi hong"),
        ("Łukasz Wałęsa", "lukasz walesa"),
        ("Søren Kjær", "soren kjaer"),
        ("Ǽsa ǿstby", "aesa ostby"),
        ("Œuvrard", "oeuvrard"),
        ("Işıl Yılmaz", "isil yilmaz"),
        ("IŞIL İNCE", "isil ince"),
        ("Þórður Guðmundsson", "thordur gudmundsson"),
        ("Weiß", "weiss"),
        ("Ħaż-Żebbuġ", "haz zebbug"),
        ("Jean-Luc", "jean luc"),
        ("Ｙａｍａｄａ", "yamada"),
        ("Ёлкина", "елкина"),
        ("שָׂרָה", "שרה"),
        ("فَاطِمَة", "فاطمة"),
        ("می\u200cخواهم", "میخواهم"),
        ("  Ana   María ", "ana maria"),
        ("Kaʻiulani", "kaiulani"),
        ("Xꞌaltocan", "xaltocan"),
        ("ʿAlī", "ali"),
        ("O´Brien", "obrien"),
        ("ג׳ורג׳", "גורג"),
        ("فاطمة", "فاطمه"),
        ("علی", "علي"),
        ("موسى", "موسي"),
        ("کریم", "كريم"),
        ("محـــمد", "محمد"),
        ("أحمد", "احمد"),
        ("ٱحمد", "احمد"),
        ("葛\U000e0100城", "葛城"),
        ("क्\u200dष", "क्ष"),
        ("Ana\ufe0f\u3164", "ana"),
        ("Ana.Nunez@Example.ORG", "ana.nunez@example.org"),
    ],
)
def test_names_that_people_take_for_the_same_fold_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana", "Anna"),
        ("Ana Maria", "Anamaria"),
        ("नेहा", "नहा"),  # vowel signs are letters of their own
        ("राम", "रमा"),
        ("मीना", "मीनू"),
        ("ดี", "ดา"),
        ("กิ่ง", "กุ้ง"),
        ("たいき", "だいき"),  # so is the voicing of kana
        ("はな", "ばな"),
        ("지은", "지훈"),
        ("太郎", "次郎"),
    ],
)
def test_names_that_differ_are_not_taken_for_the_same(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize("name", ["नेहा", "กิ่ง", "だいき", "지은", "שָׂרָה", "O'Brien", "Núñez"])
def test_folding_does_not_break_a_word_in_two(name: str) -> None:
    assert " " not in fold(name)


@given(st.text())
def test_what_is_folded_stays_as_it_is_when_it_is_folded_again(typed: str) -> None:
    assert fold(fold(typed)) == fold(typed)


@pytest.mark.parametrize(
    ("typed", "found"),
    [("(206) 555-0147", "2065550147"), ("٢٠٦", "206"), ("２０６", "206"), ("²½Ⅷ", ""), ("x", "")],
)
def test_digits_are_digits_in_any_script(typed: str, found: str) -> None:
    assert digits(typed) == found


@pytest.mark.parametrize(
    ("typed", "found"), [("12a", True), ("12", False), ("जी", True), ("山", True), ("-.+", False)]
)
def test_letters_are_letters_in_any_script(typed: str, found: bool) -> None:
    assert has_letter(typed) is found


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0", 0),
        ("12", 12),
        ("0012", 12),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),  # no database has such an id
        ("9" * 5000, None),
        *((odd, None) for odd in ("", " ", "-1", "+5", "1_000", "1.0", " 7", "7\n", "0x1f")),
        ("\u0661\u0662", None),  # digits of another script
        ("\u00b2", None),
    ],
)
def test_a_posted_number_is_plain_digits_that_fit_an_id(typed: str, number: int | None) -> None:
    assert whole_number(typed) == number


def test_a_posted_number_has_a_bound() -> None:
    assert whole_number("99", 99) == 99
    assert whole_number("100", 99) is None
    assert whole_numbers(["3", "x", "", "-1", "2"]) == [3, 2]
