"""Rewrite a text word by word, so that one rule reads all its spellings.

People text without accents and apostrophes, in slang, and with typos.
"""

import re
import unicodedata
from difflib import get_close_matches
from functools import lru_cache

from portal.normalize import plain

END = " . "
"""Stands between two clauses. A question ends with " ? "."""
_SPELLINGS = {
    "stop": "stpo sotp stp stoop stap sttop sstop st0p 5top 5t0p stopp dtop stopit",
    "please": "pls plz plse plese pleas pleaze pleez pliz plis pleae",
    "you": "u ya'll yall",
    "your": "ur youre",
    "are": "r",
    "to": "2",
    "me": "mee",
    "no more": "nomore",
    "take": "tke tak",
    "ya no": "yano",
    "no me": "nome",
    "the": "da teh",
    "text": "txt tex texto! tx",
    "texts": "txts textos! texs text's",
    "texting": "txting txtn texing textin txtin txtng textting texring texring",
    "message": "msg mesage messege mssg",
    "messages": "msgs mesages messeges massages! messgaes mssgs msgz",
    "messaging": "msging msging",
    "dont": "dnt don't do_not donot dun don doent",
    "do not": "don't",
    "anymore": "anymor any_more anymre nemore",
    "want": "wnt whant wan",
    "wanna": "wana",
    "unsubscribe": "unsub unsuscribe unsubcribe unsubscrib unsubscibe unsubscrive unsubscribed! "
    "unsuscrib unsuscribirme! usubscribe",
    "number": "numbr nuber nubmer nmber num nbr numbe nymber nmbr numbber",
    "wrong": "worng wrng rong wron wrog wronge",
    "dejaran": "degaran",
    "remove": "rmv remv remve remov remobe reomve rmove",
    "because": "bc cuz cause coz",
    "with": "w wit",
    "por favor": "porfavor porfabor porfa porfis porfas xfa xfavor pfv pfvr fabor",
    "de": "d",
    "que": "q k qe ke",
    "por": "x",
    "mensajes": "mensages menajes mesajes mensjes msjs msjes mjs mensajitos mensaje mensage msj "
    "mensajito menssajes mensahes mnsajes",
    "numero": "nro numeor numro numeroo",
    "equivocado": "ekivocado equibocado equivocao ecuivocado ekibocado equivicado ekivokado",
    "equivocaron": "ekivocaron equibocaron",
    "recibir": "resibir recivir resivir recibr resebir",
    "quiero": "kiero qiero quero kero",
    "envien": "embien enbien enbíen enven",
    "envie": "embie enbie",
    "dejen": "degen dejn",
    "deje": "dege",
    "dejenme": "degenme dejeme degeme dejame",
    "telefono": "tel cel celular cell! telefno",
    "desuscribirme": "desuscribir desubscribirme desinscribirme unsuscribirme",
    "eliminen": "eliminenme",
}
_AS = {
    typed: word
    for word, all_typed in _SPELLINGS.items()
    for typed in all_typed.split()
    if not typed.endswith("!")
}
_LONG_WORDS = """
texting messages messaging message unsubscribe unsubscribed receive receiving received
number numbers contact contacts contacted remove removed removing notifications
notification sending bothering contacting anymore mensajes recibir recibi recibo recibio
numero numeros equivocado equivocada equivoque textos texto lista bloquear mandando mandar
enviar notificaciones list stopped stopping texted alerts alert notify person persona
personal maintain mention mentions remote remodel lumber cumber member summer slumber
encumber contract contacto contactos contracts contrast massage massages sensing spending
lending sendings pending ending recipe recipes deceive perceive testing texture nesting
contacten contacte contactes contactame contactado contactada contactar notifique
notifiquen dejenme quitenme manden envien escriban mandan mandaron mandado enviado equivoco listen
"""
_HEARD_WORDS = """
quiten quitenme quiteme quitame quitar quitarme quitenos saquen saquenme saqueme sacame sacar
queremos quisiera escriban escriba escriben escribir escribirme escribiendo manden mande mandes
mandar mandarme mandando mandan envien envie enviar enviarme molesten moleste molestar dejen dejenme
deje deja equivocado equivocada equivoco equivocaron equivocan borren borrenme borrar eliminen
eliminar cancelen cancelar recibir vuelvan volver necesito avisen hijos gracias lista baja basta
stop texting text texts send sending please remove delete number wrong anymore leave alone list
unsubscribe messages message never again
"""
_HEARD = 4
_NOT_HEARD = frozenset(["kite", "sake", "lisa", "vasta", "base", "baha", "leve", "sent"])
_LONG = _LONG_WORDS.split()
"""Words that are long enough to be known by most of their letters, and others that look alike."""


def words_of(body: str) -> str:
    """Return the text in lower case, its words between single spaces, its clauses between END."""
    text = unicodedata.normalize("NFKD", plain(body)).casefold()
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = re.sub("['`\u00b4\u02bc\u2018\u2019]", "", text).replace("#", " number ")
    text = re.sub(r"n t\b", "nt", text) if re.search(r"\b(?:don|isn|can|won) t\b", text) else text
    text = re.sub(r"(.)\1{2,}", r"\1", text)
    text = re.sub(r"[?]", " ? ", re.sub(r"[.!;:\n\r¡¿]+", END, text))
    text = re.sub(r"[^\w\s.?,]|_", " ", re.sub(r"(?<=\w)[-/](?=\w)", " ", text))
    words = [w for w in re.sub(",", " , ", text).split() if w]
    said = " ".join(_known(word) for word in words)
    return f" . {said} . "


@lru_cache(maxsize=4096)
def _known(word: str) -> str:
    if word in _AS:
        return _AS[word]
    if len(word) >= _HEARD and word not in _NOT_HEARD and _sound(word) in _SOUNDS:
        return _SOUNDS[_sound(word)]
    if len(word) < 6 or not word.isalpha() or word in _LONG:
        return word
    near = get_close_matches(word, _LONG, 1, 0.88)
    return near[0] if near else word


def _sound(word: str) -> str:
    """The word as it sounds in Spanish, its letters not repeated: "kitenme" is "quitenme"."""
    word = re.sub(r"(.)\1+", r"\1", word.replace("ll", "y"))
    word = re.sub("c(?=[ei])|z", "s", word.replace("qu", "k")).replace("v", "b")
    return re.sub("(?<!c)h", "", word).replace("c", "k").replace("tekst", "text")


_SOUNDS = {_sound(word): word for word in _HEARD_WORDS.split()}
