"""Text as people type it: cleaned for keeping, folded for comparing and looking up. And
networks, from the addresses of visitors."""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable

import idna

# Marks that phones and messengers paste along with names and numbers; they change how text is
# drawn, never what it says. The joiners U+200C and U+200D are spelling in several scripts: kept.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_LEFT_OUT = frozenset("'\u2019\u2018\u02bc`\u00b4\u200c\u200d")  # apostrophes, joiners
# Letters that Unicode does not take apart, as people write them whose keyboard lacks them.
_BASE_LETTERS = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "\u0131": "i",  # without a dot
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
    }
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def has_control(value: str) -> bool:
    """True if the text holds characters that no one types and no database should keep."""
    return _CONTROL.search(value) is not None


def without_control(value: str) -> str:
    """Return typed text without control characters, to show on a page again."""
    return _CONTROL.sub("", value)


def clean(value: str) -> str:
    """The text as it is kept: composed (NFC), without control and drawing marks, spaces single."""
    value = without_control(_INVISIBLE.sub("", value))
    return " ".join(unicodedata.normalize("NFC", value).split())


def fold(value: str) -> str:
    """The text as it is compared: no case, accents, apostrophes or hyphens.

    "O'Brien-Núñez" and "obrien nunez" fold to the same; "Łukasz" and "lukasz" too.
    What it makes is stored: a change of it needs a migration that folds the names again.
    """
    decomposed = unicodedata.normalize("NFKD", clean(value)).casefold().translate(_BASE_LETTERS)
    bare = "".join(c for c in decomposed if not _is_accent(c) and c not in _LEFT_OUT)
    words = "".join(c if _is_part_of_word(c) else " " for c in bare).split()
    return unicodedata.normalize("NFC", " ".join(words))


def _is_accent(c: str) -> bool:
    """Marks that people leave out: Latin, Greek and Cyrillic accents, Hebrew and Arabic points.

    Told by their combining class. The other classes are spelling (vowel signs of India and
    Thailand, the voicing of kana): without them different names would be taken for the same.
    """
    kind = unicodedata.combining(c)
    return kind == 1 or 10 <= kind <= 35 or kind >= 200


def _is_part_of_word(c: str) -> bool:
    return c.isalnum() or c in "@.+" or unicodedata.category(c).startswith("M")


def has_letter(value: str) -> bool:
    return any(unicodedata.category(c).startswith("L") for c in value)


def full_name(first_name: str, last_name: str) -> str:
    """Both names of a person. Many people have only one."""
    return f"{first_name} {last_name}".strip()


def digits(value: str) -> str:
    """The decimal digits of the text, whatever script they were typed in, as ASCII."""
    return "".join(str(unicodedata.decimal(c)) for c in value if c.isdecimal())


def words_to_find(first_name: str, last_name: str, email_key: str | None) -> dict[str, bool]:
    """The folded words that a contact is looked up by, and whether each is of the name: those of
    both names, the email as a whole, and what stands between the marks before its @."""
    local = (email_key or "").rpartition("@")[0].replace(".", " ").replace("+", " ")
    of_email = [email_key or "", _in_letters(email_key or ""), *fold(local).split()]
    words = {word[:254]: False for word in of_email if word}
    return words | {word[:254]: True for word in fold(f"{first_name} {last_name}").split()}


def _in_letters(email_key: str) -> str:
    """An email's key as people read it: with the letters that its domain has in ASCII only."""
    local, at, domain = email_key.rpartition("@")
    try:
        return f"{local}{at}{idna.decode(domain)}" if "xn--" in domain else email_key
    except UnicodeError:  # idna.IDNAError is one
        return email_key


def network_of(address: str) -> str:
    """Return a visitor's network, as limits count it: an IPv4 address, or the /64 that an IPv6
    customer gets; `unknown` for what is none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), 64), strict=False))


LARGEST_ID = 2**63 - 1


def whole_number(typed: str, most: int = LARGEST_ID) -> int | None:
    """Read a number from 0 to `most` as pages write it; None for anything else.

    `int` takes more: +5, 1_000, digits of other scripts, and numbers that no database holds.
    """
    if not (typed.isascii() and typed.isdigit() and len(typed) <= len(str(most))):
        return None
    return number if (number := int(typed)) <= most else None


def whole_numbers(typed: Iterable[str]) -> list[int]:
    """The ids among what was posted."""
    return [number for text in typed if (number := whole_number(text)) is not None]
