"""The consent question as it is shown, word for word, and the id by which events refer to it.

Its translations are here and not in the catalogs. The ledger keeps the words that were shown, so
they change only by a decision of their own, and never along with other words.

About the phone of another adult the question names them. The ledger's wordings are never erased, so
they hold no names: NAME is in their place, and the event's evidence keeps who was named.
"""

import hashlib
from dataclasses import dataclass

from portal.phone import show_number

NAME = "[name]"


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
    """As it is in `what`, so the page can set it off."""
    someone: str = ""
    """Words that replace NAME in the question while no name was typed."""

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
        "question_of_another": f"May {{school}} text {NAME}'s number?",
        "someone": "this parent",
        "what": (
            "{school} will text from {number} about school closings, reminders, and news about "
            "your child. Expect about 2 to 6 texts a month, more in an emergency."
        ),
        "terms": (
            "Message and data rates may apply. Reply STOP to cancel, HELP for help. You don't "
            "have to say yes. If you say no, nothing else at school changes."
        ),
        "yes": "Yes, text this number",
        "no": "No, don't text this number",
    },
    "es": {
        "question": "¿Puede {school} enviar mensajes de texto a este número?",
        "question_of_another": f"¿Puede {{school}} enviar mensajes de texto al número de {NAME}?",
        "someone": "esta persona",
        "what": (
            "{school} enviará mensajes desde el {number} sobre cierres de la escuela, "
            "recordatorios y noticias de su hijo o hija. Serán de 2 a 6 mensajes al mes, y más en "
            "una emergencia."
        ),
        "terms": (
            "Pueden aplicarse tarifas de mensajes y datos. Responda STOP para cancelar, HELP para "
            "recibir ayuda. Usted no tiene que aceptar. Si dice que no, nada más cambia en la "
            "escuela."
        ),
        "yes": "Sí, envíen mensajes a este número",
        "no": "No, no envíen mensajes a este número",
    },
}


def consent_wording(
    school_name: str,
    texting_number: str,
    country: str,
    language: str = "en",
    of_another: bool = False,
) -> ConsentWording:
    """Return the question of a school whose texting number (E.164) people in `country` dial.

    `language` is one of those above. `of_another`: about the phone of another adult, with NAME in
    it.
    """
    shown = show_number(texting_number, country)
    words = _WORDS[language]
    return ConsentWording(
        language=language,
        question=words["question_of_another" if of_another else "question"].replace(
            "{school}", school_name
        ),
        what=words["what"].replace("{school}", school_name).replace("{number}", shown),
        terms=words["terms"],
        yes=words["yes"],
        no=words["no"],
        texting_number=shown,
        someone=words["someone"] if of_another else "",
    )
