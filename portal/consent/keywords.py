"""Read what a text that came in says about consent: a pure function over its words.

Only a whole message is a keyword, which opts out. A clear wish in other words pauses texts, and
staff decide. A mere mention is for staff to read.
"""

import re
import string
import unicodedata
from itertools import pairwise

from portal.consent.reactions import reaction_in
from portal.consent.wishes.reading import wish_in
from portal.enums import InboundKind
from portal.normalize import plain

OPT_OUT = frozenset(
    {
        "stop",
        "stopall",
        "stop all",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "revoke",
        "optout",
        "opt out",
        "arret",
        "alto",
        "parar",
        "cancelar",
        "baja",
        "remove",
        "no mas",
        "detener",
        "darme de baja",
    }
)
"""Each with its source in docs/consent.md."""
_JOINED = frozenset(keyword.replace(" ", "") for keyword in OPT_OUT)
STOP_ALL = "stopall"
"""The opt-out keyword for every school of a district, without its space."""
START = frozenset({"start", "unstop"})
"""They change nothing but a carrier's block. A mere "yes" is a reply: it may answer a question."""
HELP = frozenset({"help", "info", "ayuda"})
_BESIDE_QUOTES = re.compile('[“”"«»„‟「」『』]')
_PROVIDERS = {"STOP": InboundKind.STOP, "START": InboundKind.START, "HELP": InboundKind.HELP}
_LIKE_LETTERS = str.maketrans({"0": "o", "1": "i", "5": "s"})
_LOOK_ALIKES = str.maketrans(
    "\u0430\u0435\u043a\u043c\u043e\u0440\u0441\u0442\u0443\u0445\u0455\u0456\u0458"
    "\u03b1\u03b2\u03b5\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7",
    "aekmopctyxsijabehikmnoptyx",
)
"""Cyrillic and Greek letters whose capitals look like Latin ones (Unicode's confusables.txt: no
property has them). No word in those letters looks like a keyword by chance: none of them has an S
and a T."""
_LONG_ENOUGH = 6
"""A keyword of fewer letters may be the end of one word and the start of the next."""


def classify(body: str, opt_out_type: str | None = None) -> InboundKind:
    """Classify a text. `opt_out_type` is the provider's own reading of it, if there is one.

    Never WORD: only the database knows if we are waiting for a word. A reaction is a reply, though
    it quotes our words, like STOP.
    """
    if not opt_out_type and reaction_in(body) is not None:
        beside = _words(" ".join(_BESIDE_QUOTES.split(body)[2:-1:2]))
        return InboundKind.NEAR_MISS if _holds_opt_out(beside) else InboundKind.REPLY
    words = _words(body)
    joined = "".join(words)
    if joined in _JOINED or joined.translate(_LOOK_ALIKES) in _JOINED:
        return InboundKind.STOP
    if (told := _PROVIDERS.get((opt_out_type or "").strip().upper())) is not None:
        return told
    if _as_provider_reads(body) in START:
        return InboundKind.START
    if joined in HELP:
        return InboundKind.HELP
    if (wish := wish_in(body)) is not None:
        return wish
    return InboundKind.NEAR_MISS if _holds_opt_out(words) else InboundKind.REPLY


def is_stop_all(body: str) -> bool:
    """True if a text is the keyword STOP ALL, which means every school of a district."""
    return "".join(_words(body)) == STOP_ALL


def is_yes(body: str) -> bool:
    """True if a text is a plain "yes". To the provider that lifts its block, as START does."""
    return _as_provider_reads(body) == "yes"


def _words(body: str) -> list[str]:
    """The words, without case and accents (people write "arrêt"). Punctuation, symbols, and emoji
    separate words: `Opt-out!` is `opt` and `out`, and so is `OPT OUT` with a thumbs-down."""
    return "".join(" " if _is_mark(c) else c for c in _letters(body)).split()


def _as_provider_reads(body: str) -> str:
    """Trimmed, without case, accents, and punctuation. The provider does not know
    a keyword with an emoji or a space in it, so its block stays."""
    return "".join(c for c in _letters(body) if not _is_punctuation(c)).strip()


def _holds_opt_out(words: list[str]) -> bool:
    """True if a keyword is among the words, or one that is only written differently: with a
    digit, letter by letter, in two parts, or with repeated letters."""
    said = " ".join(words)
    readings = {
        said,
        re.sub(r"\d", " ", said),
        said.translate(_LIKE_LETTERS),
        said.translate(_LOOK_ALIKES),
        re.sub(r"\b(\w) (?=\w\b)", r"\1", said),
        *(one + two for one, two in pairwise(words) if len(one + two) >= _LONG_ENOUGH),
    }
    heard = [f" {_once(reading)} " for reading in readings]
    return any(f" {_once(keyword)} " in reading for keyword in OPT_OUT for reading in heard)


def _once(text: str) -> str:
    """The text without repeated letters or spaces: `stooop` becomes `stop`."""
    return re.sub(r"(.)\1+", r"\1", text)


def _letters(body: str) -> str:
    said = plain("".join(" " if _is_trade_mark(c) else c for c in body))
    decomposed = unicodedata.normalize("NFKD", said).casefold()
    return "".join(c for c in decomposed if not _is_accent(c))


def _is_trade_mark(c: str) -> bool:
    """True for symbols that stand for small letters beside a word: ™ and ℠."""
    small = unicodedata.decomposition(c).startswith("<super>")
    return small and unicodedata.category(c) == "So"


def _is_accent(c: str) -> bool:
    """True for accents, and for marks around a letter, like those of a keycap emoji."""
    return unicodedata.combining(c) > 0 or unicodedata.category(c) == "Me"


def _is_mark(c: str) -> bool:
    return unicodedata.category(c)[0] in {"P", "S", "C"}


def _is_punctuation(c: str) -> bool:
    return c in string.punctuation or unicodedata.category(c)[0] in {"P", "C"}
