"""Sample families, as many and as mixed as a district's.

About 8 of 100 cell phones are opted out, and 12 have no answer yet. The rest are opted in, and a
few of them are blocked by the carrier. Households share phones. Parents have cell phones in any
slot, or none at all, and most children were there last year too.

The first thousand families are for the demo. They share no phones. Each dozen has every kind of
answer and a family with many parents.
"""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from portal.demo.names import Culture, cultures
from portal.demo.plan import (
    OWN_PHONE,
    Answers,
    Child,
    Family,
    Parent,
    Said,
    cell_number,
    dice_of,
    email,
    own_number,
    plain_letters,
    spread,
)
from portal.enums import Answer, EnrollmentStatus, Grade, PhoneType, Relationship, Slot, Source
from portal.services.contacts.phones import PhoneValue

FIRST = 1000
"""So many families are for the demo."""
_SHOWN, _SHOWN_OF = 7, 20
"""Every 20th family, the eighth first, has a cell phone opted in and one opted out."""
_DAYS, _FIRST_DAYS = range(2, 400), range(2, 70)
_TWO_SURNAMES = 0.3
_SURNAME_OF_ONES_OWN = 0.15
_SHARED_CELL, _SHARED_HOME = 0.03, 0.6
_CELL, _HOME, _WORK = PhoneType.CELL, PhoneType.HOME, PhoneType.WORK
_PHONES: dict[tuple[PhoneType, ...], int] = {
    (_CELL,): 45,
    (_CELL, _HOME): 15,
    (_CELL, _WORK): 12,
    (_CELL, _HOME, _WORK): 6,
    (_HOME, _CELL): 6,
    (_CELL, _CELL): 5,
    (_HOME, _WORK, _CELL): 3,
    (_HOME,): 4,
    (): 4,
}
"""The types of a parent's phones, slot by slot, and how many of 100 have them."""
_FORM, _OWN, _STAFF = Source.PUBLIC_FORM, Source.PARENT_FORM, Source.STAFF_ENTRY
_YES, _NO = Answer.YES, Answer.NO
_STOP = (Source.TEXT_REPLY, _NO)
_ASKED: dict[Answers, int] = {
    ((_FORM, _YES),): 410,
    ((_STAFF, _YES),): 180,
    ((_OWN, _YES),): 120,
    (): 120,
    ((_FORM, _YES), (_FORM, _YES)): 80,
    ((_FORM, _YES), _STOP): 40,
    ((_FORM, _NO),): 30,
    ((_STAFF, _YES), _STOP): 10,
    ((_FORM, _YES), _STOP, (Source.HANDSET, _YES)): 7,
    ((_OWN, _YES), (Source.CARRIER, _NO)): 3,
}
"""The answers about a cell phone, and how many of 1,000 have them."""
_FIRST_ASKED: tuple[Answers, ...] = (
    ((_FORM, _YES),),
    ((_STAFF, _YES),),
    ((_FORM, _NO),),
    ((_FORM, _YES), _STOP),
    (),
    ((_FORM, _YES),),
    ((_FORM, _YES),),
    ((_STAFF, _YES),),
    (),
    ((_FORM, _YES), (_FORM, _YES)),
)
"""The answers of the first families' parents, in turn."""
_Way = tuple[tuple[EnrollmentStatus, ...], EnrollmentStatus | None]
_INQUIRY, _APPLICANT = EnrollmentStatus.INQUIRY, EnrollmentStatus.APPLICANT
_ADMITTED, _ENROLLED = EnrollmentStatus.ADMITTED, EnrollmentStatus.ENROLLED
_WITHDRAWN = EnrollmentStatus.WITHDRAWN
_WAYS: dict[_Way, int] = {
    ((_ENROLLED,), _ENROLLED): 64,
    ((_INQUIRY, _APPLICANT, _ADMITTED, _ENROLLED), None): 11,
    ((_ENROLLED,), _WITHDRAWN): 2,
    ((_ENROLLED, _WITHDRAWN), _ENROLLED): 4,
    ((_INQUIRY, _APPLICANT, _ADMITTED), None): 5,
    ((_INQUIRY, _APPLICANT), None): 5,
    ((_INQUIRY, _APPLICANT, _WITHDRAWN), None): 1,
    ((_INQUIRY,), None): 6,
    ((_INQUIRY,), _WITHDRAWN): 2,
}
"""A student's statuses in the default term, and last year's; how many of 100."""
_T = TypeVar("_T")


def plan(seed: int, index: int) -> Family:
    dice = dice_of(seed, index)
    culture = cultures()[(index + seed) % len(cultures())]
    surname = _surname(dice, culture)
    family = Family(_children(dice, culture, surname, index))
    for place in range(_parents(dice, index)):
        family.parents.append(_parent(dice, culture, surname, index, family.parents))
        if place == 0 and dice.random() < _SURNAME_OF_ONES_OWN:
            surname = _surname(dice, culture)
    return family


def _parents(dice: Random, index: int) -> int:
    drawn = _one_of(dice, {1: 25, 2: 65, 3: 7, 4: 3})
    if index >= FIRST:
        return drawn
    if index % 11 == 5:
        return 4 - index // 11 % 2
    return 2 if _is_shown(index) else min(drawn, 2)


def _is_shown(index: int) -> bool:
    return index < FIRST and index % _SHOWN_OF == _SHOWN


def _children(dice: Random, culture: Culture, surname: str, index: int) -> list[Child]:
    count = min(_one_of(dice, {1: 40, 2: 40, 3: 15, 4: 5}), 3 if index < FIRST else 4)
    names = dict.fromkeys(_often(dice, culture.children) for _ in range(count))
    grades = list(Grade)
    oldest = dice.randrange(len(grades))
    phone = PhoneValue(Slot.PRIMARY, _CELL, own_number(index, OWN_PHONE))
    children = []
    for place, name in enumerate(names):
        grade = grades[max(0, oldest - 2 * place)]
        phones = (phone,) if oldest > 10 and place == 0 else ()
        children.append(Child(name, surname, grade, *_one_of(dice, _WAYS), phones))
    return children


def _parent(
    dice: Random, culture: Culture, surname: str, index: int, before: Sequence[Parent]
) -> Parent:
    place = len(before)
    kinds = (Relationship.MOTHER, Relationship.FATHER)
    relationship = (
        kinds[(place + index) % 2]
        if place < 2
        else (Relationship.GRANDPARENT, Relationship.GUARDIAN)[place - 2]
    )
    women = relationship in {Relationship.MOTHER, Relationship.GUARDIAN}
    taken = {plain_letters(parent.first_name) for parent in before} - {""}
    name = _often(dice, culture.mothers if women else culture.fathers)
    while plain_letters(name) in taken:
        name = _often(dice, culture.mothers if women else culture.fathers)
    phones = _phones(dice, index, before)
    asked = {phone.number for parent in before for phone in parent.phones}
    said = tuple(
        (phone.number, _answers(dice, index, place))
        for phone in phones
        if phone.type is _CELL and phone.number not in asked
    )
    address = email(name, surname, index, place)
    return Parent(name, surname, address, relationship, phones, said)


def _answers(dice: Random, index: int, place: int) -> tuple[Said, ...]:
    if index >= FIRST:
        return spread(dice, _one_of(dice, _ASKED), _DAYS)
    return spread(dice, _FIRST_ASKED[(index * 3 + place) % len(_FIRST_ASKED)], _FIRST_DAYS)


def _phones(dice: Random, index: int, before: Sequence[Parent]) -> tuple[PhoneValue, ...]:
    """Slot by slot. A home phone is often the household's, and sometimes a cell phone is, too."""
    place = len(before)
    phones: list[PhoneValue] = []
    theirs = {p.type: p.number for p in before[0].phones} if before else {}
    kinds: tuple[PhoneType, ...] = _one_of(dice, _PHONES)
    if shown := _is_shown(index):
        kinds = (_CELL, _WORK if place else _HOME)
    for slot, kind in zip(Slot, kinds, strict=False):
        number = own_number(index, place * 3 + len(phones))
        if kind is _CELL and not phones:
            number = cell_number(index, place)
        shared = {_CELL: 0 if phones else _SHARED_CELL, _HOME: _SHARED_HOME}.get(kind, 0)
        if dice.random() < shared and index >= FIRST:
            number = theirs.get(kind, number)
        has_extension = kind is _WORK and (dice.random() < 0.6 or shown)
        extension = dice.randrange(10, 9999) if has_extension else None
        phones.append(PhoneValue(slot, kind, number, str(extension) if extension else None))
    return tuple(phones)


def _surname(dice: Random, culture: Culture) -> str:
    first = _often(dice, culture.surnames)
    if culture is not cultures()[0] or dice.random() >= _TWO_SURNAMES:
        return first
    return f"{first} {_often(dice, culture.surnames)}"


def _often(dice: Random, names: Sequence[str]) -> str:
    """One of the names. The first ones are drawn far more often than the last, as in life."""
    return names[int(len(names) * dice.random() ** 2)]


def _one_of(dice: Random, weighted: dict[_T, int]) -> _T:
    return dice.choices(list(weighted), list(weighted.values()))[0]
