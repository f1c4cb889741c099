"""Read what a text that came in says about consent: a pure function over its words.

Only a whole message is a keyword. What merely contains one is put in front of staff, not guessed.
"""

import string
import unicodedata

from portal.consent.reactions import reaction_in
from portal.enums import InboundKind

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
    }
)
START = frozenset({"start", "unstop"})
"""They change nothing but a carrier's block. A mere "yes" is a reply: it may answer a question."""
HELP = frozenset({"help", "info", "ayuda"})
_PROVIDERS = {"STOP": InboundKind.STOP, "START": InboundKind.START, "HELP": InboundKind.HELP}


def classify(body: str, opt_out_type: str | None = None) -> InboundKind:
    """Classify a text. `opt_out_type` is the provider's own reading of it, if there is one.

    Never WORD: whether a word is waited for stands in the database. A reaction quotes our words,
    STOP among them, and is a reply.
    """
    if not opt_out_type and reaction_in(body) is not None:
        return InboundKind.REPLY
    said, joined = _words(body, " "), _words(body, "")
    if said in OPT_OUT or joined in OPT_OUT:
        return InboundKind.STOP
    if (told := _PROVIDERS.get((opt_out_type or "").strip().upper())) is not None:
        return told
    if joined in START:
        return InboundKind.START
    if joined in HELP:
        return InboundKind.HELP
    held = any(f" {keyword} " in f" {said} " for keyword in OPT_OUT)
    return InboundKind.NEAR_MISS if held else InboundKind.REPLY


def is_yes(body: str) -> bool:
    """True if a text is a plain "yes". To the provider that lifts its block, as START does."""
    return _words(body, "") == "yes"


def _words(body: str, mark: str) -> str:
    """Trimmed, without case and accents (people write "arrêt"), and `mark` for each punctuation
    mark: `Opt-out.` is `opt out` or `optout`."""
    decomposed = unicodedata.normalize("NFKD", body).casefold()
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join("".join(mark if _is_punctuation(c) else c for c in bare).split())


def _is_punctuation(c: str) -> bool:
    return c in string.punctuation or (unicodedata.category(c)[0] in {"P", "C"} and not c.isspace())
