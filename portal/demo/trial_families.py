"""The first thousand sample families, for a trial: every kind of family among the first dozen."""

from random import Random

from portal.demo.names import CULTURES, Culture
from portal.demo.plan import (
    OWN_PHONE,
    Answers,
    Child,
    Family,
    Parent,
    cell_number,
    dice_of,
    email,
    own_number,
    spread,
)
from portal.enums import Answer, EnrollmentStatus, Grade, PhoneType, Relationship, Slot, Source
from portal.services.contacts.phones import PhoneValue

SHOWN, SHOWN_OF = 7, 20
"""Every 20th family, the eighth first, has a cell phone opted in and one opted out."""
_DAYS = range(2, 70)
_STATUSES = (
    (EnrollmentStatus.ENROLLED,) * 6
    + (EnrollmentStatus.ADMITTED,) * 2
    + (EnrollmentStatus.APPLICANT, EnrollmentStatus.INQUIRY, EnrollmentStatus.WITHDRAWN)
)
_ASKED: tuple[Answers, ...] = (
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
"""Histories of a cell phone number, used in turn."""


def plan(seed: int, index: int) -> Family:
    dice = dice_of(seed, index)
    culture = CULTURES[(index + seed) % len(CULTURES)]
    surname = dice.choice(culture.surnames)
    family = Family(_children(dice, culture, surname, index))
    size = dice.choice((1, 2, 2))
    if index % 11 == 5:
        size = 4 - index // 11 % 2
    elif index % SHOWN_OF == SHOWN:
        size = 2
    for place in range(size):
        family.parents.append(_parent(dice, culture, surname, index, place))
    return family


def _children(dice: Random, culture: Culture, surname: str, index: int) -> list[Child]:
    names = dice.sample(culture.children, dice.choice((1, 1, 2, 2, 3)))
    grades = list(Grade)
    oldest = dice.randrange(len(grades))
    phone = PhoneValue(Slot.PRIMARY, PhoneType.CELL, own_number(index, OWN_PHONE))
    children = []
    for place, name in enumerate(names):
        grade = grades[max(0, oldest - 2 * place)]
        statuses, last_year = _ways(dice.choice(_STATUSES), index)
        phones = (phone,) if oldest > 10 and place == 0 else ()
        children.append(Child(name, surname, grade, statuses, last_year, phones))
    return children


def _ways(
    status: EnrollmentStatus, index: int
) -> tuple[tuple[EnrollmentStatus, ...], EnrollmentStatus | None]:
    """Return a student's statuses: the former ones and the present one. Enrolled students were
    sometimes enrolled last year too."""
    if status is EnrollmentStatus.INQUIRY:
        return (status,), None
    if index % 3 == 1:
        return (EnrollmentStatus.INQUIRY, EnrollmentStatus.APPLICANT, status), None
    return (status,), EnrollmentStatus.ENROLLED if index % 3 == 0 else None


def _parent(dice: Random, culture: Culture, surname: str, index: int, place: int) -> Parent:
    """The parent at a place (from 0); the third and fourth are grandparents and others."""
    kinds = (Relationship.MOTHER, Relationship.FATHER)
    if place < 2:
        relationship = kinds[(place + index) % 2]
    else:
        relationship = (Relationship.GRANDPARENT, Relationship.GUARDIAN)[place - 2]
    women = relationship in {Relationship.MOTHER, Relationship.GUARDIAN}
    names = culture.mothers if women else culture.fathers
    name = names[(index + place) % len(names)]
    phones = _phones(dice, index, place)
    answers = _ASKED[(index * 3 + place) % len(_ASKED)]
    said = tuple(
        (phone.number, spread(dice, answers, _DAYS))
        for phone in phones
        if phone.type is PhoneType.CELL
    )
    address = email(name, surname, index, place)
    return Parent(name, surname, address, relationship, phones, said)


def _phones(dice: Random, index: int, place: int) -> tuple[PhoneValue, ...]:
    """A cell phone nearly always; a Home or a Work phone beside it now and then."""
    cell = PhoneValue(Slot.PRIMARY, PhoneType.CELL, cell_number(index, place))
    home = PhoneValue(Slot.SECONDARY, PhoneType.HOME, own_number(index, place * 3 + 1))
    extension = str(dice.randrange(10, 9999)) if dice.random() < 0.6 else None
    work = PhoneValue(Slot.OTHER, PhoneType.WORK, own_number(index, place * 3 + 2), extension)
    if index % SHOWN_OF == SHOWN:
        return (cell, work) if place else (cell, home)
    if place == 0 and index % 4 == 1:
        return (cell, work)
    return dice.choice(((cell,), (cell,), (cell, home), (cell, work), (cell, home, work), (home,)))
