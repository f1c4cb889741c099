"""The number of segments of a text."""

import pytest

from portal.services.texting.segments import GSM_7, UCS_2, count

CASES = [
    ("", GSM_7, 0, 0),
    ("a" * 160, GSM_7, 160, 1),
    ("a" * 161, GSM_7, 161, 2),
    ("a" * 306, GSM_7, 306, 2),
    ("a" * 307, GSM_7, 307, 3),
    ("Año ¿qué? è\n", GSM_7, 12, 1),
    ("€" * 80, GSM_7, 160, 1),
    ("a" + "€" * 80, GSM_7, 161, 2),
    # An escape and its character stay together: 76 of them fill 152 of 153, four times over.
    ("€" * 153, GSM_7, 306, 3),
    ("á", UCS_2, 1, 1),
    ("á" * 70, UCS_2, 70, 1),
    ("á" * 71, UCS_2, 71, 2),
    ("\N{GRINNING FACE}" * 35, UCS_2, 70, 1),
    ("\N{GRINNING FACE}" * 67, UCS_2, 134, 3),
    ("\u0623\u0645\u0644", UCS_2, 3, 1),
]


@pytest.mark.parametrize(("text", "encoding", "units", "segments"), CASES)
def test_a_text_takes_so_many_segments(text: str, encoding: str, units: int, segments: int) -> None:
    counted = count(text)
    assert (counted.encoding, counted.units, counted.segments) == (encoding, units, segments)


def test_the_characters_that_make_it_longer_are_told_once() -> None:
    assert count("It’s “on”. It’s").beyond == ("’", "“", "”")


@pytest.mark.parametrize(("text", "left"), [("", 160), ("a" * 158, 2), ("a" * 161, 145)])
def test_what_still_fits_is_told(text: str, left: int) -> None:
    assert count(text).left == left
