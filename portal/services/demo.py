"""Made-up families, the same ones for the same seed: to try the portal out, and to measure it.

Family number i is made from the seed and i alone, so that more of them can be added later. Its
phones are of the exchange 555, that belongs to nobody. Everything is written through the services
and the ledger, as real families are. Callers commit.
"""

import random
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from sqlalchemy import func, select

from portal import times
from portal.consent import ledger
from portal.consent.wording import ConsentWording, consent_wording
from portal.enums import (
    Answer,
    ContactRole,
    EnrollmentStatus,
    Grade,
    PhoneType,
    Relationship,
    Slot,
    Source,
)
from portal.extensions import db
from portal.models import Contact, ParentLink, Term
from portal.models.columns import new_id
from portal.queries.schools import SchoolRow, get_school
from portal.services.bulk import Bulk
from portal.services.contacts import PhoneValue
from portal.services.demo_words import AREA_CODES, BROWSER, CULTURES, Culture
from portal.services.schools import create_school, school_year

ORIGIN = "demo"
ACTOR = "Demo"
SCHOOLS = (
    ("oakwood", "Oakwood School", "+12065550147", "en,es"),
    ("birchwood", "Birchwood School", "+12065550148", "en,es"),
)
PHONES_PER_FAMILY = 16
FOREIGN_NUMBERS = 1000
SHOWN, SHOWN_OF = 7, 20
"""Every 20th family, the eighth first, has a Cell that is opted in and one that is opted out."""
_STATUSES = (
    (EnrollmentStatus.ENROLLED,) * 6
    + (EnrollmentStatus.ADMITTED,) * 2
    + (EnrollmentStatus.APPLICANT, EnrollmentStatus.INQUIRY, EnrollmentStatus.WITHDRAWN)
)
_LATIN = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "æ": "ae", "ß": "ss", "\u0131": "i"})
_Answers = tuple[tuple[Source, Answer], ...]
_ASKED: tuple[_Answers, ...] = (
    ((Source.PUBLIC_FORM, Answer.YES),),
    ((Source.STAFF_ENTRY, Answer.YES),),
    ((Source.PUBLIC_FORM, Answer.NO),),
    ((Source.PUBLIC_FORM, Answer.YES), (Source.TEXT_REPLY, Answer.NO)),
    (),
    ((Source.PUBLIC_FORM, Answer.YES),),
    ((Source.PUBLIC_FORM, Answer.YES),),
    ((Source.STAFF_ENTRY, Answer.YES),),
    (),
    ((Source.PUBLIC_FORM, Answer.YES), (Source.PUBLIC_FORM, Answer.YES)),
)
"""What became of a Cell, in turn: every kind stands among the first dozen families."""


@dataclass(frozen=True)
class _Family:
    """What stays the same while one family is made."""

    school: SchoolRow
    bulk: Bulk
    last_term: int | None
    index: int
    dice: random.Random
    culture: Culture
    surname: str


def make_schools() -> SchoolRow:
    """Oakwood and Birchwood, where they are missing; Oakwood is given back."""
    for slug, name, number, languages in SCHOOLS:
        if get_school(slug) is None:
            create_school(slug, name, number, languages=languages)
    oakwood = get_school(SCHOOLS[0][0])
    if oakwood is None:
        raise LookupError(SCHOOLS[0][0])
    _make_last_term(oakwood)
    return oakwood


def _make_last_term(school: SchoolRow) -> None:
    """Last school year's, so that there is something to have been."""
    a_year_ago = times.local(times.now(), school.timezone).date() - timedelta(days=365)
    name, starts_on, ends_on = school_year(a_year_ago)
    there = select(Term.id).where(Term.school_id == school.id, Term.name == name)
    if db.session.scalar(there) is None:
        db.session.add(
            Term(school_id=school.id, id=new_id(), name=name, starts_on=starts_on, ends_on=ends_on)
        )
        db.session.flush()


def count_families(school_id: int) -> int:
    """How many made-up families are there: each has one parent at position 1, for all children."""
    return (
        db.session.scalar(
            select(func.count(ParentLink.parent_id.distinct()))
            .join(
                Contact,
                (Contact.school_id == ParentLink.school_id) & (Contact.id == ParentLink.student_id),
            )
            .where(
                ParentLink.school_id == school_id,
                ParentLink.position == 1,
                Contact.origin == ORIGIN,
            )
        )
        or 0
    )


def make_families(school: SchoolRow, seed: int, indexes: Iterable[int]) -> None:
    """Families of the seed by their numbers (from 0), written together."""
    bulk = Bulk(school.id, ORIGIN, ACTOR)
    last_term = _last_term(school.id)
    for index in indexes:
        _make_family(school, bulk, last_term, seed, index)
    if any(decision.kept_wording for decision in bulk.decisions):
        ledger.keep_wording(school.id, _wording(school))
    bulk.flush()


def _make_family(
    school: SchoolRow, bulk: Bulk, last_term: int | None, seed: int, index: int
) -> None:
    """Its children, its parents, what they answered."""
    dice = random.Random(f"{seed}/{index}")  # noqa: S311 -- made-up names, nothing secret
    culture = CULTURES[(index + seed) % len(CULTURES)]
    family = _Family(school, bulk, last_term, index, dice, culture, dice.choice(culture.surnames))
    students = _make_children(family)
    size = dice.choice((1, 2, 2))
    if index % 11 == 5:
        size = 4 - index // 11 % 2
    elif index % SHOWN_OF == SHOWN:
        size = 2
    for place in range(size):
        parent_id, relationship = _make_parent(family, place)
        for student_id in students:
            bulk.link(student_id, parent_id, place + 1, relationship)


def phone_number(position: int) -> str:
    """The made-up number at a position, E.164: each one once, the fictional 555-01xx first."""
    line, area = divmod(position, len(AREA_CODES))
    ordered = 100 + line if line < 100 else line - 100 if line < 200 else line
    return f"+1{AREA_CODES[area]}555{ordered:04}"


def _make_children(family: _Family) -> list[int]:
    dice, school = family.dice, family.school
    names = dice.sample(family.culture.children, dice.choice((1, 1, 2, 2, 3)))
    grades = list(Grade)
    oldest = dice.randrange(len(grades))
    students = []
    for place, name in enumerate(names):
        grade = grades[max(0, oldest - 2 * place)]
        student = _contact(family, name, ContactRole.STUDENT, None, grade)
        if school.default_term_id is not None:
            status = dice.choice(_STATUSES)
            family.bulk.enroll(student, school.default_term_id, *_ways(family, student, status))
        if oldest > 10 and place == 0:
            own = PhoneValue(Slot.PRIMARY, PhoneType.CELL, _number(family, 15))
            family.bulk.phones(student, [own])
        students.append(student)
    return students


def _ways(family: _Family, student: int, status: EnrollmentStatus) -> tuple[EnrollmentStatus, ...]:
    """How a student came to a status; who is enrolled was so last year too, now and then."""
    if family.last_term is not None and status is not EnrollmentStatus.INQUIRY:
        if family.index % 3 == 0:
            family.bulk.enroll(student, family.last_term, EnrollmentStatus.ENROLLED)
        if family.index % 3 == 1:
            return EnrollmentStatus.INQUIRY, EnrollmentStatus.APPLICANT, status
    return (status,)


def _last_term(school_id: int) -> int | None:
    """The term before the school's default one."""
    return db.session.scalar(
        select(Term.id)
        .where(Term.school_id == school_id, Term.is_default.is_(False))
        .order_by(Term.starts_on.desc())
        .limit(1)
    )


def _make_parent(family: _Family, place: int) -> tuple[int, Relationship]:
    """The parent at a place (from 0); the third and fourth are grandparents and others."""
    kinds = (Relationship.MOTHER, Relationship.FATHER)
    if place < 2:
        relationship = kinds[(place + family.index) % 2]
    else:
        relationship = (Relationship.GRANDPARENT, Relationship.GUARDIAN)[place - 2]
    women = relationship in {Relationship.MOTHER, Relationship.GUARDIAN}
    names = family.culture.mothers if women else family.culture.fathers
    name = names[(family.index + place) % len(names)]
    parent = _contact(family, name, ContactRole.PARENT, _email(family, name, place), None)
    phones = _phones(family, place)
    family.bulk.phones(parent, phones)
    for phone in phones:
        if phone.type is PhoneType.CELL:
            _answer(family, f"{name} {family.surname}", phone.number, place)
    return parent, relationship


def _email(family: _Family, name: str, place: int) -> str:
    """`bridget.oshea1@example.com`; of names in other scripts nothing is left but the place."""
    words = (_ascii(name) or f"parent{place + 1}", _ascii(family.surname) or "family")
    return f"{words[0]}.{words[1]}{family.index + 1}@example.com"


def _ascii(word: str) -> str:
    return re.sub("[^a-z]", "", unicodedata.normalize("NFKD", word.lower()).translate(_LATIN))


def _contact(
    family: _Family, name: str, role: ContactRole, email: str | None, grade: Grade | None
) -> int:
    return family.bulk.contact(name, family.surname, role, email, grade)


def _phones(family: _Family, place: int) -> list[PhoneValue]:
    """A Cell nearly always; a Home or a Work phone beside it now and then."""
    dice = family.dice
    cell = PhoneValue(Slot.PRIMARY, PhoneType.CELL, _cell_number(family, place))
    home = PhoneValue(Slot.SECONDARY, PhoneType.HOME, _number(family, place * 3 + 1))
    extension = str(dice.randrange(10, 9999)) if dice.random() < 0.6 else None
    work = PhoneValue(Slot.OTHER, PhoneType.WORK, _number(family, place * 3 + 2), extension)
    if family.index % SHOWN_OF == SHOWN:
        return [cell, work] if place else [cell, home]
    if place == 0 and family.index % 4 == 1:
        return [cell, work]
    return list(
        dice.choice(((cell,), (cell,), (cell, home), (cell, work), (cell, home, work), (home,)))
    )


def _cell_number(family: _Family, place: int) -> str:
    """Now and then one from abroad: +44 7400 123xxx, the British example numbers."""
    turn = family.index // 17
    if family.index % 17 == 3 and place == 0 and turn < FOREIGN_NUMBERS:
        return f"+447400123{turn:03}"
    return _number(family, place * 3)


def _number(family: _Family, place: int) -> str:
    return phone_number(family.index * PHONES_PER_FAMILY + place)


@lru_cache(maxsize=8)
def _wording(school: SchoolRow) -> ConsentWording:
    return consent_wording(school.name, school.texting_number, school.country)


def _answer(family: _Family, name: str, number: str, place: int) -> None:
    """Give the decisions about a Cell, one after the other over the past weeks."""
    answers = _ASKED[(family.index * 3 + place) % len(_ASKED)]
    days = sorted(family.dice.sample(range(2, 70), len(answers)), reverse=True)
    for (source, answer), day in zip(answers, days, strict=True):
        form = source is Source.PUBLIC_FORM
        reply = source is Source.TEXT_REPLY
        then = times.now() - timedelta(days=day)
        moment = then.replace(hour=family.dice.randrange(16, 24), minute=family.dice.randrange(60))
        wording = _wording(family.school)
        family.bulk.decisions.append(
            ledger.Decision(
                school_id=family.school.id,
                number=number,
                source=source,
                answer=answer,
                actor="visitor" if form else "handset" if reply else "cli",
                texting_number=family.school.texting_number,
                happened_at=moment,
                kept_wording=(wording.id, wording.language) if form else None,
                message_id=f"demo-{family.index}-{place}" if reply else None,
                evidence={"name": name, "browser": BROWSER} if form else {},
            )
        )
