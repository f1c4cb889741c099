"""Names and searches, drawn by a seed from those on file: common and rare, whole
and cut short, and what nobody has."""

from collections import Counter
from dataclasses import dataclass
from random import Random
from string import ascii_lowercase

from sqlalchemy import select

from portal.extensions import db
from portal.models import Contact, Phone
from portal.queries.schools import SchoolRow

TIMES = 200


@dataclass(frozen=True)
class OnFile:
    """The data that draws are made from."""

    names: list[tuple[str, str]]
    """First and last name of everybody."""
    surnames: list[str]
    """The commonest first."""
    emails: list[str]
    numbers: list[str]

    @classmethod
    def of(cls, school: SchoolRow) -> "OnFile":
        of_school = Contact.school_id == school.id
        names = [
            (row.first_key, row.last_key)
            for row in db.session.execute(
                select(Contact.first_key, Contact.last_key).where(of_school).order_by(Contact.id)
            )
        ]
        emails = select(Contact.email_key).where(of_school, Contact.email_key.is_not(None))
        numbers = select(Phone.number).where(Phone.school_id == school.id)
        return cls(
            names=names,
            surnames=[word for word, _ in Counter(last for _, last in names).most_common()],
            emails=[email or "" for email in db.session.scalars(emails.order_by(Contact.id))],
            numbers=list(db.session.scalars(numbers.order_by(Phone.number).distinct())),
        )


def look_ups(there: OnFile, seed: int, times: int = TIMES) -> dict[str, list[str]]:
    """Typed text, by its kind: so many of each."""
    dice = Random(seed)
    common, rare = there.surnames[:40], there.surnames[-400:]
    firsts = [first for first, _ in Counter(first for first, _ in there.names).most_common(40)]

    def whole() -> str:
        return dice.choice(there.numbers)

    def word() -> str:
        return dice.choice(dice.choice(there.names)).split()[0]

    def cut(length: int) -> str:
        return word()[:length]

    def middle() -> str:
        found = max(word(), word(), word(), key=len)
        return found[1 : 1 + dice.randrange(3, 6)]

    kinds = {
        "commonest surnames": lambda: common[int(len(common) * dice.random() ** 2)],
        "rare surnames": lambda: dice.choice(rare),
        "one letter": lambda: dice.choice(ascii_lowercase),
        "two letters": lambda: cut(2),
        "three and four letters": lambda: cut(dice.choice((3, 4))),
        "first and last name": lambda: " ".join(dice.choice(there.names)),
        "two common words": lambda: f"{dice.choice(firsts)} {dice.choice(common)}",
        "two beginnings": lambda: f"{cut(2)} {cut(3)}",
        "a part inside of a word": middle,
        "emails, and their beginnings": lambda: dice.choice(there.emails)[: dice.choice((6, 99))],
        "names that nobody has": lambda: "".join(dice.choices("bcdfgjkqvwxz", k=6)),
        "a name misspelled": lambda: f"{word()}q",
        "the last four digits": lambda: whole()[-4:],
        "seven digits, as people write them": lambda: f"{whole()[-7:-4]}-{whole()[-4:]}",
        "area code and exchange": lambda: f"({whole()[2:5]}) {whole()[5:8]}",
        "a name and four digits": lambda: f"{word()} {whole()[-4:]}",
        "a whole number": lambda: _written(dice, whole()),
        "a whole number that nobody has": lambda: f"(206) 555-{dice.randrange(10_000):04}",
    }
    return {kind: [draw() for _ in range(times)] for kind, draw in kinds.items()}


def _written(dice: Random, number: str) -> str:
    """A number (E.164) in one of the ways that people write it."""
    if not number.startswith("+1"):
        return number
    area, exchange, line = number[2:5], number[5:8], number[8:]
    ways = (
        number,
        f"({area}) {exchange}-{line}",
        f"{area}-{exchange}-{line}",
        f"{area}{exchange}{line}",
    )
    return dice.choice(ways)
