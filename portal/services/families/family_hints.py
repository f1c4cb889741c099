"""Tell staff that two students may be one child: mother and father each sent the form.

A student that a form added is compared with others of the same name, found by an index. The two
families may be the same if their parents share a phone number, an email address, or a surname,
or if each has a parent with one of the child's surnames. The sender doesn't learn about it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import exists, select, union_all

from portal.email_address import optional_key
from portal.enums import ContactRole, NoticeKind
from portal.extensions import fetch
from portal.form_answers import ContactAnswers
from portal.models import (
    Contact,
    ContactRoleAssignment,
    ParentLink,
    Phone,
    StaffNotice,
    same_school,
)
from portal.services.contacts.search_words import name_key
from portal.services.families.match import Family
from portal.services.intake.applied_form import ACTOR
from portal.services.mail.staff_notices import close_all, notify_staff

MOST = 50
"""The most students of one name that we compare."""
_PARTICLES = {"al", "bin", "da", "das", "de", "del", "der", "dos", "el", "ibn", "la", "las", "los"}
_PARTICLES |= {"van", "von", "y"}


@dataclass(slots=True)
class _Kin:
    """The names, numbers, and addresses of a student's parents."""

    ids: set[int] = field(default_factory=set)
    names: dict[str, None] = field(default_factory=dict)
    """In the order of the parents."""
    surnames: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)

    def add(self, name: str, surnames: str, email_key: str | None) -> None:
        self.names[name] = None
        self.surnames |= _surnames(surnames)
        self.emails |= {email_key} if email_key else set()

    def shared_with(self, other: "_Kin", own: set[str]) -> list[str]:
        """Return the things that the families share: `number`, `email`, `surname`."""
        surname = self.surnames & other.surnames or (self.surnames & own and other.surnames & own)
        found = (self.numbers & other.numbers, self.emails & other.emails, surname)
        return [
            why for why, same in zip(("number", "email", "surname"), found, strict=True) if same
        ]


def _surnames(key: str) -> set[str]:
    return {word for word in key.split() if word not in _PARTICLES}


def hint_families(school_id: int, answers: ContactAnswers, family: Family, corrects: bool) -> None:
    """Give staff a notice for each student that the form added and who may be on file already.
    `corrects`: the form was sent before, so close the notices that are no longer true."""
    known = _own_students(answers, family)
    if not known:
        return
    told = _told(school_id, list(known)) if corrects else {}
    mine = _kin_of_form(answers, family)
    found: set[str] = set()
    namesakes = _namesakes(school_id, known)
    theirs = _kin_on_file(school_id, namesakes)
    for other_id, (name, last_key) in namesakes.items():
        words = sorted(name.split())
        for student_id in (i for i, own in known.items() if sorted(own.split()) == words):
            about = ":".join(str(i) for i in sorted((student_id, other_id)))
            other = theirs.get(other_id, _Kin())
            why = mine.shared_with(other, _surnames(last_key))
            if not why or other.ids & mine.ids:
                continue
            found.add(about)
            if about not in told:
                detail = {
                    "other_id": other_id,
                    "parents": list(mine.names),
                    "other_parents": list(other.names),
                    "why": why,
                }
                notify_staff(school_id, NoticeKind.SAME_FAMILY, about, detail, student_id)
    outdated = [notice_id for about, notice_id in told.items() if about not in found]
    close_all(school_id, outdated, ACTOR)


def _own_students(answers: ContactAnswers, family: Family) -> dict[int, str]:
    """The folded names of the students that the form added."""
    return {
        party.contact.id: name_key(answers.children[n].full_name)
        for n, party in family.children.items()
        if party.contact is not None and party.own and not party.signed
    }


def _kin_of_form(answers: ContactAnswers, family: Family) -> _Kin:
    kin = _Kin()
    for n, parent in answers.parents.items():
        key = name_key(parent.last_name or parent.first_name)
        kin.add(parent.full_name, key, optional_key(parent.email))
        kin.numbers |= {phone.number for phone in parent.phones}
        contact = family.parents[n].contact
        kin.ids |= {contact.id} if contact is not None else set()
    return kin


def _namesakes(school_id: int, known: dict[int, str]) -> dict[int, tuple[str, str]]:
    """Find other students with these names, in either order, no matter where first and last name
    are split. Return their folded names and last names."""
    same = union_all(
        *(
            select(Contact.id, Contact.first_key, Contact.last_key, Contact.created_at).where(
                Contact.school_id == school_id, Contact.last_key == last, Contact.first_key == first
            )
            for name in sorted(set(known.values()))
            for first, last in _splits(name.split())
        )
    ).subquery("namesake")
    # Each part uses the index of names. There are few, so we look up their roles one by one.
    rows = fetch(
        select(same).where(
            same.c.id.not_in(list(known)),
            exists().where(
                ContactRoleAssignment.school_id == school_id,
                ContactRoleAssignment.contact_id == same.c.id,
                ContactRoleAssignment.role == ContactRole.STUDENT,
            ),
        )
    ).all()
    # Not by id: the ids of older contacts have more digits.
    newest = sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)[:MOST]
    return {row.id: (f"{row.first_key} {row.last_key}".strip(), row.last_key) for row in newest}


def _splits(words: list[str]) -> Iterable[tuple[str, str]]:
    """First and last name, in either order; each may be empty."""
    halves = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(len(words) + 1)]
    return [*halves, *((last, first) for first, last in halves[1:-1])]


def _kin_on_file(school_id: int, students: Iterable[int]) -> dict[int, _Kin]:
    found: dict[int, _Kin] = defaultdict(_Kin)
    ids = list(students)
    if not ids:
        return found
    rows = fetch(
        select(
            ParentLink.student_id,
            Contact.id,
            Contact.full_name,
            Contact.first_key,
            Contact.last_key,
            Contact.email_key,
            Phone.number,
        )
        .join(Contact, same_school(Contact, ParentLink, Contact.id == ParentLink.parent_id))
        .outerjoin(Phone, same_school(Phone, Contact, Phone.contact_id == Contact.id))
        .where(ParentLink.school_id == school_id, ParentLink.student_id.in_(ids))
        .order_by(ParentLink.student_id, ParentLink.position)
    )
    for row in rows:
        kin = found[row.student_id]
        kin.add(row.full_name, row.last_key or row.first_key, row.email_key)
        kin.ids.add(row.id)
        kin.numbers |= {row.number} if row.number else set()
    return found


def _told(school_id: int, students: list[int]) -> dict[str, int]:
    """Return the notices about these students by their subject, closed ones too."""
    rows = fetch(
        select(StaffNotice.about, StaffNotice.id).where(
            StaffNotice.school_id == school_id,
            StaffNotice.kind == NoticeKind.SAME_FAMILY,
            StaffNotice.contact_id.in_(students),
        )
    )
    return {row.about: row.id for row in rows}
