"""Text as people type it: cleaned for keeping, folded for comparing and looking up. And
networks, from the addresses of visitors."""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import idna
import regex

# Unicode lists the invisible characters. We add the blanks that it calls symbols, and the block of
# placeholders.
_unseen = regex.compile(r"(?V1)[\p{Default_Ignorable_Code_Point}[\p{Block=Specials}--\ufffd]]")
_blank = regex.compile(r"[\u2800\U00013441\U00013442\U0001d159]")
_SPELLED = (
    r"[[\p{L}\p{M}]--[\p{Default_Ignorable_Code_Point}"
    r"\p{Latin}\p{Greek}\p{Cyrillic}\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}]]"
)
"""Letters and vowel signs of the scripts that spell with joiners, like Persian and Hindi."""
_TAG = r"[\U000e0030-\U000e007a]"
_kept = regex.compile(
    "(?V1)"
    + "|".join(
        (
            rf"(?<={_SPELLED})[\u200c\u200d](?={_SPELLED})",
            r"(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?)\u200d"
            r"(?=\p{Extended_Pictographic})",
            r"(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]",
            r"(?<=[0-9#*])\ufe0f(?=\u20e3)",  # a key of a phone
            rf"(?<=\U0001f3f4{_TAG}{{0,5}}){_TAG}(?={_TAG}{{0,5}}\U000e007f)",  # Scotland's flag
            rf"(?<=\U0001f3f4{_TAG}{{1,6}})\U000e007f",
            r"(?<=\p{Han})[\U000e0100-\U000e01ef]",  # variants of letters in Japanese names
        )
    )
)
# In names: apostrophes, letters that people type as one (okina, saltillo, ayin, geresh), and
# signs that only make a word longer.
_left_out = regex.compile(
    r"['`\u00b4\u2018\u2019\u201b\u2032\u2035\ua78b\ua78c\u055a\u05f3\u0640\u07fa"
    r"\p{Block=Spacing_Modifier_Letters}]"
)
# Letters that Unicode does not decompose, in the way that people without such a keyboard write
# them. And letters that differ between Arabic, Persian, and Urdu keyboards.
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
        "\u0671": "\u0627",  # alef
    }
    | dict.fromkeys("\u0629\u06be\u06c1\u06c3\u06d5", "\u0647")  # ta marbuta, heh
    | dict.fromkeys("\u0649\u06cc\u06cd\u06d0\u06d2", "\u064a")  # alef maqsura, yeh
    | dict.fromkeys("\u06a9\u06aa", "\u0643")  # kaf
)
_of_east_asia = regex.compile(r"\p{Han}|\p{Hangul}|\p{Hiragana}|\p{Katakana}").search
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def has_control(value: str) -> bool:
    """True if the text holds characters that no one types and no database should keep."""
    return _CONTROL.search(value) is not None


def without_control(value: str) -> str:
    """Return typed text without control characters, to show on a page again."""
    return _CONTROL.sub("", value)


def without_unseen(value: str) -> str:
    """Return typed text without control characters and invisible ones, composed (NFC).

    Joiners stay between letters of scripts that spell with them. An emoji keeps all of its parts.
    """
    seen = _blank.sub(" ", without_control(value))
    found = _unseen.sub(lambda one: one[0] if _kept.match(seen, one.start()) else "", seen)
    return unicodedata.normalize("NFC", found)


def clean(value: str) -> str:
    """Return a line of text to keep: no control or invisible characters, and single spaces."""
    return " ".join(without_unseen(value).split())


def plain(value: str) -> str:
    """Return text for machines: no invisible character at all, and plain characters for wide or
    ornate ones (NFKC). For numbers, codes, and words to compare, but not to keep."""
    return " ".join(unicodedata.normalize("NFKC", _visible(value)).split())


def _visible(value: str) -> str:
    return str(_unseen.sub("", _blank.sub(" ", without_control(value))))


@lru_cache(maxsize=4096)
def fold(value: str) -> str:
    """Return text to compare: no case, accents, apostrophes, joiners, or hyphens.

    "O'Brien-Núñez" and "obrien nunez" fold to the same; "Łukasz" and "lukasz" too.
    What it makes is stored: a change of it needs a migration that folds the names again.
    """
    bare = _left_out.sub("", _visible(value))
    decomposed = unicodedata.normalize("NFKD", bare).casefold().translate(_BASE_LETTERS)
    unaccented = "".join(c for c in _left_out.sub("", decomposed) if not _is_accent(c))
    words = "".join(c if _is_part_of_word(c) else " " for c in unaccented).split()
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
    """True if a letter of any script can be seen."""
    return any(unicodedata.category(c).startswith("L") for c in clean(value))


def full_name(first_name: str, last_name: str) -> str:
    """Both names of a person. Many people have only one."""
    return f"{first_name} {last_name}".strip()


def digits(value: str) -> str:
    """The decimal digits of the text, whatever script they were typed in, as ASCII."""
    return "".join(str(unicodedata.decimal(c)) for c in value if c.isdecimal())


def words_to_find(first_name: str, last_name: str, email_key: str | None) -> dict[str, bool]:
    """The folded words that a contact is looked up by, and whether each is of the name: those of
    both names, each name as one word ("De La Cruz" as "delacruz"), the email as a whole, and the
    words before its @.

    The full name as one word is nearly unique. Like the words of an email, it is not a name word.
    """
    local = (email_key or "").rpartition("@")[0].replace(".", " ").replace("+", " ")
    first, last = fold(first_name).split(), fold(last_name).split()
    full = [_as_one_word(first + last)]
    if _of_east_asia(full[0]):  # the family's name comes first there
        full.append(_as_one_word(last + first))
    others = [email_key or "", _in_letters(email_key or ""), *fold(local).split(), *full]
    of_name = [*first, *last, _as_one_word(first), _as_one_word(last)]
    words = {word[:254]: False for word in others if word}
    return words | {word[:254]: True for word in of_name if word}


def _as_one_word(words: list[str]) -> str:
    return "".join(words).replace(".", "")


def _in_letters(email_key: str) -> str:
    """An email's key as people read it: with the letters that its domain has in ASCII only."""
    local, at, domain = email_key.rpartition("@")
    try:
        return f"{local}{at}{idna.decode(domain)}" if "xn--" in domain else email_key
    except UnicodeError:  # idna.IDNAError is one
        return email_key


_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d*)?|([^:]+):\d*")


def bare_address(address: str) -> str:
    """Return the address without the port, brackets, or quotes that a proxy added:
    `192.0.2.7:51234`, `[2001:db8::1]:443`."""
    address = address.strip(' "')
    found = _WITH_PORT.fullmatch(address)
    return (found[1] or found[2]) if found else address


def network_of(address: str) -> str:
    """Return a visitor's network, as limits count it: an IPv4 address, or the /64 that an IPv6
    customer gets; `unknown` for what is none."""
    try:
        found = ipaddress.ip_address(bare_address(address))
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
