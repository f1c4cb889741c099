"""Two schools of two families each, whose every name, number and email can be told apart.

Each family has a parent whose email and number attackers know (they send them along), and a second
one of whom they know nothing: what belongs to that one, and every name, is a secret. A secret that
an answer holds is a leak, as nobody but its school can have said it.
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from flask import Flask
from sqlalchemy import select

from portal.enums import Relationship, StaffRole
from portal.extensions import db, writing
from portal.models import Contact, InboundMessage, Proposal, SavedSearch, Submission, Term
from portal.queries.records.invitations import CampaignChoice
from portal.queries.schools import SchoolRow, get_school
from portal.services.actor import COMMAND
from portal.services.mail import campaigns
from portal.services.schools import saved_searches, schools
from portal.services.texting import send as texting
from tests.attack.browser import Answer, Browser
from tests.support import families
from tests.support.families import phone
from tests.support.incoming import take
from tests.support.people import PASSWORD, make_account, newest_code

NUMBERS = {
    "oakwood": "+12065550147",
    "birchwood": "+12065550148",
}
AREAS = {
    "oakwood a": "415",
    "oakwood b": "503",
    "oakwood c": "206",
    "birchwood a": "907",
    "birchwood b": "808",
}
TAGS = {
    "oakwood a": "Qorvanix",
    "oakwood b": "Zyltheru",
    "oakwood c": "Vurnaxol",
    "birchwood a": "Wexumbra",
    "birchwood b": "Jhaqopel",
}
"""Names that no page holds by itself. Family `c` came by a form, in a browser of its own."""
NEVER_TYPED = 15
"""The last digits of a number that no attack sends along, so that it is a secret to the end."""


@dataclass
class Family:
    """One planted family. `known`: the parent whose email and number attackers send along."""

    school: str
    letter: str
    child: int = 0
    known: int = 0
    hidden: int = 0
    more_ids: set[int] = field(default_factory=set)

    @property
    def tag(self) -> str:
        return TAGS[f"{self.school} {self.letter}"]

    def number(self, last: int) -> str:
        return f"+1{AREAS[f'{self.school} {self.letter}']}55501{last:02}"

    @property
    def email(self) -> str:
        return f"known-{self.school}-{self.letter}@example.com"

    @property
    def hidden_email(self) -> str:
        return f"hidden-{self.school}-{self.letter}@planted.example"

    @property
    def contacts(self) -> list[int]:
        return [self.child, self.known, self.hidden]

    def secrets(self, of_known: bool = True) -> set[str]:
        """Strings that only the school may see; `of_known=False`: nor the known parent."""
        names = {self.tag} if of_known else set()
        hidden = (shapes(self.number(last)) for last in (12, 13, NEVER_TYPED))
        return names.union({self.hidden_email}, *hidden)


def shapes(number: str) -> set[str]:
    """A number as pages, files and links write it."""
    area, exchange, rest = number[2:5], number[5:8], number[8:]
    return {
        number,
        number[1:],
        f"{area}{exchange}{rest}",
        f"({area}) {exchange}-{rest}",
        f"{area}-{exchange}-{rest}",
    }


@dataclass
class Planted:
    """The planted families, and the ids of all that a school has, by kind."""

    app: Flask
    families: dict[tuple[str, str], Family]
    ids: dict[str, dict[str, int]]
    """By school and kind: `student`, `parent`, `batch`, `search`, `proposal`..."""

    def family(self, school: str, letter: str = "a") -> Family:
        return self.families[school, letter]

    @cached_property
    def numbers_of(self) -> dict[str, str]:
        """By id as it is written: the same thing's id at the other school."""
        other = {"oakwood": "birchwood", "birchwood": "oakwood"}
        return {
            str(value): str(self.ids[other[school]][kind])
            for school, kinds in self.ids.items()
            for kind, value in kinds.items()
        }


def plant(app: Flask) -> Planted:
    """Make it all, in an empty database. Needs the app's context."""
    found: dict[tuple[str, str], Family] = {}
    ids: dict[str, dict[str, int]] = {}
    for slug, number in NUMBERS.items():
        with writing():
            schools.create_school(slug, f"{slug.capitalize()} School", number, send_window="always")
        for role in StaffRole:
            make_account(f"{role}@{slug}.example", slug, role, f"Staff {slug}")
        school = get_school(slug)
        assert school is not None
        for letter in "ab":
            found[slug, letter] = _family(school, letter)
        ids[slug] = _belongings(app, school, found[slug, "a"])
    return Planted(app, found, ids)


def _family(school: SchoolRow, letter: str) -> Family:
    family = Family(school.slug, letter)
    family.child = families.make_student(school, f"Kid{family.tag} {family.tag}")
    family.known = families.make_parent(
        school,
        f"Ann{family.tag} {family.tag}",
        family.child,
        email=family.email,
        phones=[phone(family.number(11))],
        typed=True,
    )
    family.hidden = families.make_parent(
        school,
        f"Bob{family.tag} {family.tag}",
        family.child,
        email=family.hidden_email,
        phones=[phone(family.number(n), slot=i) for i, n in enumerate((12, 13, NEVER_TYPED))],
        typed=True,
        relationship=Relationship.FATHER,
    )
    families.stop(school, family.number(13))
    return family


def _belongings(app: Flask, school: SchoolRow, family: Family) -> dict[str, int]:
    """A batch, replies, a saved search, and a form that waits; their ids, by kind."""
    with writing():
        sent = texting.send(
            school,
            COMMAND,
            f"key{school.slug}",
            family.tag,
            [family.child],
            typed=f"News {family.tag}",
        )
        campaign_id = campaigns.start(school, CampaignChoice(), f"key{school.slug}", family.tag)
        db.session.add(
            SavedSearch(
                school_id=school.id,
                name=f"Search {family.tag}",
                query_string=saved_searches.COME_WITH_SCHOOL["Parents who opted out"],
                shared=True,
                made_at=db.session.scalars(select(SavedSearch.made_at)).first(),
            )
        )
    take(f"Reply {family.tag}", family.number(12), texting_number=school.texting_number)
    send_form(Browser(app), school.slug, family, child_grade="5")

    def newest(model: type, **which: object) -> int:
        rows = select(model.id).filter_by(school_id=school.id, **which)
        return db.session.scalars(rows.order_by(model.id.desc())).first() or 0

    return {
        "student": family.child,
        "parent": family.known,
        "hidden": family.hidden,
        "batch": sent.batch_id,
        "campaign": campaign_id,
        "search": newest(SavedSearch),
        "proposal": newest(Proposal),
        "submission": newest(Submission),
        "text": newest(InboundMessage),
        "term": newest(Term),
    }


def send_form(browser: Browser, slug: str, family: Family, child_grade: str) -> str:
    """An unsigned form about the family, with a grade and a phone that it does not have; gives the
    token of the page that it was typed on."""
    path = f"/{slug}/forms/contact"
    page = browser.get(path).form("forms/contact")
    assert page is not None
    hidden = [(k, v) for k, v in page.fields if not k.startswith(("child", "parent"))]
    typed = {
        "child1-first_name": f"Kid{family.tag}",
        "child1-last_name": family.tag,
        "child1-grade": child_grade,
        "parent1-first_name": f"Ann{family.tag}",
        "parent1-last_name": family.tag,
        "parent1-relationship": "mother",
        "parent1-email": family.email,
        "parent1-primary_phone-type": "cell",
        "parent1-primary_phone-number": family.number(14),
        "parent1-primary_phone-consent": "yes",
    }
    answer = browser.post(path, hidden + list(typed.items()))
    assert answer.status == 303, answer.text
    return dict(hidden)["form_token"]


def by_form(browser: Browser, school: SchoolRow) -> tuple[Family, str]:
    """A family that a form made, and the token of that form."""
    family = Family(school.slug, "c")
    token = send_form(browser, school.slug, family, child_grade="4")
    made = select(Contact.id).where(Contact.last_name == family.tag).order_by(Contact.id)
    family.child, family.known = db.session.scalars(made).all()
    return family, token


def sign_in_staff(browser: Browser, role: str, slug: str) -> Browser:
    form = browser.get("/staff/sign-in").form("/staff/sign-in")
    assert form is not None
    fields = form.values(email=f"{role}@{slug}.example", password=PASSWORD)
    answer = browser.post("/staff/sign-in", fields)
    assert answer.status == 303, answer.text
    return browser


def sign_in_parent(browser: Browser, slug: str, email: str) -> Browser:
    path = f"/{slug}/sign-in"
    form = browser.get(path).form("/sign-in")
    assert form is not None
    browser.post(path, form.values(email=email))
    code = browser.get(f"{path}/code").form("/sign-in/code")
    assert code is not None
    answer = browser.post(f"{path}/code", code.values(code=newest_code(email)))
    assert answer.location.endswith("/household"), answer.text
    return browser


def key_of(text: str) -> str:
    """One key for all ways to write the same number, or the same email."""
    digits = "".join(filter(str.isdecimal, text))
    return digits[-10:] or unicodedata.normalize("NFKC", text).strip().lower()


def leaks(answer: Answer, secrets: Iterable[str]) -> list[str]:
    """The secrets that an answer shows, in its page, file, headers or redirect."""
    shown = [answer.text, answer.headers]
    if answer.body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(answer.body)) as file:
            shown += [file.read(name).decode("utf-8", "replace") for name in file.namelist()]
    text = "\n".join(shown).lower()
    return sorted(s for s in secrets if _has(text, s.lower()))


def _has(text: str, secret: str) -> bool:
    if secret not in text:
        return False
    # A run of digits that is part of a longer one (an id, a time) is no number.
    return not secret.isdigit() or re.search(rf"(?<!\d){secret}(?!\d)", text) is not None
