"""Recognize a reaction: a phone's tap on one of our texts, which arrives as a text that quotes it.

The quoted words are ours, so they say nothing about consent. iPhones send `Liked “…”`, in the
phone's language. Google Messages puts invisible characters around the parts, in any
language. https://github.com/quik-sms/quik has both forms.
"""

import re
from dataclasses import dataclass

from portal.enums import ReactionKind


@dataclass(frozen=True, slots=True)
class Reaction:
    kind: ReactionKind
    emoji: str = ""
    """The emoji that the sender chose, if the text has it."""


_SIGN = (
    "(?:[\u203c\u2049\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001fbff]"
    '[^\\w\\s“”"«»]{0,15})'
)
"""An emoji: a symbol, and the characters that combine with it."""
_LEADS = {
    ReactionKind.REMOVED: (
        r"removed an? (?:like|heart|dislike|laugh|exclamation|question|emphasis|sticker|reaction)"
        r"(?: mark)? from|removed (?P<e1>SIGN) from|"
        r"(?:(?:ha )?quit[oó]|(?:ha )?elimin[oó]) .{1,40}? (?:de|a|en)|"
        r"a (?:retiré|supprimé|enlevé) .{1,40}? (?:de|à|sur)"
    ),
    ReactionKind.DISLIKED: (
        r"disliked|no (?:le|me) gust(?:ó|o|a)|n[\u2019']a pas aimé|je n[\u2019']aime pas"
    ),
    ReactionKind.LIKED: r"liked|(?:le|me) gust(?:ó|o|a)|a aimé|j[\u2019']aime",
    ReactionKind.LOVED: r"loved|(?:le|me) encant(?:ó|o|a)|a adoré|adore",
    ReactionKind.LAUGHED: (
        r"laughed at|(?:le|me) (?:dio|da|hizo|hace) (?:risa|gracia)(?: con)?|"
        r"se (?:ri[oó]|r[ií]e) (?:de|con)|a ri (?:de|à)"
    ),
    ReactionKind.EMPHASIZED: (
        r"emphasi[sz]ed|(?:enfatiz|destac|resalt|recalc|subray)(?:ó|o|a)|exclam(?:ó|o|a) por|"
        r"puso énfasis en|a mis en évidence|a insisté sur"
    ),
    ReactionKind.QUESTIONED: (
        r"questioned|cuestion(?:ó|o|a)|pregunt(?:ó|o|a)(?: por| sobre)?|dud(?:ó|o|a)(?: de| sobre)?"
        r"|se pregunt(?:ó|o|a)(?: por| sobre)?|a interrogé|a mis en doute"
    ),
    ReactionKind.REACTED: (
        r"reacted (?:with )?(?:(?P<e2>SIGN)|a sticker|an? [\w-]+) to|"
        r"reaccion(?:ó|o|a) (?:con )?(?:(?P<e3>SIGN)|un sticker) a|"
        r"a réagi (?:avec )?(?:(?P<e4>SIGN)|un autocollant) à|"
        r"a attribué la mention .{1,30}? à|"
        r"(?P<e5>SIGN)UNSEEN(?:to|a|à)"
    ),
}
_UNSEEN = "[\\s\u200a-\u200f\u2060\ufe0e\ufe0f\ufeff]*"
_QUOTED = f'[“”"«„‟「『](?:.*[”"»“」』]{_UNSEEN}|[^”"»」』]*)'
"""Ends with the closing quote at the end of the text, or without one if a carrier cut off the end.
If words follow, they are the sender's own."""
_THING = (
    r"(?:an?|una?|une?) (?:image|photo|picture|video|movie|gif|sticker|link|attachment|contact|"
    r"location|document|file|voice message|audio message|imagen|foto|v[ií]deo|enlace|archivo|"
    r"mensaje de (?:audio|voz)|photo|vidéo|pièce jointe)"
)


def _form(lead: str) -> re.Pattern[str]:
    lead = lead.replace("SIGN", _SIGN).replace("UNSEEN", _UNSEEN)
    what = f"{_QUOTED}|{_THING}[.!]?{_UNSEEN}"
    return re.compile(f"{_UNSEEN}(?:{lead}){_UNSEEN}(?:{what})", re.IGNORECASE | re.DOTALL)


_FORMS = [(kind, _form(lead)) for kind, lead in _LEADS.items()]
_ANDROID = re.compile(
    "\u200a[^\u200a-\u200c]*(?P<mark>[\u200b\u200c])(?P<emoji>[^\u200a-\u200c]{1,30})(?P=mark)"
    "[^\u200a-\u200c]*\u200a.*",
    re.DOTALL,
)
"""Google Messages: hair spaces around the parts, and the emoji between two zero-width spaces if it
was added, or two non-joiners if it was removed."""


def reaction_in(body: str) -> Reaction | None:
    """Return the reaction, or None if the text is not one."""
    if (android := _ANDROID.fullmatch(body)) is not None:
        removed = android["mark"] == "\u200c"
        kind = ReactionKind.REMOVED if removed else ReactionKind.REACTED
        return Reaction(kind, android["emoji"].strip())
    for kind, form in _FORMS:
        if (found := form.fullmatch(body)) is not None:
            signs = [sign for sign in found.groupdict().values() if sign]
            return Reaction(kind, _shown(signs[0]) if signs else "")
    return None


def _shown(sign: str) -> str:
    return sign.strip("\u200a\u200b\u200c\u2060 ")


SHORTEST_QUOTE, LOOKED_AT = 12, 40
"""Characters of a quotation. If a parent writes “STOP” in quotes, they mean it. And the end of a
text may be a link, which we don't store."""
_QUOTATION = re.compile(
    '[“”"«„‟「『\u200a](?P<words>[^“”"«»„‟「」『』\u200a]+)(?:[“”"»‟」』\u200a]|$)'
)
_WHOLE = re.compile('[“”"«„‟「『](?P<words>.+)[“”"»‟」』]', re.DOTALL)


def own_words(body: str, ours: str) -> str:
    """Return the sender's own words: the text without a quotation of one of our texts, whole or cut
    short, in any language."""
    whole = _WHOLE.search(body)
    if whole and len(whole["words"]) >= SHORTEST_QUOTE and whole["words"] in ours:
        return f"{body[: whole.start()]} {body[whole.end() :]}"  # our text has quotes in it
    for found in _QUOTATION.finditer(body):
        words = found["words"].strip().removesuffix("…").removesuffix("...").strip()
        if len(words) >= SHORTEST_QUOTE and words[:LOOKED_AT] in ours:
            return f"{body[: found.start()]} {body[found.end() :]}"
    return body
