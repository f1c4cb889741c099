"""The answers on a contact form, as plain values: made by the form, saved by the intake."""

from dataclasses import dataclass
from typing import Any

from portal.enums import Answer, Grade, PhoneType, Relationship, Slot
from portal.normalize import full_name


@dataclass(frozen=True, slots=True)
class PhoneAnswer:
    slot: Slot
    type: PhoneType
    number: str
    """E.164."""
    extension: str | None
    answer: Answer | None
    """None for Home and Work, and where texting is off."""


@dataclass(frozen=True, slots=True)
class ChildAnswer:
    first_name: str
    last_name: str
    grade: Grade | None

    @property
    def full_name(self) -> str:
        return full_name(self.first_name, self.last_name)


@dataclass(frozen=True, slots=True)
class ParentAnswer:
    first_name: str
    last_name: str
    relationship: Relationship | None
    email: str | None
    phones: tuple[PhoneAnswer, ...]

    @property
    def full_name(self) -> str:
        return full_name(self.first_name, self.last_name)


@dataclass(frozen=True, slots=True)
class ContactAnswers:
    """By their numbers on the form, from 1; parent 1 is who filled it in."""

    children: dict[int, ChildAnswer]
    parents: dict[int, ParentAnswer]

    def numbers(self, answer: Answer) -> set[str]:
        """Return the numbers that were answered so."""
        return {p.number for a in self.parents.values() for p in a.phones if p.answer is answer}


def from_kept(kept: dict[str, Any]) -> ContactAnswers:
    """Return the answers that a submission keeps, as they were given."""
    return ContactAnswers(
        children={
            int(n): ChildAnswer(c["first_name"], c["last_name"], c["grade"] and Grade(c["grade"]))
            for n, c in kept["children"].items()
        },
        parents={
            int(n): ParentAnswer(
                p["first_name"],
                p["last_name"],
                p["relationship"] and Relationship(p["relationship"]),
                p["email"],
                tuple(_phone(phone) for phone in p["phones"]),
            )
            for n, p in kept["parents"].items()
        },
    )


def _phone(kept: dict[str, Any]) -> PhoneAnswer:
    return PhoneAnswer(
        Slot(kept["slot"]),
        PhoneType(kept["type"]),
        kept["number"],
        kept["extension"],
        kept["answer"] and Answer(kept["answer"]),
    )
