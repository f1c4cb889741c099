"""Recognize a clear wish to get no more texts, in words other than a keyword: English or Spanish.

Rules only, over the words of one text. Each set first takes out what looks alike and means something
else ("don't stop texting me"), then looks for a wish in the rest. If in doubt, it is none:
staff read the text.
"""
# ruff: noqa: E501 -- rules, of words that belong together

import re
import unicodedata

from portal.consent.wishes.english import STOP_EN
from portal.consent.wishes.lookalikes import LOOKS_ALIKE
from portal.consent.wishes.spanish import STOP_ES
from portal.consent.wishes.words import words_of
from portal.consent.wishes.wrong_number import STRANGER, WRONG_NUMBER
from portal.enums import InboundKind

_WHOLE = re.compile(
    r"(?: (?:stop|stopall|unsubscribe|cancel|quit|end|optout|opt out|opt me out|alto|basta|basta ya|parar|paren|pare|"
    r"baja|cancelar|no mas|no more|remove|enough|detener|stop texting|cancle|cancell|cancela|cancele|detente|para|parale|"
    r"pare ya|remover|eliminar|quitar|quitar me|revoke|enuf|no texts|no messages|no texting|no mensajes|no textos|"
    r"stop please|deten|unsuscribe|dejar|ya no|ya no mas|terminar|desactivar|stop all|nomas|no textos mas|not interested in "
    r"texts|stop \d|\d stop|unsubscribe all|end all|stop messages|delete|block|salir|leave|suspender|stop\d|\d?stop\d?|stopp\w*|"
    r"stop allE?|stop al|sto|st op|s t o p|cancel all|end it|quit it|stop it|end this|end texts|cancel texts)"
    r")(?: (?:,|\.|please|por|por favor|favor|thanks|thank you|gracias|now|it|this|that|already|just|i|said|me|ok|okay|hi|"
    r"hello|hola|buenas|buenos dias|good morning|sir|maam|everything|right|immediately|asap|ya|stop|alto|no|"
    r"unsubscribe|all|yo|god|hey|omg|wtf|bro|dude|you|the|to|and|y|baja|cancel|end|quit|remove|opt|out|basta|texting|texts|"
    r"text|para|parar|mensajes|smh|ugh|dios|damn|fuck|fucking|hell|sorry|bye|adios|todo|esto|i want|forever|yes|si))*"
)
_LEAD = re.compile(
    r"^(?: (?:,|\.|please|por favor|pls|just|hi|hello|hola|hey|ok|okay|no|yo|omg|ugh|buenas|buenos dias|buenas tardes|"
    r"good morning|i|said|say|ya|and|yes|si|you|dear|school|god|dios|mio|solo|quiero|want to|sorry|thanks|thank you|gracias|"
    r"i want to|im saying|can you|again|the word|ive|told|do it))*(?= )"
)
_ONE_CLAUSE = re.compile(
    r"(?<= [.,?]) (?:(?:please|just|ok|por favor|ya|so|hey|again|and|y) )*(?:stop|unsubscribe|alto ya|ya basta|basta ya|paren|parenle|no more|"
    r"no mas|ya no mas|remove me|stop it|stop now|stop please|opt out|quit it)(?: (?:please|now|already|thanks|"
    r"thank you|gracias|por favor|ya|it|immediately|asap|ok))*(?= [.,])"
)
_JOKES = re.compile(r"\b(?:lol|haha\w*|jaja\w*|jk|lmao|rofl)\b|[\U0001f602\U0001f923\U0001f606]")


def wish_in(body: str) -> InboundKind | None:
    """Return WISH or WRONG_NUMBER if the text clearly says so, or None."""
    said = words_of(body)
    rest = LOOKS_ALIKE.sub(" # ", said)
    if WRONG_NUMBER.search(rest) or STRANGER.search(_with_accents(body)):
        return InboundKind.WRONG_NUMBER
    if STOP_EN.search(rest) or STOP_ES.search(rest):
        return InboundKind.WISH
    if _JOKES.search(body.casefold()):
        return None
    if _is_whole(said) or _ONE_CLAUSE.search(rest):
        return InboundKind.WISH
    return None


def _is_whole(said: str) -> bool:
    """True if the text has nothing but a keyword, maybe misspelled, and polite words."""
    if "?" in said:
        return False
    plain_words = " " + " ".join(said.replace(" . ", " ").replace(" , ", " ").split())
    lead = _LEAD.match(plain_words)
    rests = {plain_words, plain_words[lead.end() :] if lead else plain_words}
    return any(_WHOLE.fullmatch(rest) for rest in rests)


def _with_accents(body: str) -> str:
    return unicodedata.normalize("NFC", body)
