"""The consent question as it is shown, word for word, and the id by which events refer to it."""

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


def consent_wording(school_name: str, texting_number: str, country: str) -> ConsentWording:
    """The question of a school whose texting number (E.164) people in `country` dial."""
    shown = show_number(texting_number, country)
    return ConsentWording(
        language="en",
        question=f"May {school_name} text this number?",
        what=(
            f"Texts come from {shown}: closures, reminders and news about your child. "
            "About 2 to 6 a month, more in an emergency."
        ),
        terms=(
            "Message and data rates may apply. Reply STOP to end texts, HELP for help. "
            "Saying no changes nothing else."
        ),
        yes="Yes, text me",
        no="No, do not text me",
        texting_number=shown,
    )
