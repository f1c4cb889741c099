"""The consent question as it is shown, word for word, and the id by which events refer to it.

Its languages stand here and not in the catalogues of translations: what the ledger keeps as shown
changes by a decision of its own, never along with other words.
"""

import hashlib
from dataclasses import dataclass

from portal.phone import show_number


@dataclass(frozen=True, slots=True)
class ConsentWording:
    """The question in its parts; the page shows exactly these, the ledger keeps `text`."""

    language: str
    question: str
    what: str
    terms: str
    yes: str
    no: str
    texting_number: str = ""
    """As it stands in `what`, so that the page can set it off."""

    @property
    def text(self) -> str:
        return "\n".join(
            (self.question, self.what, self.terms, f"( ) {self.yes}", f"( ) {self.no}")
        )

    @property
    def id(self) -> str:
        """The SHA-256 of language and text, in hex."""
        return hashlib.sha256(f"{self.language}\n{self.text}".encode()).hexdigest()


_WORDS = {
    "en": {
        "question": "May {school} text this number?",
        "what": (
            "Texts come from {number}: closures, reminders and news about your child. "
            "About 2 to 6 a month, more in an emergency."
        ),
        "terms": (
            "Message and data rates may apply. Reply STOP to end texts, HELP for help. "
            "Saying no changes nothing else."
        ),
        "yes": "Yes, text me",
        "no": "No, do not text me",
    },
    "es": {
        "question": "¿Puede {school} enviar mensajes de texto a este número?",
        "what": (
            "Los mensajes llegan del {number}: cierres, recordatorios y noticias sobre su hijo o "
            "hija. Entre 2 y 6 al mes, más o menos; más si hay una emergencia."
        ),
        "terms": (
            "Pueden aplicarse tarifas por mensajes y datos. Responda STOP para dejar de recibir "
            "mensajes, HELP para ayuda. Si dice que no, nada más cambia."
        ),
        "yes": "Sí, envíenme mensajes de texto",
        "no": "No, no me envíen mensajes de texto",
    },
}
LANGUAGES = frozenset(_WORDS)


def consent_wording(
    school_name: str, texting_number: str, country: str, language: str = "en"
) -> ConsentWording:
    """The question of a school whose texting number (E.164) people in `country` dial.

    `language` is one of LANGUAGES.
    """
    shown = show_number(texting_number, country)
    words = _WORDS[language]
    return ConsentWording(
        language=language,
        question=words["question"].replace("{school}", school_name),
        what=words["what"].replace("{number}", shown),
        terms=words["terms"],
        yes=words["yes"],
        no=words["no"],
        texting_number=shown,
    )
