"""Count the segments of a text, which is its price. Source: 3GPP TS 23.038, 23.040."""

from dataclasses import dataclass
from math import ceil

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWO_UNITS = frozenset("^{}\\[~]|€")
"""In the table's extension: an escape, then the character."""
GSM_7, UCS_2 = "GSM-7", "UCS-2"
_ALONE = {GSM_7: 160, UCS_2: 70}
_IN_PARTS = {GSM_7: 153, UCS_2: 67}


@dataclass(frozen=True, slots=True)
class Segments:
    encoding: str
    """`GSM-7`, or `UCS-2` as soon as one character is not in GSM-7's table."""
    units: int
    """The length of the text: septets, or UTF-16 code units."""
    segments: int
    beyond: tuple[str, ...]
    """The characters that are not in GSM-7's table, each once: they make a text longer."""

    @property
    def left(self) -> int:
        """The number of units that fit before another segment starts."""
        room = _ALONE if self.segments <= 1 else _IN_PARTS
        return max(self.segments, 1) * room[self.encoding] - self.units


def count(text: str) -> Segments:
    beyond = tuple(dict.fromkeys(c for c in text if c not in _BASIC and c not in _TWO_UNITS))
    if beyond:
        widths = [2 if ord(c) > 0xFFFF else 1 for c in text]
        return _count(UCS_2, widths, beyond)
    return _count(GSM_7, [2 if c in _TWO_UNITS else 1 for c in text], ())


def _count(encoding: str, widths: list[int], beyond: tuple[str, ...]) -> Segments:
    units = sum(widths)
    if units <= _ALONE[encoding]:
        return Segments(encoding, units, 1 if units else 0, beyond)
    parts, used = 1, 0
    for width in widths:  # a character of two units is never cut in two
        if used + width > _IN_PARTS[encoding]:
            parts, used = parts + 1, 0
        used += width
    return Segments(encoding, units, max(parts, ceil(units / _IN_PARTS[encoding])), beyond)
