"""Text as people type it: cleaned for keeping, folded for comparing and looking up."""

import re
import unicodedata

# Marks that phones and messengers paste along with names and numbers; they change how text is
# drawn, never what it says. The joiners U+200C and U+200D are spelling in several scripts: kept.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def has_control(value: str) -> bool:
    """Whether the text holds characters that no one types and no database should keep."""
    return _CONTROL.search(value) is not None


def clean(value: str) -> str:
    """The text as it is kept: composed (NFC), without control and drawing marks, spaces single."""
    value = _CONTROL.sub("", _INVISIBLE.sub("", value))
    return " ".join(unicodedata.normalize("NFC", value).split())


def fold(value: str) -> str:
    """The text as it is compared: no case, accents, apostrophes or hyphens.

    "O'Brien-Núñez" and "obrien nunez" fold to the same.
    """
    decomposed = unicodedata.normalize("NFKD", clean(value)).casefold()
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    bare = re.sub("['\u2019\u2018\u02bc`\u00b4]", "", bare)
    return " ".join(re.sub(r"[^\w@.+]|_", " ", bare).split())


def has_letter(value: str) -> bool:
    return any(unicodedata.category(c).startswith("L") for c in value)


def digits(value: str) -> str:
    """The decimal digits of the text, whatever script they were typed in, as ASCII."""
    return "".join(str(unicodedata.decimal(c)) for c in value if c.isdecimal())
