"""Split the text in the find box into terms. No database here.

Words are compared folded (no case, no accents); digits that stand side by side, however they are
spaced or dotted, are one part of a number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import phonenumbers
from phonenumbers import PhoneMetadata

from portal.email_address import search_text
from portal.normalize import digits, fold, plain
from portal.phone import LABEL, PhoneError, PhoneNumber, is_verified

LONGEST = 100
MOST_DIGITS = 20
"""Of a whole number, with all that is dialled in front."""
MOST_TERMS = 8
SHORT = 3
"""A word shorter than this is only looked for at the start of names and emails."""

_NUMBER_WORD = re.compile(r"[^\w\s@]*\d(?:[^\w\s@]|[\d_])*|[().\-/\u2010-\u2015+]+")
_GROUP = re.compile(r"\D*\d+")
_BETWEEN = re.compile(r"[<>,;\"]+")
"""Characters that are pasted along with emails and numbers, and belong to neither."""
_EXTENSION = re.compile(r"(?<=\d)[\s,;]*(?:x|ext\.?|#)[\s=]*\d{1,8}\b", re.IGNORECASE)
_KINDS = frozenset(
    {
        "cell",
        "cellphone",
        "mobile",
        "phone",
        "tel",
        "telephone",
        "home",
        "work",
        "office",
        "number",
        "fax",
        "text",
        "sms",
        "whatsapp",
        "celular",
        "movil",
        "telefono",
        "casa",
        "trabajo",
    }
)
"""Words that people copy along with a number. Next to one, they aren't names."""


@dataclass(frozen=True, slots=True)
class Word:
    """A folded word of a name or an email, or an email's part as it was typed."""

    text: str
    is_email: bool = False


@dataclass(frozen=True, slots=True)
class Digits:
    """Digits of a number: found anywhere in one, or at the start of one that `starts` gives."""

    text: str
    starts: tuple[str, ...] = ()
    """Starts of numbers (E.164) for digits that are dialed in front but don't belong to them."""
    exact: str | None = None
    """The number (E.164), where a whole one was typed."""

    @property
    def texts(self) -> tuple[str, ...]:
        """The digits; and without the 0 that is dialled at home in front of many."""
        trunk = self.text.startswith("0") and len(self.text) > SHORT + 1
        return (self.text, self.text[1:]) if trunk else (self.text,)

    @property
    def whole_enough(self) -> bool:
        """One or two digits are in every number: they are looked for in emails only."""
        return len(self.text) >= SHORT


Term = Word | Digits


def terms_of(typed: str, country: str) -> list[Term]:
    """The terms of a look-up; all of them have to be found. `country` is the school's."""
    text = _EXTENSION.sub("", plain(typed[: 4 * LONGEST])[:LONGEST])
    terms = _all_terms(LABEL.sub("", text), country)
    if not any(isinstance(term, Digits) and term.exact for term in terms):
        terms = _all_terms(text, country)
    if any(isinstance(term, Digits) and term.whole_enough for term in terms):
        terms = [term for term in terms if term.text not in _KINDS]
    return terms[:MOST_TERMS]


def _all_terms(text: str, country: str) -> list[Term]:
    parts = (_part(part, country) for part in _BETWEEN.split(text))
    return list(dict.fromkeys(chain.from_iterable(parts)))


def _part(text: str, country: str) -> Iterator[Term]:
    run: list[str] = []
    for word in [*(word.strip(":'") for word in text.split()), ""]:
        if word and _NUMBER_WORD.fullmatch(word):
            run.append(word)
            continue
        yield from _numbers(" ".join(run), country)
        run = []
        yield from _words(word)


def _words(word: str) -> list[Term]:
    if "@" in word:
        word = word.strip("().")
        return [Word(search_text(word), is_email=True)]
    parts = (part.strip(".") for part in fold(word).split())
    return [Word(part) for part in parts if any(c.isalnum() for c in part)]


def _numbers(typed: str, country: str) -> Iterator[Digits]:
    """Digits side by side are one part of a number, until they hold a whole one."""
    groups = _GROUP.findall(typed)
    while groups:
        first = _first_number(groups, country)
        yield _number("".join(groups[:first]), country)
        groups = groups[first:]


def _first_number(groups: list[str], country: str) -> int:
    """The number of groups of digits that belong to the first number."""
    ends = [n for n in range(1, len(groups)) if "+" in groups[n]]
    most = ends[0] if ends else len(groups)
    for n in range(most, 0, -1):
        some, rest = "".join(groups[:n]), digits("".join(groups[n:most]))
        if n < most and len(rest) < SHORT:
            continue
        # People leave out the + in front of a country's code.
        if len(digits(some)) <= MOST_DIGITS and (
            _whole(some, country) or _is_abroad(f"+{some}", country)
        ):
            return n
    return most


def _number(typed: str, country: str) -> Digits:
    found = digits(typed)
    starts = (f"+{found}",) if "+" in typed else tuple(dialled(found, country))
    return Digits(found, starts, _whole(typed, country))


def _whole(typed: str, country: str) -> str | None:
    try:
        return PhoneNumber.parse(typed, country).e164
    except PhoneError:
        return None


def _is_abroad(typed: str, country: str) -> bool:
    """True for a whole number that the metadata knows. The digits of two might look like one."""
    number = _whole(typed, country)
    return number is not None and is_verified(number)


def dialled(found: str, country: str) -> list[str]:
    """Return the starts of numbers (E.164) whose first dialed digits these are.

    `011 44 7400` from the US is +44 7400; `07400` at home in Britain is that too.
    """
    starts = []
    metadata = PhoneMetadata.metadata_for_region(country)
    abroad = (metadata and metadata.international_prefix) or "00"
    match = re.match(f"(?:{abroad}|00)(?=[1-9])", found)
    if match:
        starts.append(f"+{found[match.end() :]}")
    elif metadata and metadata.national_prefix and found.startswith(metadata.national_prefix):
        code = phonenumbers.country_code_for_region(country)
        starts.append(f"+{code}{found.removeprefix(metadata.national_prefix)}")
    return starts
